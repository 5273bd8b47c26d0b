"""Training: resumed to the bit, honest about seeds, safe to load."""

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch

import simhelm  # noqa: F401 - registers the environments
from simhelm.control.training.configuration import TrainingConfig, parse_training
from simhelm.control.training.episodes import make_training_env, scaling_of
from simhelm.control.training.run_files import (
    LAYOUT,
    TrainingDirectory,
    TrainingStopped,
    identity_of,
)
from simhelm.control.training.train import FinishedTraining, TrainingExecution, read_training, train
from simhelm.core.cancellation import Cancellation
from simhelm.core.errors import ConfigurationError, DirectoryError
from simhelm.envs.seed_ranges import DEFAULT_SEED_RANGES, check_disjoint

ROOT = Path(__file__).parents[3]
SMALL: dict[str, Any] = {"id": "simhelm/SolverSequence-v0", "length": 12, "grid": 3}
CONTINUOUS: dict[str, Any] = {**SMALL, "action": "continuous"}
HEAT: dict[str, Any] = {"id": "simhelm/Heat2D-v0", "nx": 5, "steps": 10}
CASES = [
    ("dqn", SMALL),
    ("qrdqn", HEAT),
    ("sac", CONTINUOUS),
    ("ppo", SMALL),
    ("ppo", CONTINUOUS),
]


def _config(algorithm: str = "dqn", environment: Any = None, **changes: Any) -> TrainingConfig:
    options = {"n_steps": 16, "batch_size": 32} if algorithm == "ppo" else {}
    table = {
        "environment": environment or SMALL, "algorithm": algorithm, "steps": 400, "seed": 5,
        "options": options, "hidden": (16,), "envs": 3, "validation_episodes": 2,
        "checkpoint_every": 90, "evaluate_every": 150,
    }  # fmt: skip
    return parse_training({**table, **changes})


def _stopped_at(config: TrainingConfig, directory: Path, steps: int) -> None:
    stop = Cancellation()

    def progress(done: int, total: int, name: str) -> None:
        if done >= steps:
            stop.set()

    with pytest.raises(TrainingStopped):
        train(config, directory, execution=TrainingExecution(progress=progress, stop=stop))


def _assert_equal(one: FinishedTraining, two: FinishedTraining) -> None:
    assert one.validations == two.validations
    for name in ("policy.npz", "last.npz"):
        with np.load(one.path / name) as a, np.load(two.path / name) as b:
            assert np.array_equal(a["weights"], b["weights"]), name
    last = [sorted((run.path / "checkpoints").glob("*.npz"))[-1] for run in (one, two)]
    with np.load(last[0]) as a, np.load(last[1]) as b:
        assert a.files == b.files
        for name in set(a.files) - {"document"}:
            assert np.array_equal(a[name], b[name]), name


@pytest.mark.parametrize(("algorithm", "environment"), CASES)
def test_resumed_equals_uninterrupted(algorithm: str, environment: Any, tmp_path: Path) -> None:
    """Stopped twice; weights, buffers, moments, generators and validations agree to the bit."""
    config = _config(algorithm, environment)
    whole = train(config, tmp_path / "whole")
    _stopped_at(config, tmp_path / "parts", 100)
    _stopped_at(config, tmp_path / "parts", 250)
    _assert_equal(whole, train(config, tmp_path / "parts"))


def test_lost_work_since_a_checkpoint_is_done_again(tmp_path: Path) -> None:
    """As after kill -9: the newest checkpoint is older than the last step, or is damaged."""
    config = _config()
    whole = train(config, tmp_path / "whole")
    _stopped_at(config, tmp_path / "parts", 300)
    newest = sorted((tmp_path / "parts" / "checkpoints").glob("*.npz"))[-1]
    newest.write_bytes(newest.read_bytes()[:3000])
    _assert_equal(whole, train(config, tmp_path / "parts"))


def test_processes_give_the_same_training(tmp_path: Path) -> None:
    config = _config(steps=120)
    here = train(config, tmp_path / "here")
    there = train(config, tmp_path / "there", execution=TrainingExecution(workers=2))
    _assert_equal(here, there)


