"""``simhelm/Heat2D-v0``: the SSOR-CG relaxation factor inside a heat-equation simulation."""

from __future__ import annotations

import functools
from typing import Any

from simhelm.envs.relaxation import (
    ActionKind,
    OmegaChoice,
    RelaxationEnv,
    SequenceBatch,
)
from simhelm.envs.rendering.heat_field import draw_heat_field
from simhelm.envs.rendering.screen import Screen, metadata
from simhelm.envs.vector.batched import NEXT_STEP, Autoreset, BatchedVectorEnv
from simhelm.simulators.linear import Heat2D, Stopping
from simhelm.simulators.linear.heat import HeatVariant


class Heat2DEnv(RelaxationEnv):
    """Choose the relaxation factor of every implicit time step of a heat equation.

    ## Description
    Temperature on the unit square with a diffusion coefficient that pulses between 0 and 10 and
    a heat source that circles the centre; Crank-Nicolson, one linear system a step, solved by
    conjugate gradients with the SSOR preconditioner from the previous temperature (Khodak et
    al., Learning to Relax, ICLR 2024, App. G.2). See :class:`simhelm.simulators.linear.Heat2D`.

    ## Action space
    ``Discrete(20)``, an index into omegas 1, 1.05, ... 1.95 (``omegas`` changes them); with
    ``action="continuous"`` a ``Box(-1, 1, (1,), float32)``, linear from lowest to highest.

    ## Observation space
    ``Box(0, 10, (1,), float64)``: the diffusion coefficient at the start of the step, in
    (side length)^2 per unit of time. After the last step the middle of the range stands in for
    a next coefficient that does not exist.

    ## Reward
    Minus the CG iterations of the step, in [-max_iterations, 0]. A solve that does not converge
    costs max_iterations, and its last iterate is taken as the temperature.

    ## Episode start and end
    Starts from a bump of heat in the middle; nothing is random. ``terminated`` after ``steps``
    time steps.

    ## Info
    ``omega``, ``iterations``, ``loss`` (iterations, or the cap after a failure), ``cost``
    (matrix-row updates), ``end_reason``, and ``failure`` after a failed solve.

    ## Arguments
    - ``nx``: grid cells a side, 25; there are (nx - 1)^2 unknowns.
    - ``steps``, ``t_end``: 5000 steps to time 5.
    - ``variant``: ``"code"`` or ``"paper"``, where the published code and text differ.
    - ``action``, ``omegas``: see above.
    - ``rtol``, ``max_iterations``: 1e-8, 10000.
    - ``render_mode``: ``"human"`` (a window), ``"rgb_array"`` (pixels) of the temperature, or None.

    ## Version history
    v0: first release.
    """

    metadata = metadata(fps=30)

    def __init__(
        self,
        *,
        nx: int = 25,
        steps: int = 5000,
        t_end: float = 5.0,
        variant: HeatVariant = "code",
        action: ActionKind = "discrete",
        omegas: list[float] | None = None,
        rtol: float = 1e-8,
        max_iterations: int = 10_000,
        render_mode: str | None = None,
    ) -> None:
        stopping = Stopping(rtol=rtol, max_iterations=max_iterations)
        sequence = Heat2D(nx, steps=steps, t_end=t_end, variant=variant, stopping=stopping)
        draw = functools.partial(draw_heat_field, sequence)
        screen = Screen(render_mode, draw, self.metadata["render_fps"])
        super().__init__(sequence, OmegaChoice(action, omegas), screen)


class Heat2DVectorEnv(BatchedVectorEnv):
    """``num_envs`` independent :class:`Heat2DEnv`, solved together; same arguments."""

    def __init__(
        self, num_envs: int = 1, *, autoreset_mode: Autoreset = NEXT_STEP, **arguments: Any
    ) -> None:
        super().__init__(SequenceBatch(Heat2DEnv(**arguments), num_envs), autoreset_mode)
