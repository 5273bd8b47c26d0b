"""What releases before the rebuilding wrote still opens, and goes on to the same end.

``data`` was recorded with version 0.1.0 before the rooms were rebuilt, by ``simhelm run``,
``simhelm train`` and SIGTERM or SIGKILL. Tests work on copies: reading a study writes beside it.
"""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from simhelm.agents.bandits import LEARNERS
from simhelm.agents.policy import Policy
from simhelm.calibration import RelaxationTuner, StudyView
from tests.subprocesses import run_simhelm

DATA = Path(__file__).parent / "data"
ARMS = [1.0, 1.2, 1.4, 1.6, 1.8]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def assert_close(found: Any, expected: Any) -> None:
    """Equal, floats to 1e-9: another processor may round a logarithm otherwise."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert_close(found[key], value)
    elif isinstance(expected, (list, tuple)):
        assert len(found) == len(expected)
        for one, two in zip(found, expected, strict=True):
            assert_close(one, two)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9)
    else:
        assert found == expected


def table(directory: Path) -> Any:
    return json.loads(json.dumps(StudyView(directory).reproducible()))


@pytest.mark.parametrize(
    ("directory", "golden"),
    [
        ("study_interrupted", "study"),
        ("study_killed", "study"),
        ("study_hpbandster_interrupted", "study_hpbandster"),
        ("study_ant_colony_interrupted", "study_ant_colony"),
    ],
)
def test_a_study_resumes(data: Path, directory: str, golden: str) -> None:
    if "hpbandster" in directory:
        pytest.importorskip("hpbandster")
    run_simhelm("resume", directory, cwd=data, check=True)
    assert_close(
        table(data / directory), json.loads((data / f"{golden}_golden.table.json").read_text())
    )


def test_a_study_of_an_executable_resumes(data: Path) -> None:
    # It keeps the folder of its file, which is another one here: its command again finds it.
    folder = data / "executable"
    run_simhelm("run", "study.toml", "--out", "study_interrupted", cwd=folder, check=True)
    golden = json.loads((folder / "study_golden.table.json").read_text())
    assert_close(table(folder / "study_interrupted"), golden)


@pytest.mark.parametrize("verb", ["status", "show", "report", "resume"])
@pytest.mark.parametrize("directory", ["study_golden", "steering", "monte_carlo"])
def test_a_finished_one_opens(data: Path, directory: str, verb: str) -> None:
    done = run_simhelm(verb, directory, cwd=data)
    assert done.returncode == 0, done.stderr


def test_a_steering_run_resumes(data: Path) -> None:
    run_simhelm("resume", "steering_interrupted", cwd=data, check=True)
    rounds = [
        pyarrow.parquet.read_table(data / name / "rounds.parquet")
        for name in ("steering_interrupted", "steering")
    ]
    assert rounds[0].equals(rounds[1])


def test_a_monte_carlo_resumes(data: Path) -> None:
    run_simhelm("resume", "monte_carlo_interrupted", cwd=data, check=True)
    columns = [
        pyarrow.parquet.read_table(data / name / "samples.parquet").to_pydict()
        for name in ("monte_carlo_interrupted", "monte_carlo")
    ]
    assert_close(*columns)


def test_a_training_resumes(data: Path) -> None:
    pytest.importorskip("stable_baselines3")
    run_simhelm("resume", "training_interrupted", cwd=data, check=True)
    found, golden = data / "training_interrupted", data / "training_golden"
    with np.load(found / "policy.npz") as ours, np.load(golden / "policy.npz") as theirs:
        assert ours.files == theirs.files
        for name in ours.files:
            if ours[name].dtype.kind == "f":
                np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-5, atol=1e-7)
    for verb in ("status", "show", "report"):
        run_simhelm(verb, "training_interrupted", cwd=data, check=True)


@pytest.mark.parametrize("name", ["ppo_discrete", "dqn_discrete"])
def test_a_policy_acts_as_it_did(name: str) -> None:
    expected = json.loads((DATA / "policies" / "expected.json").read_text())[name]
    policy = Policy.load(DATA / "policies" / f"{name}.npz")
    found = [policy.act(np.array(one)) for one in expected["observations"]]
    assert found == expected["actions"]


@pytest.mark.parametrize("path", sorted((DATA / "states").glob("*.json")), ids=lambda p: p.stem)
def test_a_state_plays_on_as_it_did(path: Path) -> None:
    document = json.loads(path.read_text())
    if "tuner" in document:
        tuner = RelaxationTuner(context_bounds=(0.0, 1.0), seed=3)
        tuner.load_state_dict(document["state"])
        assert_close(_tuned(tuner), document["next"])
        return
    kind = LEARNERS[document["learner"]]
    bounds: dict[str, Any] = {"context_bounds": (0.0, 1.0)} if kind.needs_context else {}
    bandit = kind(ARMS, seed=11, **bounds)
    bandit.load_state_dict(document["state"])
    if "pending" in document:
        assert bandit.state_dict() == document["state"]
        return
    arms = []
    for r in range(20, 50):
        arms.append(int(bandit.act(_context(r))))
        loss = 20.0 + 100.0 * (ARMS[arms[-1]] - 1.2 - 0.4 * _context(r)) ** 2
        bandit.learn(loss + (7 * r) % 5)
    assert arms == document["next"]


def _context(r: int) -> float:
    return 0.5 + 0.5 * math.sin(0.7 * r)


def _tuned(tuner: RelaxationTuner) -> list[float]:
    found = []
    for r in range(20, 50):
        found.append(float(tuner.suggest(context=_context(r))))
        tuner.record(20.0 + 100.0 * (found[-1] - 1.2 - 0.4 * _context(r)) ** 2)
    return found


def test_a_proxy_searches_as_it_did(data: Path) -> None:
    pytest.importorskip("skops")
    folder = data / "proxy"
    run_simhelm("run", "searched.toml", "--out", "searched", cwd=folder, check=True)
    assert StudyView(folder / "searched").best(1)
