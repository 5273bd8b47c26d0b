"""Parameters, metrics and problems: what is legal, what is refused, and with which words."""

import dataclasses
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simhelm.calibration.study.evaluation import evaluate
from simhelm.calibration.study.identity import describe
from simhelm.calibration.study.trial import Task
from simhelm.core.parameter import check_conditions
from simhelm.core.problem import Config, Problem, Watch
from simhelm.core.subspace import Subspace
from simhelm.simulators import Description, EndReason, Metrics, Output, Parameter
from simhelm.simulators.dram.problem import DramController
from simhelm.simulators.linear.problem import RelaxationFactor
from simhelm.simulators.registry import load_problem

LOG = Parameter("step", "float", 1e-2, 1e-4, 1.0, log=True, unit="s")
WHOLE = Parameter("buffers", "integer", 4, 1, 9)
CHOICE = Parameter("policy", "categorical", "open", choices=("open", "closed", "adaptive"))

COUNT = Parameter("count", "categorical", 1, choices=(1, 2))
FLAG = Parameter("flag", "categorical", True, choices=(True, False))


@given(st.floats(0.0, 1.0))
def test_every_share_gives_a_legal_value(share: float) -> None:
    for parameter in (LOG, WHOLE, CHOICE):
        parameter.check(parameter.at(share))


def test_shares_and_values_invert_each_other() -> None:
    assert LOG.at(0.5) == pytest.approx(1e-2)
    assert LOG.share_of(1e-2) == pytest.approx(0.5)
    for value in range(1, 10):
        assert WHOLE.at(WHOLE.share_of(value)) == value
    for choice in CHOICE.choices:
        assert CHOICE.at(CHOICE.share_of(choice)) == choice
    assert (LOG.at(0.0), LOG.at(1.0)) == (1e-4, 1.0)
    assert (WHOLE.at(0.0), WHOLE.at(1.0)) == (1, 9)


def test_whole_numbers_have_equal_room() -> None:
    values = [WHOLE.at((k + 0.5) / 9000) for k in range(9000)]
    assert [values.count(value) for value in range(1, 10)] == [1000] * 9


def test_the_rule_of_thumb_is_the_declared_default() -> None:
    class Odd(RelaxationFactor):
        """A default that no share reproduces to the bit."""

        def __init__(self) -> None:
            super().__init__()
            self.parameters = (Parameter("step", "float", 0.07, 1e-3, 10.0, log=True),)

    assert Odd().default_config() == {"step": 0.07}


@pytest.mark.parametrize(
    ("parameter", "value", "error", "words"),
    [
        (LOG, 2.0, ValueError, r"step: expected a value in \[0.0001, 1.0\] s, got 2.0"),
        (LOG, math.nan, ValueError, "step"),
        (LOG, "fast", TypeError, "step: expected float, got 'fast'"),
        (LOG, True, TypeError, "step"),
        (WHOLE, 2.5, TypeError, "buffers: expected integer"),
        (CHOICE, "opened", ValueError, "did you mean 'open'?"),
        (COUNT, True, ValueError, r"expected one of \(1, 2\), got True; write 1"),
        (FLAG, 1, ValueError, r"expected one of \(True, False\), got 1; write True"),
    ],
)
def test_illegal_values(
    parameter: Parameter, value: object, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        parameter.check(value)  # type: ignore[arg-type]


def test_impossible_parameters() -> None:
    with pytest.raises(ValueError, match="low < high"):
        Parameter("a", "float", 1.0, 2.0, 1.0)
    with pytest.raises(ValueError, match="logarithmic"):
        Parameter("a", "float", 1.0, 0.0, 2.0, log=True)
    with pytest.raises(ValueError, match="at least one choice"):
        Parameter("a", "categorical", "x")
    with pytest.raises(ValueError, match="expected a value in"):
        Parameter("a", "float", 9.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="expected kind"):
        Parameter("a", "integr", 1, 0, 2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="whole bounds"):
        Parameter("a", "integer", 1, 0.5, 2.4)
    for two in (1, True, 1.0):
        with pytest.raises(ValueError, match="leave one out, or write them as strings"):
            Parameter("a", "categorical", 1, choices=(1, two))
    with pytest.raises(ValueError, match="finite low < high"):
        Output("a", "1", 0.0, math.inf)


def test_true_is_not_one_in_conditions() -> None:
    child = Parameter("n", "integer", 1, 1, 9, condition=("flag", (True,)))
    assert child.is_active({"flag": True})
    assert not child.is_active({"flag": 1})
    assert not child.is_active({})


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (("flags", (True,)), "'flags' is no earlier parameter; did you mean 'flag'"),
        (("flag", ()), "at least one value"),
        (("flag", (1,)), "got 1; write True"),
    ],
)
def test_conditions_that_make_no_sense(
    condition: tuple[str, tuple[bool | int, ...]], words: str
) -> None:
    child = Parameter("n", "integer", 1, 1, 9, condition=condition)
    with pytest.raises(ValueError, match=words):
        check_conditions([FLAG, child])
    with pytest.raises(ValueError, match="used twice"):
        check_conditions([FLAG, FLAG])


def test_metrics_hold_no_nan_and_travel() -> None:
    with pytest.raises(ValueError, match=r"outputs \['a'\] are not finite"):
        Metrics({"a": math.nan, "b": 1.0}, EndReason.COMPLETED, 1.0)
    with pytest.raises(ValueError, match="cost"):
        Metrics({}, EndReason.COMPLETED, -1.0)
    metrics = Metrics({"a": 1.0}, EndReason.COMPLETED, 1.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        metrics.cost = 2.0  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(metrics)) == metrics  # noqa: S301


def test_relaxation_factor_finds_young_better_than_gauss_seidel() -> None:
    problem = RelaxationFactor()
    oracle = problem.oracle_config()
    assert oracle is not None
    best = problem.evaluate(oracle, seed=1)
    default = problem.evaluate(problem.default_config(), seed=1)
    assert problem.score(best) > problem.score(default)
    half = problem.evaluate(oracle, seed=1, budget=10)
    assert half.cost == pytest.approx(best.cost / 2, rel=0.1)


def test_relaxation_factor_reports_failures() -> None:
    problem = RelaxationFactor(max_iterations=5)
    metrics = problem.evaluate({"omega": 1.0}, seed=0)
    assert metrics.end_reason is EndReason.MAX_ITERATIONS
    assert not metrics.succeeded
    assert "20 of 20 solves failed" in metrics.details
    assert metrics.cost > 0
    assert problem.score(metrics) == -5.0
    for kind in ("low", "high"):
        assert RelaxationFactor(shifts=kind).oracle_config() is None


def test_refused_configurations() -> None:
    problem = RelaxationFactor()
    with pytest.raises(ValueError, match=r"unknown parameter 'omga'.*did you mean 'omega'"):
        problem.evaluate({"omega": 1.0, "omga": 1.0}, seed=0)
    with pytest.raises(ValueError, match="'omega' is missing"):
        problem.evaluate({}, seed=0)
    with pytest.raises(ValueError, match="budget"):
        problem.evaluate({"omega": 1.0}, seed=0, budget=0)
    with pytest.raises(ValueError, match="shifts"):
        RelaxationFactor(shifts="some")  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="did you mean 'RelaxationFactor'"):
        load_problem("RelaxationFactors")


class Lawn(Problem):
    """Told by attributes, as before there were descriptions."""

    name = "Lawn"
    objective = "height"
    worst_objective = 9.0
    parameters = (Parameter("water", "float", 1.0, 0.0, 2.0),)
    outputs = (Output("height", "m", 0.0, 9.0),)

    def __init__(self, full_budget: int = 3, *, seeds: int = 5) -> None:
        self.full_budget = full_budget

    def evaluate(self, config: Config, *, seed: int, budget: int | None = None) -> Metrics:
        return Metrics({"height": float(config["water"])}, EndReason.COMPLETED, 1.0)


class Steps(Lawn):
    """A class of a user's that reports a learning curve, by its method alone."""

    def evaluate_watched(
        self, config: Config, *, seed: int, budget: int | None, watch: Watch
    ) -> Metrics:
        watch(1.0, 0.5)
        return self.evaluate(config, seed=seed, budget=budget)


def test_attributes_make_a_description() -> None:
    lawn = Lawn(4)
    assert lawn.description == Description(
        name="Lawn",
        parameters=Lawn.parameters,
        outputs=Lawn.outputs,
        objective="height",
        worst_objective=9.0,
        full_budget=4,
        arguments={"full_budget": 4},
    )
    assert (lawn.direction, lawn.work_unit, lawn.pure) == ("minimize", "simulator runs", False)
    with pytest.raises(dataclasses.FrozenInstanceError):
        lawn.description.full_budget = 5  # type: ignore[misc]
    with pytest.raises(AttributeError, match="Lawn has no attribute 'colour'"):
        lawn.colour  # type: ignore[attr-defined] # noqa: B018
    assert pickle.loads(pickle.dumps(lawn)).description == lawn.description  # noqa: S301


def test_a_missing_attribute_is_named() -> None:
    nameless = type("Nameless", (Problem,), {"evaluate": Lawn.evaluate, "name": "Nameless"})()
    with pytest.raises(TypeError, match="'objective'"):
        nameless.description  # noqa: B018
    with pytest.raises(AttributeError, match="objective"):
        nameless.objective  # noqa: B018


def test_an_attribute_takes_the_place_of_a_field() -> None:
    """Of a subclass, or set later; what is said of the problem follows."""

    class Mine(RelaxationFactor):
        name = "Mine"

    mine = Mine(grid=4)
    mine.full_budget = 7
    assert (mine.name, mine.full_budget, mine.pure) == ("Mine", 7, True)
    assert (mine.description.name, mine.description.full_budget) == ("Mine", 7)
    assert mine.description.arguments["grid"] == 4
    assert describe(mine)["name"] == "Mine"


def test_a_method_is_a_capability() -> None:
    outcome = evaluate(Steps(), Task("search", 0, {"water": 1.0}, 1, None))
    assert outcome.metrics.values == {"height": 1.0}
    assert outcome.curve == ((1.0, 0.5),)


def test_identities_stay_what_was_recorded() -> None:
    document = describe(RelaxationFactor(grid=4))
    del document["version"]
    assert document == {
        "name": "RelaxationFactor",
        "parameters": {
            "omega": {
                "kind": "float",
                "default": 1.0,
                "low": 1.0,
                "high": 1.99,
                "log": False,
                "choices": [],
                "unit": "1",
                "condition": None,
            }
        },
        "outputs": {
            "iterations_per_solve": {"unit": "sweeps", "low": 0.0, "high": 10_000.0},
            "worst_iterations": {"unit": "sweeps", "low": 0.0, "high": 10_000.0},
        },
        "objective": ["iterations_per_solve", "minimize"],
        "full_budget": 20,
        "work_unit": "matrix-row updates",
        "class": "simhelm.simulators.linear.problem:RelaxationFactor",
        "arguments": {"grid": 4, "systems": 20, "shifts": "none", "max_iterations": 10_000},
    }
    part = describe(Subspace(DramController(), {"RequestBufferSize": (2,)}))
    assert part["class"] == "simhelm.simulators.subspace:Subspace"
    assert part["arguments"] == {
        "problem": "simhelm.simulators.dram.problem:DramController",
        "kept": {"RequestBufferSize": [2]},
    }
