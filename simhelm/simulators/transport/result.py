"""What a simulation gives."""

from __future__ import annotations

import dataclasses

from simhelm.core.end_reason import EndReason
from simhelm.simulators.transport.kernels import state
from simhelm.simulators.transport.modes import MODES
from simhelm.simulators.transport.network import Floats, Integers


class DayFailed(RuntimeError):  # noqa: N818 - named for what happened
    """A day came to no end; the reason is an EndReason, the message tells what happened."""

    def __init__(self, reason: EndReason, details: str) -> None:
        super().__init__(details)
        self.reason = reason


@dataclasses.dataclass(frozen=True)
class Account:
    """What came in and went out in a day; what is left over is named.

    Attributes:
        trips_started, trips_finished: of people; the difference is ``trips_abandoned``, under way
            at the horizon of 36 hours.
        vehicles_entered, vehicles_left: of the roads, cars and cabs (with SUMO cars only, as its
            cabs stay).
        boardings, alightings: of public transport.
        parkings, fetches: of park-and-ride.
        pickups, dropoffs: of people by cabs.
        forced_moves: vehicles that entered a full link after the stuck time.
        link_events: looks at a link (with SUMO entries), the work of a day.
        vehicles_on_roads, people_aboard, cars_parked: what is left at the horizon, as counted on
            the links, in the buses and on the lots.
        fullest_bus, fullest_lot, fullest_link: largest number of people or vehicles in one; SUMO
            does not tell that of links (0).
    """

    trips_started: int
    trips_finished: int
    vehicles_entered: int
    vehicles_left: int
    boardings: int
    alightings: int
    parkings: int
    fetches: int
    pickups: int
    dropoffs: int
    forced_moves: int
    link_events: int
    fullest_bus: int
    fullest_lot: int
    fullest_link: int
    trips_abandoned: int
    vehicles_on_roads: int
    people_aboard: int
    cars_parked: int

    @classmethod
    def read(cls, counters: Integers, left_over: tuple[int, int, int]) -> Account:
        """From the counters of a day, and what is on the roads, in buses and on lots after it."""
        if counters.size != state.COUNTERS:
            raise ValueError(f"expected {state.COUNTERS} counters, got {counters.size}")
        numbers: list[int] = [*counters.tolist(), *left_over]
        return cls(*numbers)


@dataclasses.dataclass(frozen=True, eq=False)
class TransportResult:
    """Days of a simulation; arrays over modes are in the order of ``MODES``.

    Attributes:
        chosen: share of trips for which a mode was chosen, percent, shape (days, 8).
        realised: share of finished trips that reached their goal by a mode, percent, shape
            (days, 8); after a refusal the last mode counts.
        denials: refusals of a mode, for want of seats, cabs or spaces, shape (days, 8).
        minutes: mean duration of trips by realised mode, shape (days, 8), 0 without trips.
        waits: mean minutes waited in them, shape (days, 8).
        volumes: vehicles that entered each link, shape (days, links).
        accounts: one a day.
        end_reason: COMPLETED; STOPPED_EARLY after a watch said so; with SUMO also TIMEOUT, EXIT,
            SIGNAL or BAD_OUTPUT of its process, and the days before that.
        work: link events of all days.
        details: what happened, where a day failed.
    """

    chosen: Floats
    realised: Floats
    denials: Floats
    minutes: Floats
    waits: Floats
    volumes: Integers
    accounts: tuple[Account, ...]
    end_reason: EndReason
    work: int
    details: str = ""

    @property
    def days(self) -> int:
        """Number of simulated days."""
        return len(self.accounts)

    def shares(self) -> dict[str, float]:
        """Realised shares of the last day by mode, percent."""
        return dict(zip(MODES, self.realised[-1].tolist(), strict=True))
