"""The problems that ship with simhelm, and those that other packages announce."""

from __future__ import annotations

from typing import Any

from simhelm.core.entry_points import Registry, Target
from simhelm.core.problem import Problem


def _ours(place: str, **small: Any) -> tuple[str, Target]:
    return place.partition(":")[2], Target(f"simhelm.simulators.{place}", small=small)


# A new simulator adds one line here: where its class is, and small arguments for the contract
# tests. Other packages announce theirs under the entry-point group simhelm.problems, where
# Name-vN = "module:Class" is version N of the problem's environment.
PROBLEMS = Registry(
    "problem",
    dict(
        (
            _ours("linear.problem:RelaxationFactor", systems=2, grid=4),
            _ours("transport.problem:ModeChoice", persons=100, days=2),
            _ours("transport.problem:TransportStructure", persons=100, days=2),
            _ours("dram.problem:DramController", requests=300),
            _ours("accelerator.problem:Accelerator"),
            _ours("fem.problem:ImpactedPlate", size=0.02, steps=12),
            _ours("networks.problem:NetworkArchitecture", epochs=1, samples=20),
        )
    ),
)


def problem_targets() -> dict[str, Target]:
    """All known problems by name. Built-in names win over announced ones."""
    return PROBLEMS.targets


def load_problem(name: str) -> type[Problem]:
    """The problem class of that name, or at "package.module:Class".

    Raises:
        KeyError: unknown name, with the nearest known one.
        ImportError: it cannot be imported.
    """
    found: type[Problem] = PROBLEMS.load(name)
    return found
