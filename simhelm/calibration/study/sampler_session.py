"""The sampler's view of a series: an Optuna study in memory, rebuilt from the store at start."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from simhelm.agents.samplers import OUTPUTS, SAMPLERS, make_sampler
from simhelm.calibration.study.configuration import SamplerTable
from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Direction, Parameter, Value
from simhelm.core.space import suggest, to_distributions

# Keeps the seeds of questions apart from the seeds of trials, which are (slot,).
_QUESTION = 0x5EED


def trial_seed(study_seed: int, slot: int) -> int:
    """The seed of a trial: a function of the study's seed and the slot alone; fits a C int."""
    sequence = np.random.SeedSequence(study_seed, spawn_key=(slot,))
    return int(sequence.generate_state(1)[0]) >> 1


def question_seed(study_seed: int, stream: int, batch: int) -> int:
    """The sampler's seed for a batch of a series, which has a stream of its own."""
    sequence = np.random.SeedSequence(study_seed, spawn_key=(_QUESTION, stream, batch))
    return int(sequence.generate_state(1)[0])


class Search:
    """Asks a sampler and tells it, so that what it says is a function of what it was told.

    For every batch the sampler is made anew with a seed that follows from the study's seed and
    the batch; so its random state never depends on what happened to an earlier process.

    Args:
        parameters: the knobs.
        directions: of the objectives.
        table: the sampler and its options.
        seed: of the study.
        stream: another one for every sampler of the study, so that none repeats another's draws.
        failures_are_constraints: tell of failures as violated constraints.
    """

    def __init__(
        self,
        parameters: Sequence[Parameter],
        directions: Sequence[Direction],
        table: SamplerTable,
        seed: int,
        *,
        stream: int = 0,
        failures_are_constraints: bool = False,
    ) -> None:
        self._parameters = parameters
        self._space = to_distributions(parameters)
        self._seed, self._stream = seed, stream
        self._constrained = failures_are_constraints
        self._make = _factory(table, parameters, directions, self._constrained)
        with quiet_optuna():
            self._study = optuna.create_study(
                directions=list(directions), sampler=self._make(question_seed(seed, stream, 0))
            )
        self._open: dict[int, optuna.Trial] = {}
        # A sampler whose draws are a function of its seed and the trial's number stays.
        entry = SAMPLERS[table.name]
        self._is_lasting = entry.fixed_seed or entry.seeds_by_trial
        # Whether a resumed study must put every question again, not only recall the answers.
        self.must_replay = SAMPLERS[table.name].keeps_state

    def begin(self, batch: int) -> None:
        """Start a batch: the sampler's randomness follows from the seed and the batch."""
        if not self._is_lasting:
            self._study.sampler = self._make(question_seed(self._seed, self._stream, batch))

    def ask(self, slot: int) -> dict[str, Value]:
        """A new configuration for a slot."""
        with quiet_optuna():
            trial = self._open[slot] = self._study.ask()
            return suggest(self._parameters, trial)

    def put(self, slot: int, config: Mapping[str, Value]) -> None:
        """Give a slot a known configuration."""
        with quiet_optuna():
            self._study.enqueue_trial(dict(config))
            trial = self._open[slot] = self._study.ask()
            suggest(self._parameters, trial)

    def report(self, slot: int, budget: int, value: float) -> None:
        """Tell of a slot's value at a partial budget."""
        self._open[slot].report(value, budget)

    def tell(
        self,
        slot: int,
        values: Sequence[float] | None,
        *,
        failed: bool = False,
        outputs: Mapping[str, float] | None = None,
    ) -> None:
        """End a slot: its values (a penalty if it failed), or None if there is nothing to say.

        Samplers that model the outputs find them in the trial's attribute ``outputs``.
        """
        trial = self._open.pop(slot)
        if outputs:
            trial.set_user_attr(OUTPUTS, dict(outputs))
        if self._constrained:
            trial.set_constraint("has a result", float(failed))
        with quiet_optuna():
            if values is None:
                self._study.tell(trial, state=TrialState.FAIL)
            else:
                self._study.tell(trial, list(values))

    def prune(self, slot: int) -> None:
        """End a slot that is not evaluated at larger budgets."""
        with quiet_optuna():
            self._study.tell(self._open.pop(slot), state=TrialState.PRUNED)

    def recall(
        self,
        config: Mapping[str, Value],
        values: Sequence[float] | None,
        outputs: Mapping[str, float] | None = None,
    ) -> None:
        """Take over a finished trial of which the sampler need not be asked again."""
        attributes = {OUTPUTS: dict(outputs)} if outputs else {}
        trial = frozen_trial(self._space, config, values, user_attrs=attributes)
        self._study.add_trial(trial)

    @property
    def can_recall(self) -> bool:
        """Whether :meth:`recall` tells the sampler everything."""
        return not (self.must_replay or self._constrained)


def frozen_trial(
    space: Mapping[str, BaseDistribution],
    config: Mapping[str, Value],
    values: Sequence[float] | None,
    **more: Any,
) -> FrozenTrial:
    """A finished trial as Optuna keeps it."""
    return optuna.trial.create_trial(
        params=dict(config),
        distributions={name: space[name] for name in config},
        values=None if values is None else list(values),
        state=TrialState.FAIL if values is None else TrialState.COMPLETE,
        **more,
    )


def _factory(
    table: SamplerTable,
    parameters: Sequence[Parameter],
    directions: Sequence[Direction],
    constrained: bool,
) -> Callable[[int], Any]:
    if table.name not in SAMPLERS:
        raise ConfigurationError(
            f"[sampler]: unknown sampler {table.name!r}; expected one of {sorted(SAMPLERS)}"
            + did_you_mean(table.name, SAMPLERS)
        )
    if len(directions) > 1 and not SAMPLERS[table.name].multi_objective:
        raise ConfigurationError(f"[sampler]: {table.name} serves a single objective only")
    if constrained and not SAMPLERS[table.name].constraints:
        raise ConfigurationError(f'[failures]: {table.name} knows no constraints; use "penalty"')

    def make(seed: int) -> Any:
        with quiet_optuna():
            return make_sampler(
                table.name, seed=seed, parameters=parameters, options=table.arguments
            )

    try:
        make(0)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"[sampler]: {error}") from error
    return make


@contextlib.contextmanager
def quiet_optuna() -> Iterator[None]:
    """Without Optuna's notes on new studies and on parts it calls experimental."""
    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        logger.setLevel(level)
