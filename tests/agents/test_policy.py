"""Policies as array files: equal to the model they come from, and safe to read."""

import json
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import gymnasium
import numba
import numpy as np
import pytest
from sb3_contrib import QRDQN
from stable_baselines3 import DQN, PPO, SAC
from torch import nn

from simhelm import agents
from simhelm.agents.export import ObservationScaling, export_policy, policy_of
from simhelm.agents.network import RELU, discrete_action, outputs
from simhelm.agents.policy import Policy, PolicyMetadata, network_of

SHIPPED = sorted((Path(agents.__path__[0]) / "trained").glob("*.npz"))
MODELS = [
    (DQN, "CartPole-v1", nn.ReLU),
    (QRDQN, "CartPole-v1", nn.ReLU),
    (PPO, "CartPole-v1", nn.Tanh),
    (PPO, "Pendulum-v1", nn.ReLU),
    (SAC, "Pendulum-v1", nn.Tanh),
]


def _model(kind: Any, env: Any, activation: Any) -> Any:
    options = {} if kind is PPO else {"buffer_size": 10}
    network = {"net_arch": [32, 32], "activation_fn": activation}
    return kind("MlpPolicy", env, seed=1, policy_kwargs=network, device="cpu", **options)


@pytest.mark.parametrize(("kind", "env", "activation"), MODELS)
def test_a_policy_acts_as_its_model(kind: Any, env: str, activation: Any, tmp_path: Path) -> None:
    model = _model(kind, env, activation)
    export_policy(model, tmp_path / "p.npz")
    policy = Policy.load(tmp_path / "p.npz")
    rng = np.random.default_rng(2)
    observations = 3.0 * rng.normal(size=(300, policy.observation_size))
    wanted, _ = model.predict(observations.astype(np.float32), deterministic=True)
    ours = np.array([policy.act(observation) for observation in observations])
    assert ours.shape == wanted.shape
    assert ours == pytest.approx(wanted, abs=2e-6)
    assert policy.act_many(observations) == pytest.approx(wanted, abs=2e-6)
    assert model.action_space.contains(policy.act(observations[0]))


def test_quantile_values_are_the_means_of_the_quantiles() -> None:
    model = _model(QRDQN, "CartPole-v1", nn.ReLU)
    policy = policy_of(model)
    observation = np.array([0.1, -0.4, 0.2, 0.3])
    tensor, _ = model.policy.obs_to_tensor(observation[None].astype(np.float32))
    wanted = model.quantile_net(tensor).mean(dim=1).detach().numpy()[0]
    assert policy.values(observation) == pytest.approx(wanted, abs=1e-6)


def test_observations_are_scaled_by_the_policy() -> None:
    model = _model(DQN, "CartPole-v1", nn.ReLU)
    scaling = ObservationScaling(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.5, 2.0, 1.0, 0.1]))
    x = np.array([0.3, 0.2, -0.1, 7.0])
    scaled = (x - scaling.centre) * scaling.factor
    assert np.array_equal(
        policy_of(model, scaling=scaling).values(x), policy_of(model).values(scaled)
    )


def _tiny(**changes: Any) -> Policy:
    """Two inputs, no hidden layer, three actions of values x, y and x + y."""
    parts: dict[str, Any] = {
        "weights": np.array([1, 0, 1, 0, 1, 1, 0, 0, 0], np.float32),
        "sizes": np.array([2, 3]),
        "activation": RELU,
        "head": 0,
        "centre": np.zeros(2),
        "factor": np.ones(2),
        "low": np.zeros(3),
        "high": np.zeros(3),
    }
    return Policy(network_of(**{**parts, **changes}), PolicyMetadata(action_values=(1.0, 2.0, 4.0)))


def test_a_network_that_can_be_computed_by_hand() -> None:
    policy = _tiny()
    assert policy.values(np.array([2.0, -1.0])).tolist() == [2.0, -1.0, 1.0]
    assert policy.act(np.array([2.0, -1.0])) == 0
    assert policy.act(np.array([-1.0, 2.0])) == 1
    assert policy.act(np.array([1.0, 2.0])) == 2
    assert policy.act(np.array([0.0, 0.0])) == 0, "the first of equal ones"


def test_the_callback_gives_settings() -> None:
    policy = _tiny()
    assert policy.callback()(np.array([1.0, 2.0])) == 4.0
    assert policy.callback([0.1, 0.2, 0.3])(np.array([-1.0, 2.0])) == 0.2
    with pytest.raises(ValueError, match="expected 3 values"):
        policy.callback([0.1])
    pendulum = policy_of(_model(SAC, "Pendulum-v1", nn.ReLU))
    x = np.array([1.0, 0.0, 0.2])
    assert pendulum.callback()(x) == pytest.approx(float(np.asarray(pendulum.act(x))[0]))


@numba.njit
def _own_loop(network: Any, start: Any, steps: int) -> int:
    """What a user would write: the policy inside a compiled loop."""
    x, chosen = start.copy(), 0
    for _ in range(steps):
        chosen = chosen * 3 + discrete_action(network, x)
        x[0], x[1] = -x[1], x[0]
    return chosen


def test_a_policy_inside_a_compiled_loop() -> None:
    policy = _tiny()
    assert _own_loop(policy.network, np.array([1.0, 2.0]), 4) == ((2 * 3 + 1) * 3 + 0) * 3 + 0
    assert outputs(policy.network, np.array([1.0, 2.0])).dtype == np.float32


