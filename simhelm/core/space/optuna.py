"""Parameters as Optuna knows them, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from simhelm.core.parameter import Parameter, Value, configure

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution


def to_distributions(parameters: Iterable[Parameter]) -> dict[str, BaseDistribution]:
    """The distributions by name; conditions are the caller's, as Optuna has none."""
    return {parameter.name: _distribution(parameter) for parameter in parameters}


def _distribution(parameter: Parameter) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if parameter.kind == "categorical":
        return CategoricalDistribution(parameter.choices)
    if parameter.kind == "integer":
        return IntDistribution(int(parameter.low), int(parameter.high), log=parameter.log)
    return FloatDistribution(float(parameter.low), float(parameter.high), log=parameter.log)


def suggest(parameters: Iterable[Parameter], trial: optuna.Trial) -> dict[str, Value]:
    """Have a trial choose every active parameter: a define-by-run objective begins with this."""
    return configure(parameters, lambda parameter: _suggest(trial, parameter))


def _suggest(trial: optuna.Trial, parameter: Parameter) -> Value:
    name, low, high, log = parameter.name, parameter.low, parameter.high, parameter.log
    if parameter.kind == "categorical":
        # Optuna allows None among the choices; a Parameter does not.
        return cast("Value", trial.suggest_categorical(name, parameter.choices))
    if parameter.kind == "integer":
        return trial.suggest_int(name, int(low), int(high), log=log)
    return float(trial.suggest_float(name, float(low), float(high), log=log))


def from_distributions(space: Mapping[str, BaseDistribution]) -> tuple[Parameter, ...]:
    """Parameters without conditions; those on a step count their steps (:func:`to_code`).

    Raises:
        ValueError: a single value in a range, or choices that Optuna cannot tell apart.
    """
    return tuple(_parameter(name, distribution) for name, distribution in space.items())


def _parameter(name: str, distribution: Any) -> Parameter:
    if hasattr(distribution, "choices"):
        choices = tuple(distribution.choices)
        return Parameter(name, "categorical", choices[0], choices=choices)
    low, high, log = distribution.low, distribution.high, distribution.log
    if _is_stepped(distribution):
        return Parameter(name, "integer", 0, 0, round((high - low) / distribution.step))
    kind = "integer" if distribution.step == 1 and isinstance(low, int) else "float"
    return Parameter(name, kind, low, low, high, log)  # type: ignore[arg-type]


def to_code(distribution: Any, value: Any) -> Any:
    """What a parameter of :func:`from_distributions` calls a value of the distribution."""
    if _is_stepped(distribution):
        return round((value - distribution.low) / distribution.step)
    return value


def from_code(distribution: Any, code: Any) -> Any:
    """The value of the distribution, of Python's own type."""
    if _is_stepped(distribution):
        return min(distribution.high, distribution.low + code * distribution.step)
    return code


def _is_stepped(distribution: Any) -> bool:
    step = getattr(distribution, "step", None)
    return step is not None and not (step == 1 and isinstance(distribution.low, int))
