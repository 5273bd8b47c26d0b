"""Making an environment from what a user wrote, with mistakes explained."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec, load_env_creator

from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.errors import ConfigurationError
from simhelm.envs.baseline import Baseline
from simhelm.experiments.schema import NamedTable, Text, checked_arguments
from simhelm.simulators.registry import load_problem

# "- ``steps``, ``t_end``: ..." in the section on arguments of a docstring.
_LISTED = re.compile(r"^ *- ((?:``\w+``(?:, )?)+):", re.MULTILINE)
_UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")


class EnvironmentTable(NamedTable):
    """``[environment]``: an id and the environment's arguments."""

    id: Text


def make_environment(
    env_id: str, arguments: Mapping[str, Any], where: str = ""
) -> gymnasium.Env[Any, Any]:
    """The environment of an id.

    Args:
        env_id: registered, or "module:id".
        arguments: of its constructor.
        where: what messages begin with; the id by default.

    Raises:
        ConfigurationError: an unknown id or arguments (with the nearest), illegal arguments,
            unreadable files.
    """
    where = where or env_id
    _check_id(env_id)
    try:
        return gymnasium.make(env_id, **arguments)
    except (ValueError, TypeError, OSError, MemoryError, OverflowError) as error:
        # Gymnasium says a TypeError again, with all that it handed on.
        cause = error.__cause__ if isinstance(error, TypeError) and error.__cause__ else error
        words = str(cause) or type(cause).__name__
        unexpected = _UNEXPECTED.search(words)
        if unexpected and unexpected[1] in arguments:
            words = _unknown(env_id, unexpected[1])
        raise ConfigurationError(f"{where}: {words}") from error


def _check_id(env_id: str) -> None:
    """Import the module of an id, and find the rest of it."""
    module, _, name = env_id.rpartition(":")
    try:
        if module:
            importlib.import_module(module)
    except ImportError as error:
        raise ConfigurationError(f"{env_id}: {error}; install the module, or mend it") from error
    _registered(name)


def _registered(name: str) -> EnvSpec:
    if name not in gymnasium.registry:
        ours = [key for key in gymnasium.registry if key.startswith("simhelm/")]
        raise ConfigurationError(
            f"unknown environment {name!r}; expected one of {ours}"
            + did_you_mean(name, gymnasium.registry)
        )
    return gymnasium.registry[name]


def complete_arguments(table: EnvironmentTable, where: str, folder: Path) -> EnvironmentTable:
    """A table with every default filled in and every path absolute; of an id without a module.

    Args:
        where: what messages begin with.
        folder: where relative paths start.

    Raises:
        ConfigurationError: an unknown id (with the nearest), unknown or ill-typed arguments.
    """
    spec = _registered(table.id)
    arguments = checked_arguments(
        _creator(spec), table.arguments, where, skip=tuple(spec.kwargs), folder=folder
    )
    return EnvironmentTable(id=table.id, **arguments)


def _creator(spec: EnvSpec) -> Any:
    entry = spec.entry_point
    return load_env_creator(entry) if isinstance(entry, str) else entry


def chosen_baselines(names: Sequence[str], known: Mapping[str, Baseline]) -> Sequence[str]:
    """The names, each of which an environment has.

    Raises:
        ConfigurationError: an unknown one (with the nearest).
    """
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"unknown baseline {name!r}; expected some of {sorted(known)}"
                + did_you_mean(name, known)
            )
    return names


def argument_names(spec: EnvSpec) -> list[str]:
    """What an environment takes: by its constructor, its docstring and its problem."""
    creator = _creator(spec)
    names = _parameters(creator)
    for listed in _LISTED.findall(inspect.getdoc(creator) or ""):
        names |= set(re.findall(r"\w+", listed))
    if isinstance(problem := spec.kwargs.get("problem"), str):
        names |= _parameters(load_problem(problem))
    return sorted(names - {"problem"})


def _parameters(function: Any) -> set[str]:
    kinds = inspect.Parameter
    return {
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)
    }


def _unknown(env_id: str, name: str) -> str:
    names = argument_names(gymnasium.spec(env_id.rpartition(":")[2]))
    return f"unknown argument {name!r}; expected some of {names}{did_you_mean(name, names)}"
