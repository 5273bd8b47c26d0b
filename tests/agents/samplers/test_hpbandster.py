"""HpBandSter's model inside Optuna: the same as by hand, repeatable, without side effects."""

import copy
import logging
import math
import os
import pickle
import sys
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.pruners import HyperbandPruner
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from simhelm.agents.samplers import HpBandSterSampler
from simhelm.agents.samplers.isolation import isolated, quiet
from simhelm.agents.samplers.kde_model import proposal_words, result_words
from simhelm.core.parameter import Parameter
from simhelm.core.space import ConfigSpaceCodec, suggest, to_distributions
from tests.subprocesses import python

with quiet():
    pytest.importorskip("hpbandster")
    from hpbandster.optimizers.config_generators.bohb import BOHB

optuna.logging.set_verbosity(optuna.logging.ERROR)

FLAT = (Parameter("x", "float", 0.0, -5.0, 5.0), Parameter("y", "float", 0.0, -5.0, 5.0))
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
MIXED = (
    Parameter("x", "float", 0.0, -1.0, 2.0),
    Parameter("n", "integer", 1, 1, 10**6, log=True),
    Parameter("one", "categorical", 5, choices=(5,)),
    Parameter("k", "integer", 2, 2, 20, condition=("one", (5,))),
    Parameter("c", "categorical", "a", choices=("a", 2, True, "b")),
    Parameter("y", "categorical", 0.0, choices=QUARTERS, condition=("c", ("a", 2))),
    Parameter("rate", "float", 1e-3, 1e-12, 1e-3, log=True, condition=("y", (0.25, 0.5))),
)


def ask(study: Study, space: Sequence[Parameter]) -> Trial:
    trial = study.ask()
    suggest(space, trial)
    return trial


def loss(params: dict[str, Any]) -> float:
    return float((params["x"] - 0.3) ** 2 + params.get("y", 0.6) + np.log(params.get("n", 1)) / 50)


def grow(study: Study, space: Sequence[Parameter], trials: int) -> list[dict[str, Any]]:
    """Trials of several rungs; some are pruned, some fail, as their numbers have it."""
    for _ in range(trials):
        trial = ask(study, space)
        value = loss(trial.params)
        reached = (1, 3, 9)[: 1 + (trial.number % 4 == 0) + (trial.number % 8 == 0)]
        for rung in reached:
            trial.report(math.nan if trial.number % 11 == 5 else value + 1 / rung, rung)
        if trial.number % 7 == 3:
            study.tell(trial, state=TrialState.FAIL)
        elif len(reached) == 3:
            study.tell(trial, value)
        else:
            study.tell(trial, state=TrialState.PRUNED)
    return [trial.params for trial in study.trials]


class ByHand:
    """HpBandSter's generator told one result after the other, as its server does."""

    def __init__(self, sampler: HpBandSterSampler, seed: int) -> None:
        self.seed = seed
        assert sampler._declared is not None
        self.space = ConfigSpaceCodec(sampler._declared.parameters)
        with quiet():
            self.configuration_space = self.space.configuration_space()
            self.generator = BOHB(self.configuration_space, logger=logging.getLogger("nowhere"))

    def tell(
        self, number: int, params: dict[str, Any], results: Sequence[tuple[float, float]]
    ) -> None:
        for index, (budget, value) in enumerate(results):
            job = SimpleNamespace(
                id=(0, 0, number),
                kwargs={"budget": budget, "config": self.space.encode(params)},
                result={"loss": value} if math.isfinite(value) else None,
                exception=None,
            )
            with isolated(result_words(self.seed, (number, index))):
                self.generator.new_result(job)

    def propose(self, number: int) -> dict[str, Any]:
        words = proposal_words(self.seed, number)
        self.configuration_space.seed(int(words[4]))
        with isolated(words[:4]):
            config, _ = self.generator.get_config(1.0)
        return self.space.decode(config)


