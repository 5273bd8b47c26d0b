"""Traces of memory requests, and reading them from files."""

from __future__ import annotations

import dataclasses
import gzip
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# The clock of the initiator that replays a trace: 800 MHz.
FRONT_CYCLE_PS = 1250
# Of a cycle, 23 minutes: picoseconds of it and of what follows are far from overflow.
_LARGEST_CYCLE = 1 << 40
_LARGEST_ADDRESS = 1 << 62


@dataclasses.dataclass(frozen=True)
class Trace:
    """Requests of 64 bytes each, in the order in which they are presented; n at least 1.

    Attributes:
        cycle: shape (n,), clock cycle (of 1.25 ns) at which each is meant to be presented, not
            falling. Each waits for the request before it to be accepted.
        write: shape (n,), True for a write.
        address: shape (n,), byte address; the lowest 6 bits are ignored.
        initiator: shape (n,), who asks, for the statistics; all share one port.
    """

    cycle: NDArray[np.int64]
    write: NDArray[np.bool_]
    address: NDArray[np.int64]
    initiator: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.cycle)
        if n == 0:
            raise ValueError("trace: expected at least one request")
        for name in ("cycle", "write", "address", "initiator"):
            array = getattr(self, name)
            if array.shape != (n,):
                raise ValueError(f"trace: {name}: expected shape ({n},), got {array.shape}")
        if self.cycle[0] < 0 or (np.diff(self.cycle) < 0).any():
            raise ValueError("trace: cycle: expected numbers from 0 on that do not fall")
        if self.cycle[-1] > _LARGEST_CYCLE:
            raise ValueError(f"trace: cycle: at most {_LARGEST_CYCLE}, got {self.cycle[-1]}")
        if self.address.min() < 0:
            raise ValueError(f"trace: address: expected at least 0, got {self.address.min()}")

    def __len__(self) -> int:
        return len(self.cycle)

    def head(self, count: int) -> Trace:
        """The first requests."""
        return Trace(*(array[:count] for array in dataclasses.astuple(self)))


def read_trace(path: str | Path) -> Trace:
    """Read a trace file, lines such as ``17: read 0x3C40`` (gzip where the name ends in .gz).

    A line has a clock cycle (a colon may follow), ``read`` or ``write``, and a hexadecimal byte
    address; what follows it (data to be written) is ignored, as are empty lines and lines that
    begin with ``#``.

    Raises:
        ValueError: a line that is none, with its number; or no request at all.
        OSError: the file cannot be read.
    """
    path = Path(path)
    try:
        return _trace(path)
    except (EOFError, zlib.error) as error:
        raise ValueError(f"{path}: damaged: {error}") from error


def _trace(path: Path) -> Trace:
    opener = gzip.open if path.suffix == ".gz" else open
    cycles: list[int] = []
    writes: list[bool] = []
    addresses: list[int] = []
    with opener(path, "rt", encoding="ascii", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            try:
                cycle, write, address = _request(words)
                _in_order(cycle, address, cycles[-1] if cycles else 0)
            except (ValueError, IndexError) as error:
                raise ValueError(
                    f"{path}, line {number}: expected 'CYCLE: read|write HEX-ADDRESS', cycles "
                    f"that do not fall, got {line.strip()[:80]!r}"
                ) from error
            cycles.append(cycle)
            writes.append(write)
            addresses.append(address)
    if not cycles:
        raise ValueError(f"{path}: holds no request")
    return Trace(
        np.array(cycles, dtype=np.int64),
        np.array(writes, dtype=np.bool_),
        np.array(addresses, dtype=np.int64),
        np.zeros(len(cycles), dtype=np.int64),
    )


def _request(words: list[str]) -> tuple[int, bool, int]:
    write = {"read": False, "write": True}.get(words[1])
    if write is None:
        raise ValueError(words[1])
    return int(words[0].rstrip(":")), write, int(words[2], 16)


def _in_order(cycle: int, address: int, before: int) -> None:
    if not before <= cycle <= _LARGEST_CYCLE or not 0 <= address <= _LARGEST_ADDRESS:
        raise ValueError("outside of the range")
