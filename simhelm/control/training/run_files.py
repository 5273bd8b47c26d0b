"""The files of a training directory.

``config.json`` (what is trained), ``provenance.json`` (command and versions), ``checkpoints/``,
``tensorboard/``, ``best.npz`` (the policy of the best validation so far), ``policy.npz`` (the same,
once the training is complete), ``last.npz`` (the policy at the end) and ``training.json`` (the
validations; it exists once the training is complete).
"""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

from simhelm.control.training.checkpoint import Arrays, read_checkpoint, save_checkpoint
from simhelm.control.training.configuration import TrainingConfig
from simhelm.core.errors import ConfigurationError, DirectoryError
from simhelm.experiments.atomic_write import PART, write_json
from simhelm.experiments.lock import LOCK
from simhelm.experiments.provenance import difference, fingerprint
from simhelm.version import __version__

log = logging.getLogger(__name__)

CONFIG, PROVENANCE, FINISHED = "config.json", "provenance.json", "training.json"
POLICY, BEST, LAST = "policy.npz", "best.npz", "last.npz"
_CHECKPOINTS, _TENSORBOARD = "checkpoints", "tensorboard"
_KIND = "training"
# The newest may have been damaged by the disk; more are of no use.
_KEPT = 2


class TrainingStopped(Exception):  # noqa: N818 - asked for
    """The training was asked to stop; its state is saved."""


class TrainingDirectory:
    """The files of one training."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def tensorboard(self) -> Path:
        """Where TensorBoard's event files go."""
        return self.path / _TENSORBOARD

    @property
    def is_training(self) -> bool:
        """Whether the directory holds a training."""
        config = self.path / CONFIG
        return config.is_file() and read_json(config).get("kind") == _KIND

    @property
    def is_finished(self) -> bool:
        """Whether the training is complete."""
        return (self.path / FINISHED).is_file()

    def prepare(self, config: TrainingConfig, *, overwrite: bool) -> None:
        """Make ready for a training, or for going on with the same one.

        Raises:
            ConfigurationError: the directory holds something else.
        """
        now = _identity(config)
        if overwrite and self.is_training:
            self._clear()
        self._check(now)
        if not (self.path / CONFIG).is_file():
            write_json(self.path / CONFIG, now)
        (self.path / _CHECKPOINTS).mkdir(exist_ok=True)

    def _check(self, now: dict[str, Any]) -> None:
        if (self.path / CONFIG).is_file():
            before = read_json(self.path / CONFIG)
            if before != now:
                raise ConfigurationError(
                    f"{self.path} holds another run:\n{difference(before, now)}\n"
                    "choose another directory with --out, or replace it with --overwrite"
                )
            return
        # What a training left that was killed as it began is nothing.
        begun = (LOCK, CONFIG + PART)
        if any(entry.name not in begun for entry in self.path.iterdir()):
            raise ConfigurationError(
                f"{self.path} is not empty and holds no training; choose another with --out"
            )

    def stored_config(self) -> TrainingConfig:
        """What was trained here.

        Raises:
            DirectoryError: no training, or a damaged one.
        """
        if not self.is_training:
            raise DirectoryError(f"{self.path}: no training here")
        try:
            return TrainingConfig.model_validate(read_json(self.path / CONFIG)["config"])
        except (ValueError, KeyError) as error:
            raise DirectoryError(f"{self.path}: damaged, or of another version: {error}") from error

    def save(self, model: Any, document: dict[str, Any]) -> None:
        """Write a checkpoint and drop old ones."""
        folder = self.path / _CHECKPOINTS
        owner = fingerprint(self.path / CONFIG)
        save_checkpoint(
            folder / f"{model.num_timesteps:012d}.npz", model, {**document, "owner": owner}
        )
        for old in self._checkpoints()[:-_KEPT]:
            old.unlink()

    def newest(self) -> tuple[dict[str, Any], Arrays] | None:
        """The newest checkpoint that can be read and that this training wrote, None without one.

        A damaged one is passed over with a warning; one of another training is refused.

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

    def _clear(self) -> None:
        for name in (CONFIG, PROVENANCE, FINISHED, POLICY, BEST, LAST):
            (self.path / name).unlink(missing_ok=True)
        for name in (_CHECKPOINTS, _TENSORBOARD):
            shutil.rmtree(self.path / name, ignore_errors=True)


def _identity(config: TrainingConfig) -> dict[str, Any]:
    return {"kind": _KIND, "config": config.model_dump(mode="json"), "simhelm": __version__}


def best_validation(validations: list[dict[str, Any]]) -> dict[str, Any]:
    """The one of the largest mean reward, the earliest of equal ones."""
    return max(validations, key=lambda entry: (entry["mean_reward"], -entry["steps"]))


def read_finished(path: Path) -> dict[str, Any]:
    """``training.json`` of a complete training.

    Raises:
        DirectoryError: there is none, or it is damaged.
    """
    return read_json(path / FINISHED)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        DirectoryError: it cannot be read, or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DirectoryError(f"{path}: cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise DirectoryError(f"{path}: expected a JSON object")
    return content
