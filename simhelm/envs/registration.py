"""The list of environments; nothing is imported until one is made.

Sequential environments add an entry here. A registered problem needs none: it becomes a design
environment by itself.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import gymnasium

from simhelm.simulators.registry import problem_targets


@dataclasses.dataclass(frozen=True)
class Entry:
    """One environment id: where it and its vector version are made, and with which arguments.

    ``cites``: what to cite, keys of references.toml; for a problem's it is the problem's own.
    """

    id: str
    entry_point: str
    vector_entry_point: str | None
    summary: str
    kwargs: dict[str, Any] = dataclasses.field(default_factory=dict)
    cites: tuple[str, ...] = ()


SEQUENTIAL: tuple[Entry, ...] = (
    Entry(
        "simhelm/SolverSequence-v0",
        "simhelm.envs.solver_sequence:SolverSequenceEnv",
        "simhelm.envs.solver_sequence:SolverSequenceVectorEnv",
        "relaxation factor for a sequence of linear systems, one solve a step",
        cites=("khodak2024", "young1954"),
    ),
    Entry(
        "simhelm/Heat2D-v0",
        "simhelm.envs.heat2d:Heat2DEnv",
        "simhelm.envs.heat2d:Heat2DVectorEnv",
        "SSOR-CG relaxation factor in a heat equation with pulsing diffusion",
        cites=("khodak2024",),
    ),
    Entry(
        "simhelm/ThreeBody-v0",
        "simhelm.envs.three_body:ThreeBodyEnv",
        "simhelm.envs.three_body:ThreeBodyVectorEnv",
        "method and step parameter of a few-body integration under an error tolerance",
        cites=("sazulibarrena2025", "makino1992", "yoshida1990", "rein2015"),
    ),
    Entry(
        "simhelm/ThreeBodyPaper-v0",
        "simhelm.envs.three_body_paper:ThreeBodyPaperEnv",
        "simhelm.envs.three_body_paper:ThreeBodyPaperVectorEnv",
        "the published environment: Hermite's step parameter for three bodies",
        cites=("sazulibarrena2025", "makino1992"),
    ),
    Entry(
        "simhelm/NBody-v0",
        "simhelm.envs.three_body:ThreeBodyEnv",
        "simhelm.envs.three_body:ThreeBodyVectorEnv",
        "the same for a Plummer sphere of eight bodies (or 2 to 16)",
        {"bodies": 8, "steps": 100},
        ("sazulibarrena2025", "makino1992", "rein2015", "plummer1911"),
    ),
    Entry(
        "simhelm/SubmodelEnrichment-v0",
        "simhelm.envs.submodel_enrichment:SubmodelEnrichmentEnv",
        None,
        "which global simulations to buy for a quantile of a submodel's stress, when to stop",
        cites=("boukraichi2021", "newmark1959", "gustafsson2020"),
    ),
    Entry(
        "simhelm/RareEventSubmodel-v0",
        "simhelm.envs.rare_event_submodel:RareEventSubmodelEnv",
        None,
        "proposal of an unbiased estimate of how probable a high stress in a submodel is",
        cites=("boukraichi2021", "peherstorfer2016", "newmark1959", "gustafsson2020"),
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
