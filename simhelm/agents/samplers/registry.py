"""The samplers that a study may name, and what a study has to know of each."""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import importlib.util
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler

from simhelm.agents.samplers import exhaustive
from simhelm.agents.samplers.ant_colony import AntColonySampler
from simhelm.agents.samplers.evolution import GeneticSampler, RegularisedEvolutionSampler
from simhelm.agents.samplers.hpbandster import HpBandSterSampler
from simhelm.agents.samplers.hybrid import HybridSampler
from simhelm.agents.samplers.log_share import LogShareSampler
from simhelm.agents.samplers.ridge import RidgeSampler
from simhelm.agents.samplers.tree_search import MCTSSampler
from simhelm.core.parameter import Parameter

Arguments = dict[str, Any]

# Arguments that take objects, or that make_sampler gives itself: no options of a study.
_NOT_OPTIONS = frozenset(
    {
        "self",
        "seed",
        "space",
        "search_space",
        "independent_sampler",
        "constraints_func",
        "gamma",
        "weights",
        "mutation",
        "crossover",
        "source_trials",
        "reference_points",
        "elite_population_selection_strategy",
        "child_generation_strategy",
        "after_trial_strategy",
    }
)
_SCALARS = (bool, int, float, str, datetime.date, datetime.time)


def _as_they_are(parameters: Sequence[Parameter], options: Arguments) -> Arguments:
    return options


def _with_space(parameters: Sequence[Parameter], options: Arguments) -> Arguments:
    return {"space": parameters, **options}


def _with_grid(parameters: Sequence[Parameter], options: Arguments) -> Arguments:
    return {"search_space": exhaustive.grid(parameters, options["points"])}


def _finite(parameters: Sequence[Parameter], options: Arguments) -> Arguments:
    exhaustive.check_finite(parameters)
    return options


@dataclasses.dataclass(frozen=True)
class SamplerEntry:
    """A sampler and its properties.

    Attributes:
        name: that a study gives.
        load: the class, imported when called; ImportError names the extra to install.
        summary: one sentence.
        keeps_state: proposals depend on what the sampler wrote into the attributes of trials or
            of the study. Such a study cannot be continued from (parameters, values) of its
            trials; it has to be replayed ask by ask, tell by tell. (An instance has its
            generator's state besides, and GPSampler starting values for its fits: a study that
            is to be resumed makes a new instance for every batch.)
        multi_objective: serves studies of several objectives.
        fixed_seed: the same seed must be given to every instance that serves a study: the seed
            chooses one sequence or order, which later instances continue. All others but
            HpBandSterSampler (which mixes in the trial number) repeat themselves if a new
            instance gets a seed that was used before.
        seeds_by_trial: draws are a function of the seed and the trial's number, so that one
            instance may serve a whole study.
        defaults: options that differ from the class's own defaults, or that it does not have.
        arguments: (parameters, options) -> the keyword arguments beside the seed.
        cites: the papers behind it beside Optuna's, keys of ``references.toml``.
    """

    name: str
    load: Callable[[], type[BaseSampler]]
    summary: str
    keeps_state: bool = False
    multi_objective: bool = False
    fixed_seed: bool = False
    seeds_by_trial: bool = False
    defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    arguments: Callable[[Sequence[Parameter], Arguments], Arguments] = _as_they_are
    cites: tuple[str, ...] = ()

    @property
    def constraints(self) -> bool:
        """Whether it heeds ``Trial.set_constraint``: those that once took a function for it."""
        return "constraints_func" in inspect.signature(self.load().__init__).parameters

    @property
    def options(self) -> list[str]:
        """The names of the options that a study may set."""
        signature = inspect.signature(self.load().__init__).parameters
        names = [name for name in signature if name not in _NOT_OPTIONS]
        return names + [name for name in self.defaults if name not in names]


def _gaussian_process() -> type[BaseSampler]:
    if importlib.util.find_spec("torch") is None:
        raise ImportError("GPSampler needs torch: pip install 'simhelm[gp]'")
    return optuna.samplers.GPSampler


def _composite_gp() -> type[BaseSampler]:
    from simhelm.agents.samplers.composite_gp import CompositeGPSampler

    if importlib.util.find_spec("botorch") is None:
        raise ImportError("CompositeGPSampler needs botorch: pip install 'simhelm[botorch]'")
    return CompositeGPSampler


def _by_history(kind: type[BaseSampler], summary: str, *cites: str) -> SamplerEntry:
    """One whose proposals are a function of the seed, the trial's number and what was told."""
    return SamplerEntry(
        kind.__name__,
        lambda: kind,
        summary,
        seeds_by_trial=True,
        arguments=_with_space,
        cites=cites,
    )


# Falling back on independent draws is expected for conditional parameters: say nothing.
_SILENT = {"warn_independent_sampling": False}

