"""What there is to run, as ``simhelm list`` prints it."""

from __future__ import annotations

from simhelm.agents.bandits import LEARNERS
from simhelm.agents.samplers import SAMPLERS
from simhelm.agents.samplers.registry import SamplerEntry
from simhelm.envs.registration import environments
from simhelm.papers import REPRODUCTIONS
from simhelm.simulators.registry import Target, problem_targets


def catalogue() -> list[dict[str, str]]:
    """One record a thing: its kind, the name to use, one line of explanation."""
    made = [("environment", entry.id, entry.summary) for entry in environments()]
    problems = [("problem", name, _described(target)) for name, target in problem_targets().items()]
    learners = [("learner", name, _first_line(kind)) for name, kind in LEARNERS.items()]
    samplers = [("sampler", name, _offered(entry)) for name, entry in SAMPLERS.items()]
    reproductions = [("reproduction", name, item.summary) for name, item in REPRODUCTIONS.items()]
    return [
        {"kind": kind, "name": name, "what": what}
        for kind, name, what in (*made, *problems, *learners, *samplers, *reproductions)
    ]


def _offered(entry: SamplerEntry) -> str:
    try:
        options = entry.options
    except ImportError as error:
        return f"{entry.summary} {error}"
    return f"{entry.summary} Options: {', '.join(options)}." if options else entry.summary


def _described(target: Target) -> str:
    try:
        return _first_line(target.load())
    except Exception as error:
        return f"cannot be loaded from {target.place}: {error}"


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0]