@pytest.mark.parametrize("observation", [[1.0], [1.0, 2.0, 3.0], [np.nan, 1.0], [1.0, np.inf]])
def test_observations_that_do_not_fit_are_refused(observation: list[float]) -> None:
    policy = _tiny()
    with pytest.raises(ValueError, match="observation"):
        policy.act(np.array(observation))
    with pytest.raises(ValueError, match=r"observation|reshape"):
        policy.act_many(np.array([observation]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": np.zeros(8, np.float32)}, "weights: expected 9"),
        ({"weights": np.full(9, np.nan, np.float32)}, "weights: expected 9 finite"),
        ({"sizes": np.array([2])}, "sizes"),
        ({"sizes": np.array([2, 10**9])}, "too wide"),
        ({"factor": np.array([1.0, np.inf])}, "observation_factor"),
        ({"head": 1}, "action_shape"),
    ],
)
def test_networks_that_do_not_fit_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        _tiny(**changes)


def test_metadata_survives_the_file(tmp_path: Path) -> None:
    metadata = PolicyMetadata(
        environment="simhelm/Heat2D-v0",
        arguments={"nx": 8},
        algorithm="dqn",
        training_seeds=(10, 20),
        seed=3,
        steps=1000,
        action_values=(1.0, 1.5),
        command="simhelm train",
        versions={"numpy": "2"},
    )
    model = _model(DQN, "CartPole-v1", nn.ReLU)
    policy = export_policy(model, tmp_path / "p.npz", metadata=metadata)
    again = Policy.load(tmp_path / "p.npz")
    assert again.metadata == metadata
    assert np.array_equal(again.network.weights, policy.network.weights)
    assert [path.name for path in tmp_path.iterdir()] == ["p.npz"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_policies_play_and_say_how_they_were_made(path: Path) -> None:
    policy = Policy.load(path)
    metadata = policy.metadata
    assert path.stem.replace("_", "") == re.sub("[^a-z0-9]", "", metadata.environment.lower())[7:]
    assert metadata.command
    assert path.stat().st_size < 20_000
    env = gymnasium.make(metadata.environment, steps=3, **metadata.arguments)
    assert metadata.training_seeds == (1000, 10_000)
    observation, _ = env.reset(seed=0)
    for _ in range(3):
        action = policy.act(observation)
        assert env.action_space.contains(np.int64(action))
        observation, _, _, _, info = env.step(action)
    assert info["error"] < 1e-3


class _Canary:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_a_file_with_a_pickle_inside_runs_nothing(tmp_path: Path) -> None:
    """F18: whatever is put in the place of an array, or of the file."""
    canary = tmp_path / "canary"
    good = tmp_path / "good.npz"
    _tiny().save(good)
    with np.load(good, allow_pickle=False) as file:
        arrays: dict[str, Any] = {name: file[name] for name in file.files}
    for name in arrays:
        bad = tmp_path / "bad.npz"
        np.savez(bad, **{**arrays, name: np.array([_Canary(canary)], dtype=object)})
        with pytest.raises(ValueError, match="expected a policy"):
            Policy.load(bad)
    (tmp_path / "plain.npz").write_bytes(pickle.dumps(_Canary(canary)))
    with pytest.raises(ValueError, match="expected a policy"):
        Policy.load(tmp_path / "plain.npz")
    assert not canary.exists()
    pickle.loads((tmp_path / "plain.npz").read_bytes())  # noqa: S301 - the canary does sing
    assert canary.exists()


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    good = tmp_path / "good.npz"
    _tiny().save(good)
    whole = good.read_bytes()
    bad = tmp_path / "bad.npz"
    for length in range(0, len(whole), 97):
        bad.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="expected a policy"):
            Policy.load(bad)
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("metadata.npy", b"nothing")
    with pytest.raises(ValueError, match="expected a policy"):
        Policy.load(bad)
    with np.load(good, allow_pickle=False) as file:
        arrays: dict[str, Any] = {name: file[name] for name in file.files}
    document = json.loads(str(arrays["metadata"]))
    np.savez(bad, **{**arrays, "metadata": np.array(json.dumps({**document, "format": 99}))})
    with pytest.raises(ValueError, match="another version"):
        Policy.load(bad)


def test_models_that_cannot_be_exported_are_refused() -> None:
    with pytest.raises(TypeError, match="LeakyReLU"):
        policy_of(_model(DQN, "CartPole-v1", nn.LeakyReLU))

    class Grid(gymnasium.ObservationWrapper[Any, Any, Any]):
        def __init__(self) -> None:
            super().__init__(gymnasium.make("CartPole-v1"))
            self.observation_space = gymnasium.spaces.Discrete(4)

        def observation(self, observation: Any) -> int:
            return 1

    with pytest.raises(TypeError, match="expected a Box"):
        policy_of(_model(DQN, Grid(), nn.ReLU))

    class Pairs(gymnasium.Wrapper[Any, Any, Any, Any]):
        def __init__(self) -> None:
            super().__init__(gymnasium.make("CartPole-v1"))
            self.action_space = gymnasium.spaces.MultiDiscrete([2, 3])

    with pytest.raises(TypeError, match="expected Discrete or Box actions, got MultiDiscrete"):
        policy_of(_model(PPO, Pairs(), nn.ReLU))
