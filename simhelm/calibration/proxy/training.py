"""Fitting a proxy: trees by scikit-learn, intervals by conformal prediction."""

from __future__ import annotations

import dataclasses
import logging
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.calibration.proxy.data import TrainingData
from simhelm.calibration.proxy.tree_settings import TreeSettings
from simhelm.core.errors import ConfigurationError
from simhelm.simulators.proxy.forest import Forest
from simhelm.simulators.proxy.model import Proxy, ProxyOutput

log = logging.getLogger(__name__)

# With fewer designs, no interval of 90 % can be drawn from ten folds.
LEAST_DESIGNS = 20
_FOLDS = 10
# With fewer trees each corrects more.
_RATE_TIMES_TREES = 30.0
# Nominal, of the intervals.
COVERAGE = 0.9

Floats = NDArray[np.float64]


def fit(data: TrainingData, settings: TreeSettings) -> Proxy:
    """Fit a proxy and its intervals.

    Outputs that are positive throughout are fitted as logarithms. The intervals are the
    predictions give or take a quantile of the absolute residuals of ten-fold cross-validation
    (cross-conformal prediction, Vovk 2015; evaluations of one design share a fold, and one of them
    counts): about the nominal coverage for designs from where the data came from.

    Raises:
        ConfigurationError: fewer than 20 designs with results.
        ImportError: scikit-learn is missing.
    """
    good = data.part(data.succeeded)
    if len(np.unique(good.design)) < LEAST_DESIGNS:
        raise ConfigurationError(
            f"expected at least {LEAST_DESIGNS} different designs with results, got "
            f"{len(np.unique(good.design))}"
        )
    log.info("fitting trees to %d evaluations", len(data.rows))
    forest, positive = fit_trees(data, settings), logarithmic(good)
    targets, folds = transformed(good.values, positive), _folds(good.design, settings.seed)
    outputs = []
    for place, name in enumerate(data.outputs):
        log.info("interval of %s, %d of %d", name, place + 1, len(data.outputs))
        residuals = _residuals(good.rows, targets[:, place], folds, settings)
        column = good.values[:, place]
        margin = quantile(np.abs(residuals[good.once]), COVERAGE)
        low, high = float(column.min()), float(column.max())
        outputs.append(ProxyOutput(name, bool(positive[place]), margin, low, high))
    return Proxy(
        data.problem, data.space, data.parameters, tuple(outputs), COVERAGE, forest, data.arguments
    )


def fit_trees(data: TrainingData, settings: TreeSettings) -> Forest:
    """The trees alone: one output each, and one more for success where some designs failed."""
    good = data.part(data.succeeded)
    targets = transformed(good.values, logarithmic(good))
    pieces = [_trees(_fitted(good.rows, y, settings)) for y in targets.T]
    if not data.succeeded.all():
        pieces.append(_trees(_fitted(data.rows, data.succeeded.astype(np.float64), settings)))
    return _joined(pieces)


def logarithmic(good: TrainingData) -> NDArray[np.bool_]:
    """Which outputs are positive throughout: these are fitted as logarithms, shape (outputs,)."""
    return np.asarray(good.values.min(axis=0) > 0.0, dtype=np.bool_)


def transformed(values: Floats, positive: NDArray[np.bool_]) -> Floats:
    """Values as the trees are fitted to them: logarithms of columns that are positive."""
    logarithms = np.log(np.where(positive, values, 1.0))
    chosen: Floats = np.where(positive, logarithms, values)
    return chosen


def quantile(scores: Floats, coverage: float) -> float:
    """The smallest score that at least (n + 1) * coverage of n scores do not exceed.

    The largest of all where there are too few.
    """
    place = min(len(scores), math.ceil((len(scores) + 1) * coverage))
    return float(np.sort(scores)[place - 1])


def _folds(design: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """A fold for every row, equal designs in the same one, all of about the same size."""
    numbers = np.unique(design)
    shuffled = np.random.default_rng(seed).permutation(len(numbers))
    fold = np.empty(len(numbers), dtype=np.int64)
    fold[shuffled] = np.arange(len(numbers)) % _FOLDS
    found: NDArray[np.int64] = fold[np.searchsorted(numbers, design)]
    return found


def _residuals(
    rows: NDArray[np.float32], y: Floats, folds: NDArray[np.int64], settings: TreeSettings
) -> Floats:
    residuals = np.empty_like(y)
    for fold in range(_FOLDS):
        out = folds == fold
        if out.any():
            residuals[out] = y[out] - _fitted(rows[~out], y[~out], settings).predict(rows[out])
    return residuals


def _fitted(rows: NDArray[np.float32], y: Floats, settings: TreeSettings) -> Any:
    try:
        from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor
    except ImportError as error:
        raise ImportError("train-proxy needs scikit-learn: pip install 'simhelm[proxy]'") from error
    if settings.kind == "extra-trees":
        model = ExtraTreesRegressor(settings.trees, random_state=settings.seed)
    else:
        # Of six pairs of leaf size (1 to 5) and subsample (0.5 to 1) the one with the least error
        # of completion times, in the mean over eight traces that no table reports on. Depths of 8
        # and 10 were no better than 6 on the five traces of the mixed workload.
        model = GradientBoostingRegressor(
            n_estimators=settings.trees, learning_rate=min(0.3, _RATE_TIMES_TREES / settings.trees),
            max_depth=6, subsample=0.5, random_state=settings.seed,
        )  # fmt: skip
    return model.fit(rows, y)


@dataclasses.dataclass(frozen=True)
class _Piece:
    """The trees of one output."""

    base: float
    scale: float
    trees: list[Any]


def _trees(model: Any) -> _Piece:
    trees = [one.tree_ for one in np.ravel(model.estimators_)]
    if hasattr(model, "init_"):
        return _Piece(float(model.init_.constant_.item()), float(model.learning_rate), trees)
    return _Piece(0.0, 1.0 / len(trees), trees)


def _joined(pieces: list[_Piece]) -> Forest:
    trees = [(place, piece, tree) for place, piece in enumerate(pieces) for tree in piece.trees]
    roots = np.cumsum([0, *(tree.node_count for *_, tree in trees)])[:-1]

    def shifted(name: str) -> NDArray[np.int64]:
        parts = []
        for start, (_, _, tree) in zip(roots, trees, strict=True):
            children = getattr(tree, name).astype(np.int64)
            parts.append(np.where(children < 0, -1, children + start))
        return np.concatenate(parts)

    return Forest(
        roots=roots.astype(np.int64),
        outputs=np.array([place for place, *_ in trees], dtype=np.int64),
        feature=np.concatenate([tree.feature for *_, tree in trees]).astype(np.int64),
        left=shifted("children_left"),
        right=shifted("children_right"),
        threshold=np.concatenate([tree.threshold for *_, tree in trees]).astype(np.float64),
        value=np.concatenate([p.scale * tree.value[:, 0, 0] for _, p, tree in trees]),
        base=np.array([piece.base for piece in pieces]),
    )
