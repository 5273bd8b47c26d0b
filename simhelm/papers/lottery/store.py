"""Regrets of finished runs, so that a lottery that was interrupted goes on."""

from __future__ import annotations

import functools
import hashlib
import json
import math
from pathlib import Path

import simhelm.agents.samplers
import simhelm.core.space
from simhelm.calibration.jobs import LineStore
from simhelm.experiments.provenance import installed
from simhelm.papers.lottery import agents
from simhelm.papers.lottery.instances import Instance

# A regret, and the evaluations behind it.
Searched = tuple[float, agents.Evaluations]
_LIBRARIES = ("optuna", "numpy", "torch", "stable_baselines3")


def key(instance: Instance, agent: str, setting: int, seed: int, budget: int) -> str:
    """What a regret depends on: code, libraries, problem, agent, its options, seed, budget."""
    options = agents.settings_of(agent)[setting]
    what = [_code(), instance.path().name, agent, options, seed, budget]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


@functools.cache
def _code() -> str:
    """Of the agents' own source files, of the space they search and of the libraries behind."""
    digest = hashlib.sha256()
    for name in _LIBRARIES:
        digest.update((installed(name) or "none").encode())
    folders = [*simhelm.agents.samplers.__path__, *simhelm.core.space.__path__]
    paths = [path for folder in folders for path in sorted(Path(folder).glob("*.py"))]
    names = ("agents.py", "views.py", "policy_gradient.py", "instances.py")
    for path in [*paths, *(Path(agents.__file__).with_name(name) for name in names)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def regrets(path: Path) -> LineStore[Searched]:
    """Regrets by key in a file; infinity, which JSON has not, is null, and no evaluations."""
    return LineStore(
        path,
        lambda found: found[0] if math.isfinite(found[0]) else None,
        lambda cell: (math.inf if cell is None else float(cell), []),
    )
