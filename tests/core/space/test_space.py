"""Counting against enumeration, round trips of every export, and refusals."""

from typing import Any

import gymnasium
import numpy as np
import optuna
import pytest

from simhelm.agents.samplers import MCTSSampler
from simhelm.core.space import (
    Bisected,
    Knob,
    Space,
    action_mask,
    choice,
    from_configuration,
    from_json,
    of_parameters,
    optional,
    permutation,
    repeat,
    sequence,
    space_hash,
    suggest,
    to_configspace,
    to_json,
    to_parameters,
    when,
)
from simhelm.core.space.bisection import HALVES
from simhelm.core.space.nodes import Node
from simhelm.core.space.tree import all_choices
from simhelm.simulators.accelerator.problem import Accelerator
from simhelm.simulators.dram.problem import DramController
from simhelm.simulators.networks.problem import NetworkArchitecture

LAYER = sequence(
    choice("units", [8, 16, 32, 64], ordered=True), optional("drop", choice("p", [0.1, 0.5]))
)
SPACES: dict[str, Node] = {
    "one choice": choice("a", [1, 2, 3]),
    "conditional": sequence(
        choice("opt", {"adam": None, "sgd": choice("momentum", [0.0, 0.9])}), choice("lr", [1, 2])
    ),
    "repeated": repeat("layers", LAYER, [1, 2, 3]),
    "from zero": sequence(repeat("skips", choice("kind", ["a", "b"]), [0, 2]), choice("z", [True])),
    "permuted": sequence(permutation("order", ["x", "y", "z"]), choice("b", [False, True])),
    "when": sequence(
        choice("a", [1, 2, 3]), choice("c", [1, 2]), when("a", [2, 3], choice("b", [1, 2]))
    ),
}
DRAM, ACCELERATOR = DramController(requests=1), Accelerator()
PROBLEMS = {
    "dram": DRAM.space.root,
    "accelerator": ACCELERATOR.space.root,
    "networks": NetworkArchitecture.space.root,
}
ALL = {**SPACES, **PROBLEMS}
SHARED = repeat("layers", choice("width", [1, 2, 3], shared=True), [1, 2, 3])


@pytest.mark.parametrize("name", [*SPACES, "shared"])
def test_counting_is_enumerating(name: str) -> None:
    space = Space(ALL.get(name, SHARED))
    everything = list(space.enumerate())
    assert space.count() == len(everything)
    assert len({tuple(one.items()) for one in everything}) == len(everything)
    for one in everything:
        space.check(one)


def test_known_counts() -> None:
    assert Space(SPACES["repeated"]).count() == 12 + 12**2 + 12**3
    # One width for all layers.
    assert Space(SHARED).count() == 3 * 3
    assert Space(SPACES["permuted"]).count() == 12
    deep = Space(repeat("layers", LAYER, range(1, 201)))
    assert deep.count() == sum(12**depth for depth in range(1, 201))


def test_the_spaces_of_the_problems() -> None:
    # Page policy, scheduler, buffer, its size, responses, two refresh limits; the arbiter's share.
    assert DRAM.space.count() == 4 * 3 * 3 * 8 * 2 * 8 * 8 * (1 + 2 * 128)
    assert ACCELERATOR.space.count() == 10 * 10 * (8 * 8 + 8 + 8) * 8 * 5
    for problem in (DRAM, ACCELERATOR):
        problem.space.check(problem.default_config())
        for assignment in (problem.space.sample(np.random.default_rng(s)) for s in range(20)):
            problem.check_config(assignment)
    legacy = DramController(requests=1, legacy=True)
    assert legacy.space.count() == 4 * 3 * 3 * 8 * 2 * (1 + 8 * 8) * (1 + 2 * 128)


@pytest.mark.parametrize("problem", [DRAM, ACCELERATOR], ids=lambda problem: problem.name)
def test_a_space_comes_back_from_its_parameters(problem: DramController | Accelerator) -> None:
    back = of_parameters(problem.parameters)
    assert back.count() == problem.space.count()
    for seed in range(20):
        # One generator, one walk: the trees ask the same questions in the same order.
        one, two = (s.sample(np.random.default_rng(seed)) for s in (problem.space, back))
        assert list(one.items()) == list(two.items())


