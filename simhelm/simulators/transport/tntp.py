"""Networks and trip tables in the TNTP format of the Transportation Networks collection."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from simhelm.simulators.transport.network import Floats, Network, make_network

_COLUMNS = 8
_TAG = re.compile(r"<\s*([^>]+?)\s*>\s*(.*)")
_TRIP = re.compile(r"(\d+)\s*:\s*([^;:\s]+)")


def read_tntp(
    network: str | Path, trips: str | Path | None = None
) -> tuple[Network, Floats | None]:
    """A network (``*_net.tntp``) and, if given, its trip table (``*_trips.tntp``).

    Nodes are counted from 0 here and from 1 in the files; numbers keep the files' units. The
    data sets themselves are for academic research only and do not come with this package.

    Args:
        network: columns init_node, term_node, capacity, length, free_flow_time, b, power, speed,
            toll, link_type. Routes do not pass through nodes below ``<FIRST THRU NODE>``.
        trips: table of ``Origin`` blocks.

    Returns:
        The network, and the table of shape (zones, zones) or None.

    Raises:
        FileNotFoundError, ValueError: no such file, or not in this format.
    """
    net = _read_network(Path(network))
    return net, None if trips is None else _read_trips(Path(trips), net.zones)


def _split(path: Path) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """The tags, and the numbered lines below them, without comments."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    tags: dict[str, str] = {}
    rest: list[tuple[int, str]] = []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.split("~")[0].strip()
        match = _TAG.match(line)
        if match:
            tags[match[1].upper()] = match[2].strip()
        elif line:
            rest.append((number, line))
    return tags, rest


def _count(path: Path, tags: dict[str, str], name: str) -> int:
    text = tags.get(name, "")
    if not text.split("\t")[0].strip().isdigit():
        raise ValueError(f"{path}: expected a line '<{name}> number', got {text!r}")
    return int(text.split("\t")[0])


def _read_network(path: Path) -> Network:
    tags, lines = _split(path)
    zones, nodes = _count(path, tags, "NUMBER OF ZONES"), _count(path, tags, "NUMBER OF NODES")
    first = _count(path, tags, "FIRST THRU NODE")
    links = _count(path, tags, "NUMBER OF LINKS")
    rows = [_row(path, number, line) for number, line in lines]
    if len(rows) != links or not rows:
        raise ValueError(f"{path}: expected {links} links, found {len(rows)}")
    table = np.array(rows)
    return make_network(
        nodes, table[:, 0].astype(np.int64) - 1, table[:, 1].astype(np.int64) - 1, zones=zones,
        capacity=table[:, 2], length=table[:, 3], free_time=table[:, 4], b=table[:, 5],
        power=table[:, 6], toll=table[:, 8], first_through_node=first - 1,
    )  # fmt: skip


def _row(path: Path, number: int, line: str) -> list[float]:
    words = line.rstrip(";").split()
    try:
        values = [float(word) for word in words]
    except ValueError as error:
        raise ValueError(f"{path}:{number}: expected numbers, got {line!r}") from error
    if len(values) <= _COLUMNS:
        raise ValueError(f"{path}:{number}: expected 10 columns, got {len(values)}")
    return values[: _COLUMNS + 1]


def _read_trips(path: Path, zones: int) -> Floats:
    tags, lines = _split(path)
    table = np.zeros((zones, zones))
    origin = -1
    for number, line in lines:
        if line.lower().startswith("origin"):
            origin = _zone(path, number, line.split()[1], zones)
            continue
        for goal, trips in _TRIP.findall(line):
            if origin < 0:
                raise ValueError(f"{path}:{number}: trips before the first 'Origin'")
            table[origin, _zone(path, number, goal, zones)] = float(trips)
    total = tags.get("TOTAL OD FLOW")
    if total and abs(table.sum() - float(total)) > 1e-3 * max(1.0, float(total)):
        raise ValueError(f"{path}: the trips add up to {table.sum():g}, the file says {total}")
    return table


def _zone(path: Path, number: int, text: str, zones: int) -> int:
    if not (text.isdigit() and 1 <= int(text) <= zones):
        raise ValueError(f"{path}:{number}: expected a zone from 1 to {zones}, got {text!r}")
    return int(text) - 1
