"""``simhelm/RareEventSubmodel-v0``: the proposal of an unbiased rare-event estimate."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from simhelm.core.checks import whole_number
from simhelm.envs.actions import continuous_action
from simhelm.envs.baseline import Baseline
from simhelm.envs.rendering.proposal import draw_proposal
from simhelm.envs.rendering.screen import Screen, metadata
from simhelm.envs.resets import check_options, require_reset
from simhelm.envs.submodel.pool import chosen_pool
from simhelm.envs.submodel.subset import SubsetEstimate, members_at, subset_simulation
from simhelm.envs.submodel.tilt import (
    LARGEST,
    exceedance,
    features_of,
    matching_tilt,
    proposal,
)

Floats = NDArray[np.float64]
Observation = NDArray[np.float32]
Action = NDArray[np.float32]

# Relative standard errors that count: what is below or above counts as these.
_BEST, _WORST = 0.01, 10.0


class RareEventSubmodelEnv(gymnasium.Env[Observation, Action]):
    """Choose which full solves to draw for the probability of a high stress in a submodel.

    ## Description
    The probability that the greatest von Mises stress in the zone of interest passes a threshold,
    place and duration of the impact being uniform, its amplitude log-normal with a median of
    50 MPa. Each step draws full solves from a proposal that tilts the law exponentially in the
    distance of the impact from the middle and in the duration. The estimate is the mean of
    weight times event over all solves of the episode, where the weight is law over proposal:
    unbiased for every policy, since a proposal depends on the past only (Peherstorfer et al.,
    Multifidelity importance sampling, 2016). The event may be replaced by its probability given
    the solve: stresses are proportional to the amplitude, so that this is exact. Beside the
    baselines, :meth:`subset_simulation` estimates the same probability.

    ## Action space
    ``Box(-1, 1, (3,), float32)``: a third of the tilt by distance; a third of that by duration;
    at least 0 to condition on the amplitude, below to draw it.

    ## Observation space
    ``Box(-10, 10, (8,), float32)``: share of steps left; log10 of the estimate (-10 without any);
    log10 of its relative standard error; effective share of the samples; mean distance and
    duration of what contributes, weighted; share of solves that contribute; log of the largest
    weight.

    ## Reward
    At the end -log(relative standard error), the error taken within [0.01, 10]; 0 before. Every
    policy draws equally many solves.

    ## Episode start and end
    Starts without solves; ``terminated`` after ``steps`` batches.

    ## Info
    ``cost`` (million multiplications), ``estimate``, ``standard_error``, ``relative_error`` (10
    without any event).

    ## Arguments
    - ``live``: True, solves are made when drawn (and remembered by the process), of 640 members;
      False, taken from ``pool``.
    - ``pool``: the table of solves, ``"plate_pool.parquet"``; made by
      ``simhelm run examples/plate/plate_pool.toml`` and ``simhelm export``. The law is that of
      its members.
    - ``threshold``: 50 MPa.
    - ``spread``: deviation of the amplitude's logarithm, 0.3; 0 for a fixed amplitude, where
      conditioning changes nothing and only the proposal helps.
    - ``batches``, ``batch``: 10 steps of 8 solves.
    - ``size``, ``coarse_size``, ``steps``: of live solves, see
      :class:`~simhelm.simulators.fem.problem.ImpactedPlate`; 0.02 m, 0.04 m, 60: a quick look.
    - ``render_mode``: ``"human"`` (a window), ``"rgb_array"`` (pixels) of the proposal and what was
      drawn from it, or None.

    ## Version history
    v0: first release.
    """

    metadata = metadata(fps=5)
    action_space: gymnasium.spaces.Box  # type: ignore[assignment]
    # Full solves of an episode.
    solves: int

    def __init__(
        self,
        *,
        live: bool = True,
        pool: str = "plate_pool.parquet",
        threshold: float = 50.0,
        spread: float = 0.3,
        batches: int = 10,
        batch: int = 8,
        size: float = 0.02,
        coarse_size: float = 0.04,
        steps: int = 60,
        render_mode: str | None = None,
    ) -> None:
        if not (0.0 < threshold < np.inf and 0.0 <= spread < np.inf):
            raise ValueError(
                f"expected threshold > 0 and spread >= 0, got {threshold!r}, {spread!r}"
            )
        self._batches = whole_number("batches", batches)
        self._batch = whole_number("batch", batch, least=2)
        self.solves = self._batches * self._batch
        self._pool = chosen_pool(
            live=live, pool=pool, size=size, coarse_size=coarse_size, steps=steps
        )
        self._features = features_of(self._pool.inputs)
        self._threshold, self._spread = threshold, spread
        self._screen = Screen(render_mode, self._draw, self.metadata["render_fps"])
        self.render_mode = render_mode
        self._running = False
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (3,), np.float32)
        self.observation_space = gymnasium.spaces.Box(-10.0, 10.0, (8,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Forget all solves."""
        check_options(options)
        super().reset(seed=seed)
        self._running = True
        self._done = 0
        self._weights, self._events = np.zeros(0), np.zeros(0)
        self._drawn, self._tilt = np.zeros((0, 2)), np.zeros(2)
        self._screen.refresh()
        return self._observation(), {}

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Draw a batch from the proposal and add it to the sum."""
        require_reset(self._running)
        numbers = continuous_action(self.action_space, action)
        tilt = LARGEST * numbers[:2]
        probabilities = proposal(self._features, tilt)
        members = self.np_random.choice(len(probabilities), self._batch, p=probabilities)
        peaks, _ = self._pool.solve(members)
        # Drawn in any case, so that equal seeds meet equal amplitudes.
        amplitudes = np.exp(self._spread * self.np_random.standard_normal(self._batch))
        if numbers[2] >= 0.0:
            events = exceedance(peaks, self._threshold, self._spread)
        else:
            events = (peaks * amplitudes > self._threshold).astype(np.float64)
        weights = 1.0 / (len(probabilities) * probabilities[members])
        self._weights = np.append(self._weights, weights)
        self._events = np.append(self._events, events)
        self._drawn = np.concatenate([self._drawn, self._features[members]])
        self._tilt = tilt
        self._done += 1
        terminated = self._done >= self._batches
        self._running = not terminated
        estimate, error = self.estimate()
        relative = self._relative_error()
        info = {
            "cost": self._batch * self._pool.full_work,
            "estimate": estimate,
            "standard_error": error,
            "relative_error": relative,
        }
        self._screen.refresh()
        return self._observation(), -float(np.log(relative)) * terminated, terminated, False, info

    def render(self) -> Any:
        """The picture, shape (height, width, 3), for ``rgb_array``."""
        return self._screen.render()

    def close(self) -> None:
        """Close the window, if there is one."""
        self._screen.close()

    def _draw(self) -> Any:
        estimate, error = self.estimate()
        title = f"probability {estimate:.2g} ± {error:.1g}, after {len(self._drawn)} solves"
        return draw_proposal(self._tilt, self._drawn, self._events, title)

    def estimate(self) -> tuple[float, float]:
        """The importance-sampling mean and its standard error."""
        terms = self._weights * self._events
        if not len(terms):
            return 0.0, 0.0
        return float(terms.mean()), float(terms.std(ddof=1) / np.sqrt(len(terms)))

    def subset_simulation(self, rng: np.random.Generator) -> SubsetEstimate:
        """The same probability by subset simulation, which no proposal of a batch expresses.

        Two levels take about as many full solves as an episode; every level beyond takes 45 %
        more. It has no reward: its error is known from repetitions only.
        """

        def response(normal: Floats) -> Floats:
            peaks, _ = self._pool.solve(members_at(self._pool.inputs, normal[:, :2]))
            stresses: Floats = peaks * np.exp(self._spread * normal[:, 2])
            return stresses

        samples = max(20, self.solves // 2)
        return subset_simulation(response, 3, self._threshold, samples, rng)

    def baselines(self) -> dict[str, Baseline]:
        """Plain Monte Carlo, exact conditioning, cross-entropy, and the latter two together."""
        rules = {
            "plain Monte Carlo": ("no tilt, amplitudes drawn", lambda: _action(np.zeros(2), -1.0)),
            "exact conditioning": ("no tilt, exact in the amplitude",
                                   lambda: _action(np.zeros(2), 1.0)),
            "cross-entropy": ("tilt to what contributed, amplitudes drawn",
                              lambda: _action(self._matched(), -1.0)),
            "cross-entropy, conditioned": ("tilt to what contributed, exact in the amplitude",
                                           lambda: _action(self._matched(), 1.0)),
        }  # fmt: skip
        named = [Baseline(name, text, policy) for name, (text, policy) in rules.items()]
        named.append(Baseline("random", "any proposal", self.action_space.sample, "random"))
        return {baseline.name: baseline for baseline in named}

    def _matched(self) -> Floats:
        """The cross-entropy method's tilt; none before anything contributed."""
        terms = self._weights * self._events
        if terms.sum() == 0.0:
            return np.zeros(2)
        return matching_tilt(terms @ self._drawn / terms.sum())

    def _relative_error(self) -> float:
        estimate, error = self.estimate()
        return float(np.clip(error / estimate, _BEST, _WORST)) if estimate > 0.0 else _WORST

    def _observation(self) -> Observation:
        terms = self._weights * self._events
        total = float(terms.sum())
        left = 1.0 - self._done / self._batches
        if not len(terms):
            numbers = [left, -10.0, 1.0, 1.0, 0.5, 0.5, 0.0, 0.0]
        else:
            effective = float(self._weights.sum() ** 2 / np.sum(self._weights**2))
            middle = terms @ self._drawn / total if total > 0.0 else np.full(2, 0.5)
            numbers = [
                left,
                float(np.log10(max(total / len(terms), 1e-10))),
                float(np.log10(self._relative_error())),
                effective / len(terms),
                *middle.tolist(),
                float(np.mean(terms > 0.0)),
                float(np.log(self._weights.max())),
            ]
        observation: Observation = np.clip(np.array(numbers), -10.0, 10.0).astype(np.float32)
        return observation


def _action(tilt: Floats, conditioning: float) -> Action:
    numbers = np.append(tilt / LARGEST, conditioning)
    action: Action = np.clip(numbers, -1.0, 1.0).astype(np.float32)
    return action
