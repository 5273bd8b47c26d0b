"""The report of a training, finished or under way."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from simhelm.control.training.run_files import PROVENANCE, TrainingDirectory, best_validation
from simhelm.experiments.atomic_write import write_text
from simhelm.experiments.directory import read_json
from simhelm.experiments.figures import COLOURS
from simhelm.experiments.page import html_table, listing, page, paragraph, picture, verdict_line

REPORT = "report.html"


def write_report(directory: Path) -> Path:
    """Write ``report.html``, which needs no other file; returns its path.

    Raises:
        DirectoryError: no training there.
    """
    return write_text(directory / REPORT, report_page(directory))


def report_page(directory: Path) -> str:
    """The page, from the finished training or from the newest checkpoint; nothing is written.

    Raises:
        DirectoryError: no training there, or corrupt files.
    """
    files = TrainingDirectory(directory)
    config = files.stored_config()
    validations = files.validations()
    done = (
        "finished" if files.is_finished else f"{files.steps:,} of {config.steps:,} steps are saved"
    )
    return page(
        f"{config.algorithm} on {config.environment.id}",
        [
            paragraph(f"Training seed {config.seed}; {done}."),
            verdict_line(_verdict(validations)),
            *_curve(validations),
            html_table([("", _cells(entry, validations)) for entry in validations]),
            listing("Configuration", json.dumps(config.model_dump(mode="json"), indent=2)),
            *_versions(directory),
        ],
    )


def _verdict(validations: list[dict[str, Any]]) -> str:
    if not validations:
        return "No validation is on disk yet."
    best = best_validation(validations)
    return (
        f"Best validation so far: mean reward {best['mean_reward']:.6g} after {best['steps']:,} "
        "steps. It chose the policy; judge it on test seeds, with simhelm evaluate."
    )


def _cells(entry: dict[str, Any], validations: list[dict[str, Any]]) -> dict[str, str]:
    return {
        "steps": f"{entry['steps']:,}",
        "chosen": "yes" if entry is best_validation(validations) else "",
        "mean reward": f"{entry['mean_reward']:.6g}",
        "mean cost": f"{entry['mean_cost']:.6g}",
        "failures": f"{entry['failures']} of {entry['episodes']}",
    }


def _curve(validations: list[dict[str, Any]]) -> list[str]:
    if not validations:
        return []
    figure = Figure(figsize=(8.0, 3.6), layout="constrained")
    axes = figure.subplots()
    steps = [entry["steps"] for entry in validations]
    axes.plot(steps, [entry["mean_reward"] for entry in validations], "o-", color=COLOURS[0])
    axes.set(xlabel="environment steps", ylabel="mean reward of validation episodes")
    with tempfile.TemporaryDirectory(prefix="simhelm-report-") as name:
        path = Path(name) / "validations.png"
        figure.savefig(path, dpi=130)
        return [picture("Validations", path)]


def _versions(directory: Path) -> list[str]:
    if not (directory / PROVENANCE).is_file():
        return []
    versions = read_json(directory / PROVENANCE)["versions"]
    return [listing("Versions", json.dumps(versions, indent=2))]
