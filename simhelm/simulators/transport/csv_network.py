"""A user's own network and demand from CSV files."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from simhelm.core.did_you_mean import did_you_mean
from simhelm.simulators.transport.network import Floats, Network, make_network

REQUIRED = ("from", "to", "capacity", "free_time")
OPTIONAL = ("length", "b", "power", "toll")


def read_csv_network(path: str | Path) -> Network:
    """A network from a file with a row a link.

    Columns ``from, to`` (nodes, counted from 0), ``capacity`` (vehicles an hour), ``free_time``
    (minutes), and if wanted ``length`` (km), ``b``, ``power``, ``toll``. Every node is a zone.

    Raises:
        FileNotFoundError, ValueError: no such file, unknown or missing columns, bad numbers.
    """
    table = _read(Path(path), REQUIRED, OPTIONAL)
    more = {name: table[name] for name in ("capacity", "free_time", *OPTIONAL) if name in table}
    tail, head = (_nodes(path, name, table[name]) for name in ("from", "to"))
    return make_network(1 + int(max(tail.max(), head.max())), tail, head, **more)  # type: ignore[arg-type]


def read_csv_demand(path: str | Path, zones: int) -> Floats:
    """A table of shape (zones, zones) from a file with columns ``from, to, trips``.

    Raises:
        FileNotFoundError, ValueError: no such file, wrong columns, bad numbers.
    """
    table = _read(Path(path), ("from", "to", "trips"), ())
    origin, goal = (_nodes(path, name, table[name]) for name in ("from", "to"))
    if max(origin.max(), goal.max()) >= zones:
        raise ValueError(
            f"{path}: expected zones below {zones}, got {max(origin.max(), goal.max())}"
        )
    demand = np.zeros((zones, zones))
    np.add.at(demand, (origin, goal), table["trips"])
    return demand


def _read(path: Path, required: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, Floats]:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    names, known = (rows[0] if rows else []), (*required, *optional)
    for name in names:
        if name not in known:
            raise ValueError(
                f"{path}: unknown column {name!r}; expected {known}{did_you_mean(name, known)}"
            )
    missing = [name for name in required if name not in names]
    if missing or len(rows) < 2:
        raise ValueError(f"{path}: expected a header with {required} and rows; missing {missing}")
    columns: dict[str, Floats] = {}
    for place, name in enumerate(names):
        columns[name] = np.array(
            [_number(path, r, row, place) for r, row in enumerate(rows[1:], 2)]
        )
    return columns


def _number(path: Path, line: int, row: list[str], place: int) -> float:
    try:
        return float(row[place])
    except (ValueError, IndexError) as error:
        raise ValueError(
            f"{path}:{line}: expected a number in column {place + 1}: {row}"
        ) from error


def _nodes(
    path: str | Path, name: str, numbers: Floats
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if not (np.isfinite(numbers).all() and (numbers >= 0).all() and (numbers % 1 == 0).all()):
        raise ValueError(f"{path}: column {name!r}: expected whole numbers from 0")
    return numbers.astype(np.int64)
