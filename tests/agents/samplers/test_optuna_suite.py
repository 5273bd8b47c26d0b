"""Optuna's published tests of samplers, unchanged, on every sampler here; the space is inferred."""

import functools
import importlib.util
from collections.abc import Callable
from typing import Any

import optuna
import pytest
from optuna.samplers import BaseSampler
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    RelativeSamplerTestCase,
    SingleOnlySamplerTestCase,
)

from simhelm.agents.samplers import SAMPLERS

optuna.logging.set_verbosity(optuna.logging.ERROR)

MODELS = [
    "AntColonySampler",
    "GeneticSampler",
    "HpBandSterSampler",
    "MCTSSampler",
    "RegularisedEvolutionSampler",
    "RidgeSampler",
]
# They aim at shares that Optuna's objectives do not have: all is sampled independently.
SHARES = ["CompositeGPSampler", "HybridSampler", "LogShareSampler"]
NEEDS = {"CompositeGPSampler": "botorch", "HpBandSterSampler": "hpbandster"}
OPTIONS: dict[str, dict[str, Any]] = {
    "RidgeSampler": {"candidates": 16},
    **{name: {"targets": {"car": 60.0, "bus": 40.0}} for name in SHARES},
}


def maker(name: str) -> Callable[[], BaseSampler]:
    if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"needs {NEEDS[name]}")
    kind: Any = SAMPLERS[name].load()
    return functools.partial(kind, seed=1, **OPTIONS.get(name, {}))


@pytest.mark.parametrize("name", MODELS)
class TestModels(BasicSamplerTestCase, RelativeSamplerTestCase, SingleOnlySamplerTestCase):
    @pytest.fixture
    def sampler(self, name: str) -> Callable[[], BaseSampler]:
        return maker(name)


@pytest.mark.parametrize("name", SHARES)
class TestShares(BasicSamplerTestCase, SingleOnlySamplerTestCase):
    @pytest.fixture
    def sampler(self, name: str) -> Callable[[], BaseSampler]:
        return maker(name)