def test_parameters_of_a_tree() -> None:
    """Positions share a knob; unbroken whole numbers are a range; conditions are the nearest."""
    knobs = {
        "layers": Knob(2), "layers/units": Knob(16, "units"), "layers/drop": Knob(False),
        "layers/drop/p": Knob(0.5),
    }  # fmt: skip
    made = {p.name: p for p in to_parameters(Space(SPACES["repeated"]), knobs)}
    assert list(made) == ["layers", *(
        f"layers[{i}]/{name}" for i in range(3) for name in ("units", "drop", "drop/p")
    )]  # fmt: skip
    assert (made["layers"].kind, made["layers"].low, made["layers"].high) == ("integer", 1, 3)
    assert made["layers[1]/units"].choices == (8, 16, 32, 64)
    assert made["layers[1]/units"].condition == ("layers", (2, 3))
    assert made["layers[1]/drop/p"].condition == ("layers[1]/drop", (True,))


@pytest.mark.parametrize("name", [*ALL, "shared"])
def test_json_round_trip(name: str) -> None:
    space = Space(ALL.get(name, SHARED))
    again = from_json(to_json(space))
    assert again.root == space.root
    assert to_json(again) == to_json(space)
    assert len({space_hash(Space(root)) for root in SPACES.values()}) == len(SPACES)


@pytest.mark.parametrize("name", [*ALL, "shared"])
def test_optuna_makes_the_same_assignments(name: str) -> None:
    space = Space(ALL.get(name, SHARED))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(10):
        trial = study.ask()
        assignment = suggest(space, trial)
        space.check(assignment)
        assert trial.params == assignment
        study.tell(trial, 0.0)


@pytest.mark.parametrize("name", ALL)
def test_configspace_makes_the_same_assignments(name: str) -> None:
    pytest.importorskip("ConfigSpace")
    space = Space(ALL[name])
    exported = to_configspace(space)
    exported.seed(3)
    seen = set()
    for _ in range(300):
        configuration = dict(exported.sample_configuration())
        assignment = from_configuration(space, configuration)
        space.check(assignment)
        assert set(assignment) == set(configuration)
        seen.add(tuple(assignment.items()))
    assert len(seen) >= min(space.count(), 100) * 0.5


@pytest.mark.parametrize("name", [*ALL, "shared"])
def test_masks_lead_through_the_space(name: str) -> None:
    space = Space(ALL.get(name, SHARED))
    actions = gymnasium.spaces.Discrete(space.most_options(), seed=5)
    assignment: dict[str, Any] = {}
    while (mask := action_mask(space, assignment, int(actions.n))).any():
        open_choice = space.next_choice(assignment)
        assert open_choice is not None
        assert mask.sum() == len(open_choice.options)
        # Gymnasium draws legal actions only, so that every draw is an option.
        assignment[open_choice.name] = open_choice.options[int(actions.sample(mask=mask))]
    space.check(assignment)


def some_assignments(space: Space) -> list[dict[str, Any]]:
    """All of a small space, some of a large one."""
    if space.count() <= 60:
        return list(space.enumerate())
    return [space.sample(np.random.default_rng(seed)) for seed in range(30)]


@pytest.mark.parametrize("name", [*ALL, "shared"])
def test_every_assignment_goes_through_optuna_and_back(name: str) -> None:
    space = Space(ALL.get(name, SHARED))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for assignment in some_assignments(space):
        study.enqueue_trial(assignment)
        trial = study.ask()
        assert suggest(space, trial) == assignment == trial.params
        study.tell(trial, 0.0)


@pytest.mark.parametrize("name", ALL)
def test_every_assignment_goes_through_configspace_and_back(name: str) -> None:
    """ConfigSpace refuses a value whose condition is not met, and misses one whose condition is."""
    configspace = pytest.importorskip("ConfigSpace")
    space = Space(ALL[name])
    exported, options = to_configspace(space), all_choices(space)
    for assignment in some_assignments(space):
        codes = {one: options[one][0].index(value) for one, value in assignment.items()}
        configuration = configspace.Configuration(exported, values=codes)
        assert from_configuration(space, configuration) == assignment


