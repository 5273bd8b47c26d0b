"""Spaces for others: Optuna, ConfigSpace, action masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simhelm.core.space.nodes import Value
from simhelm.core.space.tree import Assignment, OpenChoice, Space, all_choices

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace


class Trial(Protocol):
    """What is used of an Optuna trial."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """A value of the choices."""


class Choices(Protocol):
    """What is used of a space; a :class:`Bisected` one has it, too."""

    def next_choice(self, assignment: Assignment, /) -> OpenChoice | None:
        """The first choice that is open; None where all are made."""


def suggest(space: Choices, trial: Trial) -> dict[str, Value]:
    """Have an Optuna trial make every choice: a define-by-run objective begins with this.

    Of a bisected space come the answers, to be resolved by it.
    """
    assignment: dict[str, Value] = {}
    while (open_choice := space.next_choice(assignment)) is not None:
        value = trial.suggest_categorical(open_choice.name, open_choice.options)
        assignment[open_choice.name] = value
    return assignment


def action_mask(space: Space, assignment: Assignment, size: int) -> NDArray[np.int8]:
    """Which of ``Discrete(size)`` are options of the next choice, shape (size,), 0 or 1."""
    mask = np.zeros(size, dtype=np.int8)
    open_choice = space.next_choice(assignment)
    if open_choice is not None:
        mask[: len(open_choice.options)] = 1
    return mask


def to_configspace(space: Space) -> ConfigurationSpace:
    """The space in ConfigSpace, with a condition on every choice that may not exist.

    Values are given as positions in the list of options, as ConfigSpace returns numpy's own
    strings and numbers; :func:`from_configuration` turns them back.

    Raises:
        ImportError: ConfigSpace is not installed.
        ValueError: a choice is reached under conditions on different parents, which ConfigSpace
            would take together.
    """
    try:
        from ConfigSpace import CategoricalHyperparameter, ConfigurationSpace, InCondition
    except ImportError as error:
        raise ImportError("this needs ConfigSpace: pip install 'simhelm[bohb]'") from error
    places = all_choices(space)
    built = ConfigurationSpace()
    for name, (options, _) in places.items():
        built.add(CategoricalHyperparameter(name, list(range(len(options)))))
    for name, (_, condition) in places.items():
        if condition is not None:
            parent, values = condition
            codes = [_code(places[parent][0], value) for value in values]
            built.add(InCondition(built[name], built[parent], codes))
    return built


def from_configuration(space: Space, configuration: Any) -> dict[str, Value]:
    """The assignment that a configuration of :func:`to_configspace` stands for."""
    assignment: dict[str, Value] = {}
    while (open_choice := space.next_choice(assignment)) is not None:
        assignment[open_choice.name] = open_choice.options[int(configuration[open_choice.name])]
    return assignment


def _code(options: tuple[Value, ...], value: Value) -> int:
    for place, option in enumerate(options):
        if isinstance(option, bool) == isinstance(value, bool) and option == value:
            return place
    raise ValueError(f"a condition waits for {value!r}, which is none of {options}")
