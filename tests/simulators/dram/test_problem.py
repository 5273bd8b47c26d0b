"""The design problem: what it charges, its budget, and ArchGym's rewards."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simhelm.simulators import Metrics
from simhelm.simulators.dram import Controller, make_workload, read_trace, simulate
from simhelm.simulators.dram.problem import DramController

Config = dict[str, Any]


def evaluate(problem: DramController, **changes: Any) -> Metrics:
    return problem.evaluate({**problem.default_config(), **changes}, seed=0)


def test_the_objective_is_what_the_outputs_say() -> None:
    problem = DramController(requests=500, cost_weight=0.5)
    values = evaluate(problem).values
    expected = math.log(values["mean_latency_ns"] * values["energy_pj"] / 500) + 0.5 * math.log(
        values["controller_entries"]
    )
    assert values["log_latency_energy_cost"] == pytest.approx(expected, rel=1e-12)


def test_entries_buy_latency() -> None:
    """The objectives conflict: small buffers are cheap and slow."""
    problem = DramController(requests=4000)
    small = evaluate(problem, SchedulerBuffer="Shared", RequestBufferSize=1).values
    large = evaluate(problem).values
    assert small["controller_entries"] < large["controller_entries"]
    assert small["mean_latency_ns"] > large["mean_latency_ns"]


def test_the_front_has_more_than_one_point() -> None:
    """Latency, energy and entries of random designs do not agree on one design."""
    problem = DramController(requests=1500)
    rng = np.random.default_rng(0)
    shares = rng.random((40, len(problem.parameters)))
    names = ("mean_latency_ns", "energy_pj", "controller_entries")
    points = np.array(
        [
            [problem.evaluate(problem.config_from_shares(row), seed=0).values[n] for n in names]
            for row in shares.tolist()
        ]
    )
    beaten = [((points <= p).all(1) & (points < p).any(1)).any() for p in points]
    assert sum(not one for one in beaten) >= 3


def test_budget_and_seeds() -> None:
    fixed, drawn = DramController(requests=600), DramController(requests=600, workload_seed=None)
    config = fixed.default_config()
    assert fixed.evaluate(config, seed=1) == fixed.evaluate(config, seed=2)
    assert drawn.evaluate(config, seed=1) == drawn.evaluate(config, seed=1)
    assert drawn.evaluate(config, seed=1) != drawn.evaluate(config, seed=2)
    part = fixed.evaluate(config, seed=1, budget=200)
    direct = simulate(Controller(), make_workload("mixed", seed=0, requests=600).head(200))
    assert part.cost == 200.0
    assert part.values["completion_time_ns"] == direct.charged_time_ns


def test_legacy_rewards_from_a_trace_file(tmp_path: Path) -> None:
    path = tmp_path / "own.stl"
    path.write_text("".join(f"{i}: read {64 * i:#x}\n" for i in range(400)), encoding="ascii")
    problem = DramController([str(path)], legacy=True, reward="both")
    assert problem.direction == "maximize"
    values = evaluate(problem, RefreshPolicy="AllBank").values
    result = simulate(Controller(), read_trace(path))
    watts, seconds = result.mean_power_mw * 1e-3, result.completion_time_ns * 1e-9
    assert values["power_reward"] == pytest.approx(1.0 / abs(1.0 - watts))
    assert values["latency_reward"] == pytest.approx(0.1 / (0.1 - seconds))
    assert values["both_reward"] == pytest.approx(values["power_reward"] * values["latency_reward"])
    config: Config = {**problem.default_config(), "RefreshPolicy": "NoRefresh"}
    for name in ("RefreshMaxPostponed", "RefreshMaxPulledin"):
        del config[name]
    assert problem.evaluate(config, seed=0).succeeded


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"workloads": "mixed"}, "expected a list"),
        ({"workloads": ["mixd"]}, "or a trace file, got 'mixd'; did you mean 'mixed'"),
        ({"workload_seed": -1}, "workload_seed: expected at least 0"),
        ({"cost_weight": -1.0}, "cost_weight"),
        ({"memory": "DDR5"}, "memory: expected"),
        ({"legacy": True, "reward": "speed"}, "reward: expected"),
    ],
)
def test_refusals(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DramController(**arguments)


def test_meaningless_settings_do_not_exist() -> None:
    problem = DramController(requests=100)
    with pytest.raises(ValueError, match="condition is not met"):
        evaluate(problem, MaxActiveTransactions=4)
    with pytest.raises(ValueError, match="unknown parameter 'RefreshPolicy'"):
        evaluate(problem, RefreshPolicy="NoRefresh")
