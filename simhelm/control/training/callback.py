"""What happens between two rollouts of a training: validation, checkpoint, stop."""

from __future__ import annotations

import logging
import statistics
from collections.abc import Callable
from typing import Any

import gymnasium
from stable_baselines3.common.callbacks import BaseCallback

from simhelm.agents.export import policy_of
from simhelm.agents.policy import Policy, PolicyMetadata
from simhelm.control.training.configuration import TrainingConfig
from simhelm.control.training.episodes import scaling_of
from simhelm.control.training.rollout import run_episodes
from simhelm.control.training.run_files import (
    BEST,
    LAST,
    POLICY,
    TrainingDirectory,
    TrainingStopped,
    best_validation,
)
from simhelm.core.cancellation import Cancellation
from simhelm.experiments.atomic_write import not_a_link

log = logging.getLogger(__name__)


class TrainingCallback(BaseCallback):
    """Validates, saves and stops at the beginning of a rollout.

    There, between learning and the next steps, the state of the algorithms is complete.

    Args:
        config: of the training.
        directory: where files go.
        env: a plain environment, for validation.
        metadata: of the policies.
        progress: called with (steps done, steps in all, name).
        stop: asks the training to end.
    """

    def __init__(
        self,
        config: TrainingConfig,
        directory: TrainingDirectory,
        env: gymnasium.Env[Any, Any],
        metadata: PolicyMetadata,
        progress: Callable[[int, int, str], None],
        stop: Cancellation,
    ) -> None:
        super().__init__()
        self.config, self.directory, self.env, self.metadata = config, directory, env, metadata
        self.progress, self.stop = progress, stop
        self.validations: list[dict[str, Any]] = []
        self._scaling = scaling_of(env.observation_space)
        self._saved_at = 0

    def resume(self, document: dict[str, Any]) -> None:
        """Continue from what a checkpoint says."""
        self.validations = document["validations"]
        self._saved_at = document["state"]["counters"]["num_timesteps"]

    def finish(self) -> dict[str, Any]:
        """The last validation, checkpoint and policies; gives the content of ``training.json``."""
        steps, path = self.num_timesteps, self.directory.path
        if not self.validations or self.validations[-1]["steps"] < steps:
            self.validate()
        self.save()
        self._policy().save(not_a_link(path / LAST))
        Policy.load(path / BEST).save(not_a_link(path / POLICY))
        best = best_validation(self.validations)
        return {"steps": steps, "best": best, "validations": self.validations}

    def _policy(self) -> Policy:
        return policy_of(self.model, scaling=self._scaling, metadata=self.metadata)

    def validate(self) -> None:
        """Play the validation episodes with the policy as it is."""
        policy = self._policy()
        first, stop = self.config.validation_seeds
        seeds = range(first, min(stop, first + self.config.validation_episodes))
        results = run_episodes(self.env, lambda seed: policy.act, seeds)
        rewards = [result.total_reward for result in results]
        entry = {
            "steps": self.num_timesteps,
            "mean_reward": statistics.fmean(rewards),
            "episodes": len(results),
            "failures": sum(bool(result.failure) for result in results),
            "mean_cost": statistics.fmean(result.cost for result in results),
        }
        self.validations.append(entry)
        if best_validation(self.validations) is entry:
            policy.save(not_a_link(self.directory.path / BEST))
        for name in ("mean_reward", "mean_cost", "failures"):
            self.logger.record(f"validation/{name}", entry[name])
        self.logger.dump(self.num_timesteps)
        log.info("%d steps: mean validation reward %g", entry["steps"], entry["mean_reward"])

    def save(self) -> None:
        """Write a checkpoint."""
        self.directory.save(self.model, {"validations": self.validations})
        self._saved_at = self.num_timesteps

    def _on_rollout_start(self) -> None:
        # The base class counts in steps of the callback only, the model from the beginning.
        self.num_timesteps = self.model.num_timesteps
        steps = self.num_timesteps
        self.progress(min(steps, self.config.steps), self.config.steps, self.config.algorithm)
        validated_at = self.validations[-1]["steps"] if self.validations else 0
        if self._passed(self.config.evaluate_every, validated_at):
            self.validate()
        if self._passed(self.config.checkpoint_every, self._saved_at):
            self.save()
        if self.stop.is_set:
            if steps > self._saved_at:
                self.save()
            raise TrainingStopped

    def _passed(self, every: int, last: int) -> bool:
        return self.num_timesteps // every > last // every

    def _on_step(self) -> bool:
        return True
