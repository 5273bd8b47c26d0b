"""A proxy held against evaluations that it was not fitted to."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from simhelm.calibration.proxy.data import TrainingData
from simhelm.calibration.proxy.training import COVERAGE, fit, transformed
from simhelm.calibration.proxy.tree_settings import TreeSettings
from simhelm.simulators.proxy.forest import Forest
from simhelm.simulators.proxy.model import Proxy

# Of the designs, so many are kept for the check.
SHARE = 0.2


@dataclasses.dataclass(frozen=True)
class OutputCheck:
    """How an output is predicted on unseen designs.

    Attributes:
        name: of the output.
        error: root mean square error over the mean of the absolute values.
        coverage: share of the values within their intervals.
        width: half the width of the interval: relative where the output is positive throughout,
            in the unit of the output otherwise.
        relative: which of the two.
        designs: how many different ones were looked at.
    """

    name: str
    error: float
    coverage: float
    width: float
    relative: bool
    designs: int

    @property
    def sampling_error(self) -> float:
        """Standard deviation that ``coverage`` has by the choice of designs alone."""
        return float(np.sqrt(COVERAGE * (1.0 - COVERAGE) / self.designs))


def split(data: TrainingData, seed: int) -> tuple[TrainingData, TrainingData]:
    """Data for fitting, and a fifth of the designs for the check."""
    numbers = np.unique(data.design)
    shuffled = np.random.default_rng(seed).permutation(numbers)
    unseen = np.isin(data.design, shuffled[: max(1, round(SHARE * len(numbers)))])
    return data.part(~unseen), data.part(unseen)


def held_out(data: TrainingData, settings: TreeSettings) -> list[OutputCheck]:
    """Fit to four fifths of the designs, look at the others."""
    seen, unseen = split(data, settings.seed)
    return check(fit(seen, settings), unseen)


def check(proxy: Proxy, unseen: TrainingData) -> list[OutputCheck]:
    """Errors and coverage of a proxy on designs with results; none where there are none.

    Every design counts once, however often it was evaluated.
    """
    good = unseen.part(unseen.succeeded)
    good = good.part(good.once)
    if not len(good.rows):
        return []
    positive = np.array([output.logarithmic for output in proxy.outputs])
    # A logarithm of what is not positive: such a value is outside of every interval.
    legal = (good.values > 0.0) | ~positive
    targets = transformed(np.where(legal, good.values, 1.0), positive)
    raw = proxy.forest.predict(good.rows)[:, : len(proxy.outputs)]
    off = np.where(legal, np.abs(targets - raw), np.inf)
    found = errors(proxy.forest, positive, good)
    return [
        OutputCheck(
            output.name,
            float(found[place]),
            float(np.mean(off[:, place] <= output.margin)),
            float(np.expm1(output.margin)) if output.logarithmic else output.margin,
            output.logarithmic,
            len(off),
        )
        for place, output in enumerate(proxy.outputs)
    ]


def errors(forest: Forest, positive: NDArray[np.bool_], good: TrainingData) -> NDArray[np.float64]:
    """Root mean square errors over means of absolute values, shape (outputs,).

    Args:
        positive: which outputs the trees give the logarithm of.
        good: designs with results.
    """
    raw = forest.predict(good.rows)[:, : len(positive)]
    predicted = np.where(positive, np.exp(np.where(positive, raw, 0.0)), raw)
    scale = np.abs(good.values).mean(axis=0)
    root: NDArray[np.float64] = np.sqrt(np.mean((predicted - good.values) ** 2, axis=0))
    return root / np.where(scale > 0.0, scale, 1.0)
