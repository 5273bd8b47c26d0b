"""The verb ``train-proxy``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simhelm.calibration.proxy.tree_settings import KINDS, TreeSettings
from simhelm.cli.app import FormatOption, OutputFormat, app, log, print_records
from simhelm.core.errors import ConfigurationError
from simhelm.experiments.signals import interruptible

if TYPE_CHECKING:
    from simhelm.calibration.proxy.check import OutputCheck


@app.command("train-proxy")
def train_proxy(
    data: Annotated[
        Path,
        typer.Argument(metavar="DATA.parquet", help="Of `simhelm export` or `simhelm bench`."),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="DATA.skops by default.")
    ] = None,
    model: Annotated[str, typer.Option(help=f"{' or '.join(KINDS)}.")] = TreeSettings.kind,
    trees: Annotated[int, typer.Option(help="Trees for each output.", min=1)] = TreeSettings.trees,
    seed: Annotated[
        int, typer.Option(help="Of the trees and of the folds.", min=0)
    ] = TreeSettings.seed,
    form: FormatOption = OutputFormat.table,
) -> None:
    """Fit a proxy of a simulator to evaluations, with 90 % intervals, and check it.

    Errors and coverage are those on a fifth of the designs, by trees that were fitted to the
    others; the file's trees are fitted to all.
    """
    from simhelm.calibration.proxy.check import held_out
    from simhelm.calibration.proxy.data import from_file
    from simhelm.calibration.proxy.training import fit
    from simhelm.core.did_you_mean import did_you_mean
    from simhelm.simulators.proxy import save_proxy

    if model not in KINDS:
        raise ConfigurationError(
            f"--model: expected one of {list(KINDS)}, got {model!r}{did_you_mean(model, KINDS)}"
        )
    settings = TreeSettings(model, trees, seed)
    with interruptible():
        found = from_file(data)
        checks = held_out(found, settings)
        proxy = fit(found, settings)
    path = data.with_suffix(".skops") if out is None else out
    save_proxy(proxy, path)
    title = f"On designs that the trees had not seen, 90 % intervals: {found.problem}"
    print_records([_cells(one) for one in checks], form, title=title)
    log.info("%s: fitted to %d evaluations", path, len(found.rows))


def _cells(one: OutputCheck) -> dict[str, Any]:
    width = f"{100 * one.width:.2f} %" if one.relative else f"{one.width:.4g}"
    return {
        "output": one.name,
        "RMSE over mean": f"{100 * one.error:.2f} %",
        "coverage": f"{one.coverage:.3f} +- {one.sampling_error:.3f}",
        "interval": f"+- {width}",
        "designs": one.designs,
    }
