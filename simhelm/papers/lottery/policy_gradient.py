"""PPO of Stable-Baselines3 as a search agent: a design an episode, on the problem's environment."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Any

import gymnasium

from simhelm.control.training.algorithms import algorithm_class
from simhelm.core.problem import Config, Metrics, Problem, Value
from simhelm.envs.design import DesignEnv

NAME = "PPO"


class _Spent(Exception):  # noqa: N818 - no error: the budget is spent
    """Ends the training in the midst of a rollout."""


class _Counted(Problem):
    """A problem that remembers what it said and stops after a number of evaluations."""

    def __init__(self, problem: Problem, budget: int) -> None:
        self._problem, self._budget = problem, budget
        self.description = dataclasses.replace(problem.description, name="Counted")
        self.seen: list[tuple[dict[str, Value], Metrics]] = []

    def evaluate(self, config: Config, *, seed: int, budget: int | None = None) -> Metrics:
        if len(self.seen) == self._budget:
            raise _Spent
        metrics = self._problem.evaluate(config, seed=seed, budget=budget)
        self.seen.append((dict(config), metrics))
        return metrics


def search(
    problem: Problem, setting: Mapping[str, Any], *, budget: int, seed: int
) -> list[tuple[dict[str, Value], Metrics]]:
    """What a training run evaluates, in order, ``budget`` designs.

    Rewards are divided by their running standard deviation (``VecNormalize``); everything else
    that ``setting`` does not name is Stable-Baselines3's default, with a network of 32 x 32 and
    one batch a rollout. Repeated designs count.

    Raises:
        ImportError: Stable-Baselines3 is missing; the message names the extra.
    """
    kind = algorithm_class("ppo")
    from stable_baselines3.common.logger import Logger
    from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

    counted = _Counted(problem, budget)

    def make() -> gymnasium.Env[Any, Any]:
        return DesignEnv(counted)

    vector = VecNormalize(DummyVecEnv([make]), norm_obs=True, norm_reward=True)
    options = dict(setting)
    model = kind(
        "MlpPolicy",
        vector,
        seed=seed,
        device="cpu",
        batch_size=options["n_steps"],
        policy_kwargs={"net_arch": [32, 32]},
        **options,
    )
    # Its own logger would make a folder among the machine's temporary files.
    model.set_logger(Logger(folder=None, output_formats=[]))
    with contextlib.suppress(_Spent):
        model.learn(total_timesteps=budget + int(options["n_steps"]))
    return counted.seen
