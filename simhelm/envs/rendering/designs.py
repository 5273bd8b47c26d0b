"""Which design problems have a picture."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from simhelm.core.problem import Problem, Value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# (problem, configuration or None before the first, seed, budget) -> picture. A picture is made by
# simulating the design once more: equal seeds give equal results.
DrawDesign = Callable[[Any, Mapping[str, Value] | None, int, int | None], "Figure"]

_PICTURES = {
    "ModeChoice": ("simhelm.envs.rendering.town", "draw_town"),
    "ImpactedPlate": ("simhelm.envs.rendering.plate", "draw_stressed_plate"),
    "Accelerator": ("simhelm.envs.rendering.chip", "draw_chip"),
    "DramController": ("simhelm.envs.rendering.bank_timeline", "draw_bank_timeline"),
}


def has_picture(problem: Problem) -> bool:
    """Whether there is a picture of its designs."""
    return problem.name in _PICTURES


@functools.cache
def picture_of(name: str) -> DrawDesign:
    """What draws the designs of the problem of that name."""
    module, function = _PICTURES[name]
    draw: DrawDesign = getattr(importlib.import_module(module), function)
    return draw
