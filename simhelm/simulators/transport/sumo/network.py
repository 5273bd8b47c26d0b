"""A scenario's roads as a network of SUMO, with a dead-end street at every node.

People live, wait, park and get on and off in that street: ``in<node>`` leads to its end, and
``out<node>`` back to the node. Buses turn there at every stop.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from simhelm.simulators.transport.network import Floats, Network
from simhelm.simulators.transport.scenario import Scenario
from simhelm.simulators.transport.sumo.installation import run_program

# Seconds on the street of a node, each way, and the vehicles that it holds.
STREET_SECONDS = 2.0
_STREET_VEHICLES = 20
# Metres; people are at the node's end of its street, so that none of it is walked.
_STOP_LENGTH = 1.0
# Least seconds between vehicles beside the time that they take up by their length.
_LEAST_TAU = 0.05


@dataclasses.dataclass(frozen=True)
class Roads:
    """Numbers that SUMO's model of queues needs.

    Attributes:
        speed: metres a second, shape (links,).
        tau: seconds between two vehicles of a link without what their length takes, (links,).
        vehicle_length: metres of a vehicle with its gap. A population is a sample, so a
            vehicle stands for several: it is as long as the jam density of the scaled roads says.
        longest_headway: seconds between two vehicles at capacity.
    """

    speed: Floats
    tau: Floats
    vehicle_length: float
    longest_headway: float


def road_numbers(scenario: Scenario) -> Roads:
    """The same capacity, jam density and free speed as the embedded simulation has.

    Raises:
        ValueError: a link without length or time, which SUMO cannot have.
    """
    network = scenario.network
    for name in ("length", "free_time"):
        bad = np.flatnonzero(getattr(network, name) <= 0.0)
        if bad.size:
            raise ValueError(
                f"{name}: SUMO needs positive numbers, got 0 for link {bad[0]} (from node "
                f"{network.tail[bad[0]]} to {network.head[bad[0]]}); use the embedded back end"
            )
    speed = 1000.0 * network.length / (60.0 * network.free_time)
    capacity = network.capacity * scenario.road_capacity_factor
    density = scenario.jam_density * float(np.median(capacity)) / 1800.0
    # Every link must hold a vehicle.
    length = min(1000.0 / density, 1000.0 * float(network.length.min()))
    tau = np.maximum(3600.0 / capacity - length / speed, _LEAST_TAU)
    return Roads(speed, tau, length, float((3600.0 / capacity).max()))


def write_network(folder: Path, scenario: Scenario, roads: Roads, time_limit: float) -> None:
    """Write ``net.xml`` into a folder.

    Raises:
        DayFailed: netconvert failed.
    """
    network = scenario.network
    places = 1000.0 * network.places
    street = _STREET_VEHICLES * roads.vehicle_length
    nodes = [
        f'<node id="{kind}{node}" x="{x:.2f}" y="{y + shift:.2f}"/>'
        for node, (x, y) in enumerate(places.tolist())
        for kind, shift in (("n", 0.0), ("t", 30.0))
    ]
    _write(folder / "nodes.xml", "nodes", nodes)
    lengths = (1000.0 * network.length).tolist()
    edges = [
        f'<edge id="l{link}" from="n{network.tail[link]}" to="n{network.head[link]}" numLanes="1" '
        f'type="l{link}" length="{length!r}" speed="{speed!r}"/>'
        for link, (length, speed) in enumerate(zip(lengths, roads.speed.tolist(), strict=True))
    ]
    for node in range(network.nodes):
        for name, begin, end in (("in", "n", "t"), ("out", "t", "n")):
            edges.append(
                f'<edge id="{name}{node}" from="{begin}{node}" to="{end}{node}" numLanes="1" '
                f'length="{street!r}" speed="{street / STREET_SECONDS!r}"/>'
            )
    _write(folder / "edges.xml", "edges", edges)
    types = [f'<type id="l{link}" numLanes="1"/>' for link in range(network.links)]
    _write(folder / "types.xml", "types", types)
    run_program(
        "netconvert",
        ["-n", "nodes.xml", "-e", "edges.xml", "-t", "types.xml", "-o", "net.xml",
         "--no-internal-links", "--no-turnarounds.except-deadend",
         "--offset.disable-normalization", "--no-warnings"],
        folder,
        time_limit,
    )  # fmt: skip
    _write(folder / "stops.xml", "additional", _additional(network, roads))


def _additional(network: Network, roads: Roads) -> list[str]:
    """Headways of links, and a bus stop at every node."""
    lines = []
    for link, tau in enumerate(roads.tau.tolist()):
        headways = " ".join(f'{name}="{tau!r}"' for name in ("tauff", "taufj", "taujf", "taujj"))
        lines.append(f'<type id="l{link}"><meso {headways}/></type>')
    lines += [
        f'<busStop id="stop{node}" lane="in{node}_0" startPos="0" endPos="{_STOP_LENGTH}"/>'
        for node in range(network.nodes)
    ]
    return lines


def _write(path: Path, root: str, lines: list[str]) -> None:
    path.write_text("\n".join([f"<{root}>", *lines, f"</{root}>\n"]), encoding="utf-8")
