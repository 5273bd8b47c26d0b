"""A simulator from another package: announced by an entry point, it has all that ours have."""

import json
import os
from pathlib import Path

import pytest

from tests.subprocesses import python, run_simhelm

MODULE = '''
"""A package that simhelm has never heard of."""

from simhelm.simulators import EndReason, Metrics, Output, Parameter, Problem


class Orchard(Problem):
    """Apples by tree spacing and pruning method."""

    name = "Orchard"
    objective = "apples"
    direction = "maximize"
    work_unit = "seasons"

    def __init__(self, trees: int = 10) -> None:
        self.trees = trees
        self.worst_objective = -1.0
        self.parameters = (
            Parameter("spacing", "float", 4.0, 1.0, 16.0, log=True, unit="m"),
            Parameter("pruning", "categorical", "none", choices=("none", "spur", "tip")),
            Parameter("cuts", "integer", 3, 1, 9, condition=("pruning", ("spur", "tip"))),
        )
        self.outputs = (Output("apples", "1", 0.0, 1e4),)

    def evaluate(self, config, *, seed, budget=None):
        self.check_config(config)
        if config["spacing"] < 1.5:
            return Metrics.failure(EndReason.INFEASIBLE, cost=1.0, details="too dense")
        apples = self.trees * (10.0 - abs(config["spacing"] - 5.0)) + config.get("cuts", 0)
        return Metrics({"apples": apples}, EndReason.COMPLETED, 1.0)
'''

CHECK = """
import gymnasium, simhelm, numpy as np
from simhelm import testing
from simhelm.simulators.registry import load_problem

testing.check_problem(load_problem("Orchard")())
testing.check_environment("simhelm/Orchard-v3", trees=4)
env = gymnasium.make("simhelm/Orchard-v3", trees=4).unwrapped
env.reset(seed=0)
observation, reward, terminated, truncated, info = env.step(np.array([-1, 0, 0], dtype=np.float32))
assert (reward, terminated, truncated) == (-1.0, True, False), reward
assert info["failure"] == "infeasible" and info["details"] == "too dense"
env.reset()
observation, reward, _, _, info = env.step(np.array([0, -1, 0.9], dtype=np.float32))
assert info["config"] == {"spacing": 4.0, "pruning": "none"}, info
assert reward == observation[0] == 36.0
"""


@pytest.fixture
def plugin(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "orchard.py").write_text(MODULE, encoding="utf-8")
    info = tmp_path / "orchard-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: orchard\nVersion: 1.0\n", "utf-8")
    lines = ("Orchard-v3 = orchard:Orchard", "Broken = nowhere:Nothing", "bad name = a:B", "")
    points = "\n".join(("[simhelm.problems]", *lines))
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def test_plugin_passes_the_contract_and_is_an_environment(plugin: dict[str, str]) -> None:
    done = python("-c", CHECK, env=plugin)
    assert done.returncode == 0, done.stderr


def test_plugin_is_listed_and_a_broken_one_says_so(plugin: dict[str, str]) -> None:
    done = run_simhelm("list", "--format", "json", env=plugin, check=True)
    rows = {(row["kind"], row["name"]): row["what"] for row in json.loads(done.stdout)}
    assert rows["problem", "Orchard"] == "Apples by tree spacing and pruning method."
    assert "bad name" in done.stderr
    assert "cannot be loaded from nowhere:Nothing" in rows["problem", "Broken"]
    assert ("environment", "simhelm/Orchard-v3") in rows
