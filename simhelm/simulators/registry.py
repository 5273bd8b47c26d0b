"""The problems that ship with simhelm, and those that other packages announce."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.metadata

from simhelm.simulators.problem import Problem, nearest

# Other packages announce theirs under this entry-point group, as
#   Name = "module:Class"        or, for version N of its environment,
#   Name-vN = "module:Class"
ENTRY_POINT_GROUP = "simhelm.problems"


@dataclasses.dataclass(frozen=True)
class Target:
    """Where a problem class is, as "module:Class", and the version of its environment."""

    place: str
    version: int = 0

    def load(self) -> type[Problem]:
        """Import the class."""
        module, _, attribute = self.place.partition(":")
        loaded: type[Problem] = getattr(importlib.import_module(module), attribute)
        return loaded


# A new simulator adds one line here. Imported at first use only.
BUILT_IN: dict[str, Target] = {
    "RelaxationFactor": Target("simhelm.simulators.linear.problem:RelaxationFactor"),
}


@functools.cache
def problem_targets() -> dict[str, Target]:
    """All known problems by name. Built-in names win over announced ones."""
    found: dict[str, Target] = {}
    for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        name, _, version = point.name.partition("-v")
        found[name] = Target(point.value, int(version) if version.isdigit() else 0)
    return {**found, **BUILT_IN}


def load_problem(name: str) -> type[Problem]:
    """The problem class of that name.

    Raises:
        KeyError: unknown name, with the nearest known one.
    """
    targets = problem_targets()
    if name not in targets:
        raise KeyError(
            f"unknown problem {name!r}; known: {sorted(targets)}{nearest(name, targets)}"
        )
    return targets[name].load()
