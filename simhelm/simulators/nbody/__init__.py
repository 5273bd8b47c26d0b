"""Gravitational few-body systems: integrators, step criteria, diagnostics, initial conditions."""

from simhelm.simulators.nbody.diagnostics import angular_momentum, energy, momentum
from simhelm.simulators.nbody.initial_conditions import (
    FIGURE_EIGHT_PERIOD,
    YEAR,
    euler_collinear,
    figure_eight,
    kepler,
    lagrange,
    plummer,
    pythagorean,
    three_body_initial_conditions,
)
from simhelm.simulators.nbody.integration import (
    BatchResult,
    Limits,
    NBodyResult,
    integrate,
    integrate_batch,
)
from simhelm.simulators.nbody.scheme import Scheme
from simhelm.simulators.nbody.system import System, check_system

__all__ = [
    "FIGURE_EIGHT_PERIOD",
    "YEAR",
    "BatchResult",
    "Limits",
    "NBodyResult",
    "Scheme",
    "System",
    "angular_momentum",
    "check_system",
    "energy",
    "euler_collinear",
    "figure_eight",
    "integrate",
    "integrate_batch",
    "kepler",
    "lagrange",
    "momentum",
    "plummer",
    "pythagorean",
    "three_body_initial_conditions",
]
