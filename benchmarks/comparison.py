"""One line of the table of all benchmarks: this project, its peers, and what limits both."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What was measured in one run, as rates: more is better.

    Attributes:
        what: the task.
        unit: of all the rates, per second.
        ours: this project's rate.
        peers: rates of others in the same run, by name.
        limit: (name, rate) that nothing could exceed, measured in the same run; None where no
            simple one is known.
        missing: peers that are not installed, and what to install.
    """

    what: str
    unit: str
    ours: float
    peers: Mapping[str, float] = dataclasses.field(default_factory=dict)
    limit: tuple[str, float] | None = None
    missing: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def rows(self, script: str) -> list[dict[str, Any]]:
        """One record a peer, and one without a peer where there is none."""
        name, most = self.limit or ("", None)
        common = {"script": script, "what": self.what, "unit": self.unit, "simhelm": self.ours}
        limited = {
            "limit": name,
            "limit's": most,
            "share of limit": None if most is None else self.ours / most,
        }
        peers: list[dict[str, object]] = [
            {"peer": peer, "peer's": rate, "times the peer": self.ours / rate}
            for peer, rate in self.peers.items()
        ]
        nobody: dict[str, object] = {"peer": "", "peer's": None, "times the peer": None}
        return [{**common, **found, **limited} for found in peers or [nobody]]


def lacking(modules: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Peers whose module cannot be found: module -> (peer, what to install) gives peer -> that."""
    return {
        peer: install
        for module, (peer, install) in modules.items()
        if importlib.util.find_spec(module) is None
    }
