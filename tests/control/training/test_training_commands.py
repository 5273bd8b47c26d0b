"""`simhelm train` and `evaluate`, as real processes: kill -9, signals, ranks, foreign files."""

import csv
import io
import json
import pickle
import signal
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stable_baselines3 import DQN

from simhelm.agents.export import policy_of
from simhelm.calibration.study.store import Store
from simhelm.control.training.foreign import load_policy
from simhelm.control.training.train import read_training
from tests.subprocesses import command_line, here, run_simhelm, started

ENV = ("simhelm/SolverSequence-v0", "--set", "length=12", "--set", "grid=3")
TRAIN = (
    "train", *ENV, "--algo", "ppo", "--steps", "600", "--option", "n_steps=16", "--hidden", "8,8",
    "--seed", "4", "--validation-episodes", "2", "--checkpoint-every", "64",
)  # fmt: skip
LONG = ("train", *ENV, "--algo", "dqn", "--steps", "2000000", "--checkpoint-every", "200")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training")
    done = here(*TRAIN, "--out", "run", "--format", "csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["chosen"] for row in rows].count("yes") == 1
    return folder


def _weights(path: Path) -> Any:
    return read_training(path).policy.network.weights


def test_ranks_do_not_change_the_training(trained: Path) -> None:
    done = run_simhelm(*TRAIN, "--out", "ranks", "--ranks", "3", cwd=trained)
    assert done.returncode == 0, done.stderr
    assert np.array_equal(_weights(trained / "ranks"), _weights(trained / "run"))
    one, two = (read_training(trained / name) for name in ("ranks", "run"))
    assert one.validations == two.validations


def test_a_restart_must_not_begin_anew(trained: Path) -> None:
    done = here(*TRAIN, "--out", "run", "--overwrite", "--max-restarts", "2", cwd=trained)
    assert done.returncode != 0
    assert "without --max-restarts" in done.stderr
    assert (trained / "run/policy.npz").is_file()


def test_an_exception_on_a_rank_ends_the_job_and_names_it(trained: Path) -> None:
    done = run_simhelm(
        "train", "tests.envs.vector.registered:tests/Failing-v0", "--algo", "dqn", "--steps", "60",
        "--out", str(trained / "failing"), cwd=Path(__file__).parents[3], ranks=3,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "the walker stumbled" in done.stderr
    assert "on rank " in done.stderr
    assert "its last action was" in done.stderr


def test_killed_training_goes_on(trained: Path) -> None:
    """kill -9 after the first checkpoint; the same command gives what was never stopped."""
    words = [word if word != "600" else "1500" for word in TRAIN]
    process = started(command_line(*words, "--out", "killed"), cwd=trained)
    _wait_for_checkpoint(trained / "killed")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (trained / "killed" / "training.json").exists()
    resumed = run_simhelm("resume", "killed", cwd=trained)
    assert resumed.returncode == 0, resumed.stderr
    assert "resuming after" in resumed.stderr
    whole = here(*words, "--out", "whole", cwd=trained)
    assert whole.returncode == 0, whole.stderr
    assert np.array_equal(_weights(trained / "killed"), _weights(trained / "whole"))
    assert resumed.stdout.splitlines()[1:] == whole.stdout.splitlines()[1:]


def test_interrupt_saves_and_says_how_to_go_on(trained: Path) -> None:
    process = started(command_line(*LONG, "--out", "long"), cwd=trained)
    _wait_for_checkpoint(trained / "long")
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "`simhelm resume long` continues it" in told


def _wait_for_checkpoint(directory: Path) -> None:
    deadline = time.monotonic() + 120
    while not list((directory / "checkpoints").glob("*.npz")):
        assert time.monotonic() < deadline, "no checkpoint within two minutes"
        time.sleep(0.02)


def test_show_and_evaluate(trained: Path) -> None:
    shown = here("show", "run", "--format", "json", cwd=trained)
    assert json.loads(shown.stdout)[-1]["steps"] >= 600
    done = here(
        "evaluate", ENV[0], "--policy", "run", "--policy", "run/last.npz", "--seeds", "0:4",
        "--baselines", "omega=1,omega=1.3", "--format", "json", cwd=trained,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [row["kind"] for row in found["rows"]] == ["policy", "policy", "pooled", "rule", "fixed"]
    assert found["rows"][0]["episodes"] == 4
    table = here("evaluate", ENV[0], "--policy", "run", "--seeds", "0:4", cwd=trained)
    assert "oracle (best factor a" in table.stdout
    assert "Learning" in table.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("evaluate", ENV[0], "--policy", "run", "--seeds", "20000:20010"), "trained on the seeds"),
        (("evaluate", ENV[0], "--policy", "run", "--seeds", "5"), "expected A:B"),
        (("evaluate", ENV[0], "--policy", "nowhere.npz"), "no such file"),
        (("train", ENV[0], "--algo", "dqn", "--steps", "9", "--set", "grid"), "NAME=VALUE"),
        (("train", ENV[0], "--algo", "dqn", "--steps", "9", "--hidden", "a"), "--hidden"),
        (("resume", "run", "--n-trials", "9"), "--n-trials belongs to studies; run trains"),
    ],
)
def test_mistakes_are_usage_errors(trained: Path, words: tuple[str, ...], told: str) -> None:
    done = here(*words, cwd=trained)
    assert done.returncode == 2
    assert told in done.stderr


