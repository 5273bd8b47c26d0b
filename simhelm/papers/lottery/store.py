"""Regrets of finished runs, so that a lottery that was interrupted goes on."""

from __future__ import annotations

import functools
import hashlib
import json
import math
from pathlib import Path

import simhelm.agents.samplers
from simhelm.experiments.jsonl import append_rows, read_rows
from simhelm.experiments.provenance import installed
from simhelm.papers.lottery import agents
from simhelm.papers.lottery.instances import Instance

_LIBRARIES = ("optuna", "numpy", "torch", "stable_baselines3")


def key(instance: Instance, agent: str, setting: int, seed: int, budget: int) -> str:
    """What a regret depends on: code, libraries, problem, agent, its options, seed, budget."""
    options = agents.settings_of(agent)[setting]
    what = [_code(), instance.path().name, agent, options, seed, budget]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


@functools.cache
def _code() -> str:
    """Of the agents' own source files and of the libraries behind them."""
    digest = hashlib.sha256()
    for name in _LIBRARIES:
        digest.update((installed(name) or "none").encode())
    folders = [*simhelm.agents.samplers.__path__, str(Path(agents.__file__).parent)]
    names = ("agents.py", "views.py", "policy_gradient.py", "instances.py")
    for path in sorted(Path(folders[0]).glob("*.py")) + [Path(folders[-1]) / n for n in names]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read(path: Path) -> dict[str, float]:
    """Regrets by key."""
    return {
        str(name): math.inf if regret is None else float(regret)
        for name, regret in read_rows(path, 2)
    }


def append(path: Path, name: str, regret: float) -> None:
    """Add a run."""
    append_rows(path, [[name, regret if math.isfinite(regret) else None]])
