"""Trials of earlier studies, ours or Optuna's, as a start for a new one."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simhelm.calibration.study.definition import Definition
from simhelm.calibration.study.identity import describe
from simhelm.calibration.study.trial import Trial
from simhelm.calibration.study.view import StudyView
from simhelm.core.end_reason import EndReason
from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Value
from simhelm.experiments.provenance import difference

log = logging.getLogger(__name__)


def earlier_trials(directory: Path, definition: Definition) -> list[Trial]:
    """The complete trials of one of our studies that are legal in the new one, by slot.

    Raises:
        DirectoryError: no readable study there.
    """
    names = [name for name, _ in definition.objectives]
    complete = [trial for trial in StudyView(directory).trials("search") if trial.succeeded]
    pairs = [
        (trial.config, [trial.values[name] for name in names])
        for trial in complete
        if all(name in trial.values for name in names) and trial.budget is None
    ]
    return _taken_over(pairs, len(complete), str(directory), definition)


def forked_trials(directory: Path, definition: Definition) -> list[Trial]:
    """The earlier trials that still hold for a changed definition of the same study.

    Where the simulator itself changed its old results hold no longer, and none is taken over.
    """
    before = dict(StudyView(directory).property("identity")["problem"])
    after = describe(definition.problem)
    for document in (before, after):
        document.pop("parameters")  # their ranges may change; what is illegal now is left out
        for key in ("parameter", "parameters"):
            document.get("executable", {}).pop(key, None)
    if before != after:
        log.warning(
            "%s: the simulator changed, so no earlier trial is taken over:\n%s",
            directory,
            difference(before, after),
        )
        return []
    return earlier_trials(directory, definition)


def optuna_trials(url: str, name: str | None, definition: Definition) -> list[Trial]:
    """The complete trials of an Optuna study that are legal in the new one, by number.

    Args:
        url: of its storage, such as ``sqlite:///old.db`` or ``postgresql+psycopg://...``.
        name: of the study; None if the storage holds one only.

    Raises:
        ConfigurationError: no such study, or other objectives.
    """
    study = open_optuna(url, name)
    found = [direction.name.lower() for direction in study.directions]
    expected = [direction for _, direction in definition.objectives]
    if found != expected:
        raise ConfigurationError(f"{url}: expected directions {expected}, found {found}")
    complete = [
        trial for trial in study.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"
    ]
    pairs = [(trial.params, list(trial.values)) for trial in complete]
    return _taken_over(pairs, len(complete), url, definition)


def open_optuna(url: str, name: str | None) -> Any:
    """An Optuna study in a storage.

    Raises:
        ConfigurationError: no storage there, no study of that name, or several and no name.
        ImportError: the database's driver is missing.
    """
    import optuna

    try:
        names = optuna.get_all_study_names(url)
    except ImportError as error:
        raise ImportError(
            f"{url}: {error}; for PostgreSQL: pip install 'simhelm[postgresql]'"
        ) from error
    except Exception as error:  # whatever SQLAlchemy and the driver raise
        raise ConfigurationError(f"{url}: cannot be opened: {error}") from error
    if name is None and len(names) != 1:
        raise ConfigurationError(f"{url}: holds the studies {names}; name one with --study-name")
    if name is not None and name not in names:
        raise ConfigurationError(f"{url}: no study {name!r}; it holds {names}")
    return optuna.load_study(study_name=name or names[0], storage=url)


def _taken_over(
    pairs: Sequence[tuple[Mapping[str, Value], list[float]]],
    total: int,
    where: str,
    definition: Definition,
) -> list[Trial]:
    taken = [
        _earlier(slot, _legal(config, definition) or {}, values)
        for slot, (config, values) in enumerate(pairs)
        if _legal(config, definition) is not None
    ]
    log.info("%s: %d of %d complete trials taken over", where, len(taken), total)
    return taken


def _legal(config: Mapping[str, Value], definition: Definition) -> dict[str, Value] | None:
    """The configuration if the new study could have proposed it, else None."""
    floats = {p.name for p in definition.problem.parameters if p.kind == "float"}
    config = {
        name: float(value) if name in floats and isinstance(value, int) else value
        for name, value in config.items()
    }
    try:
        definition.problem.check_config(config)
    except (ValueError, TypeError):
        return None
    return config


def _earlier(slot: int, config: dict[str, Value], values: list[float]) -> Trial:
    return Trial(
        "earlier", slot, slot, 0, config, seed=0, budget=None, asked_after=0, state="finished",
        end_reason=EndReason.COMPLETED, told=slot, told_values=values,
    )  # fmt: skip
