"""SIGINT and SIGTERM for the command line; the library itself installs no handlers."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from simhelm.core.cancellation import Cancellation
from simhelm.core.errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def signals(stop: Cancellation) -> Iterator[Callable[[], int | None]]:
    """Within: the first signal asks to stop, the second ends the process at once.

    What the process started dies with it, as its workers ask the kernel for that.

    Yields:
        A function that tells the signal that came, None if none did.
    """
    received: list[int] = []

    def handle(number: int, frame: FrameType | None) -> None:
        if received:
            os._exit(128 + number)
        received.append(number)
        stop.set()

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield lambda: received[0] if received else None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def left_to_rank_0() -> Iterator[None]:
    """Within: signals that a launcher sends to all ranks are left to rank 0, which ends them."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Turn Ctrl-C into our own error: Typer would end silently.

    Yields:
        What long work calls now and then: Python drops an exception that is raised within a
        destructor or a compiler's callback, Ctrl-C's too, and this raises it again.
    """
    asked = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        asked.set()
        raise KeyboardInterrupt

    def heed() -> None:
        if asked.is_set():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield heed
    except KeyboardInterrupt:
        raise Interrupted("interrupted: run the same command again") from None
    finally:
        signal.signal(signal.SIGINT, before)
