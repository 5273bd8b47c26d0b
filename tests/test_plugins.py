"""Plug-ins of another package: announced by entry points, they have all that ours have."""

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

# A sampler, a learner and an executor; by their annotations what TOML can express are options.
OTHERS = '''
import contextlib, dataclasses
from concurrent.futures import ThreadPoolExecutor

from optuna.samplers import BaseSampler, RandomSampler
from simhelm.agents.bandits import UCB
from simhelm.calibration import Foreign


class Halving(RandomSampler):
    """Random draws, of which every other is drawn twice."""

    def __init__(self, seed: int | None = None, width: float = 0.5, inner: BaseSampler = None):
        super().__init__(seed)
        self.width = width


class Patient(UCB):
    """UCB with another name."""


@dataclasses.dataclass(frozen=True)
class Threads:
    """Threads of this process."""

    workers: int

    @contextlib.contextmanager
    def open(self, recipe, time_limit):
        with ThreadPoolExecutor(1) as executor:
            with Foreign(executor, 1).open(recipe, time_limit) as evaluators:
                yield evaluators
'''

STUDY = """
trials = 6
batch = 2
[problem]
name = "Orchard"
[sampler]
name = "{sampler}"
width = 0.25
"""

STEERING = """
repeats = 2
baselines = "none"
[environment]
id = "simhelm/SolverSequence-v0"
length = 5
grid = 5
[[learner]]
name = "Patient"
[[learner]]
name = "orchard_others:Patient"
label = "by its place"
"""

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
    (tmp_path / "orchard_others.py").write_text(OTHERS, encoding="utf-8")
    points = {
        "problems": ("Orchard-v3 = orchard:Orchard", "Broken = nowhere:Nothing", "bad name = a:B"),
        "samplers": ("Halving = orchard_others:Halving", "Broken = orchard_others:Nothing"),
        "learners": ("Patient = orchard_others:Patient", "Broken = orchard_others:Nothing"),
        "executors": ("threads = orchard_others:Threads", "broken = orchard_others:Nothing"),
    }
    text = "\n".join(
        line for kind, lines in points.items() for line in (f"[simhelm.{kind}]", *lines)
    )
    (info / "entry_points.txt").write_text(text, encoding="utf-8")
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
    assert rows["sampler", "Halving"].endswith("drawn twice. Options: width.")
    assert rows["learner", "Patient"] == "UCB with another name."
    assert rows["executor", "threads"] == "Threads of this process."
    for kind in ("sampler", "learner"):
        broken = rows[kind, "Broken"]
        assert f"{kind} 'Broken' cannot be loaded from orchard_others:Nothing" in broken
    assert "has no attribute 'Nothing'" in rows["executor", "broken"]


@pytest.mark.parametrize("sampler", ["Halving", "orchard_others:Halving"])
def test_studies_use_plugins(sampler: str, plugin: dict[str, str], tmp_path: Path) -> None:
    file, out = tmp_path / "study.toml", tmp_path / "out"
    file.write_text(STUDY.format(sampler=sampler), encoding="utf-8")
    run_simhelm("run", file, "--out", out, "--executor", "threads", env=plugin, check=True)
    status = json.loads(run_simhelm("status", out, "--format", "json", check=True).stdout)
    assert status["sampler"].startswith(f"{sampler}, resumes by repeating every question, if")
    more = ("--out", out, "--n-trials", "8")
    run_simhelm("run", file, *more, env=plugin, check=True)


def test_a_broken_plugin_says_so_when_it_is_used(plugin: dict[str, str], tmp_path: Path) -> None:
    file, out = tmp_path / "study.toml", tmp_path / "out"
    for sampler, executor in (("Broken", "serial"), ("Halving", "broken"), ("Halvin", "serial")):
        file.write_text(STUDY.format(sampler=sampler), encoding="utf-8")
        done = run_simhelm("run", file, "--out", out, "--executor", executor, env=plugin)
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr
        assert "roken' cannot be loaded" in done.stderr or "'Halving'?" in done.stderr
        assert not out.exists()


def test_run_files_name_learners_of_plugins(plugin: dict[str, str], tmp_path: Path) -> None:
    file, out = tmp_path / "run.toml", tmp_path / "out"
    file.write_text(STEERING, encoding="utf-8")
    done = run_simhelm("run", file, "--out", out, env=plugin, check=True)
    assert "Patient" in done.stdout
    assert "by its place" in done.stdout
