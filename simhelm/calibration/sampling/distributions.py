"""What is random: the scenario that is solved, and the excitation that is applied exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.generators import Excitation
from simhelm.simulators.fem import Scenario, ScenarioLaw

Floats = NDArray[np.float64]

# Stresses and displacements are proportional to the amplitude and do not depend on the delay:
# neither is simulated. See Excitation.
LAW = ScenarioLaw(delay=(0.0, 0.0), amplitude_spread=0.0)
# Deviation of the logarithm of the amplitude; greatest delay in time steps.
SPREAD = 0.3
GREATEST_DELAY = 10


def draw_excitation(count: int, rng: np.random.Generator) -> Excitation:
    """Amplitudes (as factors on 50 MPa) and delays of the law."""
    amplitudes = np.exp(SPREAD * rng.standard_normal(count))
    return Excitation(amplitudes, rng.integers(GREATEST_DELAY + 1, size=count))


def inputs_of(scenarios: Sequence[Scenario]) -> Floats:
    """Centre (m) and duration (s) of the impacts, shape (scenarios, 2)."""
    return np.array([[one.impact.centre, one.impact.duration] for one in scenarios])
