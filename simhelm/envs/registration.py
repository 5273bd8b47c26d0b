"""The list of environments. A new one adds one entry; nothing is imported until it is made."""

from __future__ import annotations

import dataclasses
from typing import Any

import gymnasium


@dataclasses.dataclass(frozen=True)
class Entry:
    """One environment id: where it and its vector version are made, and with which arguments."""

    id: str
    entry_point: str
    vector_entry_point: str | None
    summary: str
    kwargs: dict[str, Any] = dataclasses.field(default_factory=dict)


ENVIRONMENTS: tuple[Entry, ...] = (
    Entry(
        "simhelm/SolverSequence-v0",
        "simhelm.envs.solver_sequence:SolverSequenceEnv",
        "simhelm.envs.solver_sequence:SolverSequenceVectorEnv",
        "relaxation factor for a sequence of linear systems, one solve a step",
    ),
    Entry(
        "simhelm/Heat2D-v0",
        "simhelm.envs.heat2d:Heat2DEnv",
        "simhelm.envs.heat2d:Heat2DVectorEnv",
        "SSOR-CG relaxation factor in a heat equation with pulsing diffusion",
    ),
    Entry(
        "simhelm/RelaxationFactor-v0",
        "simhelm.envs.design:make_design_env",
        None,
        "one relaxation factor for a family of systems, one design an episode",
        {"problem": "RelaxationFactor"},
    ),
)


def register_environments() -> None:
    """Register every entry with Gymnasium (again is harmless)."""
    for entry in ENVIRONMENTS:
        if entry.id not in gymnasium.registry:
            gymnasium.register(
                id=entry.id,
                entry_point=entry.entry_point,
                vector_entry_point=entry.vector_entry_point,
                kwargs=entry.kwargs,
            )
