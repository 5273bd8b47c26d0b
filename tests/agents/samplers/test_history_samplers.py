"""Ants, genes, trees and ridges: what each is defined by, and that it learns at all."""

import math
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import TrialState

from simhelm.agents.samplers import (
    AntColonySampler,
    GeneticSampler,
    MCTSSampler,
    RegularisedEvolutionSampler,
    RidgeSampler,
)
from simhelm.agents.samplers.history import HistorySampler, Indices, Levels, Observation
from simhelm.agents.samplers.tree_search import _halves
from simhelm.core.parameter import Parameter
from simhelm.core.space import suggest, to_distributions

optuna.logging.set_verbosity(optuna.logging.ERROR)

SPACE = (
    *(Parameter(f"x{i}", "integer", 0, 0, 7) for i in range(4)),
    Parameter("kind", "categorical", "plain", choices=("plain", "deep")),
    Parameter("depth", "integer", 1, 1, 8, condition=("kind", ("deep",))),
)
KINDS: list[type[HistorySampler]] = [
    AntColonySampler,
    GeneticSampler,
    MCTSSampler,
    RegularisedEvolutionSampler,
    RidgeSampler,
]


def loss(params: dict[str, Any]) -> float:
    """Smallest, 0, at x = (5, 5, 5, 5), kind = deep, depth = 3."""
    return float(sum(abs(params[f"x{i}"] - 5) for i in range(4)) + abs(params.get("depth", 9) - 3))


def best_loss(sampler: BaseSampler, trials: int) -> float:
    study = optuna.create_study(sampler=sampler)
    for _ in range(trials):
        trial = study.ask()
        study.tell(trial, loss(suggest(SPACE, trial)))
    return study.best_value


# Tree search visits every option of a level once before it uses what it has learned, so that it
# needs more trials than the others to be ahead of random search.
@pytest.mark.parametrize("space", [SPACE, None], ids=["declared", "inferred"])
@pytest.mark.parametrize(
    ("kind", "options", "trials"),
    [
        (AntColonySampler, {}, 60),
        (GeneticSampler, {}, 60),
        (RegularisedEvolutionSampler, {}, 60),
        (RidgeSampler, {"candidates": 64}, 60),
        (MCTSSampler, {}, 200),
        (MCTSSampler, {"bisection": True}, 200),
    ],
)
def test_it_learns(kind: Any, options: dict[str, Any], trials: int, space: Any) -> None:
    """Mean best over 8 seeds is better than that of random search with as many trials."""
    ours = [best_loss(kind(space, seed=s, **options), trials) for s in range(8)]
    random = [best_loss(RandomSampler(seed=s), trials) for s in range(8)]
    assert np.mean(ours) < np.mean(random)


@pytest.mark.parametrize("kind", KINDS)
def test_it_proposes_what_exists_and_survives_failures(kind: type[HistorySampler]) -> None:
    study = optuna.create_study(sampler=kind(SPACE, seed=3), direction="maximize")
    levels, space = Levels(SPACE), to_distributions(SPACE)
    for number in range(40):
        trial = study.ask()
        proposal = study.sampler.sample_relative(study, trial._cached_frozen_trial, space)
        assert ("depth" in proposal) == (proposal["kind"] == "deep")
        assert levels.config(levels.read(proposal)) == proposal
        for name in proposal:
            trial._suggest(name, space[name])
        if number % 5 == 0:
            study.tell(trial, state=TrialState.FAIL)
        else:
            study.tell(trial, -loss(trial.params))


def observed(losses: dict[tuple[int, int], float]) -> list[Observation]:
    return [Observation({"a": a, "b": b}, value) for (a, b), value in losses.items()]


TWO = (Parameter("a", "integer", 0, 0, 2), Parameter("b", "integer", 0, 0, 2))


def proposed(
    sampler: HistorySampler, seed: int, history: list[Observation], space: Any = TWO
) -> Indices:
    return sampler.propose(np.random.default_rng(seed), Levels(space), history)


