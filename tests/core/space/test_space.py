"""Counting against enumeration, round trips of every export, and refusals."""

import re
from typing import Any

import numpy as np
import optuna
import pytest

from simhelm.core.parameter import Parameter
from simhelm.core.space import (
    ConfigSpaceCodec,
    Knob,
    Space,
    choice,
    from_action,
    from_json,
    of_parameters,
    optional,
    permutation,
    repeat,
    sequence,
    space_hash,
    suggest,
    to_action,
    to_box,
    to_json,
    to_parameters,
    when,
)
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


def parameters_of(name: str) -> tuple[Parameter, ...]:
    """With the first option of each choice for its default."""
    space = Space(ALL[name])
    first = {
        re.sub(r"\[\d+\]", "", n): options[0] for n, (options, _) in all_choices(space).items()
    }
    return to_parameters(space, {one: Knob(default) for one, default in first.items()})


def some_assignments(space: Space) -> list[dict[str, Any]]:
    """All of a small space, some of a large one."""
    if space.count() <= 60:
        return list(space.enumerate())
    return [space.sample(np.random.default_rng(seed)) for seed in range(30)]


@pytest.mark.parametrize("name", ALL)
def test_every_assignment_goes_through_optuna_and_back(name: str) -> None:
    space, parameters = Space(ALL[name]), parameters_of(name)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for assignment in some_assignments(space):
        space.check(suggest(parameters, study.ask()))
        study.enqueue_trial(assignment)
        trial = study.ask()
        assert suggest(parameters, trial) == assignment == trial.params


@pytest.mark.parametrize("name", ALL)
def test_every_assignment_goes_through_configspace_and_back(name: str) -> None:
    """ConfigSpace refuses a value whose condition is not met, and misses one whose condition is."""
    configspace = pytest.importorskip("ConfigSpace")
    space, codec = Space(ALL[name]), ConfigSpaceCodec(parameters_of(name))
    exported = codec.configuration_space()
    for assignment in some_assignments(space):
        configuration = configspace.Configuration(exported, values=codec.encode(assignment))
        assert codec.decode(dict(configuration)) == assignment


@pytest.mark.parametrize("name", ALL)
def test_configspace_draws_from_the_whole_space(name: str) -> None:
    pytest.importorskip("ConfigSpace")
    space, codec = Space(ALL[name]), ConfigSpaceCodec(parameters_of(name))
    exported = codec.configuration_space()
    exported.seed(3)
    seen = set()
    for _ in range(300):
        assignment = codec.decode(dict(exported.sample_configuration()))
        space.check(assignment)
        seen.add(tuple(assignment.items()))
    assert len(seen) >= min(space.count(), 100) * 0.5


@pytest.mark.parametrize("name", ALL)
def test_every_assignment_goes_through_actions_and_back(name: str) -> None:
    space, parameters = Space(ALL[name]), parameters_of(name)
    box = to_box(parameters)
    for assignment in some_assignments(space):
        action = to_action(parameters, assignment)
        assert box.contains(action)
        assert from_action(parameters, action) == assignment
        space.check(from_action(parameters, 3.0 * box.sample()))
    with pytest.raises(ValueError, match="expected finite numbers"):
        from_action(parameters, np.zeros(len(parameters) + 1))


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
        (lambda: repeat("r", LAYER, [2, 1]), "increasing numbers"),
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
        (lambda: to_parameters(Space(SHARED), {}), "several conditions"),
        (lambda: to_parameters(Space(choice("width", [1, 2])), {"widht": Knob(1)}), "width"),
        (lambda: to_parameters(Space(choice("a", [1, 3])), {"a": Knob(2)}), "expected one of"),
    ],
)
def test_refusals(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
