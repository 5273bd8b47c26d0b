"""What SUMO tells about a day: stages of people, times and volumes of links."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simhelm.core.end_reason import EndReason
from simhelm.simulators.transport.kernels.state import BIN_SECONDS, BINS
from simhelm.simulators.transport.result import DayFailed


@dataclasses.dataclass(frozen=True)
class Done:
    """How a stage went.

    Attributes:
        wait: seconds until the vehicle left with the person.
        departure, arrival: seconds; nan if it never came to that.
        vehicle: that took the person, "" for none.
    """

    wait: float
    departure: float
    arrival: float
    vehicle: str


# A stage that was not reached.
NEVER = Done(0.0, np.nan, np.nan, "")


def read_people(path: Path) -> Iterator[tuple[int, float, list[Done]]]:
    """(person, departure, stages) of everybody, also of those still under way.

    Raises:
        DayFailed: not the output that SUMO writes.
    """
    for info in _elements(path, "personinfo"):
        stages = [_done(stage) for stage in info if stage.tag in ("walk", "ride", "stop")]
        yield int(info.attrib["id"].removeprefix("p")), float(info.attrib["depart"]), stages


def _done(stage: ET.Element) -> Done:
    arrival = _time(stage.get("arrival"))
    if stage.tag == "stop":
        return Done(0.0, arrival - float(stage.attrib["duration"]), arrival, "")
    vehicle = stage.get("vehicle", "")
    return Done(
        max(0.0, float(stage.get("waitingTime", "0"))),
        _time(stage.get("depart")),
        arrival,
        "" if vehicle == "NULL" else vehicle,
    )


def _time(text: str | None) -> float:
    # What never came has -1, or 0 without a sign that one could rely on.
    time = -1.0 if text is None else float(text)
    return time if time > 0.0 else np.nan


def read_links(path: Path, links: int) -> tuple[Any, Any]:
    """(seconds, entries) by half hour and link: sums of travel times, and vehicles that entered.

    Raises:
        DayFailed: not the output that SUMO writes.
    """
    seconds, entries = np.zeros((BINS, links)), np.zeros((BINS, links), np.int64)
    for interval in _elements(path, "interval"):
        part = min(int(float(interval.attrib["begin"]) / BIN_SECONDS), BINS - 1)
        for edge in interval.iter("edge"):
            name, count = edge.attrib["id"], int(edge.get("entered", "0"))
            if name.startswith("l") and count > 0 and edge.get("traveltime") is not None:
                link = int(name[1:])
                seconds[part, link] += count * float(edge.attrib["traveltime"])
                entries[part, link] += count
    return seconds, entries


def read_teleports(path: Path) -> int:
    """Vehicles that SUMO moved on because they were stuck.

    Raises:
        DayFailed: not the output that SUMO writes.
    """
    return sum(int(found.attrib["total"]) for found in _elements(path, "teleports"))


def _elements(path: Path, tag: str) -> Iterator[ET.Element]:
    try:
        for _, element in ET.iterparse(path):
            if element.tag == tag:
                yield element
                element.clear()
    except (OSError, ET.ParseError, KeyError, ValueError) as error:
        raise DayFailed(EndReason.BAD_OUTPUT, f"SUMO's {path.name}: {error}") from error


def most_at_once(intervals: Sequence[tuple[float, float]]) -> int:
    """Largest number of intervals that overlap; ends count before beginnings at the same time."""
    changes = [change for begin, end in intervals for change in ((begin, 1), (end, -1))]
    most = now = 0
    for _, step in sorted(changes):
        now += step
        most = max(most, now)
    return most
