"""A study's trials for other tools: Parquet, CSV, JSON, or an Optuna study."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simhelm.calibration.evaluations import write_rows
from simhelm.calibration.study.outcome import records
from simhelm.calibration.study.trial import Trial
from simhelm.calibration.study.view import StudyView
from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Direction
from simhelm.core.space import to_distributions
from simhelm.experiments.atomic_write import atomic_write
from simhelm.experiments.records import write_records

FORMATS = (".parquet", ".csv", ".json")


def export_table(view: StudyView, path: Path) -> int:
    """Write all trials to a file, its format told by its suffix; returns how many.

    Raises:
        ConfigurationError: unknown suffix.
    """
    if path.suffix not in FORMATS:
        raise ConfigurationError(
            f"{path}: expected a name ending with one of {', '.join(FORMATS)}"
            + did_you_mean(path.suffix, FORMATS)
        )
    everything = (trial for series in view.series() for trial in view.scan(series))
    rows = list(records(view, everything))
    with atomic_write(path) as part:
        if path.suffix == ".parquet":
            write_rows(part, view.property("identity")["problem"], rows)
        else:
            with part.open("w", encoding="utf-8") as stream:
                write_records(rows, path.suffix[1:], stream)
    return len(rows)


def export_to_optuna(view: StudyView, url: str, name: str) -> int:
    """Write the study into an Optuna storage; returns how many trials.

    Trials of the search are written in slot order: complete ones with their values, early-stopped
    ones as pruned, failures as failed with their reason.

    Raises:
        ConfigurationError: the storage cannot be opened, or has a study of that name.
        ImportError: the database's driver is missing.
    """
    import optuna

    from simhelm.calibration.study.sampler_session import quiet_optuna

    names = [name for name, _ in view.objectives]
    with quiet_optuna():
        study = _new_optuna_study(url, name, [direction for _, direction in view.objectives])
        study.set_metric_names(names)
    study.set_user_attr("simhelm", {"directory": str(view.directory.resolve())})
    space = to_distributions(view.parameters)
    curves = view.curves("search")
    finished = [trial for trial in view.trials("search") if trial.state == "finished"]
    study.add_trials(
        [
            optuna.trial.create_trial(
                params=trial.config,
                distributions={key: space[key] for key in trial.config},
                state=optuna_state(trial),
                values=[trial.values[key] for key in names] if trial.succeeded else None,
                intermediate_values=curve_by_step(trial, curves.get(trial.slot, [])),
                user_attrs=user_attributes(trial),
            )
            for trial in finished
        ]
    )
    return len(finished)


def _new_optuna_study(url: str, name: str, directions: Sequence[Direction]) -> Any:
    import optuna

    try:
        return optuna.create_study(storage=url, study_name=name, directions=list(directions))
    except ImportError as error:
        raise ImportError(f"{url}: {error}; pip install 'simhelm[postgresql]'") from error
    except optuna.exceptions.DuplicatedStudyError as error:
        raise ConfigurationError(
            f"{url}: has a study {name!r} already; choose another with --study-name"
        ) from error
    except Exception as error:  # whatever SQLAlchemy and the driver raise
        raise ConfigurationError(f"{url}: cannot be opened: {error}") from error


def user_attributes(trial: Trial) -> dict[str, Any]:
    """What Optuna has no place of its own for."""
    return {
        "slot": trial.slot,
        "end_reason": trial.end_reason.label if trial.end_reason else "",
        "cost": trial.cost,
        "budget": trial.budget,
        "seed": trial.seed,
        **{f"output:{key}": value for key, value in trial.values.items()},
    }


def optuna_state(trial: Trial) -> Any:
    """Optuna's state of a finished trial: complete, failed, or pruned if it was stopped early."""
    from optuna.trial import TrialState

    if trial.succeeded:
        return TrialState.COMPLETE
    return TrialState.FAIL if trial.failed else TrialState.PRUNED


def curve_by_step(trial: Trial, curve: Sequence[tuple[float, float]]) -> dict[int, float]:
    """The curve at whole steps, as Optuna's steps are whole."""
    return {int(step): value for step, value in curve if step == int(step)}
