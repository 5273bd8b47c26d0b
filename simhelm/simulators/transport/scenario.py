"""A town as the simulation needs it: roads, demand, people, transit, lots, cabs, prices, rules."""

from __future__ import annotations

import dataclasses

import numpy as np

from simhelm.core.checks import whole_number
from simhelm.simulators.transport.network import Floats, Network


@dataclasses.dataclass(frozen=True)
class TransitLine:
    """A line in one direction.

    Attributes:
        nodes: where it stops, at least two.
        minutes: between neighbouring stops, one fewer than nodes, positive.
        headway: minutes between runs, positive.
        capacity: seats of a run, at least 1.
        begins, ends: hours of the first and last departure.
    """

    nodes: tuple[int, ...]
    minutes: tuple[float, ...]
    headway: float
    capacity: int
    begins: float = 5.0
    ends: float = 23.0

    def __post_init__(self) -> None:
        if len(self.nodes) < 2 or len(self.minutes) != len(self.nodes) - 1:
            raise ValueError(
                f"line: expected at least two stops and a ride between each two, got "
                f"{len(self.nodes)} stops and {len(self.minutes)} rides"
            )
        whole_number("line capacity", self.capacity)
        _positive("line headway", self.headway)
        for minutes in self.minutes:
            _positive("line ride", minutes)
        if not 0.0 <= self.begins <= self.ends <= 36.0:
            raise ValueError(f"line: expected 0 <= begins <= ends, got {self.begins}, {self.ends}")


@dataclasses.dataclass(frozen=True)
class ParkingLot:
    """Park-and-ride spaces at a node."""

    node: int
    spaces: int

    def __post_init__(self) -> None:
        whole_number("lot spaces", self.spaces)


@dataclasses.dataclass(frozen=True)
class Prices:
    """What trips cost in dollars (parking a trip by car, cabs a ride), none negative."""

    car_kilometre: float = 0.2
    parking: float = 1.0
    transit_fare: float = 1.5
    cab_base: float = 1.8
    cab_kilometre: float = 0.9
    pooled_factor: float = 0.6

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            _not_negative(field.name, getattr(self, field.name))


@dataclasses.dataclass(frozen=True)
class Rules:
    """How people and vehicles behave.

    Attributes:
        walk_speed, bike_speed: kilometres an hour.
        transit_patience, cab_patience: minutes of waiting after which people choose again.
        pool_window, pool_detour: minutes that a pooled cab waits for riders, and of detour.
        stuck_time: seconds after which a blocked vehicle enters a full link.
        least_stay: minutes at least between two trips of a person.
        replanning: share of people who choose again on each day after the first.
        transfer: utility of a transfer (BEAM's default -1.4).
        lot_penalty: minutes that a certainly full lot counts for in the choice of mode.
        smoothing: least weight of a day in what people learn; above it the method of successive
            averages is used.
    """

    walk_speed: float = 4.8
    bike_speed: float = 14.0
    transit_patience: float = 30.0
    cab_patience: float = 15.0
    pool_window: float = 5.0
    pool_detour: float = 6.0
    stuck_time: float = 30.0
    least_stay: float = 10.0
    replanning: float = 0.3
    transfer: float = -1.4
    lot_penalty: float = 10.0
    smoothing: float = 0.25

    def __post_init__(self) -> None:
        for name in ("walk_speed", "bike_speed"):
            _positive(name, getattr(self, name))
        for field in dataclasses.fields(self):
            if field.name != "transfer":
                _not_negative(field.name, getattr(self, field.name))
        for name in ("replanning", "smoothing"):
            if not getattr(self, name) <= 1.0:
                raise ValueError(f"{name}: expected 0 to 1, got {getattr(self, name)}")


@dataclasses.dataclass(frozen=True, eq=False)
class Scenario:
    """Everything but the mode constants.

    Attributes:
        network: of roads. Simulated times start from its free-flow times; its volume-delay
            formula is not used, as links are queues.
        demand: weights of tours from home to the main activity, shape (zones, zones), not
            negative; the diagonal is not used.
        persons: size of the population, at least 1.
        population_seed: the population follows from it, whatever the seed of a simulation.
        lines, lots: of public transport and park-and-ride.
        fleet: number of ride-hail cabs, from 0.
        prices, rules: see there.
        car_owners, bike_owners: shares of the population.
        value_of_time: median, dollars an hour; with income it is log-normal.
        value_of_time_spread: standard deviation of its logarithm.
        value_of_time_factor: on everybody's value, positive.
        road_capacity_factor: on all capacities and storage, positive.
        third_trips: share of tours with a stop on the way home.
        jam_density: vehicles a kilometre of a standing queue on a link of 1800 vehicles an hour.
    """

    network: Network
    demand: Floats
    persons: int = 10_000
    population_seed: int = 1
    lines: tuple[TransitLine, ...] = ()
    lots: tuple[ParkingLot, ...] = ()
    fleet: int = 60
    prices: Prices = dataclasses.field(default_factory=Prices)
    rules: Rules = dataclasses.field(default_factory=Rules)
    car_owners: float = 0.85
    bike_owners: float = 0.7
    value_of_time: float = 12.0
    value_of_time_spread: float = 0.5
    value_of_time_factor: float = 1.0
    road_capacity_factor: float = 1.0
    third_trips: float = 0.25
    jam_density: float = 133.0

    def __post_init__(self) -> None:
        whole_number("persons", self.persons)
        whole_number("fleet", self.fleet, least=0)
        whole_number("population_seed", self.population_seed, least=0)
        for name in ("value_of_time", "value_of_time_factor", "road_capacity_factor"):
            _positive(name, getattr(self, name))
        for name in ("car_owners", "bike_owners", "third_trips"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name}: expected a share from 0 to 1, got {getattr(self, name)}")
        _not_negative("value_of_time_spread", self.value_of_time_spread)
        _positive("jam_density", self.jam_density)
        self._check_demand()
        for node in [node for line in self.lines for node in line.nodes] + [
            lot.node for lot in self.lots
        ]:
            if not 0 <= node < self.network.nodes:
                raise ValueError(
                    f"stop or lot: expected a node below {self.network.nodes}, got {node}"
                )

    def _check_demand(self) -> None:
        zones = self.network.zones
        demand = np.array(self.demand, dtype=np.float64)
        if demand.shape != (zones, zones):
            raise ValueError(f"demand: expected shape ({zones}, {zones}), got {demand.shape}")
        if not (np.isfinite(demand).all() and (demand >= 0.0).all()):
            raise ValueError("demand: expected finite weights that are not negative")
        np.fill_diagonal(demand, 0.0)
        if demand.sum() <= 0.0:
            raise ValueError("demand: expected a positive weight between two different zones")
        object.__setattr__(self, "demand", demand)


def _positive(name: str, value: float) -> None:
    if not (np.isfinite(value) and value > 0.0):
        raise ValueError(f"{name}: expected a positive number, got {value!r}")


def _not_negative(name: str, value: float) -> None:
    if not (np.isfinite(value) and value >= 0.0):
        raise ValueError(f"{name}: expected a number that is not negative, got {value!r}")