# PartialFixedSampler is left out: a parameter is fixed by giving it a single value.
SAMPLERS: dict[str, SamplerEntry] = {
    entry.name: entry
    for entry in (
        SamplerEntry(
            "RandomSampler",
            lambda: optuna.samplers.RandomSampler,
            "Independent uniform draws.",
            multi_objective=True,
            cites=("bergstra2012",),
        ),
        SamplerEntry(
            "TPESampler",
            lambda: optuna.samplers.TPESampler,
            "Tree-structured Parzen estimator.",
            multi_objective=True,
            cites=("bergstra2011",),
        ),
        SamplerEntry(
            "CmaEsSampler",
            lambda: optuna.samplers.CmaEsSampler,
            "CMA-ES on the numeric parameters; the others are drawn uniformly.",
            keeps_state=True,
            defaults=_SILENT,
            cites=("hansen2001",),
        ),
        SamplerEntry(
            "GPSampler",
            _gaussian_process,
            "Bayesian optimisation with a Gaussian process (Matern 5/2, log expected improvement).",
            multi_objective=True,
            defaults=_SILENT,
        ),
        SamplerEntry(
            "NSGAIISampler",
            lambda: optuna.samplers.NSGAIISampler,
            "Genetic algorithm NSGA-II.",
            keeps_state=True,
            multi_objective=True,
            cites=("deb2002",),
        ),
        SamplerEntry(
            "NSGAIIISampler",
            lambda: optuna.samplers.NSGAIIISampler,
            "Genetic algorithm NSGA-III, for many objectives.",
            keeps_state=True,
            multi_objective=True,
            cites=("deb2014",),
        ),
        SamplerEntry(
            "QMCSampler",
            lambda: optuna.samplers.QMCSampler,
            "Scrambled Sobol' (or Halton) points.",
            keeps_state=True,
            multi_objective=True,
            fixed_seed=True,
            defaults={"qmc_type": "sobol", "scramble": True, **_SILENT},
            cites=("sobol1967",),
        ),
        SamplerEntry(
            "GridSampler",
            lambda: exhaustive.GridSampler,
            "Every configuration of a grid, in random order, over and over.",
            multi_objective=True,
            fixed_seed=True,
            defaults={"points": 10},
            arguments=_with_grid,
        ),
        SamplerEntry(
            "BruteForceSampler",
            lambda: exhaustive.BruteForceSampler,
            "Every configuration of a finite space, conditions included, in random order.",
            multi_objective=True,
            arguments=_finite,
        ),
        SamplerEntry(
            "HpBandSterSampler",
            lambda: HpBandSterSampler,
            "HpBandSter's kernel density estimators (BOHB).",
            seeds_by_trial=True,
            arguments=_with_space,
            cites=("falkner2018",),
        ),
        SamplerEntry(
            "LogShareSampler",
            lambda: LogShareSampler,
            "Planners' update of mode constants: ln(target / realised share); option targets.",
            arguments=_with_space,
            cites=("train2009",),
        ),
        SamplerEntry(
            "HybridSampler",
            lambda: HybridSampler,
            "Outer search over structure, inner log-share steps of mode constants; option targets.",
            fixed_seed=True,
            arguments=_with_space,
            cites=("train2009",),
        ),
        SamplerEntry(
            "CompositeGPSampler",
            _composite_gp,
            "A Gaussian process for every share, expected improvement of their L1; option targets.",
            fixed_seed=True,
            arguments=_with_space,
            cites=("astudillo2019", "balandat2020"),
        ),
        _by_history(
            AntColonySampler,
            "Ant colony: pheromone on options, more of it from the best.",
            "dorigo1996",
            "bullnheimer1999",
        ),
        _by_history(
            GeneticSampler, "Genetic algorithm: tournaments, crossover, mutation.", "holland1975"
        ),
        _by_history(
            RegularisedEvolutionSampler, "Evolution among the youngest trials.", "real2019"
        ),
        _by_history(
            MCTSSampler,
            "Monte-Carlo tree search (UCT), with bisection if wanted.",
            "kocsis2006",
            "negrinho2017",
        ),
        _by_history(
            RidgeSampler, "Ridge regression on options and pairs of options.", "negrinho2017"
        ),
    )
}


def make_sampler(
    name: str,
    *,
    seed: int,
    parameters: Sequence[Parameter],
    options: Mapping[str, Any] | None = None,
) -> BaseSampler:
    """A sampler by its name in ``SAMPLERS``.

    Args:
        seed: not negative, below 2^32; see ``SamplerEntry.fixed_seed``.
        parameters: the search space, a condition's parent before its children.
        options: of the class, and ``points`` of GridSampler; values as TOML has them.

    Raises:
        ValueError: an unknown name or option, a value that TOML cannot express, or a space that
            the sampler cannot search.
        ImportError: a library is missing; the message names the extra to install.
    """
    if name not in SAMPLERS:
        raise ValueError(f"sampler: {_unknown(name, list(SAMPLERS))}")
    entry = SAMPLERS[name]
    given = dict(options or {})
    _check_options(entry, given)
    arguments = entry.arguments(parameters, {**entry.defaults, **given})
    with warnings.catch_warnings():
        # They are experimental by Optuna's count: nothing that a user of a study could mend.
        warnings.simplefilter("ignore", ExperimentalWarning)
        return entry.load()(seed=seed, **arguments)  # type: ignore[call-arg]


def _check_options(entry: SamplerEntry, given: Mapping[str, Any]) -> None:
    legal = entry.options
    for option, value in given.items():
        if option not in legal:
            raise ValueError(f"options of {entry.name}: {_unknown(option, legal)}")
        _check_plain(f"option {option} of {entry.name}", value)


def _check_plain(where: str, value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _check_plain(where, item)
        return
    if isinstance(value, dict):
        for key, item in value.items():
            _check_plain(f"{where}, {key}", item)
        return
    plain = isinstance(value, _SCALARS)
    if not plain:
        raise ValueError(f"{where}: expected a number, text, list or table, got {value!r}")


def _unknown(name: str, legal: list[str]) -> str:
    close = difflib.get_close_matches(name, legal, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"{name!r} is unknown{hint} Known: {', '.join(sorted(legal)) or 'none'}"
