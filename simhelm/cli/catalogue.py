"""What there is to run, as ``simhelm list`` prints it."""

from __future__ import annotations

import inspect
import re

from simhelm.agents.bandits.registry import REGISTRY as LEARNERS
from simhelm.agents.samplers.registry import REGISTRY as SAMPLERS
from simhelm.agents.samplers.registry import options_of
from simhelm.calibration.study.executors import EXECUTORS
from simhelm.core.entry_points import Registry
from simhelm.envs.registration import environments
from simhelm.papers import REPRODUCTIONS
from simhelm.simulators.registry import PROBLEMS

_LINK = re.compile(r"`(.+?) <.+?>`__?")


def catalogue() -> list[dict[str, str]]:
    """One record a thing: its kind, the name to use, one line of explanation."""
    rows = [("environment", entry.id, entry.summary) for entry in environments()]
    for registry in (PROBLEMS, LEARNERS, SAMPLERS, EXECUTORS):
        rows += [(registry.kind, name, _described(registry, name)) for name in registry.targets]
    rows += [("reproduction", name, item.summary) for name, item in REPRODUCTIONS.items()]
    return [{"kind": kind, "name": name, "what": what} for kind, name, what in rows]


def _described(registry: Registry, name: str) -> str:
    try:
        thing = registry.load(name)
    except ImportError as error:
        return str(error)
    what = _LINK.sub(r"\1", inspect.cleandoc(thing.__doc__ or "").partition("\n")[0])
    options = options_of(thing) if registry is SAMPLERS else []
    return f"{what} Options: {', '.join(options)}." if options else what
