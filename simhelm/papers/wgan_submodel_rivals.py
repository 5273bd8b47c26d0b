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
from simhelm.calibration.sampling.distributions import LAW, draw_excitation, inputs_of
from simhelm.calibration.sampling.plate_solves import Solves
from simhelm.simulators.fem import (
    Discretisation,
    Plate,
    PlateModel,
    Scheme,
    interpolate_trace,
    plate_mesh,
    resample_trace,
)
from simhelm.simulators.fem.plate_models import Resolution, check_success, models

Floats = NDArray[np.float64]

# "factored": normalised traces, amplitude and delay applied afterwards, exactly. "as measured":
# traces with their amplitudes and delays.
Case = Literal["factored", "as measured"]
CASES: tuple[Case, ...] = ("factored", "as measured")


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
class Coarse:
    """A coarse global model: length of its cells, m; steps of the submodel for one of its own."""

    size: float
    stride: int

    def model(self, steps: int) -> PlateModel:
        """It, for as long a time as so many steps of the submodel."""
        discretisation = Discretisation(
            scheme=Scheme(1e-6 * self.stride), steps=-(-steps // self.stride)
        )
        return PlateModel(plate_mesh(Plate(), self.size), discretisation=discretisation)


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a fit depends on beside its training data."""

    case: Case
    resolution: Resolution
    coarse: Coarse
    coarser: Coarse
    seed: int
    wgan: WGANSettings


Fit = Callable[[Training, Setting], Fitted]

WGAN = "WGAN-GP"
BOOTSTRAP = "training set itself"
GAUSSIAN = "POD + Gaussian"
SMOOTHED = "POD + KDE, h = 0.30"
COARSE = "coarse global model"
COARSER = "coarser global model"


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
    return _simulated(setting.coarse, setting)


def _coarser(training: Training, setting: Setting) -> Fitted:
    return _simulated(setting.coarser, setting)


def _simulated(coarse: Coarse, setting: Setting) -> Fitted:
    model = coarse.model(setting.resolution.steps)
    work = float(model.simulate(LAW.draw(np.random.default_rng(0))).work[0])

    def simulate(count: int, rng: np.random.Generator) -> Floats:
        traces = coarse_traces(model, setting.resolution, count, rng)
        return traces if setting.case == "factored" else draw_excitation(count, rng).excite(traces)

    return Fitted(CoarseModel(simulate), 0.0, work, needs_solves=False)


def coarse_traces(
    model: PlateModel, resolution: Resolution, count: int, rng: np.random.Generator
) -> Floats:
    """Traces of a coarse model at the submodel's nodes and times, with fresh random inputs."""
    run = model.simulate([LAW.draw(rng) for _ in range(count)])
    check_success(run, "coarse solves")
    used = models(resolution)
    trace = interpolate_trace(run.recording, model.space, used.submodel.driven_nodes)
    if np.array_equal(trace.times, used.full.times):
        return trace.displacement
    return resample_trace(trace, 1e-6, resolution.steps).trace.displacement


RIVALS: Mapping[str, Fit] = {
    BOOTSTRAP: _bootstrap,
    GAUSSIAN: _gaussian,
    "POD + Gaussian copula": _copula,
    "POD + KDE, h = 0.15": _narrow,
    SMOOTHED: _wide,
    "GP mean + residuals": _process,
    WGAN: _wgan,
    COARSE: _coarse,
    COARSER: _coarser,
}
