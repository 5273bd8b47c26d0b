"""Policy files: ours, and those of Stable-Baselines3, which are loaded on the user's word only."""

from __future__ import annotations

import logging
from pathlib import Path

from simhelm.agents.export import policy_of
from simhelm.agents.policy import Policy
from simhelm.control.training.algorithms import ALGORITHMS, algorithm_class
from simhelm.control.training.run_files import POLICY
from simhelm.core.errors import ConfigurationError

log = logging.getLogger(__name__)


def load_policy(path: Path, *, algorithm: str | None = None, trust: bool = False) -> Policy:
    """Read a policy file, the policy of a training directory, or a trusted ``.zip``.

    Args:
        path: the file or directory.
        algorithm: of a ``.zip`` of Stable-Baselines3.
        trust: such a file holds pickled parts, which can run any program when they are read.

    Raises:
        ConfigurationError: no file, not a policy, or a ``.zip`` without trust.
    """
    if path.is_dir():
        path = path / POLICY
    if not path.is_file():
        raise ConfigurationError(f"{path}: no such file")
    if path.suffix == ".zip":
        return _foreign(path, algorithm, trust)
    try:
        return Policy.load(path)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def _foreign(path: Path, algorithm: str | None, trust: bool) -> Policy:
    if not trust:
        raise ConfigurationError(
            f"{path}: a model file of Stable-Baselines3 holds pickled parts and can run any "
            "program when it is read; if you trust its origin, say --trust"
        )
    if algorithm is None or algorithm not in ALGORITHMS:
        raise ConfigurationError(f"{path}: say which of {sorted(ALGORITHMS)} it is with --algo")
    log.warning("%s: reading pickled parts, as you trust them", path)
    model = algorithm_class(algorithm).load(path, device="cpu")
    try:
        return policy_of(model)
    except TypeError as error:
        raise ConfigurationError(f"{path}: {error}") from error
