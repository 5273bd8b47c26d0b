"""A study: a problem, a sampler and a budget, in a directory that survives everything."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import logging
import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from simhelm.agents.samplers.registry import SamplerFactory
from simhelm.calibration.study.asynchronous import run_asynchronously
from simhelm.calibration.study.configuration import SamplerTable, StudyConfig
from simhelm.calibration.study.definition import Definition, from_table, of_object
from simhelm.calibration.study.dispatcher import Dispatcher, Evaluators, Stopped
from simhelm.calibration.study.earlier import earlier_trials
from simhelm.calibration.study.executors import OpensEvaluators, Processes, Serial
from simhelm.calibration.study.plan import HyperbandPlan, Objective, PlainPlan, Plan
from simhelm.calibration.study.sampler_session import SamplerSession, named_factory
from simhelm.calibration.study.series import FailurePolicy, Series, Thresholds
from simhelm.calibration.study.store import DATABASE, Store, now
from simhelm.calibration.study.trial import Trial
from simhelm.calibration.study.view import StudyView
from simhelm.core.cancellation import Cancellation
from simhelm.core.errors import ConfigurationError, DirectoryError, FailureStop
from simhelm.core.problem import Problem, RunsInDirectory, Value
from simhelm.experiments.atomic_write import not_a_link
from simhelm.experiments.directory import Layout, check_same, subdirectory
from simhelm.experiments.lock import exclusive
from simhelm.experiments.provenance import difference, digest, versions
from simhelm.experiments.schema import validated

SEARCH, EARLIER = "search", "earlier"
FOLDER = "trials"
LAYOUT = Layout(
    "study",
    DATABASE,
    (f"{DATABASE}-wal", f"{DATABASE}-shm", "report.html", "report", FOLDER, "replays"),
)
_REMEDY = "choose another directory with --out, or carry what still holds over with --fork"
_ACKNOWLEDGED = "failures acknowledged"

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Execution:
    """How a study is run; nothing here changes a trial.

    Attributes:
        executor: who evaluates; None for processes beside, or this process if the problem is
            pure and no time limit is set.
        timeout: seconds after which the run ends, to be gone on with later.
        stop: asks the run to end, from a signal handler or another thread.
        finished: called with every finished trial.
        earlier: trials of an earlier study that a new study's sampler is told first.
    """

    executor: OpensEvaluators | None = None
    timeout: float | None = None
    stop: Cancellation = dataclasses.field(default_factory=Cancellation)
    finished: Callable[[Trial], None] = lambda trial: None
    earlier: Callable[[Definition], list[Trial]] | None = None


def run_study(
    problem: Problem,
    directory: str | Path,
    *,
    sampler: str | SamplerFactory = "TPESampler",
    sampler_options: Mapping[str, Any] | None = None,
    workers: int | None = None,
    execution: Execution | None = None,
    **settings: Any,
) -> StudyView:
    """Tune a problem in a directory; the same call again goes on where it was stopped.

    Args:
        problem: the simulator and its knobs.
        directory: of the study, made if needed.
        sampler, sampler_options: who proposes configurations: a name (see ``simhelm list``), or a
            factory, seed -> Optuna sampler, such as a class. A sampler that is not in the list
            resumes bit for bit if it is a function of its seed and of what was reported to it;
            if not, the study warns when it is resumed, and its events and report say so.
        workers: processes beside this one. By default a pure problem is evaluated in this
            process, any other in one process beside. The trials do not depend on it.
        execution: executor, timeout and callbacks, instead of ``workers``.
        settings: the other keys of a study file: ``trials``, ``seed``, ``batch``, ``failures``
            and so on (see :class:`StudyConfig`).

    Returns:
        The study's results so far, to be read.

    Raises:
        ConfigurationError: wrong settings, or another study is in the directory.
        StudyLocked: another process holds the lock.
        FailureStop: too many trials failed.
        DirectoryError, StoreError: the study is damaged, or cannot be written.
    """
    _check_not_importing()
    name, factory = (sampler, None) if isinstance(sampler, str) else named_factory(sampler)
    table = {**(sampler_options or {}), "name": name}
    config = validated(StudyConfig, {**settings, "sampler": table}, "run_study")
    if workers is not None:
        if execution is not None:
            raise ConfigurationError("run_study: give workers or execution, not both")
        execution = Execution(executor=Processes(workers))
    study = Study(Path(directory), of_object(problem, config, factory))
    with contextlib.suppress(Stopped):
        study.run(execution or Execution())
    return study.view()


def _check_not_importing() -> None:
    """A worker imports the caller's script; without a guard it would start the study again."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise ConfigurationError(
            "run_study was called while a worker imports this script: put what the script does "
            'under `if __name__ == "__main__":`'
        )


