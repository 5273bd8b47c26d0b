"""Systems to start from, in units where G = 1."""

from __future__ import annotations

import math

import numpy as np

from simhelm.core.checks import whole_number
from simhelm.simulators.nbody.system import Floats, System, check_system

# Units of the published three-body environment, with the constants of its code (AMUSE):
# lengths in au, masses in 3 solar masses, so that time is in sqrt(au^3 / (3 G solar masses)).
_G = 6.67428e-11  # m^3 / (kg s^2)
_AU = 149_597_870_691.0  # m
_YEAR = 31_556_925.9936  # s
_SOLAR_MASS = 1.98892e30  # kg
_TIME_UNIT = math.sqrt(_AU**3 / (3.0 * _G * _SOLAR_MASS))  # s
#: Time units in a year of those units.
YEAR = _YEAR / _TIME_UNIT
#: 10 km/s in velocity units of those units.
TEN_KM_PER_SECOND = 1e4 * _TIME_UNIT / _AU

# Figure-eight orbit (Chenciner & Montgomery 2000); positions by Simo, velocities and period
# solved for with this package's Gauss-Radau integrator (the orbit closes to 2e-15).
_EIGHT_POSITION = (0.97000435669734, -0.24308753153583)
_EIGHT_VELOCITY = (-0.932407371441034, -0.864731460921023)
#: Period of :func:`figure_eight`.
FIGURE_EIGHT_PERIOD = 6.32591398292623


def three_body_initial_conditions(seed: int) -> System:
    """The published environment's initial condition of that seed, the same numbers.

    Three bodies of one solar mass in a plane; masses in 3 solar masses, lengths in au, times in
    sqrt(au^3/(3 G solar masses)) (``YEAR`` of them a year), centre of mass at rest in the
    origin.

    Args:
        seed: 0 to 2^32 - 1, of NumPy's legacy generator, which the published code seeds.
    """
    if whole_number("seed", seed, least=0) >= 2**32:
        raise ValueError(f"seed: expected less than 2**32, got {seed}")
    draw = np.random.RandomState(seed).random_sample(4)
    x1, y1 = 5.0 + 15.0 * draw[0], 10.0 * draw[1]
    # The published code asks for a range from 0 down to -10.
    x2, y2 = -10.0 * draw[2], 5.0 + 15.0 * draw[3]
    speed = TEN_KM_PER_SECOND
    return check_system(
        np.full(3, 1.0 / 3.0),
        [[0.0, 0.0], [x1, y1], [x2, y2]],
        [[0.0, speed], [-speed, 0.0], [0.0, 0.0]],
    ).centred()


def figure_eight() -> System:
    """The periodic figure-eight orbit of three unit masses; period ``FIGURE_EIGHT_PERIOD``."""
    (x, y), (u, w) = _EIGHT_POSITION, _EIGHT_VELOCITY
    return check_system(
        np.ones(3),
        [[x, y], [-x, -y], [0.0, 0.0]],
        [[-0.5 * u, -0.5 * w], [-0.5 * u, -0.5 * w], [u, w]],
    )


def pythagorean() -> System:
    """Burrau's problem: masses 3, 4, 5 at rest in the corners of the 3-4-5 triangle."""
    return check_system([3.0, 4.0, 5.0], [[1, 3], [-2, -1], [1, -1]], np.zeros((3, 2)))


def lagrange(masses: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> System:
    """Lagrange's equilateral triangle with sides of length 1, rotating rigidly.

    Its period is 2 pi / sqrt(total mass), whatever the masses.
    """
    m = np.asarray(masses, dtype=np.float64)
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, math.sqrt(0.75)]])
    return _rotating(m, corners, math.sqrt(float(m.sum())))


def euler_collinear() -> System:
    """Euler's collinear solution of three unit masses, the outer ones at -1 and 1.

    Rigid rotation; its period is 2 pi / sqrt(5/4).
    """
    return _rotating(np.ones(3), np.array([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]), math.sqrt(1.25))


def _rotating(masses: Floats, places: Floats, frequency: float) -> System:
    at_rest = check_system(masses, places, np.zeros_like(places)).centred()
    x = at_rest.positions
    turning = frequency * np.stack([-x[:, 1], x[:, 0], np.zeros(len(x))], axis=1)
    return check_system(masses, x, turning)


def kepler(eccentricity: float, *, mass_ratio: float = 1.0) -> System:
    """Two bodies at apocentre; total mass 1, semi-major axis 1, so the period is 2 pi.

    Args:
        eccentricity: in [0, 1).
        mass_ratio: second mass over first, positive.
    """
    if not 0.0 <= eccentricity < 1.0:
        raise ValueError(f"eccentricity: expected a number in [0, 1), got {eccentricity!r}")
    first, second = 1.0 / (1.0 + mass_ratio), mass_ratio / (1.0 + mass_ratio)
    distance = 1.0 + eccentricity
    speed = math.sqrt((1.0 - eccentricity) / (1.0 + eccentricity))
    return check_system(
        [first, second],
        [[-second * distance, 0.0], [first * distance, 0.0]],
        [[0.0, -second * speed], [0.0, first * speed]],
    )


def plummer(bodies: int, rng: np.random.Generator) -> System:
    """A Plummer sphere of equal masses in Heggie's units: total mass 1, energy -1/4.

    Drawn as Aarseth, Henon & Wielen (1974) describe, then centred and scaled to virial
    equilibrium exactly: kinetic energy 1/4, potential energy -1/2.

    Args:
        bodies: 2 to 64.
    """
    if whole_number("bodies", bodies, least=2) > 64:
        raise ValueError(f"bodies: expected at most 64, got {bodies}")
    # The outermost per mille, whose radii have no bound, is left out.
    radius = 1.0 / np.sqrt(rng.uniform(0.0, 0.999, bodies) ** (-2.0 / 3.0) - 1.0)
    speed = _share_of_escape(bodies, rng) * math.sqrt(2.0) * (1.0 + radius**2) ** -0.25
    masses = np.full(bodies, 1.0 / bodies)
    x = radius[:, None] * _directions(bodies, rng)
    v = speed[:, None] * _directions(bodies, rng)
    drawn = check_system(masses, x, v).centred()
    pairs = np.linalg.norm(drawn.positions[:, None] - drawn.positions, axis=2)
    upper = np.triu_indices(bodies, 1)
    potential = float((-1.0 / pairs[upper]).sum()) / bodies**2
    kinetic = 0.5 * float((drawn.velocities**2).sum()) / bodies
    return check_system(
        masses,
        drawn.positions * (-potential / 0.5),
        drawn.velocities * math.sqrt(0.25 / kinetic),
    )


def _share_of_escape(count: int, rng: np.random.Generator) -> Floats:
    """Speeds over escape speed, density q^2 (1 - q^2)^(7/2), by rejection."""
    found: list[float] = []
    while len(found) < count:
        share, level = rng.uniform(0.0, (1.0, 0.1))
        if level < share**2 * (1.0 - share**2) ** 3.5:
            found.append(float(share))
    return np.array(found)


def _directions(count: int, rng: np.random.Generator) -> Floats:
    drawn = rng.standard_normal((count, 3))
    unit: Floats = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit
