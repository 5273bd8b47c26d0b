"""The memory controller's settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.core.checks import whole_number
from simhelm.core.did_you_mean import did_you_mean

# Legal values in the order of the kernels' numbers.
CHOICES: dict[str, tuple[str, ...]] = {
    "page_policy": ("Open", "OpenAdaptive", "Closed", "ClosedAdaptive"),
    "scheduler": ("Fifo", "FrFcfs", "FrFcfsGrp"),
    "scheduler_buffer": ("Bankwise", "ReadWrite", "Shared"),
    "resp_queue": ("Fifo", "Reorder"),
    "refresh_policy": ("NoRefresh", "AllBank"),
    "arbiter": ("Simple", "Fifo", "Reorder"),
}


@dataclasses.dataclass(frozen=True)
class Controller:
    """The settings of a memory controller.

    Attributes:
        page_policy: ``"Open"`` leaves rows open, ``"Closed"`` closes them with every access;
            ``"OpenAdaptive"`` closes if requests wait but none for the row, ``"ClosedAdaptive"``
            unless another request for the row waits.
        scheduler: order within a bank: ``"Fifo"``, ``"FrFcfs"`` (oldest request of the open row
            first), ``"FrFcfsGrp"`` (of these the oldest of the kind served last).
        scheduler_buffer: ``"Bankwise"`` (a buffer a bank), ``"ReadWrite"`` (one for reads, one
            for writes) or ``"Shared"``.
        request_buffer_size: entries of one such buffer.
        resp_queue: responses in the order of ``"Fifo"`` the data or ``"Reorder"`` the requests.
        refresh_policy: ``"AllBank"``, or ``"NoRefresh"``, which loses the data.
        refresh_max_postponed, refresh_max_pulled_in: refreshes that may be late or early.
        arbiter: ``"Simple"`` (one request at a time, back-pressure from the buffer), ``"Fifo"``
            or ``"Reorder"`` (up to ``max_active_transactions`` at once, in order of completion
            or of request).
        max_active_transactions: see there.
    """

    page_policy: str = "Open"
    scheduler: str = "FrFcfs"
    scheduler_buffer: str = "Bankwise"
    request_buffer_size: int = 8
    resp_queue: str = "Fifo"
    refresh_policy: str = "AllBank"
    refresh_max_postponed: int = 8
    refresh_max_pulled_in: int = 8
    arbiter: str = "Simple"
    max_active_transactions: int = 128

    def __post_init__(self) -> None:
        for name, legal in CHOICES.items():
            value = getattr(self, name)
            if value not in legal:
                raise ValueError(
                    f"{name}: expected one of {legal}, got {value!r}"
                    + did_you_mean(str(value), legal)
                )
        for name in ("request_buffer_size", "max_active_transactions"):
            whole_number(name, getattr(self, name))
        for name in ("refresh_max_postponed", "refresh_max_pulled_in"):
            whole_number(name, getattr(self, name))

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Controller:
        """From the parameters as the benchmark ArchGym names them; others keep their default.

        Raises:
            ValueError: an unknown name or value.
        """
        unknown = [name for name in config if name not in ARCHGYM_NAMES]
        if unknown:
            raise ValueError(
                f"unknown parameter {unknown[0]!r}; expected {sorted(ARCHGYM_NAMES)}"
                + did_you_mean(unknown[0], ARCHGYM_NAMES)
            )
        return cls(**{ARCHGYM_NAMES[name]: value for name, value in config.items()})

    def entries(self, banks: int) -> int:
        """What the controller costs: buffer entries and outstanding transactions.

        Args:
            banks: number of banks of the memory.
        """
        buffers = {"Bankwise": banks, "ReadWrite": 2, "Shared": 1}[self.scheduler_buffer]
        outstanding = 1 if self.arbiter == "Simple" else self.max_active_transactions
        return buffers * self.request_buffer_size + outstanding

    def array(self) -> NDArray[np.int64]:
        """In the order that the kernels want, shape (10,)."""
        values = [
            CHOICES[field.name].index(value) if field.name in CHOICES else value
            for field in dataclasses.fields(self)
            for value in (getattr(self, field.name),)
        ]
        return np.array(values, dtype=np.int64)


# ArchGym's names of the same settings.
ARCHGYM_NAMES = {
    "PagePolicy": "page_policy",
    "Scheduler": "scheduler",
    "SchedulerBuffer": "scheduler_buffer",
    "RequestBufferSize": "request_buffer_size",
    "RespQueue": "resp_queue",
    "RefreshPolicy": "refresh_policy",
    "RefreshMaxPostponed": "refresh_max_postponed",
    "RefreshMaxPulledin": "refresh_max_pulled_in",
    "Arbiter": "arbiter",
    "MaxActiveTransactions": "max_active_transactions",
}
