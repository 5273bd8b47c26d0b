"""Things of one kind by name: ours, and the plug-ins that other packages announce."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.metadata
import logging
import re
from collections.abc import Mapping
from typing import Any

from simhelm.core.did_you_mean import did_you_mean

_NAME = re.compile(r"([A-Za-z]\w*)(?:-v(\d+))?")

log = logging.getLogger(__name__)


class UnknownName(KeyError, ValueError):  # noqa: N818 - named for the mistake
    """A name that nothing of its kind has."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclasses.dataclass(frozen=True)
class Target:
    """Where something is, and what is known of it without importing it.

    Attributes:
        place: as "module:attribute".
        version: in the name of a plug-in, as Name-v1.
        small: arguments with which the contract tests make it.
    """

    place: str
    version: int = 0
    small: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def load(self) -> Any:
        """Import it; ImportError for whatever reason that failed."""
        module, _, attribute = self.place.partition(":")
        try:
            return functools.reduce(getattr, attribute.split("."), importlib.import_module(module))
        except Exception as error:  # code of others: anything may go wrong
            raise ImportError(f"cannot be loaded from {self.place}: {error}") from error


@dataclasses.dataclass(frozen=True)
class Registry:
    """Names of one kind; nothing is imported before it is used.

    Attributes:
        kind: such as "sampler"; other packages announce theirs under the entry-point group
            ``simhelm.samplers``, as ``Name = "module:attribute"``.
        built_in: ours; these win over announced ones.
    """

    kind: str
    built_in: Mapping[str, Target]

    @functools.cached_property
    def targets(self) -> dict[str, Target]:
        """Everything by name."""
        found: dict[str, Target] = {}
        for point in importlib.metadata.entry_points(group=f"simhelm.{self.kind}s"):
            if match := _NAME.fullmatch(point.name):
                found[match[1]] = Target(point.value, int(match[2] or 0))
            else:
                example = "a name such as Orchard or Orchard-v1"
                log.warning("plug-in %r ignored: expected %s", point, example)
        return {**found, **self.built_in}

    def target(self, name: str) -> Target:
        """Where something is by its name, or by "package.module:Class".

        Raises:
            UnknownName: with the nearest known one.
        """
        if name not in self.targets and ":" not in name:
            raise UnknownName(
                f"unknown {self.kind} {name!r}; expected one of {sorted(self.targets)}"
                f' or "package.module:Class"{did_you_mean(name, self.targets)}'
            )
        return self.targets.get(name, Target(name))

    def load(self, name: str) -> Any:
        """Import it; UnknownName as above, ImportError if it cannot be imported."""
        try:
            return self.target(name).load()
        except ImportError as error:
            raise ImportError(f"{self.kind} {name!r} {error}") from error
