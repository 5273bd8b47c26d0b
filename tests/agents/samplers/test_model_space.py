"""Optuna's spaces as ConfigSpace sees them: bounds, types, conditions."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from simhelm.agents.samplers.model_space import ModelSpace, same

pytest.importorskip("ConfigSpace")


@pytest.mark.parametrize(
    "distribution",
    [
        FloatDistribution(-1.1, 2.3),
        FloatDistribution(1e-12, 1e-3, log=True),
        FloatDistribution(1e-300, 1e300, log=True),
        FloatDistribution(0.0, 1.0, step=0.1),
        IntDistribution(-3, 10**12),
        IntDistribution(2, 20, step=3),
        IntDistribution(1, 10**9, log=True),
    ],
)
@settings(deadline=None, derandomize=True)
@given(share=st.floats(0.0, 1.0))
def test_numbers_go_there_and_back(distribution: BaseDistribution, share: float) -> None:
    axis = ModelSpace({"x": distribution}, {}).axes["x"]
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    low, high = axis.encode(distribution.low), axis.encode(distribution.high)
    code = low + share * (high - low)
    value = axis.decode(code if isinstance(low, float) else round(code))
    assert distribution.low <= value <= distribution.high
    assert type(value) is (int if isinstance(distribution, IntDistribution) else float)
    assert axis.decode(axis.encode(value)) == pytest.approx(value, rel=1e-12, abs=1e-15)
    assert axis.decode(low) == distribution.low
    assert axis.decode(high) == distribution.high


def test_choices_of_any_type_come_back_as_declared() -> None:
    choices = ["a", "1", 1.5, 2, True, None, math.nan]
    axis = ModelSpace({"c": CategoricalDistribution(choices)}, {}).axes["c"]  # type: ignore[arg-type]
    assert [axis.encode(choice) for choice in choices] == list(range(7))
    assert all(axis.decode(float(code)) is choices[code] for code in range(7))
    with pytest.raises(ValueError, match="expected one of"):
        axis.encode(1)


def test_equality_of_values() -> None:
    assert same(1, 1.0)
    assert not same(True, 1)
    assert same(math.nan, math.nan)


SPACE: dict[str, BaseDistribution] = {
    "kind": CategoricalDistribution(["sor", "ssor"]),
    "mode": IntDistribution(3, 3),
    "share": FloatDistribution(0.0, 1.0, step=0.1),
    "omega": FloatDistribution(0.5, 1.9),
    "fine": FloatDistribution(0.0, 1.0),
    "never": IntDistribution(0, 9),
    "orphan": IntDistribution(0, 9),
    "still": CategoricalDistribution(["on"]),
}
CONDITIONS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "share": ("kind", ("ssor",)),
    "omega": ("share", (0.3, 0.4)),
    "fine": ("still", ("on",)),
    "still": ("kind", ("sor",)),
    "never": ("mode", (4,)),
    "orphan": ("never", (1,)),
}


def test_conditions_hold_through_constants_and_generations() -> None:
    space = ModelSpace(SPACE, CONDITIONS)
    assert set(space.axes) == {"kind", "share", "omega", "fine"}
    built = space.configuration_space()
    built.seed(0)
    seen = set()
    for configuration in built.sample_configuration(300):
        values = space.decode(dict(configuration))
        seen.add(tuple(values))
        # The model and this class agree on what is active.
        assert space.encode(values) == pytest.approx(dict(configuration), abs=1e-12)
    assert seen == {
        ("kind", "mode", "fine", "still"),
        ("kind", "mode", "share"),
        ("kind", "mode", "share", "omega"),
    }


def test_inactive_parameters_are_dropped_and_missing_ones_noticed() -> None:
    space = ModelSpace(SPACE, CONDITIONS)
    assert set(space.encode({"kind": "sor", "share": 0.3, "omega": 1.0, "fine": 0.5})) == {
        "kind",
        "fine",
    }
    with pytest.raises(KeyError, match="omega"):
        space.encode({"kind": "ssor", "share": 0.1 + 0.2})
    with pytest.raises(ValueError, match="expected a value"):
        space.encode({"kind": "sor", "fine": 1.5})


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"share": ("kinds", ("ssor",))}, "'kinds' is not a parameter"),
        ({"shares": ("kind", ("ssor",))}, "'shares' is not a parameter"),
        ({"share": ("kind", ())}, "no value"),
        ({"share": ("kind", ("jacobi",))}, "cannot be"),
        ({"share": ("omega", (1.0,))}, "continuous"),
        ({"kind": ("share", (0.1,)), "share": ("kind", ("sor",))}, "depends on itself"),
    ],
)
def test_conditions_that_make_no_sense(conditions: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ModelSpace(SPACE, conditions)


def test_choices_that_optuna_confuses_are_refused() -> None:
    with pytest.raises(ValueError, match="write them as strings"):
        ModelSpace({"c": CategoricalDistribution([True, 1])}, {})