class Study:
    """A study in its directory: run it, or look at it.

    Args:
        directory: where everything is kept.
        definition: what is studied.
    """

    def __init__(self, directory: Path, definition: Definition) -> None:
        self.directory = directory.resolve()
        self.definition = definition

    @classmethod
    def stored(cls, directory: Path, changes: Mapping[str, Any] | None = None) -> Study:
        """The study that a directory holds, so that it can go on.

        Args:
            changes: new values of ``trials`` and ``max_cost``.

        Raises:
            DirectoryError: no study there, or one of a problem object, which only its own
                script can make again.
        """
        found = StudyView(directory).definition
        if not found["registered"]:
            raise DirectoryError(
                f"{directory}: a study of a Python object; run the script that made it again"
            )
        config = {key: value for key, value in found["config"].items() if value is not None}
        table = {**config, **found["tables"], **(changes or {})}
        return cls(directory, from_table(table, Path(found["folder"]), str(directory)))

    @classmethod
    def of(cls, problem: Problem, directory: Path, **settings: Any) -> Study:
        """A study of a problem object, not run yet; arguments as of :func:`run_study`."""
        config = validated(StudyConfig, settings, "study")
        return cls(directory, of_object(problem, config))

    def view(self) -> StudyView:
        """The results so far."""
        return StudyView(self.directory)

    def run(self, execution: Execution) -> None:
        """Evaluate what is missing.

        Raises:
            Stopped: asked to stop, or out of time; the same call again goes on.
            ConfigurationError, StudyLocked, FailureStop, DirectoryError, StoreError: as
                :func:`run_study` says.
        """
        # A mistake there makes no directory.
        search = self._session(self.definition.config.sampler, self.definition.factory)
        with self._opened(execution) as store, self._evaluators(execution) as evaluators:
            deadline = None if execution.timeout is None else time.monotonic() + execution.timeout
            failures = self.definition.config.failures
            dispatcher = Dispatcher(
                evaluators,
                store,
                folder=self._folder(),
                stop=execution.stop,
                deadline=deadline,
                retries=failures.retries,
                retry_on=tuple(failures.retry_on),
                finished=execution.finished,
            )
            for series in self._series(store, search):
                self._run_series(series, store, dispatcher)

    def _run_series(self, series: Series, store: Store, dispatcher: Dispatcher) -> None:
        try:
            if self.definition.config.batch == "async":
                run_asynchronously(series, store, dispatcher)
            else:
                series.run(store, dispatcher)
        except FailureStop as stop:
            # Whoever runs it again has seen this and wants it to go on.
            store.set(_ACKNOWLEDGED, len(store.trials(series.name)))
            store.note("stopped", str(stop))
            store.commit()
            raise

    @contextlib.contextmanager
    def _opened(self, execution: Execution) -> Iterator[Store]:
        LAYOUT.holds(self.directory)  # a foreign directory is left alone
        self.directory.mkdir(parents=True, exist_ok=True)
        not_a_link(self.directory / DATABASE)
        with exclusive(self.directory), Store(self.directory) as store:
            self._claim(store, execution)
            yield store

    def _claim(self, store: Store, execution: Execution) -> None:
        """Write who we are into a new study; refuse another one's."""
        identity, before = self.definition.identity(), store.get("identity")
        if before is None:
            self._remember_earlier(store, execution)
            store.set("identity", identity)
            store.set("problem hash", digest(identity["problem"]))
            store.set("created", now())
        else:
            check_same(self.directory, before, identity, LAYOUT.what, _REMEDY)
        store.set("definition", self.definition.stored())
        present = versions()
        if store.get("versions", present) != present:
            store.note("versions", difference(store.get("versions"), present))
        store.set("versions", present)
        store.commit()

    def _remember_earlier(self, store: Store, execution: Execution) -> None:
        """Copy the trials of an earlier study, so that later changes to it change nothing."""
        trials = [] if execution.earlier is None else execution.earlier(self.definition)
        if self.definition.config.warm_start is not None:
            trials += earlier_trials(Path(self.definition.config.warm_start), self.definition)
        for slot, trial in enumerate(trials):
            trial.series, trial.slot, trial.candidate = EARLIER, slot, slot
        store.save(trials)

    def _evaluators(self, execution: Execution) -> contextlib.AbstractContextManager[Evaluators]:
        problem, limit = self.definition.problem, self.definition.config.time_limit
        chosen = execution.executor
        if chosen is None:
            chosen = Serial() if problem.pure and limit is None else Processes(1)
        if isinstance(chosen, Serial) and not problem.pure:
            raise ConfigurationError(
                f"{problem.name} is not declared pure: it cannot be evaluated in this process"
            )
        return chosen.open(self.definition.source, limit)

    def _folder(self) -> Path | None:
        if not isinstance(self.definition.problem, RunsInDirectory):
            return None
        return subdirectory(self.directory / FOLDER)

    def _series(self, store: Store, search: SamplerSession) -> Iterator[Series]:
        """The baselines, then the search; random search, which costs as much, comes last."""
        problem, baselines = self.definition.problem, self.definition.config.baselines
        if "default" in baselines:
            yield self._fixed("default", problem.default_config())
        oracle = problem.oracle_config() if "oracle" in baselines else None
        if oracle is not None:
            yield self._fixed("oracle", oracle)
        store.set("sampler", search.resuming)
        search.note = functools.partial(_report_departure, store)
        for trial in store.trials(EARLIER):
            search.recall(trial.config, trial.told_values, trial.values)
        yield self._searched(SEARCH, search, store)
        if "random" in baselines:
            random = self._session(SamplerTable(name="RandomSampler"), stream=1)
            yield self._searched("random", random, store)

    def _fixed(self, name: str, config: Mapping[str, Value]) -> Series:
        plan = PlainPlan(1, self._objective(), [config], endless=False)
        return Series(name, plan, None, self.definition.config.seed, limit=1)

    def _searched(self, name: str, search: SamplerSession, store: Store) -> Series:
        config, is_search = self.definition.config, name == SEARCH
        return Series(
            name,
            self._plan(is_search),
            search,
            config.seed,
            config.trials,
            config.max_cost,
            self._thresholds(),
            FailurePolicy(config.failures, store.get(_ACKNOWLEDGED, 0)) if is_search else None,
        )

    def _session(
        self, sampler: SamplerTable, factory: SamplerFactory | None = None, stream: int = 0
    ) -> SamplerSession:
        config, problem = self.definition.config, self.definition.problem
        return SamplerSession(
            problem.parameters,
            [direction for _, direction in self.definition.objectives],
            sampler,
            config.seed,
            stream=stream,
            failures_are_constraints=config.failures.told == "constraint",
            factory=factory,
        )

    def _objective(self) -> Objective:
        names, directions = zip(*self.definition.objectives, strict=True)
        return Objective(names, directions)

    def _plan(self, is_search: bool) -> Plan:
        config = self.definition.config
        batch = 1 if config.batch == "async" else config.batch
        if config.hyperband is not None:
            budget = self.definition.problem.full_budget
            return HyperbandPlan(config.hyperband, budget, batch, self._objective())
        given = config.initial if is_search else []
        return PlainPlan(batch, self._objective(), given)

    def _thresholds(self) -> Thresholds | None:
        table = self.definition.config.early_stopping
        if table is None:
            return None
        _, direction = self.definition.objectives[0]
        return Thresholds(table, direction, float(self.definition.problem.full_budget))


def _report_departure(store: Store, text: str) -> None:
    log.warning("%s", text)
    store.note("sampler", text)
    store.set("sampler", "not a function of its seed and the trials: resumes from recorded trials")
