"""The list of environments; nothing is imported until one is made.

Sequential environments add an entry here. A registered problem needs none: it becomes a design
environment by itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import gymnasium

from simhelm.simulators.registry import problem_targets


@dataclasses.dataclass(frozen=True)
class Entry:
    """One environment id.

    Attributes:
        entry_point, vector_entry_point: where it and its vector version are made.
        kwargs: with which arguments.
        cites: keys of references.toml; for a problem's environment they are the problem's own.
        small: of the contract tests: short episodes, so that some end within them.
    """

    id: str
    entry_point: str
    vector_entry_point: str | None
    summary: str
    kwargs: dict[str, Any] = dataclasses.field(default_factory=dict)
    cites: tuple[str, ...] = ()
    small: Mapping[str, Any] = dataclasses.field(default_factory=dict)


SEQUENTIAL: tuple[Entry, ...] = (
    Entry(
        "simhelm/SolverSequence-v0",
        "simhelm.envs.solver_sequence:SolverSequenceEnv",
        "simhelm.envs.solver_sequence:SolverSequenceVectorEnv",
        "relaxation factor for a sequence of linear systems, one solve a step",
        cites=("khodak2024", "young1954"),
        small={"length": 7, "grid": 5},
    ),
    Entry(
        "simhelm/Heat2D-v0",
        "simhelm.envs.heat2d:Heat2DEnv",
        "simhelm.envs.heat2d:Heat2DVectorEnv",
        "SSOR-CG relaxation factor in a heat equation with pulsing diffusion",
        cites=("khodak2024",),
        small={"nx": 8, "steps": 9},
    ),
    Entry(
        "simhelm/ThreeBody-v0",
        "simhelm.envs.three_body:ThreeBodyEnv",
        "simhelm.envs.three_body:ThreeBodyVectorEnv",
        "method and step parameter of a few-body integration under an error tolerance",
        cites=("sazulibarrena2025", "makino1992", "yoshida1990", "rein2015"),
        small={"steps": 6},
    ),
    Entry(
        "simhelm/ThreeBodyPaper-v0",
        "simhelm.envs.three_body_paper:ThreeBodyPaperEnv",
        "simhelm.envs.three_body_paper:ThreeBodyPaperVectorEnv",
        "the published environment: Hermite's step parameter for three bodies",
        cites=("sazulibarrena2025", "makino1992"),
        small={"steps": 6},
    ),
    Entry(
        "simhelm/NBody-v0",
        "simhelm.envs.three_body:ThreeBodyEnv",
        "simhelm.envs.three_body:ThreeBodyVectorEnv",
        "the same for a Plummer sphere of eight bodies (or 2 to 16)",
        {"bodies": 8, "steps": 100},
        cites=("sazulibarrena2025", "makino1992", "rein2015", "plummer1911"),
        small={"steps": 6, "bodies": 5, "action": "parameter"},
    ),
    Entry(
        "simhelm/SubmodelEnrichment-v0",
        "simhelm.envs.submodel_enrichment:SubmodelEnrichmentEnv",
        None,
        "which global simulations to buy for a quantile of a submodel's stress, when to stop",
        cites=("boukraichi2021", "newmark1959", "gustafsson2020"),
        small={"size": 0.04, "coarse_size": 0.04, "steps": 16, "reference": 2, "budget": 2.0},
    ),
    Entry(
        "simhelm/RareEventSubmodel-v0",
        "simhelm.envs.rare_event_submodel:RareEventSubmodelEnv",
        None,
        "proposal of an unbiased estimate of how probable a high stress in a submodel is",
        cites=("boukraichi2021", "peherstorfer2016", "newmark1959", "gustafsson2020"),
        small={
            "size": 0.04,
            "coarse_size": 0.04,
            "steps": 30,
            "batches": 4,
            "batch": 2,
            "threshold": 9.0,
        },
    ),
)


def environments() -> tuple[Entry, ...]:
    """Every environment: the sequential ones, then one for each problem, ours or a plug-in's."""
    designs = (
        Entry(
            f"simhelm/{name}-v{target.version}",
            "simhelm.envs.design:make_design_env",
            None,
            "one design an episode, scored by the problem of that name",
            {"problem": name},
            small=target.small,
        )
        for name, target in problem_targets().items()
    )
    return (*SEQUENTIAL, *designs)


def register_environments() -> None:
    """Register every entry with Gymnasium (again is harmless)."""
    for entry in environments():
        if entry.id not in gymnasium.registry:
            gymnasium.register(
                id=entry.id,
                entry_point=entry.entry_point,
                vector_entry_point=entry.vector_entry_point,
                kwargs=entry.kwargs,
            )