@pytest.mark.parametrize("name", [*ALL, "shared"])
def test_every_assignment_goes_through_actions_and_back(name: str) -> None:
    space = Space(ALL.get(name, SHARED))
    actions = gymnasium.spaces.Discrete(space.most_options())
    for assignment in some_assignments(space):
        back: dict[str, Any] = {}
        while (open_choice := space.next_choice(back)) is not None:
            action = open_choice.options.index(assignment[open_choice.name])
            assert actions.contains(action)
            assert action_mask(space, back, int(actions.n))[action] == 1
            back[open_choice.name] = open_choice.options[action]
        assert back == assignment
        assert not action_mask(space, back, int(actions.n)).any()


@pytest.mark.parametrize("name", SPACES)
def test_bisection_reaches_every_assignment_once(name: str) -> None:
    space = Space(SPACES[name])
    if space.count() > 200:
        space = Space(choice("k", range(13), ordered=True))
    bisected, found = Bisected(space), []

    def follow(answers: dict[str, Any]) -> None:
        question = bisected.next_choice(answers)
        if question is None:
            found.append(bisected.resolve(answers))
            assert sum("?" in name for name in answers) <= 4 * len(found[-1])
            return
        for option in question.options:
            follow({**answers, question.name: option})

    follow({})
    key = [tuple(sorted(one.items(), key=str)) for one in space.enumerate()]
    assert sorted((tuple(sorted(one.items(), key=str)) for one in found), key=str) == sorted(
        key, key=str
    )


def test_optuna_answers_the_questions_of_a_bisected_space() -> None:
    for root in (DRAM.space.root, NetworkArchitecture.space.root):
        space = Space(root)
        bisected = Bisected(space)
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1, n_startup_trials=2))
        for _ in range(6):
            trial = study.ask()
            answers = suggest(bisected, trial)
            space.check(bisected.resolve(answers))
            study.tell(trial, float(len(answers)))


@pytest.mark.parametrize("count", [2, 3, 5, 8, 13])
def test_the_sampler_bisects_as_the_wrapper_does(count: int) -> None:
    """Agents do not know the spaces, so that the halves are cut in two places: to the same."""
    options = tuple(range(count))
    bisected = Bisected(Space(choice("k", options, ordered=True)))
    distribution = {"k": optuna.distributions.CategoricalDistribution(options)}
    sampler = MCTSSampler(distribution, seed=0, bisection=True)
    for place in options:
        halves = sampler._decisions({"k": place})
        answers = {f"k?{depth}": HALVES[half] for depth, half in enumerate(halves)}
        assert bisected.resolve(answers) == {"k": place}


def test_drawing_follows_from_the_seed() -> None:
    space = Space(SPACES["repeated"])
    draws = [space.sample(np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert draws[0] == draws[1]
    assert draws[0] != draws[2]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: choice("a", []), "at least one option"),
        (lambda: choice("a", [1, 1]), "two options are equal"),
        (lambda: choice("a/b", [1]), "without /"),
        (lambda: repeat("r", LAYER, [2, 1]), "rising numbers"),
        (lambda: permutation("p", list("abcdefgh")), "1 to 6"),
        (lambda: from_json("{}"), "not a search space"),
        (lambda: from_json('{"format": 1, "space": {"kind": "loop"}}'), "unknown kind 'loop'"),
        (lambda: Space(SPACES["one choice"]).check({}), "'a' is missing"),
        (lambda: Space(SPACES["one choice"]).check({"a": 4}), "expected one of"),
        (lambda: Space(SPACES["one choice"]).check({"a": 1, "b": 2}), "'b' does not exist"),
        (
            lambda: Space(SPACES["conditional"]).check({"opt": "sgd", "lr": 1}),
            "does not exist here",
        ),
        (lambda: to_configspace(Space(SHARED)), "several conditions"),
        (lambda: to_parameters(Space(choice("width", [1, 2])), {"widht": Knob(1)}), "width"),
        (lambda: to_parameters(Space(choice("a", [1, 3])), {"a": Knob(2)}), "expected one of"),
    ],
)
def test_refusals(make: Any, words: str) -> None:
    if "several" in words:
        pytest.importorskip("ConfigSpace")
    with pytest.raises(ValueError, match=words):
        make()
