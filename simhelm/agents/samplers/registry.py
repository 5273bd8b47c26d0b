"""The samplers that a study may name, and what a study has to know of each."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import importlib.util
import inspect
import types
import typing
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, Union

from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler

from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.entry_points import Registry, Target
from simhelm.core.parameter import Parameter
from simhelm.core.space import to_distributions

# Makes a sampler from a seed; a class of samplers is one.
SamplerFactory = Callable[..., BaseSampler]

_SCALARS = (bool, int, float, str, datetime.date, datetime.time)
_CONTAINERS = (list, tuple, dict, Sequence, Mapping, Collection, Iterable)


@dataclasses.dataclass(frozen=True)
class SamplerEntry(Target):
    """A sampler, and what its class does not say; the defaults hold for those of others.

    Attributes:
        lasting: one instance serves a whole study, because its draws depend on the trial's number
            or continue a sequence. Where it is false, each batch gets a new instance with a seed
            of its own.
        keeps_state: proposals depend on what the sampler kept, in itself or in attributes of
            trials. Such a study cannot be resumed from the parameters and values of its trials;
            every question and answer is repeated.
        defaults: options that differ from the class's own.
        cites: the papers behind it beside Optuna's, keys of ``references.toml``.
        needs: a module that must be installed, and the extra that installs it.
    """

    lasting: bool = True
    keeps_state: bool = True
    defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    cites: tuple[str, ...] = ()
    needs: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """Of the class."""
        return self.place.partition(":")[2]

    def load(self) -> Any:
        """The class.

        Raises:
            ImportError: it cannot be imported, or an extra is missing.
        """
        if self.needs is not None and importlib.util.find_spec(self.needs[0]) is None:
            module, extra = self.needs
            raise ImportError(f"needs {module}: pip install 'simhelm[{extra}]'")
        return super().load()


def _optuna(name: str, *cites: str, keeps_state: bool = False, **more: Any) -> SamplerEntry:
    place = f"optuna.samplers:{name}"
    return SamplerEntry(place, lasting=False, keeps_state=keeps_state, cites=cites, **more)


def _ours(place: str, *cites: str, **more: Any) -> SamplerEntry:
    more = {"keeps_state": False, "cites": cites, **more}
    return SamplerEntry(f"simhelm.agents.samplers.{place}", **more)


# Falling back on independent draws is expected for conditional parameters: say nothing.
_SILENT = {"warn_independent_sampling": False}
_SOBOL = {"qmc_type": "sobol", "scramble": True, **_SILENT}

# A new sampler adds one line here. PartialFixedSampler is left out: a parameter is fixed by giving
# it a single value.
SAMPLERS: dict[str, SamplerEntry] = {
    entry.name: entry
    for entry in (
        _optuna("RandomSampler", "bergstra2012"),
        _optuna("TPESampler", "bergstra2011"),
        _optuna("CmaEsSampler", "hansen2001", keeps_state=True, defaults=_SILENT),
        _optuna("GPSampler", defaults=_SILENT, needs=("torch", "gp")),
        _optuna("NSGAIISampler", "deb2002", keeps_state=True),
        _optuna("NSGAIIISampler", "deb2014", keeps_state=True),
        # Its seed chooses a sequence, in which each trial takes the next point.
        SamplerEntry("optuna.samplers:QMCSampler", defaults=_SOBOL, cites=("sobol1967",)),
        _ours("exhaustive:GridSampler"),
        _ours("exhaustive:BruteForceSampler", lasting=False),
        _ours("hpbandster:HpBandSterSampler", "falkner2018"),
        _ours("log_share:LogShareSampler", "train2009", lasting=False),
        _ours("hybrid:HybridSampler", "train2009"),
        _ours("composite_gp:CompositeGPSampler", "astudillo2019", "balandat2020"),
        _ours("ant_colony:AntColonySampler", "dorigo1996", "bullnheimer1999"),
        _ours("evolution:GeneticSampler", "holland1975"),
        _ours("evolution:RegularisedEvolutionSampler", "real2019"),
        _ours("tree_search:MCTSSampler", "kocsis2006", "negrinho2017"),
        _ours("ridge:RidgeSampler", "negrinho2017"),
    )
}
REGISTRY = Registry("sampler", SAMPLERS)


def sampler_entry(name: str) -> SamplerEntry:
    """What is known of a sampler by its name, or by "package.module:Class"."""
    place = REGISTRY.target(name).place
    known = {entry.place: entry for entry in SAMPLERS.values()}
    return known.get(place, SamplerEntry(place))


def sampler_maker(
    name: str,
    parameters: Sequence[Parameter],
    options: Mapping[str, Any] | None = None,
    factory: SamplerFactory | None = None,
) -> Callable[[int], BaseSampler]:
    """A function that makes the sampler of a study from a seed.

    Args:
        name: of the sampler, or "package.module:Class".
        parameters: the search space, a condition's parent before its children.
        options: of the class or factory; values as TOML has them.
        factory: what makes the sampler, where the name alone does not lead to it.

    Raises:
        ValueError: an unknown name or option, or a value that TOML cannot express.
        ImportError: it cannot be imported, or an extra is missing.
    """
    defaults = {} if factory is not None else sampler_entry(name).defaults
    made_by = factory or REGISTRY.load(name)
    given = dict(options or {})
    _check_options(name, given, options_of(made_by))
    space = _of_the_space(made_by, parameters)
    return functools.partial(_make, made_by, {**defaults, **given, **space})


def make_sampler(
    name: str,
    *,
    seed: int,
    parameters: Sequence[Parameter],
    options: Mapping[str, Any] | None = None,
) -> BaseSampler:
    """A sampler by its name, with a seed in [0, 2^32); the rest as :func:`sampler_maker` has it."""
    return sampler_maker(name, parameters, options)(seed)


def factory_name(factory: SamplerFactory) -> str:
    """What a study calls a factory: the name of a registered class, else where it is defined."""
    if isinstance(factory, functools.partial):
        given = [_described(value) for value in factory.args]
        given += [f"{name}={_described(value)}" for name, value in factory.keywords.items()]
        return f"{factory_name(factory.func)}({', '.join(given)})"
    name = getattr(factory, "__name__", "")
    if name in SAMPLERS and SAMPLERS[name].load() is factory:
        return name
    return _place_of(factory)


def options_of(factory: SamplerFactory) -> list[str]:
    """The options that a study file may set: the arguments whose types TOML can express."""
    given = ("seed", *_of_the_space(factory, ()))
    return [
        name
        for name, parameter in inspect.signature(factory).parameters.items()
        if name not in given and _is_option(factory, parameter)
    ]


def _make(factory: SamplerFactory, arguments: Mapping[str, Any], seed: int) -> BaseSampler:
    taken = inspect.signature(factory).parameters.values()
    by_name = any(p.name == "seed" or p.kind is p.VAR_KEYWORD for p in taken)
    if not by_name and inspect.isclass(factory):
        raise ValueError(f"{factory.__name__} takes no seed; give a factory: lambda seed: ...")
    with warnings.catch_warnings():
        # They are experimental by Optuna's count: nothing that a user of a study could mend.
        warnings.simplefilter("ignore", ExperimentalWarning)
        made = factory(seed=seed, **arguments) if by_name else factory(seed, **arguments)
    if not isinstance(made, BaseSampler):
        raise TypeError(f"{_place_of(factory)}: expected an Optuna sampler, got {made!r}")
    return made


def _of_the_space(factory: SamplerFactory, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """What a sampler asks for: ours the parameters, others perhaps Optuna's distributions."""
    taken = inspect.signature(factory).parameters
    needed = "search_space" in taken and taken["search_space"].default is inspect.Parameter.empty
    space: dict[str, Any] = {"space": parameters} if "space" in taken else {}
    return space | ({"search_space": to_distributions(parameters)} if needed else {})


