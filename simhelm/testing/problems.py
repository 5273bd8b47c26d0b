"""What every problem must pass."""

from __future__ import annotations

import pickle

from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Metrics, Problem, Value
from simhelm.envs.design import DesignEnv
from simhelm.testing.environments import (
    check_baselines,
    check_pickling,
    check_same_seed_same_bits,
    check_spaces_and_api,
)


def check_problem(problem: Problem, *, seed: int = 0) -> None:
    """Defaults are legal, evaluation is repeatable and complete, mistakes are refused."""
    config = problem.default_config()
    problem.check_config(config)
    first = problem.evaluate(config, seed=seed)
    again = problem.evaluate(config, seed=seed)
    assert first == again, f"the same configuration and seed gave {first} and {again}"
    declared = {output.name for output in problem.outputs}
    assert problem.objective in declared, f"objective {problem.objective!r} is not an output"
    if first.succeeded:
        assert set(first.values) == declared, f"outputs {set(first.values)}, declared {declared}"
        worst = problem.score(Metrics.failure(EndReason.EXCEPTION, cost=0.0))
        assert problem.score(first) >= worst, "a success scored worse than worst_objective"
    assert first.cost > 0.0, "cost: an evaluation should cost some work units"
    check_refusals(problem, config)
    check_sending(problem, first, config, seed)
    check_spaces_and_api(lambda: DesignEnv(problem))
    check_same_seed_same_bits(lambda: DesignEnv(problem), steps=4)
    check_pickling(lambda: DesignEnv(problem), steps=4)
    check_baselines(lambda: DesignEnv(problem))


def check_sending(problem: Problem, metrics: Metrics, config: dict[str, Value], seed: int) -> None:
    """Problem and metrics survive pickling, as process pools and MPI send them."""
    assert pickle.loads(pickle.dumps(metrics)) == metrics  # noqa: S301 - our own bytes
    copy: Problem = pickle.loads(pickle.dumps(problem))  # noqa: S301 - our own bytes
    assert copy.evaluate(config, seed=seed) == metrics, "a pickled problem evaluates differently"


def check_refusals(problem: Problem, config: dict[str, Value]) -> None:
    """Unknown and missing parameters are ValueErrors of ``evaluate``, not silently accepted."""
    name = problem.parameters[0].name
    missing = {key: value for key, value in config.items() if key != name}
    for wrong in ({**config, "no such parameter": 1.0}, missing):
        try:
            problem.evaluate(wrong, seed=0)
        except ValueError:
            continue
        raise AssertionError(f"evaluate accepted {wrong}: call check_config(config) first")
