"""Published results recomputed: ``simhelm reproduce NAME``."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Iterator
from typing import Protocol

from simhelm.papers.table import Table


class Recompute(Protocol):
    """A generator of result tables; ``quick`` asks for fewer seeds and shorter runs."""

    def __call__(self, *, quick: bool) -> Iterator[Table]: ...


@dataclasses.dataclass(frozen=True)
class Reproduction:
    """What a reproduction is about, and "module:function", imported when it is run."""

    summary: str
    target: str

    def load(self) -> Recompute:
        """The function behind ``target``."""
        module, _, name = self.target.partition(":")
        function: Callable[..., Iterator[Table]] = getattr(importlib.import_module(module), name)
        return function


REPRODUCTIONS: dict[str, Reproduction] = {
    "learning-to-relax": Reproduction(
        "SOR and SSOR-CG relaxation factors by bandits (Khodak et al., ICLR 2024)",
        "simhelm.papers.learning_to_relax:recompute",
    ),
    "three-body": Reproduction(
        "adaptive time-stepping of the chaotic three-body problem (CNSNS 2025)",
        "simhelm.papers.three_body:recompute",
    ),
    "parallel-bo-transport": Reproduction(
        "mode constants of a transport simulation, every sampler (Chhatre et al., LOD 2022)",
        "simhelm.papers.parallel_bo_transport:recompute",
    ),
    "wgan-submodel": Reproduction(
        "a submodel driven by a Wasserstein GAN, and by its rivals (arXiv:2110.13680, 2022)",
        "simhelm.papers.wgan_submodel:recompute",
    ),
    "archgym": Reproduction(
        "the hyperparameter lottery on DRAM and accelerator, proxies (Krishnan et al., ISCA 2023)",
        "simhelm.papers.archgym:recompute",
    ),
    "deeparchitect": Reproduction(
        "searches over networks for digits (Negrinho & Gordon, DeepArchitect, 2017)",
        "simhelm.papers.deeparchitect:recompute",
    ),
}

__all__ = ["REPRODUCTIONS", "Reproduction", "Table"]
