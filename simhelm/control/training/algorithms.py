"""The algorithms of Stable-Baselines3 and its contrib package, with defaults for small problems."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

ALGORITHMS: Mapping[str, tuple[str, str]] = {
    "dqn": ("stable_baselines3", "DQN"),
    "qrdqn": ("sb3_contrib", "QRDQN"),
    "ppo": ("stable_baselines3", "PPO"),
    "sac": ("stable_baselines3", "SAC"),
}
# What to cite for each, in addition to Stable-Baselines3: keys of references.toml.
CITES: Mapping[str, tuple[str, ...]] = {
    "dqn": ("mnih2015",),
    "qrdqn": ("dabney2018",),
    "ppo": ("schulman2017",),
    "sac": ("haarnoja2018",),
}
# Where we differ from the libraries, whose defaults are made for Atari or for robots: networks
# here are small, and so are budgets.
_VALUE_LEARNING: Mapping[str, Any] = {
    "learning_rate": 1e-3,
    "buffer_size": 50_000,
    "batch_size": 64,
    "train_freq": 1,
    "target_update_interval": 500,
    "exploration_fraction": 0.3,
    "exploration_final_eps": 0.05,
}
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "dqn": _VALUE_LEARNING,
    "qrdqn": _VALUE_LEARNING,
    "ppo": {"n_steps": 256, "batch_size": 64},
    "sac": {"buffer_size": 50_000, "learning_rate": 1e-3, "batch_size": 64},
}
# Random steps before learning begins: a tenth of the budget, no more than this.
_LONGEST_WARM_UP = 1_000


def algorithm_class(name: str) -> Any:
    """The class of an algorithm.

    Raises:
        ImportError: its library is missing.
    """
    module, attribute = ALGORITHMS[name]
    try:
        return getattr(importlib.import_module(module), attribute)
    except ImportError as error:
        raise ImportError(
            f"{name} needs {module}: pip install -c constraints.txt 'simhelm[rl]'"
        ) from error


def make_model(
    algorithm: str,
    vector: Any,
    *,
    steps: int,
    seed: int,
    hidden: Sequence[int],
    options: Mapping[str, Any],
) -> Any:
    """A fresh model on a vector environment; see ``TrainingConfig`` for the arguments."""
    from torch import nn

    options = {**_DEFAULTS[algorithm], **options}
    if algorithm != "ppo":
        options.setdefault("learning_starts", min(_LONGEST_WARM_UP, steps // 10))
    network: dict[str, Any] = {"net_arch": list(hidden), "activation_fn": nn.ReLU}
    if algorithm == "qrdqn":
        network["n_quantiles"] = 50
    kind = algorithm_class(algorithm)
    return kind(
        "MlpPolicy", vector, seed=seed % 2**32, device="cpu", policy_kwargs=network, **options
    )
