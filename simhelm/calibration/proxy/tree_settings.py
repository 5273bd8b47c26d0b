"""How a proxy's trees are fitted; light, for the command line's defaults."""

from __future__ import annotations

import dataclasses
from typing import Literal

Kind = Literal["gradient-boosting", "extra-trees"]
KINDS: tuple[Kind, ...] = ("gradient-boosting", "extra-trees")


@dataclasses.dataclass(frozen=True)
class TreeSettings:
    """How trees are fitted.

    Attributes:
        kind: ``"gradient-boosting"`` (Friedman 2001) or ``"extra-trees"`` (Geurts 2006).
        trees: for each output.
        seed: everything random follows from it.
    """

    kind: Kind = "gradient-boosting"
    trees: int = 600
    seed: int = 0
