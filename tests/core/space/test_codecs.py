"""Parameters as ConfigSpace and Optuna see them: bounds, types, conditions."""

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

from simhelm.core.parameter import Parameter
from simhelm.core.space import ConfigSpaceCodec, OptunaSpace, to_distributions

NUMBERS = [
    Parameter("x", "float", 0.0, -1.1, 2.3),
    Parameter("x", "float", 1e-3, 1e-12, 1e-3, log=True),
    Parameter("x", "float", 1.0, 1e-300, 1e300, log=True),
    Parameter("x", "integer", 0, -3, 10**12),
    Parameter("x", "integer", 1, 1, 10**9, log=True),
]


@pytest.mark.parametrize("parameter", NUMBERS)
@settings(deadline=None, derandomize=True)
@given(share=st.floats(0.0, 1.0))
def test_numbers_go_through_configspace_and_back(parameter: Parameter, share: float) -> None:
    codec = ConfigSpaceCodec([parameter])
    low, high = (codec.encode({"x": end})["x"] for end in (parameter.low, parameter.high))
    code = low + share * (high - low)
    value = codec.decode({"x": code if parameter.kind == "float" else round(code)})["x"]
    parameter.check(value)
    again = codec.decode(codec.encode({"x": value}))["x"]
    assert again == pytest.approx(value, rel=1e-12, abs=1e-15)
    assert codec.decode({"x": low})["x"] == parameter.low
    assert codec.decode({"x": high})["x"] == parameter.high


def test_choices_of_any_type_come_back_as_declared() -> None:
    choices = ("a", "1", 1.5, 2, True, math.nan)
    codec = ConfigSpaceCodec([Parameter("c", "categorical", "a", choices=choices)])
    assert [codec.encode({"c": choice})["c"] for choice in choices] == list(range(6))
    assert all(codec.decode({"c": float(code)})["c"] is choices[code] for code in range(6))
    with pytest.raises(ValueError, match="got 1; write True"):
        codec.encode({"c": 1})


TENTHS = (0.1, 0.2, 0.3, 0.4)
SPACE = (
    Parameter("kind", "categorical", "sor", choices=("sor", "ssor")),
    Parameter("mode", "categorical", 3, choices=(3,)),
    Parameter("share", "categorical", 0.1, choices=TENTHS, condition=("kind", ("ssor",))),
    Parameter("omega", "float", 1.0, 0.5, 1.9, condition=("share", (0.3, 0.4))),
    Parameter("still", "categorical", "on", choices=("on",), condition=("kind", ("sor",))),
    Parameter("fine", "float", 0.0, 0.0, 1.0, condition=("still", ("on",))),
    Parameter("two", "categorical", 2, choices=(2,), condition=("still", ("on",))),
    Parameter("least", "integer", 0, 0, 9, condition=("two", (2,))),
)


def test_conditions_hold_through_constants_and_generations() -> None:
    pytest.importorskip("ConfigSpace")
    codec = ConfigSpaceCodec(SPACE)
    assert list(codec.axes) == ["kind", "share", "omega", "fine", "least"]
    built = codec.configuration_space()
    built.seed(0)
    seen = set()
    for configuration in built.sample_configuration(300):
        values = codec.decode(dict(configuration))
        seen.add(tuple(values))
        # ConfigSpace and the parameters agree on what is active.
        assert codec.encode(values) == pytest.approx(dict(configuration), abs=1e-12)
    assert seen == {
        ("kind", "mode", "still", "fine", "two", "least"),
        ("kind", "mode", "share"),
        ("kind", "mode", "share", "omega"),
    }


def test_inactive_parameters_are_dropped_and_missing_ones_noticed() -> None:
    codec = ConfigSpaceCodec(SPACE[:4])
    assert set(codec.encode({"kind": "sor", "share": 0.3, "omega": 1.0})) == {"kind"}
    with pytest.raises(KeyError, match="omega"):
        codec.encode({"kind": "ssor", "share": 0.3})
    with pytest.raises(ValueError, match="expected a value in"):
        codec.encode({"kind": "ssor", "share": 0.3, "omega": 2.5})


def test_a_float_decides_on_nothing_in_configspace() -> None:
    parent = Parameter("x", "float", 0.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="continuous"):
        ConfigSpaceCodec([parent, Parameter("n", "integer", 0, 0, 9, condition=("x", (1.0,)))])


@pytest.mark.parametrize(
    ("distribution", "values"),
    [
        (FloatDistribution(0.0, 1.0, step=0.1), [0.0, 0.1, 0.3, 1.0]),
        (FloatDistribution(1.0, 9.0, step=1.0), [1.0, 2.0, 9.0]),
        (IntDistribution(2, 20, step=3), [2, 5, 20]),
        (IntDistribution(2, 20), [2, 3, 20]),
        (IntDistribution(1, 100, log=True), [1, 50, 100]),
        (FloatDistribution(1e-7, 1.0, log=True), [1e-7, 0.3, 1.0]),
        (FloatDistribution(2.0, 2.0, step=1.0), [2.0]),
        (IntDistribution(2, 2), [2]),
        (CategoricalDistribution(("a", None, 1)), ["a", None, 1]),
    ],
)
def test_distributions_go_to_parameters_and_back(
    distribution: BaseDistribution, values: list[Any]
) -> None:
    space = OptunaSpace.of({"x": distribution})
    (parameter,) = space.parameters
    for value in values:
        inside = space.encode({"x": value, "another": 1})
        parameter.check(inside["x"])
        back = space.decode(inside)["x"]
        assert back == pytest.approx(value) if isinstance(value, float) else back == value
        assert type(back) is type(value)
    if parameter.kind != "integer" or parameter.low > 0:
        assert distribution.single() or to_distributions(space.parameters) == {"x": distribution}


def test_choices_that_optuna_confuses_are_refused() -> None:
    with pytest.raises(ValueError, match="write them as strings"):
        OptunaSpace.of({"c": CategoricalDistribution([True, 1])})
