"""Grids and exhaustive search that come to an end while asked and told."""

import optuna
import pytest

from simhelm.agents.samplers import make_sampler
from simhelm.agents.samplers.exhaustive import grid
from simhelm.core.parameter import Parameter
from simhelm.core.space import to_distributions

SPACE = (
    Parameter("x", "categorical", 0.0, choices=(0.0, 0.25, 0.5, 0.75, 1.0)),
    Parameter("n", "integer", 1, 1, 3),
    Parameter("c", "categorical", "a", choices=("a", "b")),
)


def test_grid_values() -> None:
    values = grid(
        [
            Parameter("log", "float", 1.0, 1e-4, 1.0, log=True),
            Parameter("few", "integer", 0, 0, 2),
            Parameter("many", "integer", 1, 1, 1000, log=True),
            Parameter("c", "categorical", "a", choices=("a", True)),
        ],
        5,
    )
    assert values["log"] == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    assert values["few"] == [0, 1, 2]
    assert values["many"] == [1, 6, 32, 178, 1000]
    assert all(type(value) is int for value in values["many"])
    assert values["c"] == ["a", True]


@pytest.mark.parametrize(
    ("name", "options"), [("GridSampler", {"points": 5}), ("BruteForceSampler", {})]
)
def test_all_is_tried_once_and_then_the_study_goes_on(name: str, options: dict[str, int]) -> None:
    study = optuna.create_study(
        sampler=make_sampler(name, seed=1, parameters=SPACE, options=options)
    )
    tried = []
    for _ in range(40):
        trial = study.ask(to_distributions(SPACE))
        tried.append(tuple(trial.params.values()))
        study.tell(trial, 0.0)
    assert len(set(tried[:30])) == 30
    assert set(tried[30:]) <= set(tried[:30])


def test_refusals() -> None:
    wide = [Parameter(f"x{i}", "float", 0.0, 0.0, 1.0) for i in range(6)]
    with pytest.raises(ValueError, match="1000000 configurations"):
        make_sampler("GridSampler", seed=0, parameters=wide)
    with pytest.raises(ValueError, match="at least 2"):
        make_sampler("GridSampler", seed=0, parameters=SPACE, options={"points": 1})
    with pytest.raises(ValueError, match="x0: BruteForceSampler tries every value"):
        make_sampler("BruteForceSampler", seed=0, parameters=wide)
