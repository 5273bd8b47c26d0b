"""Parameters as Optuna knows them, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from simhelm.core.parameter import Parameter, Value, check_conditions, configure

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution


def to_distributions(parameters: Iterable[Parameter]) -> dict[str, BaseDistribution]:
    """The distributions by name, without conditions, which Optuna does not have."""
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


@dataclasses.dataclass(frozen=True)
class OptunaSpace:
    """A search space of Optuna as parameters, in which a range with a step counts its steps.

    Attributes:
        distributions: by name.
        parameters: one per distribution.
        stepped: the distributions with a step.
    """

    distributions: Mapping[str, BaseDistribution]
    parameters: tuple[Parameter, ...]
    stepped: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, space: Sequence[Parameter] | Mapping[str, BaseDistribution]) -> OptunaSpace:
        """The space of parameters, or of distributions without conditions.

        Raises:
            ValueError: a condition without an earlier parent, or choices that Optuna cannot tell
                apart.
        """
        if isinstance(space, Mapping):
            stepped = {name: one for name, one in space.items() if _is_stepped(one)}
            return cls(space, tuple(_parameter(name, one) for name, one in space.items()), stepped)
        check_conditions(space)
        return cls(to_distributions(space), tuple(space))

    def encode(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters' values behind those of a trial."""
        known = ((name, one) for name, one in self.stepped.items() if name in params)
        return {**params, **{n: round((params[n] - one.low) / one.step) for n, one in known}}

    def decode(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The inverse of :meth:`encode`."""
        known = ((name, one) for name, one in self.stepped.items() if name in config)
        return {**config, **{n: min(one.high, one.low + config[n] * one.step) for n, one in known}}


def _parameter(name: str, distribution: Any) -> Parameter:
    if hasattr(distribution, "choices"):
        return Parameter(name, "categorical", distribution.choices[0], choices=distribution.choices)
    low, high = distribution.low, distribution.high
    if distribution.single():
        return Parameter(name, "categorical", low, choices=(low,))
    if _is_stepped(distribution):
        return Parameter(name, "integer", 0, 0, round((high - low) / distribution.step))
    is_integer = isinstance(low, int)
    return Parameter(name, "integer" if is_integer else "float", low, low, high, distribution.log)


def _is_stepped(distribution: Any) -> bool:
    step = getattr(distribution, "step", None)
    unit = step is None or (step == 1 and isinstance(distribution.low, int))
    return not (unit or distribution.single())