def test_a_sweep_is_a_study_of_trainings(tmp_path: Path) -> None:
    words = ("train", *ENV, "--algo", "ppo", "--steps", "100", "--option", "n_steps=16")
    sweep = (*words, "--repeats", "2", "--workers", "2", "--out", "sweep", "--format", "csv")
    done = here(*sweep, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["training seed"] for row in rows] == ["0", "1"]
    assert here(*words, "--seed", "1", "--out", "one", cwd=tmp_path).returncode == 0
    assert np.array_equal(_weights(tmp_path / "one"), _weights(tmp_path / "sweep" / "seed-1"))
    assert (
        float(rows[1]["validation_reward"]) == read_training(tmp_path / "one").best["mean_reward"]
    )
    with Store(tmp_path / "sweep" / "study") as store:  # as version 0.1.0 wrote it
        identity = store.get("identity")
        identity["problem"]["class"] = "simhelm.calibration.training.sweep:TrainingSweep"
        store.set("identity", identity)
        store.commit()
    assert here(*sweep, cwd=tmp_path).stdout == done.stdout
    for verb in ("resume", "show"):
        assert here(verb, "sweep", "--format", "csv", cwd=tmp_path).stdout == done.stdout
    other = here(*sweep, "--hidden", "4", cwd=tmp_path)
    assert other.returncode == 2
    assert "holds another sweep" in other.stderr


def test_foreign_models_are_read_on_the_users_word_only(tmp_path: Path) -> None:
    """F18: a model file with a canary; refused unread, read with --trust and a warning."""
    canary = tmp_path / "canary"

    class Canary:
        def __reduce__(self) -> Any:
            return Path.touch, (canary,)

    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        archive.writestr("data", pickle.dumps(Canary()))
    done = here("evaluate", "CartPole-v1", "--policy", "model.zip", cwd=tmp_path)
    assert done.returncode == 2
    assert "--trust" in done.stderr
    assert not canary.exists()
    model = DQN("MlpPolicy", "CartPole-v1", buffer_size=10, seed=2, device="cpu")
    model.save(tmp_path / "good.zip")
    words = ("evaluate", "CartPole-v1", "--policy", "good.zip", "--seeds", "0:3")
    done = here(*words, "--trust", "--algo", "dqn", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "as you trust them" in done.stderr
    trusted = load_policy(tmp_path / "good.zip", algorithm="dqn", trust=True)
    assert np.array_equal(trusted.network.weights, policy_of(model).network.weights)
