"""A synthetic population: where people live and go, when, with which vehicles and means."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.simulators.transport.kernels.state import MAX_TRIPS
from simhelm.simulators.transport.network import Floats, Integers
from simhelm.simulators.transport.scenario import Scenario

_HOUR = 3600.0


@dataclasses.dataclass(frozen=True, eq=False)
class Population:
    """People and their tours.

    Attributes:
        places: nodes visited, home first, shape (people, 4); the tour ends at home.
        departures: planned, seconds of the day, shape (people, 3).
        trips: 2 or 3, shape (people,).
        value_of_time: dollars an hour, shape (people,).
        has_car, has_bike: shape (people,).
    """

    places: Integers
    departures: Floats
    trips: Integers
    value_of_time: Floats
    has_car: NDArray[np.bool_]
    has_bike: NDArray[np.bool_]


def draw_population(scenario: Scenario) -> Population:
    """The population of a scenario, a function of its fields."""
    rng = np.random.default_rng(scenario.population_seed)
    count = scenario.persons
    home, work = _pairs(rng, scenario.demand, count)
    stop = _stops(rng, scenario.demand, home, work)
    has_stop = (rng.random(count) < scenario.third_trips) & (stop >= 0)
    # Utilities fall with income only through the value of time: draw that alone.
    normal = rng.standard_normal(count)
    value = scenario.value_of_time * np.exp(scenario.value_of_time_spread * normal)
    # The rich have cars more often; a shift keeps the overall share.
    leaning = normal + rng.standard_normal(count)
    has_car = _largest(leaning, scenario.car_owners)
    has_bike = _largest(rng.standard_normal(count), scenario.bike_owners)
    places = np.stack([home, work, np.where(has_stop, stop, home), home], axis=1)
    return Population(
        places.astype(np.int64), _departures(rng, count), np.where(has_stop, 3, 2),
        value, has_car, has_bike,
    )  # fmt: skip


def _pairs(rng: np.random.Generator, demand: Floats, count: int) -> tuple[Any, Any]:
    weights = demand.ravel().cumsum()
    chosen = np.searchsorted(weights, rng.random(count) * weights[-1], side="right")
    return np.divmod(np.minimum(chosen, demand.size - 1), demand.shape[1])


def _stops(rng: np.random.Generator, demand: Floats, home: Any, work: Any) -> Any:
    """A stop on the way home that is neither home nor work; -1 if the draw is one of them."""
    attraction = demand.sum(axis=0).cumsum()
    stop = np.searchsorted(attraction, rng.random(home.size) * attraction[-1], side="right")
    stop = np.minimum(stop, demand.shape[0] - 1)
    return np.where((stop == home) | (stop == work), -1, stop)


def _largest(numbers: Floats, share: float) -> NDArray[np.bool_]:
    """True for that share of people, those with the largest numbers."""
    chosen = np.zeros(numbers.size, dtype=np.bool_)
    owners = round(share * numbers.size)
    chosen[np.argsort(-numbers, kind="stable")[:owners]] = True
    return chosen


def _departures(rng: np.random.Generator, count: int) -> Floats:
    """Out in the morning, back in the afternoon, from a stop an hour later, all normal."""
    out = np.clip(rng.normal(7.75, 0.75, count), 5.0, 11.0)
    back = np.clip(rng.normal(17.0, 1.0, count), 12.0, 22.0)
    onward = back + rng.uniform(0.5, 1.5, count)
    departures = np.stack([out, back, onward], axis=1) * _HOUR
    return departures[:, :MAX_TRIPS]
