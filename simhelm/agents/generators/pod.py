"""Proper orthogonal decomposition of traces, all scores on one scale."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True, eq=False)
class Pod:
    """Mean and leading modes of samples, and one scale for all scores.

    Scores are not whitened: weak modes would weigh as much as strong ones.

    Attributes:
        shape: of one sample, such as (times, dofs).
        mean: shape (entries,).
        modes: shape (modes, entries), orthonormal rows.
        scale: root of the mean variance of the kept scores.
    """

    shape: tuple[int, ...]
    mean: Floats
    modes: Floats
    scale: float

    @classmethod
    def fit(cls, traces: Floats, energy: float = 0.999) -> Pod:
        """Fewest modes that hold the share ``energy`` of the variance of the traces.

        Args:
            traces: shape (samples, ...), finite, at least two samples.
            energy: in (0, 1].

        Raises:
            ValueError: other traces or energy, or traces that are all alike.
        """
        traces = np.asarray(traces, np.float64)
        if traces.ndim < 2 or len(traces) < 2 or not np.isfinite(traces).all():
            raise ValueError(f"traces: expected two or more finite samples, got {traces.shape}")
        if not 0 < energy <= 1:
            raise ValueError(f"energy: expected a share in (0, 1], got {energy}")
        flat = traces.reshape(len(traces), -1)
        mean = flat.mean(axis=0)
        _, singular, modes = np.linalg.svd(flat - mean, full_matrices=False)
        variance = singular**2
        if variance.sum() == 0:
            raise ValueError("traces: expected samples that differ, got equal ones")
        share = np.cumsum(variance) / variance.sum()
        kept = min(int(np.searchsorted(share, energy)) + 1, len(traces) - 1, len(modes))
        scale = float(np.sqrt(variance[:kept].sum() / kept / len(traces)))
        return cls(traces.shape[1:], mean, modes[:kept], scale)

    def scores(self, traces: Floats) -> Floats:
        """Scaled scores of traces, shape (samples, modes)."""
        if traces.shape[1:] != self.shape:
            raise ValueError(f"traces: expected samples of {self.shape}, got {traces.shape[1:]}")
        flat = traces.reshape(len(traces), -1)
        scores: Floats = (flat - self.mean) @ self.modes.T / self.scale
        return scores

    def traces(self, scores: Floats) -> Floats:
        """Traces of scaled scores, shape (samples, *shape)."""
        flat = self.mean + scores * self.scale @ self.modes
        return flat.reshape(len(scores), *self.shape)