def test_seeds_differ_and_global_generators_are_left_alone(tmp_path: Path) -> None:
    config = _config(steps=60)
    before, words = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
    one = train(config, tmp_path / "one")
    two = train(config.model_copy(update={"seed": 6}), tmp_path / "two")
    assert not np.array_equal(one.policy.network.weights, two.policy.network.weights)
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(words[1], np.random.get_state()[1])  # type: ignore[index] # noqa: NPY002


def test_the_directory_is_complete_and_read_again(tmp_path: Path) -> None:
    config = _config(steps=120)
    first = train(config, tmp_path / "run", execution=TrainingExecution(command="simhelm train x"))
    metadata = first.policy.metadata
    assert metadata.environment == SMALL["id"]
    assert metadata.training_seeds == (10_000, 1_000_000)
    assert metadata.command == "simhelm train x"
    assert metadata.action_values is not None
    assert first.best["mean_reward"] == max(v["mean_reward"] for v in first.validations)
    assert list((tmp_path / "run" / "tensorboard").glob("events*"))
    assert len(list((tmp_path / "run" / "checkpoints").glob("*.npz"))) <= 2
    assert train(config, tmp_path / "run").validations == first.validations
    assert read_training(tmp_path / "run").best == first.best


def test_another_training_is_refused_unless_overwritten(tmp_path: Path) -> None:
    train(_config(steps=40), tmp_path / "run")
    with pytest.raises(ConfigurationError, match=r"config.steps = 50"):
        train(_config(steps=50), tmp_path / "run")
    assert train(_config(steps=50), tmp_path / "run", overwrite=True).validations
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").touch()
    with pytest.raises(ConfigurationError, match="holds no training"):
        train(_config(steps=50), tmp_path / "other", overwrite=True)


@pytest.mark.parametrize("left", ["lock", "config.json.part", "config.json"])
def test_a_training_killed_as_it_began_can_begin_again(left: str, tmp_path: Path) -> None:
    """Its lock, a part of the configuration, or that without the folder of checkpoints."""
    identity = identity_of(_config())
    with LAYOUT.claimed(tmp_path, identity) as complete:
        assert not complete
    (tmp_path / "config.json").rename(tmp_path / left)
    with LAYOUT.claimed(tmp_path, identity) as complete:
        assert not complete
    assert TrainingDirectory(tmp_path).is_training


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    _stopped_at(_config(seed=1), tmp_path / "one", 100)
    _stopped_at(_config(seed=2), tmp_path / "two", 100)
    for path in (tmp_path / "one" / "checkpoints").glob("*.npz"):
        shutil.copy(path, tmp_path / "two" / "checkpoints" / ("9" + path.name[1:]))
    with pytest.raises(DirectoryError, match="another training wrote"):
        train(_config(seed=2), tmp_path / "two")


def test_a_checkpoint_with_a_pickle_runs_nothing(tmp_path: Path) -> None:
    """F18: the canary is in every place where an array is read."""
    canary = tmp_path / "canary"

    class Canary:
        def __reduce__(self) -> Any:
            return Path.touch, (canary,)

    _stopped_at(_config(), tmp_path / "run", 100)
    config = _config()
    for path in (tmp_path / "run" / "checkpoints").glob("*.npz"):
        with np.load(path) as file:
            names = file.files
        bad: dict[str, Any] = {name: np.array([Canary()], dtype=object) for name in names}
        np.savez(path, **bad)
    assert train(config, tmp_path / "run").validations, "damaged ones are passed over"
    assert not canary.exists()


class _Forgetful(gymnasium.Env[Any, Any]):
    """Not a function of seed and actions: it counts over all its life, and all instances."""

    count = 0
    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012
    observation_space = gymnasium.spaces.Box(-1e9, 1e9, (1,), np.float64)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, **_: Any) -> Any:
        return self._observe(), {}

    def step(self, action: Any) -> Any:
        return self._observe(), 0.0, False, self.count % 7 == 0, {}

    def _observe(self) -> Any:
        _Forgetful.count += 1
        return np.array([float(self.count)])


def test_resuming_says_so_where_it_cannot_be_exact(tmp_path: Path) -> None:
    gymnasium.register("tests/Forgetful-v0", lambda **_: _Forgetful())
    try:
        config = _config(environment={"id": "tests/Forgetful-v0"})
        _stopped_at(config, tmp_path / "run", 100)
        with pytest.raises(DirectoryError, match="did not come back as they were"):
            train(config, tmp_path / "run")
    finally:
        del gymnasium.registry["tests/Forgetful-v0"]


