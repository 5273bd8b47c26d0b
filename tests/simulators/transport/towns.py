"""Small towns whose people and hours are given, for closed forms."""

from typing import Any

import numpy as np
import pytest

from simhelm.simulators.transport import Network, Scenario, preparation
from simhelm.simulators.transport.population import Population


def give_population(
    monkeypatch: pytest.MonkeyPatch, out: Any, back: Any, *, home: int = 0, work: int = 1
) -> None:
    """Everybody goes from home to work and back at the given seconds; all have car and bike."""
    count = len(out)
    places = np.tile(np.array([home, work, home, home]), (count, 1))
    departures = np.stack([out, back, back], axis=1)
    everyone = np.ones(count, dtype=np.bool_)
    population = Population(
        places, departures, np.full(count, 2), np.full(count, 12.0), everyone, everyone
    )
    monkeypatch.setattr(preparation, "draw_population", lambda scenario: population)


def town_of(network: Network, persons: int, **fields: Any) -> Scenario:
    """A scenario whose demand does not matter."""
    demand = np.ones((network.zones, network.zones))
    return Scenario(network, demand, persons=persons, **fields)


def only(mode: str) -> dict[str, float]:
    """Constants by which everybody takes one mode."""
    from simhelm.simulators.transport import MODES

    return {name: 0.0 if name == mode else -1e6 for name in MODES}
