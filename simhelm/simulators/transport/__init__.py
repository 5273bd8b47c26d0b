"""Transport: an agent-based town with eight modes, and static assignment."""

from simhelm.simulators.transport.choice import multinomial_logit
from simhelm.simulators.transport.modes import BASE_MODE, MODES, target_shares
from simhelm.simulators.transport.network import Network, make_network
from simhelm.simulators.transport.result import Account, TransportResult
from simhelm.simulators.transport.scenario import ParkingLot, Prices, Rules, Scenario, TransitLine
from simhelm.simulators.transport.simulation import simulate
from simhelm.simulators.transport.towns import (
    grid_network,
    grid_town,
    ring_radial_network,
    ring_radial_town,
)

__all__ = [
    "BASE_MODE",
    "MODES",
    "Account",
    "Network",
    "ParkingLot",
    "Prices",
    "Rules",
    "Scenario",
    "TransitLine",
    "TransportResult",
    "grid_network",
    "grid_town",
    "make_network",
    "multinomial_logit",
    "ring_radial_network",
    "ring_radial_town",
    "simulate",
    "target_shares",
]
