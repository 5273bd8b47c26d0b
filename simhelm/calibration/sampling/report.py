"""What a Monte Carlo says: numbers with intervals, their distribution, and the plate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
from matplotlib.figure import Figure
from numpy.typing import NDArray

from simhelm.calibration.sampling.configuration import MonteCarloConfig
from simhelm.calibration.sampling.distributions import LAW
from simhelm.calibration.sampling.sampling import Samples, resolution_of
from simhelm.evidence import STATISTICS, Estimate, resampled
from simhelm.experiments.atomic_write import atomic_write
from simhelm.experiments.figures import save_figure
from simhelm.simulators.fem import draw_plate
from simhelm.simulators.fem.plate import stressed_cells
from simhelm.simulators.fem.plate_models import models

Floats = NDArray[np.float64]

_NAMES = {
    "mean": "mean",
    "std": "standard deviation",
    "q95": "95 % quantile",
    "q99": "99 % quantile",
}


def records(samples: Samples, seed: int) -> list[dict[str, str]]:
    """Rows of the printed table."""
    rng = np.random.default_rng([seed, 1])
    columns = {
        "raw, MPa": samples.raw,
        "divided by amplitude, MPa at 50 MPa": samples.divided,
        "full solves of training, MPa at 50 MPa": samples.training,
    }
    drawn = {name: resampled(values, rng) for name, values in columns.items()}
    return [
        {"greatest von Mises stress": _NAMES[key]}
        | {
            name: _words(Estimate.of(statistic(values), statistic(drawn[name])))
            for name, values in columns.items()
        }
        for key, statistic in STATISTICS.items()
    ]


def _words(found: Estimate) -> str:
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def write_samples(path: Path, samples: Samples) -> None:
    """All samples as a table; the file appears as a whole or not at all."""
    table = pyarrow.table(
        {
            "amplitude": 50.0 * samples.amplitudes,
            "delay": samples.delays,
            "stress": samples.raw,
            "stress_at_50_MPa": samples.divided,
        }
    )
    with atomic_write(path) as part:
        pyarrow.parquet.write_table(table, part)


def draw_distribution(path: Path, samples: Samples, config: MonteCarloConfig) -> None:
    """Densities of the stresses, raw and divided by amplitude, beside the training solves."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.hist(samples.raw, bins=50, density=True, color="tab:blue")
    left.axvline(np.quantile(samples.raw, 0.95), color="black", linestyle="--", label="95 %")
    left.set_xlabel("greatest von Mises stress (MPa)")
    right.hist(samples.divided, bins=40, density=True, label="submodel, generated motion")
    label = f"{config.monte_carlo.training_solves} full solves"
    style: dict[str, Any] = {"histtype": "step", "color": "black", "density": True}
    right.hist(samples.training, bins="auto", label=label, **style)
    right.set_xlabel("the same at an amplitude of 50 MPa (MPa)")
    for axes in (left, right):
        axes.set_ylabel("density")
        axes.margins(y=0.25)  # for the legend
        axes.legend()
    save_figure(figure, path, dpi=120)


def draw_hit_plate(path: Path, config: MonteCarloConfig) -> None:
    """Greatest von Mises stress over time in every cell, for the first solve of training."""
    model = models(resolution_of(config)).full
    values, _ = stressed_cells(model, LAW.draw_many(1, config.seed)[0])
    figure = draw_plate(model.mesh, values, label="greatest von Mises stress (MPa)")
    save_figure(figure, path, dpi=120)
