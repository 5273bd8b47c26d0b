"""Grids and exhaustive search that come to an end while asked and told."""

import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from simhelm.agents.samplers import make_sampler
from simhelm.agents.samplers.exhaustive import grid

SPACE: dict[str, BaseDistribution] = {
    "x": FloatDistribution(0.0, 1.0, step=0.25),
    "n": IntDistribution(1, 3),
    "c": CategoricalDistribution(["a", None]),
}


def test_grid_values() -> None:
    values = grid(
        {
            "log": FloatDistribution(1e-4, 1.0, log=True),
            "step": IntDistribution(0, 10, step=5),
            "many": IntDistribution(1, 1000, log=True),
            "one": FloatDistribution(2.0, 2.0),
            "c": CategoricalDistribution(["a", True]),
        },
        5,
    )
    assert values["log"] == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    assert values["step"] == [0, 5, 10]
    assert values["many"] == [1, 6, 32, 178, 1000]
    assert all(type(value) is int for value in values["many"])
    assert values["one"] == [2.0]
    assert values["c"] == ["a", True]


@pytest.mark.parametrize(
    ("name", "options"), [("GridSampler", {"points": 5}), ("BruteForceSampler", {})]
)
def test_all_is_tried_once_and_then_the_study_goes_on(name: str, options: dict[str, int]) -> None:
    study = optuna.create_study(sampler=make_sampler(name, seed=1, space=SPACE, options=options))
    tried = []
    for _ in range(40):
        trial = study.ask(SPACE)
        tried.append(tuple(trial.params.values()))
        study.tell(trial, 0.0)
    assert len(set(tried[:30])) == 30
    assert set(tried[30:]) <= set(tried[:30])


def test_refusals() -> None:
    wide: dict[str, BaseDistribution] = {f"x{i}": FloatDistribution(0, 1) for i in range(6)}
    with pytest.raises(ValueError, match="1000000 configurations"):
        make_sampler("GridSampler", seed=0, space=wide)
    with pytest.raises(ValueError, match="at least 2"):
        make_sampler("GridSampler", seed=0, space=SPACE, options={"points": 1})
    with pytest.raises(ValueError, match="x0: BruteForceSampler tries every value"):
        make_sampler("BruteForceSampler", seed=0, space=wide)
