"""Log-share steps, Broyden and the hybrid on choice models with a closed form."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from simhelm.agents.samplers import OUTPUTS, SAMPLERS, LogShareSampler, make_sampler
from simhelm.core.parameter import Parameter
from simhelm.core.space import to_distributions

optuna.logging.set_verbosity(optuna.logging.ERROR)

TARGETS = {"bus": 20.0, "car": 65.0, "walk": 15.0}
BASE_UTILITY = {"bus": -4.0, "car": 0.5, "walk": 1.0}
BUS, WALK = (Parameter(name, "float", 0.0, -10.0, 10.0) for name in ("bus", "walk"))
SPACE = (BUS, WALK)
STRUCTURE = (*SPACE, Parameter("fleet", "integer", 1, 1, 50))


def shares(params: dict[str, Any], spread: float = 0.0) -> dict[str, float]:
    """A logit model of two classes of people, alike if ``spread`` is 0."""
    total = np.zeros(3)
    for sign in (-1.0, 1.0):
        shift = sign * spread * np.array([1.0, 0.0, -0.5])
        values = [BASE_UTILITY[m] + params.get(m, 0.0) for m in TARGETS] + shift
        weights = np.exp(values - np.max(values))
        total += 50.0 * weights / weights.sum()
    return {f"share_{mode}": share for mode, share in zip(TARGETS, total.tolist(), strict=True)}


def error(outputs: dict[str, float]) -> float:
    return sum(abs(outputs[f"share_{mode}"] - target) for mode, target in TARGETS.items())


def ask(study: optuna.Study, space: Sequence[Parameter]) -> optuna.Trial:
    return study.ask(to_distributions(space))


def calibrate(sampler: Any, runs: int, space: Any = None, spread: float = 0.0) -> list[float]:
    study = optuna.create_study(sampler=sampler)
    errors = []
    for _ in range(runs):
        trial = ask(study, space or SPACE)
        outputs = shares(trial.params, spread)
        trial.set_user_attr(OUTPUTS, outputs)
        errors.append(error(outputs))
        study.tell(trial, errors[-1])
    return errors


def sampler(space: Any = None, **options: Any) -> LogShareSampler:
    return LogShareSampler(space=space or SPACE, targets=TARGETS, **options)


def test_one_step_is_exact_for_equal_people() -> None:
    errors = calibrate(sampler(), 2)
    assert errors[0] > 30.0
    assert errors[1] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("method", ["log_share", "broyden"])
def test_two_classes_take_some_steps(method: str) -> None:
    errors = calibrate(sampler(method=method), 25, spread=2.0)
    assert errors[1] > 1.0
    assert errors[-1] < 1e-3


def test_broyden_needs_fewer_steps_near_the_end() -> None:
    """Its convergence is faster than linear: after as many steps the error is smaller."""
    plain = calibrate(sampler(), 9, spread=2.0)[-1]
    assert calibrate(sampler(method="broyden"), 9, spread=2.0)[-1] < 0.3 * plain


@pytest.mark.parametrize("name", ["LogShareSampler", "HybridSampler", "CompositeGPSampler"])
def test_the_space_is_inferred_where_none_is_declared(name: str) -> None:
    """The first trial starts alone; from then on the constants move as in a declared space."""
    if name == "CompositeGPSampler":
        pytest.importorskip("botorch")
    kind: Any = SAMPLERS[name].load()
    options = {"startup": 6, "samples": 32, "restarts": 2} if name == "CompositeGPSampler" else {}
    agent = kind(seed=1, targets=TARGETS, **options)
    assert min(calibrate(agent, 12, STRUCTURE, spread=1.0)[1:]) < 6.0


def test_damping_shortens_the_step() -> None:
    study = optuna.create_study(sampler=sampler(damping=0.5))
    full = optuna.create_study(sampler=sampler())
    moves = []
    for one in (study, full):
        first = ask(one, SPACE)
        first.set_user_attr(OUTPUTS, shares(first.params))
        one.tell(first, 1.0)
        moves.append(ask(one, SPACE).params["walk"])
    assert moves[0] == pytest.approx(0.5 * moves[1])


def test_a_share_of_zero_recovers() -> None:
    """The floor keeps the step finite and in the right direction."""
    study = optuna.create_study(sampler=sampler(floor=0.5))
    trial = ask(study, SPACE)
    trial.set_user_attr(OUTPUTS, {"share_bus": 0.0, "share_car": 65.0, "share_walk": 35.0})
    study.tell(trial, 40.0)
    assert ask(study, SPACE).params["bus"] == pytest.approx(np.log(20.0 / 0.5))


@pytest.mark.parametrize("method", ["log_share", "broyden"])
def test_what_cannot_be_reached_is_said(method: str) -> None:
    space = (Parameter("bus", "float", 0.0, -10.0, 1.0), WALK)
    agent = sampler(space, method=method)
    study = optuna.create_study(sampler=agent)
    for _ in range(6):
        trial = ask(study, space)
        trial.set_user_attr(OUTPUTS, shares(trial.params))
        study.tell(trial, error(trial.user_attrs[OUTPUTS]))
    assert study.trials[-1].params["bus"] == 1.0
    text = agent.statement(study)
    assert "out of reach within the bounds" in text
    assert "bus (at 1:" in text
    assert "walk" not in text


def test_noise_ends_the_loop() -> None:
    def objective(trial: optuna.Trial) -> float:
        params = {name: trial.suggest_float(name, -10.0, 10.0) for name in ("bus", "walk")}
        outputs = shares(params, spread=1.0)
        trial.set_user_attr(OUTPUTS, outputs)
        return error(outputs)

    agent = sampler(noise=2.0, settle=3)
    study = optuna.create_study(sampler=agent)
    study.optimize(objective, n_trials=50)
    assert len(study.trials) < 20
    assert "met to the noise" in agent.statement(study)


def test_a_batch_repeats_a_setting_and_averages() -> None:
    study = optuna.create_study(sampler=sampler())
    batch = [ask(study, SPACE) for _ in range(3)]
    assert batch[0].params == batch[1].params == batch[2].params
    for trial, bus in zip(batch, (10.0, 20.0, 30.0), strict=True):
        trial.set_user_attr(
            OUTPUTS, {"share_bus": bus, "share_car": 65.0, "share_walk": 35.0 - bus}
        )
        study.tell(trial, 1.0)
    assert ask(study, SPACE).params == pytest.approx({"bus": 0.0, "walk": 0.0})


def test_failed_trials_and_trials_without_outputs_are_passed_over() -> None:
    study = optuna.create_study(sampler=sampler())
    study.tell(ask(study, SPACE), state=TrialState.FAIL)
    study.tell(ask(study, SPACE), 3.0)
    assert ask(study, SPACE).params == {"bus": 0.0, "walk": 0.0}


def test_bad_options_are_refused() -> None:
    with pytest.raises(ValueError, match="sum of 100 %"):
        LogShareSampler(space=SPACE, targets={"bus": 20.0, "car": 65.0, "walk": 25.0})
    with pytest.raises(ValueError, match=r"none for \['tram'\]"):
        LogShareSampler(space=SPACE, targets={"tram": 20.0, "car": 80.0})
    with pytest.raises(ValueError, match="base 'car'"):
        LogShareSampler(space=SPACE, targets={"bus": 20.0, "walk": 80.0})
    with pytest.raises(ValueError, match="damping"):
        sampler(damping=0.0)
    with pytest.raises(ValueError, match="method"):
        sampler(method="newton")


def test_hybrid_finds_structure_that_constants_hide() -> None:
    """The loss has a part that only the fleet changes; every block calibrates the constants."""
    agent = make_sampler(
        "HybridSampler", seed=1, parameters=STRUCTURE, options={"targets": TARGETS, "startup": 4}
    )
    study = optuna.create_study(sampler=agent)
    for _ in range(90):
        trial = ask(study, STRUCTURE)
        outputs = shares(trial.params, spread=1.0)
        trial.set_user_attr(OUTPUTS, outputs)
        study.tell(trial, error(outputs) + abs(trial.params["fleet"] - 33))
    assert abs(study.best_params["fleet"] - 33) <= 3
    blocks = [{t.params["fleet"] for t in study.trials[i : i + 3]} for i in range(0, 90, 3)]
    assert all(len(block) == 1 for block in blocks)
    assert len(set.union(*blocks)) > 8


def test_hybrid_needs_structure() -> None:
    with pytest.raises(ValueError, match="use LogShareSampler"):
        make_sampler("HybridSampler", seed=1, parameters=SPACE, options={"targets": TARGETS})


def test_composite_model_needs_few_runs() -> None:
    pytest.importorskip("botorch")
    options = {"targets": TARGETS, "startup": 5, "samples": 32, "restarts": 2}

    def run() -> list[float]:
        agent = make_sampler("CompositeGPSampler", seed=3, parameters=SPACE, options=options)
        return calibrate(agent, 11, spread=1.0)

    errors = run()
    assert min(errors[5:]) < 3.0 < min(errors[:5])
    assert run() == errors
