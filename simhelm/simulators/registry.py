"""The problems that ship with simhelm, and those that other packages announce."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata

from simhelm.simulators.problem import Problem, nearest

# name -> "module:class"; a new simulator adds one line here. Imported at first use only.
BUILT_IN: dict[str, str] = {
    "RelaxationFactor": "simhelm.simulators.linear.problem:RelaxationFactor",
}

# Other packages announce theirs under this entry-point group, in the same form.
ENTRY_POINT_GROUP = "simhelm.problems"


@functools.cache
def problem_targets() -> dict[str, str]:
    """All known problems: name -> "module:class". Built-in names win over foreign ones."""
    found = importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    return {**{point.name: point.value for point in found}, **BUILT_IN}


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
    module, _, attribute = targets[name].partition(":")
    loaded: type[Problem] = getattr(importlib.import_module(module), attribute)
    return loaded
