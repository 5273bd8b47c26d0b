"""What a simulation gave, sample by sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from simhelm.core.end_reason import EndReason
from simhelm.simulators.fem.arrays import Booleans, Floats, Integers
from simhelm.simulators.fem.function_space import Space
from simhelm.simulators.fem.integration import State, Stepper
from simhelm.simulators.fem.stress import PeakStress
from simhelm.simulators.fem.trace import Recording


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """Simulations of the same model.

    A sample that ended with NOT_FINITE has zeros for its displacements and stresses.

    Attributes:
        recording: displacements of the recorded nodes.
        peaks: greatest von Mises stress over time, shape (samples, stress points), Pa; points
            are cell by cell those of :func:`~simhelm.simulators.fem.nodes.stress_points`.
        end_reasons: COMPLETED or NOT_FINITE, one a sample.
        work: multiplications spent, one a sample; a shared factorisation is shared out.
    """

    recording: Recording
    peaks: Floats
    end_reasons: tuple[EndReason, ...]
    work: Floats

    @property
    def peak_von_mises(self) -> Floats:
        """The quantity of interest, shape (samples,), Pa."""
        peak: Floats = self.peaks.max(axis=1)
        return peak

    @classmethod
    def joined(cls, runs: Sequence[Run], order: Integers) -> Run:
        """Runs of one model one after the other, then sample ``order[i]`` in place i."""
        recording = dataclasses.replace(
            runs[0].recording,
            displacement=np.concatenate([run.recording.displacement for run in runs])[order],
        )
        reasons = [reason for run in runs for reason in run.end_reasons]
        return cls(
            recording,
            np.concatenate([run.peaks for run in runs])[order],
            tuple(reasons[place] for place in order),
            np.concatenate([run.work for run in runs])[order],
        )


def follow(
    states: Iterable[State],
    stepper: Stepper,
    space: Space,
    stress: PeakStress,
    nodes: Integers,
    times: Floats,
) -> Run:
    """Record displacements of ``nodes`` (k,) and peak stresses while states go by."""
    d = space.mesh.dimension
    kept: list[Floats] = []
    squared = np.zeros((0, 0))
    for state in states:
        columns = state.displacement.shape[1]
        if not kept:
            squared = np.zeros((stress.places, columns))
        kept.append(state.displacement.reshape(-1, d, columns)[nodes])
        stress.update(state.displacement, squared)
    displacement = np.ascontiguousarray(np.stack(kept).transpose(3, 0, 1, 2))
    finite: Booleans = np.all(np.isfinite(displacement), axis=(1, 2, 3))
    finite &= np.all(np.isfinite(squared), axis=0)
    finite &= np.all(np.isfinite(state.displacement), axis=0)
    displacement[~finite] = squared[:, ~finite] = 0.0
    recording = Recording(times, space.nodes.coordinates[nodes], displacement)
    reasons = [EndReason.COMPLETED if ok else EndReason.NOT_FINITE for ok in finite.tolist()]
    work = stepper.setup_work / len(finite) + stepper.step_work * (len(times) - 1)
    return Run(recording, np.sqrt(squared.T), tuple(reasons), np.full(len(finite), work))
