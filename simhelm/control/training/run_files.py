"""The files of a training directory.

``config.json`` (what is trained), ``provenance.json`` (command and versions), ``checkpoints/``,
``tensorboard/``, ``best.npz`` (the policy of the best validation so far), ``policy.npz`` (the same,
once the training is complete), ``last.npz`` (the policy at the end) and ``training.json`` (the
validations; it exists once the training is complete).
"""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

from simhelm.control.training.checkpoint import Arrays, read_checkpoint, save_checkpoint
from simhelm.control.training.configuration import TrainingConfig
from simhelm.core.errors import DirectoryError
from simhelm.core.fingerprint import fingerprint
from simhelm.experiments.directory import Layout, read_json, subdirectory
from simhelm.version import __version__

log = logging.getLogger(__name__)

CONFIG, PROVENANCE, FINISHED = "config.json", "provenance.json", "training.json"
POLICY, BEST, LAST = "policy.npz", "best.npz", "last.npz"
_CHECKPOINTS, _TENSORBOARD = "checkpoints", "tensorboard"
_KIND = "training"
LAYOUT = Layout(
    "training", CONFIG, (FINISHED, POLICY, BEST, LAST, PROVENANCE, _CHECKPOINTS, _TENSORBOARD)
)
# The disk may have corrupted the newest; more are of no use.
_KEPT = 2


class TrainingStopped(Exception):  # noqa: N818 - asked for
    """The training was asked to stop; its state is saved."""


@dataclasses.dataclass(frozen=True)
class TrainingDirectory:
    """The files of one training."""

    path: Path

    @property
    def tensorboard(self) -> Path:
        """Where TensorBoard's event files go."""
        return subdirectory(self.path / _TENSORBOARD)

    @property
    def is_training(self) -> bool:
        """Whether the directory holds a training."""
        config = self.path / CONFIG
        return config.is_file() and read_json(config).get("kind") == _KIND

    @property
    def is_finished(self) -> bool:
        """Whether the training is complete."""
        return LAYOUT.is_complete(self.path)

    @property
    def steps(self) -> int:
        """Steps that are saved."""
        if self.is_finished:
            return int(self.finished()["steps"])
        return max((int(path.stem) for path in self._checkpoints()), default=0)

    def stored_config(self) -> TrainingConfig:
        """What was trained here.

        Raises:
            DirectoryError: no training, or a corrupt one.
        """
        if not self.is_training:
            raise DirectoryError(f"{self.path}: no training here")
        try:
            return TrainingConfig.model_validate(read_json(self.path / CONFIG)["config"])
        except (ValueError, KeyError) as error:
            raise DirectoryError(f"{self.path}: corrupt, or of another version: {error}") from error

    def finished(self) -> dict[str, Any]:
        """``training.json`` of a complete training: steps, best, validations.

        Raises:
            DirectoryError: there is none, or it is corrupt.
        """
        return read_json(self.path / FINISHED)

    def validations(self) -> list[dict[str, Any]]:
        """Those that are on disk."""
        if self.is_finished:
            found: list[dict[str, Any]] = self.finished()["validations"]
            return found
        newest = self.newest()
        return [] if newest is None else newest[0]["validations"]

    def save(self, model: Any, document: dict[str, Any]) -> None:
        """Write a checkpoint and drop old ones."""
        folder = subdirectory(self.path / _CHECKPOINTS)
        owner = fingerprint(self.path / CONFIG)
        save_checkpoint(
            folder / f"{model.num_timesteps:012d}.npz", model, {**document, "owner": owner}
        )
        for old in self._checkpoints()[:-_KEPT]:
            old.unlink()

    def newest(self) -> tuple[dict[str, Any], Arrays] | None:
        """The newest readable checkpoint, None without one; corrupt ones are warned of.

        Raises:
            DirectoryError: a checkpoint that another training wrote.
        """
        owner = fingerprint(self.path / CONFIG)
        for path in reversed(self._checkpoints()):
            try:
                document, arrays = read_checkpoint(path)
            except DirectoryError as error:
                log.warning("%s; taking the one before", error)
                continue
            if document.get("owner") != owner:
                raise DirectoryError(f"{path}: another training wrote this checkpoint; remove it")
            return document, arrays
        return None

    def _checkpoints(self) -> list[Path]:
        return sorted((self.path / _CHECKPOINTS).glob("*.npz"))


def identity_of(config: TrainingConfig) -> dict[str, Any]:
    """What makes two trainings the same."""
    return {"kind": _KIND, "config": config.model_dump(mode="json"), "simhelm": __version__}


def best_validation(validations: list[dict[str, Any]]) -> dict[str, Any]:
    """The one of the largest mean reward, the earliest of equal ones."""
    return max(validations, key=lambda entry: (entry["mean_reward"], -entry["steps"]))
