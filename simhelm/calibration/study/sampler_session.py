"""The sampler's view of a series: an Optuna study in memory, rebuilt from the store at start."""

from __future__ import annotations

import contextlib
import inspect
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from simhelm.agents.samplers import OUTPUTS
from simhelm.agents.samplers.registry import (
    SAMPLERS,
    SamplerEntry,
    SamplerFactory,
    factory_name,
    sampler_entry,
    sampler_maker,
)
from simhelm.calibration.study.configuration import SamplerTable
from simhelm.core.errors import ConfigurationError, DirectoryError
from simhelm.core.problem import Direction, Parameter, Value
from simhelm.core.space import suggest, to_distributions

log = logging.getLogger(__name__)

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


class SamplerSession:
    """Asks a sampler and reports to it, so that its answers are a function of its history.

    A sampler that draws at random gets a seed of its own for every batch, which follows from the
    study's seed and the batch; so its random state never depends on an earlier process.

    Args:
        parameters: the knobs.
        directions: of the objectives.
        table: the sampler and its options.
        seed: of the study.
        stream: another one for every sampler of the study, so that none repeats another's draws.
        failures_are_constraints: report failures as violated constraints.
        factory: what makes the sampler, if its name alone does not lead to it.

    Attributes:
        must_replay: a resumed study puts every question again, not only recalls the answers.
        note: called with a sentence when the study stops being reproducible.

    Raises:
        ConfigurationError: an unknown sampler or option, or one that cannot serve this study.
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
        factory: SamplerFactory | None = None,
    ) -> None:
        self._name, self._parameters = table.name, parameters
        self._space = to_distributions(parameters)
        self._seed, self._stream = seed, stream
        self._constrained = failures_are_constraints
        self._open: dict[int, optuna.Trial] = {}
        self.note: Callable[[str], None] = log.warning
        try:
            self._entry = SamplerEntry("") if factory else sampler_entry(table.name)
            self._make = sampler_maker(table.name, parameters, table.arguments, factory)
            self._study = self._new_study(directions)
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f"[sampler]: {error}") from error
        self._is_known = self._entry in SAMPLERS.values()
        self._batch = 0
        self.must_replay = self._entry.keeps_state

    def _new_study(self, directions: Sequence[Direction]) -> optuna.Study:
        """Raise ValueError if the sampler cannot serve it."""
        with quiet_optuna():
            sampler = self._make(question_seed(self._seed, self._stream, 0))
            study = optuna.create_study(directions=list(directions), sampler=sampler)
            # Those that heed Trial.set_constraint once took a function for it, and still do.
            taken = inspect.signature(type(sampler)).parameters
            if self._constrained and "constraints_func" not in taken:
                raise ValueError(f'{self._name} knows no constraints: use told = "penalty"')
            if len(directions) > 1:  # tried on a study of its own, to leave this one untouched
                scratch = optuna.create_study(directions=study.directions, sampler=self._make(0))
                scratch.ask(self._space)
            return study

    def begin(self, batch: int) -> None:
        """Start a batch: the sampler's randomness follows from the seed and the batch."""
        if not self._entry.lasting and batch != self._batch:
            self._batch = batch
            with quiet_optuna():
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
        return not (self._entry.keeps_state or self._constrained)

    @property
    def resuming(self) -> str:
        """How a resumed study comes by the sampler's state, in words."""
        if not self._entry.keeps_state:
            return "resumes bit for bit from its trials"
        doubt = "" if self._is_known else ", if its answers repeat"
        return f"resumes by repeating every question{doubt}"

    def depart(self, slot: int, recorded: Mapping[str, Value], proposed: object) -> None:
        """Go on from the recorded configuration, where a sampler of others proposes another.

        Raises:
            DirectoryError: one of ours does so.
        """
        what = f"trial {slot}: the sampler proposed {recorded} when the study was made, and "
        what += f"{proposed} now: "
        if self._is_known:
            raise DirectoryError(
                f"{what}a library has changed since (see the versions in `simhelm show`); "
                "install those versions again, or start a new study with warm_start"
            )
        self.note(
            f"{what}{self._name} is not a function of its seed and the trials (or has changed). "
            "The study resumes from its recorded trials; later ones depend on where it stopped"
        )
        self.must_replay = False
        with quiet_optuna():
            self._study.tell(self._open.pop(slot), state=TrialState.FAIL)
        self.put(slot, recorded)


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


def named_factory(sampler: Any) -> tuple[str, SamplerFactory | None]:
    """The name that a study gives a factory, and the factory unless the name leads to it.

    Raises:
        ConfigurationError: an instance, which a resumed study could not make again.
    """
    if isinstance(sampler, BaseSampler) or not callable(sampler):
        name = type(sampler).__name__ if isinstance(sampler, BaseSampler) else "TPESampler"
        example = f"sampler={name}, or with options sampler=lambda seed: {name}(seed=seed, ...)"
        raise ConfigurationError(
            f"sampler: expected a name or a factory seed -> sampler, got {sampler!r}; a resumed "
            f"study makes its sampler again from the study's seed, so write {example}"
        )
    name = factory_name(sampler)
    return name, None if name in SAMPLERS else sampler


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
