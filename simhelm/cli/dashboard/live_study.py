"""A study as Optuna sees it, kept up to date while it is read."""

from __future__ import annotations

import datetime
import logging
import threading
import time
from collections.abc import Container, Sequence
from typing import Any

from optuna.study import StudyDirection
from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial, TrialState

from simhelm.calibration.study.export import curve_by_step, optuna_state, user_attributes
from simhelm.calibration.study.trial import Trial
from simhelm.calibration.study.view import StudyView
from simhelm.cli.dashboard.read_only_storage import ReadOnlyStorage
from simhelm.core.errors import DirectoryError
from simhelm.core.space import to_distributions

log = logging.getLogger(__name__)

STUDY_ID = 0
_SERIES = "search"
# Seconds between two looks at the store.
_PERIOD = 1.0
# Where Optuna's Study.set_metric_names puts the names of the objectives.
_METRIC_NAMES = "study:metric_names"


class LiveStudy(ReadOnlyStorage):
    """The trials of a study's search, read again when one asks and the store has changed.

    Trials keep the order of their slots. One that was evaluated with less than the largest budget
    so far is shown as pruned, since the store does not count it among the best either.

    Args:
        view: the study.
    """

    def __init__(self, view: StudyView) -> None:
        self._view = view
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._counts: list[dict[str, Any]] = []
        self._trials: list[FrozenTrial] = []
        self._names = [name for name, _ in view.objectives]
        directions = [StudyDirection[direction.upper()] for _, direction in view.objectives]
        self._study = FrozenStudy(
            study_name=view.definition["config"]["title"] or view.directory.resolve().name,
            direction=None,
            directions=directions,
            user_attrs={"simhelm": {"directory": str(view.directory.resolve())}},
            system_attrs={_METRIC_NAMES: self._names},
            study_id=STUDY_ID,
        )
        self._space = to_distributions(view.parameters)

    def get_all_studies(self) -> list[FrozenStudy]:
        """The one study."""
        return [self._study]

    def get_study_id_from_name(self, study_name: str) -> int:
        """Its number."""
        if study_name != self._study.study_name:
            raise KeyError(study_name)
        return STUDY_ID

    def get_study_name_from_id(self, study_id: int) -> str:
        """Its title."""
        return self._checked(study_id).study_name

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """Of the objectives."""
        return self._checked(study_id).directions

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """Where it is."""
        return self._checked(study_id).user_attrs

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """The names of the objectives."""
        return self._checked(study_id).system_attrs

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """By its place."""
        trials = self._up_to_date()
        if not 0 <= trial_id < len(trials):
            raise KeyError(trial_id)
        return trials[trial_id]

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """Those in the given states; a fresh list of trials that nobody changes."""
        self._checked(study_id)
        trials = self._up_to_date()
        return [trial for trial in trials if states is None or trial.state in states]

    def _checked(self, study_id: int) -> FrozenStudy:
        if study_id != STUDY_ID:
            raise KeyError(study_id)
        return self._study

    def _up_to_date(self) -> list[FrozenTrial]:
        with self._lock:
            if time.monotonic() - self._looked >= _PERIOD:
                try:
                    self._look()
                except DirectoryError as error:
                    log.warning("%s; showing what was read before", error)
                self._looked = time.monotonic()
            return self._trials

    def _look(self) -> None:
        counts = self._view.counts()
        if counts != self._counts:
            trials = self._view.trials(_SERIES)
            curves = self._view.curves(_SERIES)
            largest = max((_budget(trial) for trial in trials), default=0.0)
            self._trials = [
                self._frozen(place, trial, curves.get(trial.slot, []), largest)
                for place, trial in enumerate(trials)
            ]
            self._counts = counts

    def _frozen(
        self, place: int, trial: Trial, curve: Sequence[tuple[float, float]], largest: float
    ) -> FrozenTrial:
        state = _state(trial, largest)
        began, ended = _times(trial)
        return FrozenTrial(
            number=place,
            trial_id=place,
            state=state,
            value=None,
            values=[trial.values[name] for name in self._names] if trial.succeeded else None,
            datetime_start=None if state is TrialState.WAITING else began,
            datetime_complete=ended,
            params=trial.config,
            distributions={name: self._space[name] for name in trial.config},
            user_attrs=user_attributes(trial),
            system_attrs={},
            intermediate_values=curve_by_step(trial, curve),
        )


def _budget(trial: Trial) -> float:
    return float("inf") if trial.budget is None else float(trial.budget)


def _state(trial: Trial, largest: float) -> TrialState:
    if trial.state != "finished":
        return TrialState.RUNNING if trial.state == "running" else TrialState.WAITING
    state = optuna_state(trial)
    cut = state is TrialState.COMPLETE and _budget(trial) < largest
    return TrialState.PRUNED if cut else state


def _times(trial: Trial) -> tuple[datetime.datetime, datetime.datetime | None]:
    """Begin and end in local time, as Optuna has them; the begin of a running trial is now."""
    if trial.state != "finished":
        return datetime.datetime.now(), None
    ended = datetime.datetime.fromisoformat(trial.finished).astimezone().replace(tzinfo=None)
    return ended - datetime.timedelta(seconds=trial.seconds), ended
