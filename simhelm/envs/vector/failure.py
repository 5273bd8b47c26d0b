"""How the failure of an environment that runs elsewhere is told."""

from __future__ import annotations

from typing import Any


class EnvironmentFailed(RuntimeError):  # noqa: N818 - says what happened
    """An environment raised an exception, or the process that held it died.

    Attributes:
        index: of the environment in the vector; the first of the lost ones where a process died.
        last_action: the action it was given last, None before the first.
        place: where it ran, such as ``"rank 2"`` or ``"process 4711"``.
        reason: what happened, the remote traceback included.
    """

    def __init__(self, index: int, last_action: Any, place: str, reason: str) -> None:
        self.index, self.last_action = index, last_action
        self.place, self.reason = place, reason
        super().__init__(
            f"environment {index} on {place} failed; its last action was {last_action!r}: {reason}"
        )

    def __reduce__(self) -> tuple[type[EnvironmentFailed], tuple[int, Any, str, str]]:
        return EnvironmentFailed, (self.index, self.last_action, self.place, self.reason)
