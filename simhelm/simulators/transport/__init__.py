"""Transport: an agent-based town with eight modes, and static assignment."""

from simhelm.simulators.transport.choice import multinomial_logit
from simhelm.simulators.transport.csv_network import read_csv_demand, read_csv_network
from simhelm.simulators.transport.equilibrium import (
    EquilibriumResult,
    beckmann_value,
    user_equilibrium,
)
from simhelm.simulators.transport.modes import BASE_MODE, MODES, target_shares
from simhelm.simulators.transport.network import Network, make_network
from simhelm.simulators.transport.point_queue import PointQueue
from simhelm.simulators.transport.problem import ModeChoice
from simhelm.simulators.transport.result import Account, TransportResult
from simhelm.simulators.transport.scenario import ParkingLot, Prices, Rules, Scenario, TransitLine
from simhelm.simulators.transport.simulation import simulate
from simhelm.simulators.transport.tntp import read_tntp
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
    "EquilibriumResult",
    "ModeChoice",
    "Network",
    "ParkingLot",
    "PointQueue",
    "Prices",
    "Rules",
    "Scenario",
    "TransitLine",
    "TransportResult",
    "beckmann_value",
    "grid_network",
    "grid_town",
    "make_network",
    "multinomial_logit",
    "read_csv_demand",
    "read_csv_network",
    "read_tntp",
    "ring_radial_network",
    "ring_radial_town",
    "simulate",
    "target_shares",
    "user_equilibrium",
]
