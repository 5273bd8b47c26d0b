"""``simhelm/SubmodelEnrichment-v0``: which further simulations to buy, and when to stop."""

from __future__ import annotations

import dataclasses
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from simhelm.core.checks import whole_number
from simhelm.envs.actions import discrete_action
from simhelm.envs.baseline import Baseline
from simhelm.envs.rendering.purchases import draw_purchases
from simhelm.envs.rendering.screen import Screen, metadata
from simhelm.envs.resets import check_options, require_reset
from simhelm.envs.submodel.kriging import predictive_variance
from simhelm.envs.submodel.pool import chosen_pool
from simhelm.envs.submodel.quantile import (
    CELLS,
    SIDE,
    cells_of,
    centres,
    interval,
    quantile,
    weights_of,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Observation = NDArray[np.float32]
Action = int | np.integer[Any]

COARSE, FULL = range(2)
BATCHES = (1, 4, 16)
STOP = 0
# Full solves at the start, free of charge, anywhere.
_FIRST = 4
_MOST_PURCHASES = 60
# The cells diagonal by diagonal: each crosses every row and every column once.
_LATIN = np.array(
    [SIDE * row + (row + shift) % SIDE for shift in range(SIDE) for row in range(SIDE)]
)
# Stress that the observed logarithm is relative to, MPa.
_USUAL = 25.0
# What a wrong estimate costs at most.
_WORST = 2.0


def purchase(kind: int, cell: int, batch: int) -> int:
    """The action that buys: kind of solve, its cell, place of their number in BATCHES."""
    return 1 + (kind * CELLS + cell) * len(BATCHES) + batch


@dataclasses.dataclass
class _Bought:
    """The samples of an episode.

    Attributes:
        inputs: place and duration as shares of their ranges, shape (samples, 2).
        cells: that they lie in, shape (samples,).
        values: greatest stresses, MPa, shape (samples,).
        is_full: whether by the full model, shape (samples,).
        ratios: log(full/coarse) of the full solves.
    """

    inputs: Floats
    cells: Integers
    values: Floats
    is_full: NDArray[np.bool_]
    ratios: Floats

    def corrected(self) -> Floats:
        """Stresses, those of the coarse model corrected by the mean ratio of paired solves."""
        factor = np.exp(np.mean(self.ratios))
        return np.where(self.is_full, self.values, factor * self.values)


class SubmodelEnrichmentEnv(gymnasium.Env[Observation, Action]):
    """Buy global simulations to know a quantile of a submodel's greatest stress.

    ## Description
    A plate is hit at a random place by a pulse of random duration; material outside the zone of
    interest is random. Each episode asks for the 90 % quantile of the greatest von Mises stress
    in the zone, divided by the amplitude, under a law of place and duration that it draws: a
    block of two by two of the sixteen cells of their grid. Full solves are exact and dear; a
    coarse global model that drives the fine submodel costs a fraction and is biased. The estimate
    weighs what was bought by cells, borrows for empty cells from the nearest, and corrects
    coarse solves by the mean ratio of paired ones (a full solve includes the coarse one).

    ## Action space
    ``Discrete(97)``: 0 stops; 1 + 3 (16 kind + cell) + batch buys, kind 0 coarse solves, 1 full
    ones, cell 4 place + duration, batch 0, 1, 2 for 1, 4 or 16 solves. What is sold out or beyond
    the budget is not bought.

    ## Observation space
    ``Box(-10, 10, (54,), float32)``: share of the budget left; share of the purchases left;
    log of the estimate over 25 MPa; log of its 95 % interval's upper over its lower end; mean and
    deviation of log(full/coarse) of paired solves; then of every cell its probability under the
    law, a tenth of its full solves and a tenth of its coarse ones.

    ## Reward
    Minus ``price`` for the cost of a full solve; at the end also minus |log(estimate/truth)|, at
    most 2. The truth is the quantile of full solves that are never sold.

    ## Episode start and end
    Starts with four full solves anywhere. ``terminated`` by stopping, when the budget does not
    buy a coarse solve, or after 60 purchases.

    ## Info
    ``cost`` (million multiplications), ``bought`` (solves), ``estimate`` (MPa); at the end
    ``truth`` (MPa) and ``error`` (|log| of their ratio).

    ## Arguments
    - ``live``: True, solves are made when bought (and remembered by the process), of 640 members;
      False, taken from ``pool``, which makes a step milliseconds.
    - ``pool``: the table of solves, ``"plate_pool.parquet"``; made by
      ``simhelm run examples/plate/plate_pool.toml`` and ``simhelm export``.
    - ``budget``: 40, in costs of full solves; ``price``: 0.0005.
    - ``level``: of the quantile, 0.9.
    - ``reference``: at most so many hidden solves a cell, 60.
    - ``size``, ``coarse_size``, ``steps``: of live solves, see
      :class:`~simhelm.simulators.fem.problem.ImpactedPlate`; 0.02 m, 0.04 m, 60: a quick look.
    - ``render_mode``: ``"human"`` (a window), ``"rgb_array"`` (pixels) of what was bought, or None.

    ## Version history
    v0: first release.
    """

    metadata = metadata(fps=5)
    action_space: gymnasium.spaces.Discrete

    def __init__(
        self,
        *,
        live: bool = True,
        pool: str = "plate_pool.parquet",
        budget: float = 40.0,
        price: float = 0.0005,
        level: float = 0.9,
        reference: int = 60,
        size: float = 0.02,
        coarse_size: float = 0.04,
        steps: int = 60,
        render_mode: str | None = None,
    ) -> None:
        if not (0.0 < level < 1.0 and budget > 0.0 and price >= 0.0):
            raise ValueError(
                "expected level in (0, 1), budget > 0 and price >= 0, "
                f"got {level!r}, {budget!r}, {price!r}"
            )
        self._reference = whole_number("reference", reference, least=2)
        self._pool = chosen_pool(
            live=live, pool=pool, size=size, coarse_size=coarse_size, steps=steps
        )
        self._cells = cells_of(self._pool.inputs)
        self._budget, self._price, self._level = budget, price, level
        self._screen = Screen(render_mode, self._draw, self.metadata["render_fps"])
        self.render_mode = render_mode
        self._running = False
        self.action_space = gymnasium.spaces.Discrete(1 + 2 * CELLS * len(BATCHES))
        self.observation_space = gymnasium.spaces.Box(-10.0, 10.0, (6 + 3 * CELLS,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Draw a law, and an order in which the members of every cell are sold."""
        check_options(options)
        super().reset(seed=seed)
        self._running = True
        corner = self.np_random.integers(SIDE - 1, size=2)
        law = np.zeros((SIDE, SIDE))
        law[corner[0] : corner[0] + 2, corner[1] : corner[1] + 2] = 0.25
        self._law: Floats = law.ravel()
        # Even members are for sale, odd ones are the reference.
        sold = self.np_random.permutation(np.arange(0, len(self._cells), 2))
        self._for_sale = {c: list(sold[self._cells[sold] == c]) for c in range(CELLS)}
        self._left, self._purchases = self._budget, 0
        self._bought = _Bought(
            inputs=np.zeros((0, 2)),
            cells=np.zeros(0, np.int64),
            values=np.zeros(0),
            is_full=np.zeros(0, np.bool_),
            ratios=np.zeros(0),
        )
        for cell in self.np_random.permutation(CELLS)[:_FIRST].tolist():
            self._buy(FULL, cell, 1)
        self._screen.refresh()
        return self._observation(), {}

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Buy, or stop."""
        require_reset(self._running)
        chosen, count, spent = discrete_action(self.action_space, action), 0, 0.0
        if chosen != STOP:
            of_cell, batch = divmod(chosen - 1, len(BATCHES))
            kind, cell = divmod(of_cell, CELLS)
            each = self._cost(kind)
            affordable = int(self._left / each + 1e-9)
            count = self._buy(kind, cell, min(BATCHES[batch], affordable))
            spent = count * each
        self._left -= spent
        self._purchases += 1
        terminated = (
            chosen == STOP or self._left < self._cost(COARSE) or self._purchases >= _MOST_PURCHASES
        )
        info: dict[str, Any] = {
            "cost": spent * self._pool.full_work,
            "bought": count,
            "estimate": self.estimate(),
        }
        self._running = not terminated
        reward = -self._price * spent
        if terminated:
            info["truth"] = self._truth()
            info["error"] = abs(float(np.log(info["estimate"] / info["truth"])))
            reward -= min(_WORST, info["error"])
        self._screen.refresh()
        return self._observation(), reward, terminated, False, info

    def render(self) -> Any:
        """The picture, shape (height, width, 3), for ``rgb_array``."""
        return self._screen.render()

    def close(self) -> None:
        """Close the window, if there is one."""
        self._screen.close()

    def _draw(self) -> Any:
        known = self._bought
        return draw_purchases(
            known.inputs,
            known.corrected(),
            known.is_full,
            self._law.reshape(SIDE, SIDE),
            f"estimate {self.estimate():.1f} MPa, {self._left:.1f} of {self._budget:g} left",
        )

    def estimate(self) -> float:
        """The quantile that the solves bought so far give, MPa."""
        weights = weights_of(self._bought.cells, self._law)
        return quantile(self._bought.corrected(), weights, self._level)

    def baselines(self) -> dict[str, Baseline]:
        """Designs that people use; those that buy spend the whole budget."""
        rules = {
            "stop at once": ("the four free solves only", lambda: STOP),
            "space filling": ("full solves, evenly everywhere", lambda: self._even(FULL, False)),
            "Latin hypercube": ("full solves, one Latin design of four after the other",
                                self._latin),
            "like the target": ("full solves, evenly over the law's cells",
                                lambda: self._even(FULL, True)),
            "all coarse": ("coarse solves, evenly over the law's cells",
                           lambda: self._even(COARSE, True)),
            "largest variance": ("full solves where p^2 s^2 / n is greatest", self._neyman),
            "Gaussian process": ("full solves where a Gaussian process is least certain",
                                 self._least_certain),
        }  # fmt: skip
        named = [Baseline(name, text, policy) for name, (text, policy) in rules.items()]
        named.append(Baseline("random", "any action", self.action_space.sample, "random"))
        return {baseline.name: baseline for baseline in named}

    def _cost(self, kind: int) -> float:
        """Of one solve, in costs of full ones."""
        share = self._pool.coarse_work / self._pool.full_work
        return share if kind == COARSE else 1.0 + share

    def _buy(self, kind: int, cell: int, count: int) -> int:
        """Add solves to what is known; returns how many there were."""
        stock = self._for_sale[cell]
        count = min(count, len(stock))
        members = np.array([stock.pop() for _ in range(count)], dtype=np.int64)
        full, coarse = self._pool.solve(members)
        known = self._bought
        is_full = kind == FULL
        known.inputs = np.concatenate([known.inputs, self._pool.inputs[members]])
        known.cells = np.append(known.cells, np.full(count, cell))
        known.values = np.append(known.values, full if is_full else coarse)
        known.is_full = np.append(known.is_full, np.full(count, is_full))
        if is_full:
            known.ratios = np.append(known.ratios, np.log(full / coarse))
        return count

    def _truth(self) -> float:
        hidden = np.arange(1, len(self._cells), 2)
        members = np.concatenate(
            [
                hidden[self._cells[hidden] == cell][: self._reference]
                for cell in np.flatnonzero(self._law)
            ]
        )
        values, _ = self._pool.solve(members)
        return quantile(values, weights_of(self._cells[members], self._law), self._level)

    def _observation(self) -> Observation:
        known = self._bought
        values = known.corrected()
        weights = weights_of(known.cells, self._law)
        low, high = interval(values, weights, self._level)
        counts = [
            np.bincount(known.cells[known.is_full == full], minlength=CELLS) / 10.0
            for full in (True, False)
        ]
        head = [
            self._left / self._budget,
            1.0 - self._purchases / _MOST_PURCHASES,
            float(np.log(quantile(values, weights, self._level) / _USUAL)),
            float(np.log(high / low)),
            float(np.mean(known.ratios)),
            float(np.std(known.ratios)),
        ]
        numbers = np.concatenate([head, self._law, *counts])
        observation: Observation = np.clip(numbers, -10.0, 10.0).astype(np.float32)
        return observation

    def _even(self, kind: int, in_law: bool) -> int:
        """The cell with the fewest solves of that kind; four coarse ones at once."""
        empty = self._empty(in_law)
        if self._left < self._cost(kind) or empty.all():
            return STOP
        counts = np.bincount(
            self._bought.cells[self._bought.is_full == (kind == FULL)], minlength=CELLS
        ).astype(np.float64)
        counts[empty] = np.inf
        return purchase(kind, int(np.argmin(counts)), 0 if kind == FULL else 1)

    def _latin(self) -> int:
        """Four purchases in a row have each place and each duration once.

        McKay, Beckman and Conover, Technometrics 21 (1979), on the grid of cells.
        """
        order = np.roll(_LATIN, -self._purchases)
        sold_out = self._empty(False)[order]
        if self._left < self._cost(FULL) or sold_out.all():
            return STOP
        return purchase(FULL, int(order[np.argmin(sold_out)]), 0)

    def _neyman(self) -> int:
        """Where the variance of a mean over the law falls most (Neyman, 1934)."""
        empty = self._empty(True)
        if self._left < self._cost(FULL) or empty.all():
            return STOP
        values = self._bought.corrected()
        spread = np.full(CELLS, float(np.std(values)))
        counts = np.bincount(self._bought.cells, minlength=CELLS).astype(np.float64)
        for cell in np.flatnonzero(counts >= 3.0):
            spread[cell] = np.std(values[self._bought.cells == cell])
        gain = np.square(self._law * spread) / (counts * (counts + 1.0) + 1e-9)
        gain[empty] = -1.0
        return purchase(FULL, int(np.argmax(gain)), 0)

    def _least_certain(self) -> int:
        """The cell of the law in whose middle log stresses are known worst (MacKay, 1992)."""
        empty = self._empty(True)
        if self._left < self._cost(FULL) or empty.all():
            return STOP
        known = self._bought
        variance = predictive_variance(known.inputs, np.log(known.corrected()), centres())
        variance[empty] = -1.0
        return purchase(FULL, int(np.argmax(variance)), 0)

    def _empty(self, in_law: bool) -> NDArray[np.bool_]:
        """Cells that have nothing to sell, or are outside the law."""
        stock = np.array([len(self._for_sale[cell]) for cell in range(CELLS)])
        empty: NDArray[np.bool_] = stock == 0
        return empty | (self._law == 0.0) if in_law else empty