def results_of(trial: FrozenTrial) -> list[tuple[float, float]]:
    """What the trials of ``grow`` are for HpBandSter."""
    curve = [(float(step), value) for step, value in sorted(trial.intermediate_values.items())]
    if trial.state == TrialState.FAIL:
        following = [budget for budget in (1.0, 3.0, 9.0) if budget > curve[-1][0]]
        curve += [(budget, math.inf) for budget in following[:1]]
    return curve


@pytest.mark.parametrize("space", [MIXED, FLAT], ids=["mixed", "flat"])
def test_proposals_are_those_of_hpbandster_used_by_hand(space: Sequence[Parameter]) -> None:
    """Budgets of three rungs, failures, conditions: every proposal the same, bit for bit."""
    sampler = HpBandSterSampler(space, seed=11)
    study = optuna.create_study(sampler=sampler)
    grow(study, space, 70)
    hand = ByHand(sampler, 11)
    # The first trials are told before the budgets 3 and 9 are seen, which only failures notice.
    for trial in study.trials:
        if trial.number > 8:
            assert trial.params == hand.propose(trial.number)
        hand.tell(trial.number, trial.params, results_of(trial))
    assert max(hand.generator.kde_models) >= 3.0
    assert sampler.failures == 0


def test_a_plain_space_is_that_of_configspace() -> None:
    """Bounds given to ConfigSpace itself lead to the same proposals up to its 13 decimals."""
    from ConfigSpace import ConfigurationSpace, UniformFloatHyperparameter

    study = optuna.create_study(sampler=HpBandSterSampler(FLAT, seed=4))
    hand = ByHand(HpBandSterSampler(FLAT, seed=4), 4)
    with quiet():
        plain = ConfigurationSpace()
        plain.add([UniformFloatHyperparameter(name, -5.0, 5.0) for name in "xy"])
        hand.configuration_space = plain
        hand.generator = BOHB(plain, logger=logging.getLogger("nowhere"))
    hand.space = SimpleNamespace(encode=dict, decode=dict)  # type: ignore[assignment]
    for number in range(30):
        trial = ask(study, FLAT)
        assert trial.params == pytest.approx(hand.propose(number), abs=1e-9)
        value = (trial.params["x"] - 1) ** 2 + trial.params["y"] ** 2
        study.tell(trial, value)
        hand.tell(number, trial.params, [(1.0, value)])


def test_new_instances_and_copies_continue_bit_for_bit() -> None:
    def new() -> HpBandSterSampler:
        return HpBandSterSampler(MIXED, seed=5)

    one = optuna.create_study(sampler=new())
    expected = grow(one, MIXED, 40)
    makers: list[Callable[[HpBandSterSampler], HpBandSterSampler]] = [
        lambda _: new(),
        lambda old: pickle.loads(pickle.dumps(old)),  # noqa: S301
        copy.deepcopy,
    ]
    for maker in makers:
        study = optuna.create_study(sampler=new())
        for _ in range(10):
            study.sampler = maker(study.sampler)  # type: ignore[arg-type]
            found = grow(study, MIXED, 4)
        assert found == expected


def test_an_instance_that_served_another_study_is_not_confused() -> None:
    sampler = HpBandSterSampler(FLAT, seed=5)
    first = optuna.create_study(sampler=sampler)
    grow(first, FLAT, 20)
    second = optuna.create_study(sampler=sampler)
    assert grow(second, FLAT, 20) == [trial.params for trial in first.trials]


def test_the_order_of_telling_does_not_matter() -> None:
    def batch(order: Sequence[int]) -> dict[str, Any]:
        study = optuna.create_study(sampler=HpBandSterSampler(FLAT, seed=2, random_fraction=0.0))
        trials = [study.ask(to_distributions(FLAT)) for _ in range(12)]
        for index in order:
            study.tell(trials[index], loss(trials[index].params))
        return ask(study, FLAT).params

    assert batch(range(12)) == batch(range(11, -1, -1))