def _is_option(factory: Any, parameter: inspect.Parameter) -> bool:
    if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
        return False
    if parameter.annotation is parameter.empty:
        default = parameter.default
        return default is None or default is parameter.empty or _is_plain(type(default))
    function = factory.__init__ if inspect.isclass(factory) else factory
    holder = types.SimpleNamespace(__annotations__={parameter.name: parameter.annotation})
    try:
        hints = typing.get_type_hints(holder, getattr(function, "__globals__", {}))
    except (NameError, TypeError):
        return False  # a class that is imported for type checkers only
    return _is_plain(hints[parameter.name])


def _is_plain(hint: Any) -> bool:
    """Whether TOML has values of a type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return all(isinstance(value, _SCALARS) for value in arguments)
    if origin in (Union, types.UnionType):
        return any(_is_plain(argument) for argument in arguments)
    if (origin or hint) in _CONTAINERS:
        return all(_is_plain(argument) for argument in arguments if argument is not ...)
    return hint is Any or hint in _SCALARS


def _check_options(name: str, given: Mapping[str, Any], legal: Sequence[str]) -> None:
    for option, value in given.items():
        if option not in legal:
            raise ValueError(
                f"options of {name}: {option!r} is unknown; "
                f"expected one of {sorted(legal)}{did_you_mean(option, legal)}"
            )
        _check_plain(f"option {option} of {name}", value)


def _check_plain(where: str, value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _check_plain(where, item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_plain(f"{where}, {key}", item)
    elif not isinstance(value, _SCALARS):
        raise ValueError(  # noqa: TRY004
            f"{where}: expected a number, text, list or table, got {value!r}"
        )


def _described(value: Any) -> str:
    return repr(value) if isinstance(value, (*_SCALARS, type(None))) else _place_of(value)


def _place_of(thing: Any) -> str:
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{named.__module__}:{named.__qualname__}"