def test_good_ants_leave_pheromone() -> None:
    """The sign that ArchGym had wrong: the best way has most of it, and the greedy take it."""
    sampler = AntColonySampler(TWO, seed=0, ants=4, greediness=1.0, evaporation=0.5)
    history = observed({(0, 0): 4.0, (2, 1): 1.0, (1, 2): 9.0, (0, 2): math.inf})
    trails = sampler.pheromone(Levels(TWO), history)
    # Half of 1/3 and a little is left; the best ant deposits 1 as such and 1 as best so far.
    left = 0.5 / 3 + 1e-3 / 3
    assert trails["a"] == pytest.approx([left + 0.5, left, left + 2.0])
    assert trails["b"] == pytest.approx([left + 0.5, left + 2.0, left])
    assert proposed(sampler, 1, history) == {"a": 2, "b": 1}
    scaled = observed({(0, 0): 4e6, (2, 1): 1e6, (1, 2): 9e6, (0, 2): math.inf})
    assert all(
        (sampler.pheromone(Levels(TWO), scaled)[name] == trails[name]).all() for name in trails
    )


def test_children_have_their_parents_genes() -> None:
    sampler = GeneticSampler(TWO, seed=0, population=2, mutation_rate=0.0)
    history = observed({(0, 1): 1.0, (2, 2): 2.0, (1, 0): 3.0})
    children = [proposed(sampler, seed, history) for seed in range(40)]
    assert {child["a"] for child in children} <= {0, 2}
    assert {child["b"] for child in children} <= {1, 2}


def test_regularised_evolution_forgets_the_old() -> None:
    """The best of all is too old to be a parent; a child differs in one parameter."""
    sampler = RegularisedEvolutionSampler(TWO, seed=0, population=2, tournament=2)
    history = observed({(0, 0): 0.0, (1, 1): 2.0, (2, 2): 1.0})
    for seed in range(30):
        child = proposed(sampler, seed, history)
        assert (child["a"] != 2) + (child["b"] != 2) == 1


def test_tree_search_tries_everything_first_and_then_the_best() -> None:
    sampler = MCTSSampler(TWO, seed=0, exploration=0.0)
    history = observed({(0, 0): 3.0, (1, 1): 2.0})
    for seed in range(10):
        assert proposed(sampler, seed, history)["a"] == 2
    history += observed({(2, 2): 0.0})
    proposal = proposed(sampler, 0, history)
    assert proposal["a"] == 2
    # With much exploration the means count for little: whatever was visited less often comes.
    curious = MCTSSampler(TWO, seed=0, exploration=100.0)
    history += observed({(2, 0): 0.0, (0, 1): 0.0})
    assert proposed(curious, 0, history)["a"] == 1


def test_bisection_shares_what_neighbours_teach() -> None:
    """After the ends of a range of 8 the better half is searched, any of its four."""
    space = [Parameter("x", "integer", 0, 0, 7)]
    history = [Observation({"x": index}, float(7 - index)) for index in (0, 7)]
    halved = MCTSSampler(space, seed=0, exploration=0.0, bisection=True)
    proposals = {proposed(halved, seed, history, space)["x"] for seed in range(60)}
    assert proposals <= {4, 5, 6, 7}
    assert len(proposals) > 1
    for count in range(1, 20):
        paths = [tuple(_halves(index, count)) for index in range(count)]
        assert len(set(paths)) == count
        assert max(map(len, paths)) == math.ceil(math.log2(count))


def test_ridge_takes_the_options_that_add_up() -> None:
    """A sum of two parts is learned from a third of all combinations."""
    space = [Parameter("a", "integer", 0, 0, 5), Parameter("b", "integer", 0, 0, 5)]
    sampler = RidgeSampler(space, seed=0, startup=2, exploration=0.0, penalty=0.01)
    history = [
        Observation({"a": a, "b": b}, float(a + b))
        for a in range(6)
        for b in range(6)
        if (a + b) % 3 == 1
    ]
    proposal = proposed(sampler, 0, history, space)
    assert proposal["a"] + proposal["b"] <= 2


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        (AntColonySampler, {"ants": 0}, "ants: expected an integer of at least 1"),
        (AntColonySampler, {"evaporation": 1.5}, "evaporation: expected a number in"),
        (GeneticSampler, {"population": 1}, "population"),
        (GeneticSampler, {"mutation_rate": -0.1}, "mutation_rate"),
        (RegularisedEvolutionSampler, {"tournament": 0}, "tournament"),
        (MCTSSampler, {"exploration": -1.0}, "exploration"),
        (RidgeSampler, {"penalty": 0.0}, "penalty"),
        (RidgeSampler, {"seed": -1}, "seed"),
    ],
)
def test_refusals(kind: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        kind(SPACE, **{"seed": 0, **options})
    with pytest.raises(ValueError, match="no earlier parameter"):
        kind(SPACE[::-1], seed=0)
