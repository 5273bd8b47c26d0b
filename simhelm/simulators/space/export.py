"""Spaces for others: parameters of a problem, Optuna, ConfigSpace, action masks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simhelm.simulators.problem import Parameter
from simhelm.simulators.space.nodes import Chain, Choice, Node, Repeat, Value, When, choice
from simhelm.simulators.space.tree import Assignment, Space

if TYPE_CHECKING:
    from ConfigSpace import ConfigurationSpace

# A parent's full name and the values for which a choice exists.
Condition = tuple[str, tuple[Value, ...]]


class Trial(Protocol):
    """What is used of an Optuna trial."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """A value of the choices."""


def of_parameters(parameters: Sequence[Parameter]) -> Space:
    """The space of a problem whose parameters are choices or whole numbers.

    Raises:
        ValueError: a parameter is a float: such a space is no finite tree.
    """
    return Space(Chain(tuple(map(_parameter, parameters))))


def _parameter(parameter: Parameter) -> Node:
    values: tuple[Value, ...] = parameter.choices
    if parameter.kind == "float":
        raise ValueError(f"{parameter.name}: a float has no list of choices")
    if parameter.kind == "integer":
        values = tuple(range(int(parameter.low), int(parameter.high) + 1))
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
    node = choice(parameter.name, values, ordered=numbers and list(values) == sorted(values))
    if parameter.condition is None:
        return node
    name, allowed = parameter.condition
    return When(name, allowed, node)


def suggest(space: Space, trial: Trial) -> dict[str, Value]:
    """Have an Optuna trial make every choice: a define-by-run objective begins with this."""
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
    places = _places(space)
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


def _places(space: Space) -> dict[str, tuple[tuple[Value, ...], Condition | None]]:
    found: dict[str, tuple[tuple[Value, ...], Condition | None]] = {}
    for name, options, condition in _walk(space.root, "", None):
        if name in found and found[name] != (options, condition):
            raise ValueError(f"{name}: reached under several conditions, which has no export")
        found[name] = options, condition
    return found


def _walk(
    node: Node, prefix: str, condition: Condition | None
) -> Iterator[tuple[str, tuple[Value, ...], Condition | None]]:
    """Every choice of the whole tree with its nearest condition."""
    if isinstance(node, Choice):
        name = node.name if node.shared else prefix + node.name
        yield name, tuple(value for value, _ in node.options), condition
        for value, part in node.options:
            yield from _walk(part, f"{prefix}{node.name}/", (name, (value,)))
    elif isinstance(node, Chain):
        for part in node.parts:
            yield from _walk(part, prefix, condition)
    elif isinstance(node, Repeat):
        name = prefix + node.name
        yield name, node.counts, condition
        for place in range(node.counts[-1]):
            enough = tuple(count for count in node.counts if count > place)
            yield from _walk(node.part, f"{name}[{place}]/", (name, enough))
    elif isinstance(node, When):
        if condition is not None:
            raise ValueError(f"{node.name}: a condition within another has no export")
        yield from _walk(node.part, prefix, (node.name, node.values))


def _code(options: tuple[Value, ...], value: Value) -> int:
    for place, option in enumerate(options):
        if isinstance(option, bool) == isinstance(value, bool) and option == value:
            return place
    raise ValueError(f"a condition waits for {value!r}, which is none of {options}")
