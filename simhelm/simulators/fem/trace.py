"""Traces: the displacement of a boundary through time, taken, stored and resampled."""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.interpolate

from simhelm.simulators.fem.arrays import Floats
from simhelm.simulators.fem.numbering import matching


@dataclasses.dataclass(frozen=True, eq=False)
class Trace:
    """Displacements of k nodes at every step, of one or many samples.

    Attributes:
        times: shape (steps + 1,), evenly spaced from 0, s.
        nodes: coordinates, shape (k, d), m.
        displacement: shape (samples, steps + 1, k, d), m.

    Raises:
        ValueError: arrays that do not fit each other, or are not finite.
    """

    times: Floats
    nodes: Floats
    displacement: Floats

    def __post_init__(self) -> None:
        expected = (len(self.times), *self.nodes.shape)
        if self.displacement.ndim != 4 or self.displacement.shape[1:] != expected:
            raise ValueError(
                "displacement: expected shape (samples, steps + 1, nodes, d) = (samples, "
                f"{', '.join(map(str, expected))}), got {self.displacement.shape}"
            )
        if not np.isfinite(self.displacement).all():
            raise ValueError("displacement: expected finite numbers")
        check_even(self.times)

    @property
    def dt(self) -> float:
        """Time between two steps, s."""
        return float(self.times[-1] / (len(self.times) - 1))

    def __len__(self) -> int:
        return len(self.displacement)

    def __getitem__(self, samples: slice) -> Trace:
        return dataclasses.replace(self, displacement=self.displacement[samples])


@dataclasses.dataclass(frozen=True, eq=False)
class Recording:
    """Displacements of some nodes of a model at every step, as a simulation records them.

    Attributes:
        times: shape (steps + 1,), s.
        nodes: coordinates of the recorded nodes, shape (k, d), m.
        displacement: shape (samples, steps + 1, k, d), m.
    """

    times: Floats
    nodes: Floats
    displacement: Floats


def extract_trace(recording: Recording, nodes: Floats) -> Trace:
    """The trace at nodes that the recording contains.

    Args:
        recording: of a global model, or of a part of it that contains the nodes.
        nodes: coordinates, shape (k, d), m: those of a submodel's ``driven_nodes``.

    Raises:
        ValueError: a node was not recorded, with the distance to the nearest that was: use
            :func:`~simhelm.simulators.fem.interpolate_trace` where meshes do not match.
    """
    places = matching(nodes, recording.nodes)
    return Trace(recording.times, nodes, recording.displacement[:, :, places])


@dataclasses.dataclass(frozen=True, eq=False)
class ResampledTrace:
    """A trace on other times.

    Attributes:
        trace: the trace there.
        acceleration_error: estimated relative root-mean-square error of the boundary
            accelerations that the new trace implies; above some per cent, store more steps.
    """

    trace: Trace
    acceleration_error: float


def resample_trace(trace: Trace, dt: float, steps: int) -> ResampledTrace:
    """Cubic splines in time through every degree of freedom of a trace.

    The error is estimated from what halving the information costs: the accelerations of the
    spline through all steps less those of the spline through every other one, divided by four
    since a cubic spline's second derivative converges with the square of its step.

    Args:
        trace: at least eight steps, since every other one has to make a spline.
        dt, steps: the new step, s, and their number; the end may not lie beyond the trace's.
    """
    times: Floats = np.asarray(dt * np.arange(steps + 1.0), dtype=np.float64)
    if not dt > 0.0 or times[-1] > trace.times[-1] * (1.0 + 1e-12):
        raise ValueError(
            f"dt, steps: expected an end within the trace's {trace.times[-1]:g} s, "
            f"got {times[-1]:g} s"
        )
    if len(trace.times) < 9:
        raise ValueError(f"trace: expected at least 8 steps, got {len(trace.times) - 1}")
    spline = _spline(trace.times, trace.displacement)
    sparse = _spline(trace.times[::2], trace.displacement[:, ::2])
    # Without the ends, where a spline has nothing to lean on.
    inner = trace.times[2:-2]
    acceleration = spline(inner, 2)
    lost = acceleration - sparse(inner, 2)
    size = float(np.linalg.norm(acceleration))
    error = 0.25 * float(np.linalg.norm(lost)) / size if size else 0.0
    displacement = spline(np.minimum(times, trace.times[-1]))
    return ResampledTrace(Trace(times, trace.nodes, displacement), error)


def check_even(times: Floats) -> None:
    """Raise ValueError unless times start at 0 and are evenly spaced."""
    count = len(times)
    even = times.ndim == 1 and count >= 2 and times[-1] > 0.0
    if not even or not np.allclose(times, np.linspace(0.0, times[-1], count), rtol=1e-9, atol=0.0):
        raise ValueError("times: expected at least two evenly spaced times from 0")


def _spline(times: Floats, values: Floats) -> scipy.interpolate.CubicSpline:
    return scipy.interpolate.CubicSpline(times, values, axis=1)
