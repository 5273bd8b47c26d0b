"""The problems that ship with simhelm, and those that other packages announce."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.metadata
import logging
import re

from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.problem import Problem

# Other packages announce theirs under this entry-point group, as
#   Name = "module:Class"        or, for version N of its environment,
#   Name-vN = "module:Class"
ENTRY_POINT_GROUP = "simhelm.problems"
_NAME = re.compile(r"([A-Z]\w*)(?:-v(\d+))?")

log = logging.getLogger(__name__)


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
    "ModeChoice": Target("simhelm.simulators.transport.problem:ModeChoice"),
    "TransportStructure": Target("simhelm.simulators.transport.problem:TransportStructure"),
    "DramController": Target("simhelm.simulators.dram.problem:DramController"),
    "Accelerator": Target("simhelm.simulators.accelerator.problem:Accelerator"),
    "ImpactedPlate": Target("simhelm.simulators.fem.problem:ImpactedPlate"),
    "NetworkArchitecture": Target("simhelm.simulators.networks.problem:NetworkArchitecture"),
}


@functools.cache
def problem_targets() -> dict[str, Target]:
    """All known problems by name. Built-in names win over announced ones."""
    found: dict[str, Target] = {}
    for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        match = _NAME.fullmatch(point.name)
        if match is None:
            log.warning("plug-in %r ignored: expected a name such as Orchard or Orchard-v1", point)
            continue
        found[match[1]] = Target(point.value, int(match[2] or 0))
    return {**found, **BUILT_IN}


def load_problem(name: str) -> type[Problem]:
    """The problem class of that name.

    Raises:
        KeyError: unknown name, with the nearest known one.
    """
    targets = problem_targets()
    if name not in targets:
        raise KeyError(
            f"unknown problem {name!r}; known: {sorted(targets)}{did_you_mean(name, targets)}"
        )
    return targets[name].load()