def test_episodes_start_from_training_seeds_only() -> None:
    env = make_training_env(SMALL["id"], {"length": 2, "grid": 3}, range(50, 53), 0.5)
    starts = set()
    env.reset(seed=9)
    for _ in range(30):
        starts.add(int(env.unwrapped.np_random_seed))
        env.reset()
    assert starts == {50, 51, 52}
    plain = gymnasium.make(str(SMALL["id"]), length=2, grid=3)
    env.reset(seed=1)
    plain.reset(seed=int(env.unwrapped.np_random_seed))
    _, scaled, *_ = env.step(3)
    _, reward, *_ = plain.step(3)
    assert scaled == 0.5 * float(reward)
    *_, info = env.step(3)
    assert info["episode"]["l"] == 2


def test_observations_are_scaled_to_their_bounds() -> None:
    scaling = scaling_of(
        gymnasium.spaces.Box(
            np.array([0, -np.inf, 0.0]), np.array([10.0, 1.0, 1e7]), dtype=np.float64
        )
    )
    assert scaling.centre.tolist() == [5.0, 0.0, 0.0]
    assert scaling.factor.tolist() == [0.2, 1.0, 1.0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"algorithm": "dqnn"}, "did you mean 'dqn'"),
        ({"environment": {"id": "simhelm/Heat-v0"}}, "unknown environment"),
        ({"environment": {**SMALL, "length": -1}}, "length"),
        ({"environment": {**SMALL, "lenth": 1}}, "unknown argument 'lenth'.*did you mean 'length'"),
        ({"options": {"learning_rat": 1.0}}, "did you mean 'learning_rate'"),
        ({"options": {"policy_kwargs": 1}}, "unknown option"),
        ({"training_seeds": (0, 100)}, "overlap"),
        ({"validation_seeds": (20_000, 20_010)}, "overlap"),
        ({"steps": 0}, "steps"),
        ({"hidden": ()}, "hidden"),
        ({"reward_scale": float("nan")}, "reward_scale"),
    ],
)
def test_mistakes_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        _config(**changes)


def test_a_file_of_a_training_is_read(tmp_path: Path) -> None:
    """Defaults filled in, paths from the file on; repeats belong to a sweep, not to a training."""
    shutil.copy(ROOT / "examples" / "own_matrix.mtx", tmp_path / "A.mtx")
    text = """
    kind = "training"
    algorithm = "dqn"
    steps = 50
    repeats = 3
    hidden = [8, 8]
    [environment]
    id = "simhelm/SolverSequence-v0"
    matrix = "A.mtx"
    """
    table = tomllib.loads(text)
    config = parse_training(table, "t.toml", tmp_path)
    assert config.environment.arguments == {"matrix": str(tmp_path / "A.mtx")}
    assert (config.hidden, config.evaluate_every, config.repeats) == ((8, 8), 5, 3)
    assert config.training_seeds == (10_000, 1_000_000)
    assert "repeats" not in config.model_dump()
    for changes, words in (
        ({"repeat": 3}, "t.toml: unknown key 'repeat'.*did you mean 'repeats'"),
        ({"repeats": 0}, "t.toml: repeats: .*greater than or equal to 1, got 0"),
        ({"steps": "many"}, "t.toml: steps: .*valid integer"),
        ({"algorithm": None}, "t.toml: key 'algorithm' is missing"),
        ({"environment": {"id": "simhelm/SolverSequence-v0", "matrx": "A.mtx"}}, "'matrix'"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            parse_training({**table, **changes}, "t.toml", tmp_path)


def test_an_algorithm_that_does_not_fit_the_actions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="sac"):
        train(_config("sac", SMALL), tmp_path / "run")


def test_default_seed_ranges_share_nothing() -> None:
    check_disjoint(DEFAULT_SEED_RANGES)
    with pytest.raises(ValueError, match="test seeds 0:10 and training seeds 9:12 overlap"):
        check_disjoint({"test": range(10), "training": range(9, 12)})


def test_config_is_plain_json(tmp_path: Path) -> None:
    train(_config(steps=30), tmp_path / "run")
    stored = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))
    assert TrainingConfig.model_validate(stored["config"]) == _config(steps=30)
