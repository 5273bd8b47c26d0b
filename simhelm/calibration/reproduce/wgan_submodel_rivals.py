"""The generators that are compared, all fitted to the same solves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.generators import (
    WGANGP,
    Bootstrap,
    CoarseModel,
    Excitation,
    GaussianCopula,
    GaussianProcessMean,
    GaussianScores,
    SmoothedBootstrap,
    WGANSettings,
)
from simhelm.agents.generators.wgan import sampling_work
from simhelm.calibration.reproduce.wgan_submodel_pool import (
    LAW,
    Models,
    Resolution,
    Solves,
    inputs_of,
    models,
)
from simhelm.simulators.fem import interpolate_trace

Floats = NDArray[np.float64]

# "factored": normalised traces, amplitude and delay applied afterwards, exactly. "as measured":
# traces with their amplitudes and delays.
Case = Literal["factored", "as measured"]
CASES: tuple[Case, ...] = ("factored", "as measured")
# Deviation of the logarithm of the amplitude; greatest delay in time steps.
SPREAD = 0.3
GREATEST_DELAY = 10


@dataclasses.dataclass(frozen=True, eq=False)
class Training:
    """What a generator is fitted to.

    Attributes:
        traces: shape (samples, steps + 1, nodes, 2), m.
        inputs: shape (samples, c): centre, duration; as measured also amplitude and delay.
    """

    traces: Floats
    inputs: Floats


class Sampler(Protocol):
    """A fitted generator."""

    def sample(self, count: int, rng: np.random.Generator) -> Floats:
        """``count`` traces."""


@dataclasses.dataclass(frozen=True)
class Fitted:
    """A generator with its costs in multiplications.

    Attributes:
        training_work: of the fit, counted where it is a training.
        sample_work: of one trace, without the submodel.
        needs_solves: whether the training solves are part of its price.
    """

    sampler: Sampler
    training_work: float
    sample_work: float
    needs_solves: bool = True


@dataclasses.dataclass(frozen=True)
class _Conditional:
    """A conditional generator given fresh inputs from the known law."""

    process: GaussianProcessMean
    case: Case

    def sample(self, count: int, rng: np.random.Generator) -> Floats:
        inputs = inputs_of([LAW.draw(rng) for _ in range(count)])
        if self.case == "as measured":
            inputs = np.hstack([inputs, columns_of(draw_excitation(count, rng))])
        return self.process.sample(count, rng, inputs=inputs)


def draw_excitation(count: int, rng: np.random.Generator) -> Excitation:
    """Amplitudes (as factors on 50 MPa) and delays of the law."""
    amplitudes = np.exp(SPREAD * rng.standard_normal(count))
    return Excitation(amplitudes, rng.integers(GREATEST_DELAY + 1, size=count))


def columns_of(excitation: Excitation) -> Floats:
    """Amplitude and delay as inputs, shape (samples, 2)."""
    return np.stack([excitation.amplitudes, excitation.delays.astype(np.float64)], axis=1)


def training_of(solves: Solves, case: Case, rng: np.random.Generator) -> Training:
    """The data of a case."""
    if case == "factored":
        return Training(solves.traces, solves.inputs)
    excitation = draw_excitation(len(solves), rng)
    inputs = np.hstack([solves.inputs, columns_of(excitation)])
    return Training(excitation.excite(solves.traces), inputs)


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a fit depends on beside its training data."""

    case: Case
    resolution: Resolution
    seed: int
    wgan: WGANSettings


Fit = Callable[[Training, Setting], Fitted]

WGAN = "WGAN-GP"
BOOTSTRAP = "training set itself"
GAUSSIAN = "POD + Gaussian"
SMOOTHED = "POD + KDE, h = 0.30"
COARSE = "coarse global model"


def _bootstrap(training: Training, setting: Setting) -> Fitted:
    return Fitted(Bootstrap.fit(training.traces), 0.0, 0.0)


def _gaussian(training: Training, setting: Setting) -> Fitted:
    made = GaussianScores.fit(training.traces)
    return Fitted(made, 0.0, made.pod.modes.size)


def _copula(training: Training, setting: Setting) -> Fitted:
    made = GaussianCopula.fit(training.traces)
    return Fitted(made, 0.0, made.pod.modes.size + made.factor.size)


def _narrow(training: Training, setting: Setting) -> Fitted:
    made = SmoothedBootstrap.fit(training.traces, bandwidth=0.15)
    return Fitted(made, 0.0, made.pod.modes.size)


def _wide(training: Training, setting: Setting) -> Fitted:
    made = SmoothedBootstrap.fit(training.traces, bandwidth=0.30)
    return Fitted(made, 0.0, made.pod.modes.size)


def _process(training: Training, setting: Setting) -> Fitted:
    made = GaussianProcessMean.fit(training.traces, inputs=training.inputs)
    work = made.pod.modes.size + made.coefficients.size
    return Fitted(_Conditional(made, setting.case), 0.0, work)


def _wgan(training: Training, setting: Setting) -> Fitted:
    made = WGANGP.fit(training.traces, settings=setting.wgan, seed=setting.seed)
    return Fitted(made, made.training_work, sampling_work(made))


def _coarse(training: Training, setting: Setting) -> Fitted:
    used = models(setting.resolution)
    work = float(used.coarse.simulate(LAW.draw(np.random.default_rng(0))).work[0])

    def simulate(count: int, rng: np.random.Generator) -> Floats:
        traces = coarse_traces(used, count, rng)
        return traces if setting.case == "factored" else draw_excitation(count, rng).excite(traces)

    return Fitted(CoarseModel(simulate), 0.0, work, needs_solves=False)


def coarse_traces(used: Models, count: int, rng: np.random.Generator) -> Floats:
    """Traces of the coarse model at the fine submodel's nodes, with fresh random inputs."""
    run = used.coarse.simulate([LAW.draw(rng) for _ in range(count)])
    nodes = used.submodel.driven_nodes
    return interpolate_trace(run.recording, used.coarse.space, nodes).displacement


RIVALS: Mapping[str, Fit] = {
    BOOTSTRAP: _bootstrap,
    GAUSSIAN: _gaussian,
    "POD + Gaussian copula": _copula,
    "POD + KDE, h = 0.15": _narrow,
    SMOOTHED: _wide,
    "GP mean + residuals": _process,
    WGAN: _wgan,
    COARSE: _coarse,
}