def test_maximising_mirrors_minimising() -> None:
    def run(direction: Literal["minimize", "maximize"], sign: float) -> list[dict[str, Any]]:
        study = optuna.create_study(
            direction=direction, sampler=HpBandSterSampler(FLAT, seed=2, random_fraction=0.0)
        )
        for _ in range(12):
            trial = ask(study, FLAT)
            study.tell(trial, sign * loss(trial.params))
        return [trial.params for trial in study.trials]

    assert run("minimize", 1.0) == run("maximize", -1.0)


def test_hash_randomisation_changes_nothing() -> None:
    code = (
        "import optuna; from tests.agents.samplers.test_hpbandster import *;"
        "study = optuna.create_study(sampler=HpBandSterSampler(MIXED, seed=1));"
        "print(grow(study, MIXED, 25))"
    )

    def output(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        return python("-W", "ignore", "-c", code, env=environment, check=True).stdout

    assert output("1") == output("2") != ""


def test_a_hundred_trials_with_conditions_and_choices() -> None:
    sampler = HpBandSterSampler(MIXED, seed=3)
    study = optuna.create_study(sampler=sampler)
    for _ in range(100):
        trial = ask(study, MIXED)
        params = trial.params
        assert ("y" in params) == (params["c"] in ("a", 2) and params["c"] is not True)
        assert ("rate" in params) == (params.get("y") in {0.25, 0.5})
        assert params["one"] == 5
        for parameter in MIXED:
            if parameter.name in params:
                value = params[parameter.name]
                parameter.check(value)
                assert type(value) in {type(parameter.default), *map(type, parameter.choices)}
        study.tell(trial, loss(params))
    assert study.best_value < 0.1
    assert sampler.failures == 0


def test_proposals_of_the_model_are_better_than_uniform_ones() -> None:
    """Half of the proposals of the model come nearer than nine uniform draws in ten.

    The best of 60 trials is not better than random search's on this function, though (0.415
    against 0.373 in the median of 60 seeds, by HpBandSter itself): the kernels shrink onto the
    best of the first points. In four dimensions it is (3.1 against 4.6).
    """
    nearer = []
    for seed in range(10):
        study = optuna.create_study(sampler=HpBandSterSampler(FLAT, seed=seed, random_fraction=0.0))
        for _ in range(60):
            trial = ask(study, FLAT)
            study.tell(trial, (trial.params["x"] - 1) ** 2 + (trial.params["y"] + 2) ** 2)
        nearer.append(np.median([trial.value for trial in study.trials[30:]]))
    rng = np.random.default_rng(0)
    uniform = ((rng.uniform(-5, 5, (100_000, 2)) - [1, -2]) ** 2).sum(axis=1)
    assert np.median(nearer) < np.quantile(uniform, 0.1)


def test_the_global_generator_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = np.random.get_state(legacy=False)  # noqa: NPY002
    study = optuna.create_study(sampler=HpBandSterSampler(MIXED, seed=3))
    grow(study, MIXED, 30)
    np.testing.assert_equal(np.random.get_state(legacy=False), before)  # noqa: NPY002

    def fails(self: Any, budget: float) -> None:
        np.random.rand()  # noqa: NPY002
        raise MemoryError

    monkeypatch.setattr(BOHB, "get_config", fails)
    with pytest.raises(MemoryError):
        ask(study, MIXED)
    np.testing.assert_equal(np.random.get_state(legacy=False), before)  # noqa: NPY002


def test_proposals_do_not_depend_on_the_global_generator() -> None:
    def proposal(seed: int) -> dict[str, Any]:
        np.random.seed(seed)  # noqa: NPY002
        study = optuna.create_study(sampler=HpBandSterSampler(MIXED, seed=3))
        return grow(study, MIXED, 30)[-1]

    assert proposal(1) == proposal(2)


def test_a_failure_inside_the_model_is_counted_and_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sampler = HpBandSterSampler(FLAT, seed=0, random_fraction=0.0)
    study = optuna.create_study(sampler=sampler)
    grow(study, FLAT, 20)
    monkeypatch.setattr("scipy.stats.truncnorm.rvs", lambda *args, **kwargs: 1 / 0)
    with caplog.at_level(logging.WARNING):
        grow(study, FLAT, 3)
    assert sampler.failures == 3
    messages = [record for record in caplog.records if record.name.startswith("simhelm")]
    assert len(messages) == 1
    assert "proposed at random" in messages[0].getMessage()


def test_an_inferred_space_leads_to_the_proposals_of_a_declared_one() -> None:
    """Once a trial has told of it; steps count as integers, and ranges may change on the way."""

    def run(space: dict[str, BaseDistribution] | None) -> list[dict[str, Any]]:
        study = optuna.create_study(sampler=HpBandSterSampler(space, seed=2))
        study.add_trial(create_trial(params={"k": 5, "x": 0.0}, distributions=stepped, value=1.0))
        for _ in range(20):
            trial = study.ask(stepped)
            study.tell(trial, trial.params["x"] ** 2 + trial.params["k"])
        return [trial.params for trial in study.trials]

    stepped: dict[str, BaseDistribution] = {
        "k": IntDistribution(2, 20, step=3), "x": FloatDistribution(-1, 2),
    }  # fmt: skip
    assert run(None) == run(stepped)
    assert {params["k"] % 3 for params in run(None)} == {2}


def test_names_outside_the_space_are_drawn_uniformly_by_seed() -> None:
    def draws(seed: int) -> list[float]:
        study = optuna.create_study(sampler=HpBandSterSampler(FLAT, seed=seed))
        trial, other = study.ask(), study.ask()
        return [
            trial.suggest_float("z", 0, 1),
            trial.suggest_float("w", 0, 1),
            other.suggest_float("z", 0, 1),
        ]

    assert draws(1) == draws(1) != draws(2)
    assert len(set(draws(1))) == 3


def test_trials_outside_the_space_are_left_out() -> None:
    study = optuna.create_study(sampler=HpBandSterSampler(FLAT, seed=1, random_fraction=0.0))
    grow(study, FLAT, 12)
    wide = dict.fromkeys("xy", FloatDistribution(-50, 50))
    strange = optuna.create_study(sampler=HpBandSterSampler(FLAT, seed=1, random_fraction=0.0))
    for trial in study.trials:
        strange.add_trial(trial)
    strange.add_trial(create_trial(params={"x": 40.0, "y": 0.0}, distributions=wide, value=0.0))  # type: ignore[arg-type]
    strange.add_trial(create_trial(state=TrialState.FAIL))
    ask(study, FLAT), ask(study, FLAT)
    assert ask(study, FLAT).params == ask(strange, FLAT).params


def test_two_objectives_are_refused() -> None:
    study = optuna.create_study(
        directions=["minimize"] * 2, sampler=HpBandSterSampler(FLAT, seed=1)
    )
    with pytest.raises(ValueError, match="multi-objective"):
        study.ask(to_distributions(FLAT))


def test_a_space_of_constants_needs_no_model() -> None:
    study = optuna.create_study(sampler=HpBandSterSampler(MIXED[2:3], seed=1))
    assert study.ask().relative_params == {"one": 5}


@pytest.mark.parametrize("space", [FLAT, None], ids=["declared", "inferred"])
def test_optunas_hyperband_pruner_can_be_used(space: Sequence[Parameter] | None) -> None:
    def objective(trial: Trial) -> float:
        x, y = trial.suggest_float("x", -5, 5), trial.suggest_float("y", -5, 5)
        for step in (1, 3, 9):
            trial.report(x**2 + y**2 + 1 / step, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return x**2 + y**2

    def run() -> list[dict[str, Any]]:
        study = optuna.create_study(
            study_name="pruned",
            sampler=HpBandSterSampler(space, seed=1),
            pruner=HyperbandPruner(1, 9),
        )
        study.optimize(objective, n_trials=30)
        return [trial.params for trial in study.trials]

    assert run() == run()


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hpbandster.optimizers.config_generators.bohb", None)
    with pytest.raises(ImportError, match=r"simhelm\[bohb\]"):
        HpBandSterSampler(FLAT, seed=0)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed"):
        HpBandSterSampler(FLAT, seed=-1)
