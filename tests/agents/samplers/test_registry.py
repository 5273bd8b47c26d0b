"""Every sampler by its name: repeatable in batches, and what a resumed study needs."""

import math
from typing import Any

import optuna
import pytest
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import Trial, TrialState, create_trial

from simhelm.agents.samplers import SAMPLERS, make_sampler
from simhelm.core.parameter import Parameter
from simhelm.core.space import to_distributions

optuna.logging.set_verbosity(optuna.logging.ERROR)

BATCH = 4
C = Parameter("c", "categorical", "a", choices=("a", "b"))
CONTINUOUS = (
    Parameter("x", "float", 0.0, -1.0, 2.0),
    Parameter("rate", "float", 1.0, 1e-4, 1.0, log=True),
    Parameter("n", "integer", 1, 1, 30),
    C,
)
FINITE = (
    Parameter("x", "integer", 0, -1, 5),
    Parameter("n", "integer", 1, 1, 5),
    C,
)
# Small, so that a few batches leave the start-up phase and come to an end.
OPTIONS: dict[str, dict[str, Any]] = {
    "CmaEsSampler": {"popsize": 5},
    "GPSampler": {"n_startup_trials": 6},
    "GridSampler": {"points": 3},
    "NSGAIISampler": {"population_size": 6},
    "NSGAIIISampler": {"population_size": 6},
    # Trials without outputs: these stay at their start, or draw.
    "LogShareSampler": {"targets": {"x": 40.0, "car": 60.0}},
    "HybridSampler": {"targets": {"x": 40.0, "car": 60.0}, "startup": 2},
    "CompositeGPSampler": {"targets": {"x": 40.0, "car": 60.0}},
}
SINGLE = {
    "CmaEsSampler", "HpBandSterSampler", "LogShareSampler", "HybridSampler", "CompositeGPSampler",
    "AntColonySampler", "GeneticSampler", "RegularisedEvolutionSampler", "MCTSSampler",
    "RidgeSampler",
}  # fmt: skip
# Past the start-up of 10 trials and some generations of 6, if not given here: past the ends of the
# grids of 54 and 70 configurations, and as few as will do of what takes seconds.
BATCHES = {"GridSampler": 20, "BruteForceSampler": 20, "GPSampler": 3}


def sampler_of_batch(name: str, batch: int) -> BaseSampler:
    if name == "GPSampler":
        pytest.importorskip("torch")
    space = FINITE if name == "BruteForceSampler" else CONTINUOUS
    # A new instance for each batch, seeded by the batch where the seed may change.
    seed = 7 if SAMPLERS[name].lasting else 1000 + batch
    return make_sampler(name, seed=seed, parameters=space, options=OPTIONS.get(name))


def loss(params: dict[str, Any]) -> float:
    return float((params["x"] - 0.3) ** 2 + abs(params["n"] - 3) / 100 + (params["c"] == "a") / 10)


def run(study: Study, name: str, batches: range) -> list[dict[str, Any]]:
    proposals = []
    for batch in batches:
        study.sampler = sampler_of_batch(name, batch)
        space = to_distributions(FINITE if name == "BruteForceSampler" else CONTINUOUS)
        trials = [study.ask(space) for _ in range(BATCH)]
        proposals += [trial.params for trial in trials]
        for trial in trials:
            finish(study, trial)
    return proposals


def finish(study: Study, trial: Trial) -> None:
    """One trial in nine fails and one in seven is pruned; the others complete."""
    if trial.number % 9 == 4:
        study.tell(trial, state=TrialState.FAIL)
    elif trial.number % 7 == 3:
        trial.report(loss(trial.params) + 1.0, 1)
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, loss(trial.params))


def rebuilt(study: Study) -> Study:
    """The study from what a store of parameters and values knows of its trials."""
    again = optuna.create_study()
    for trial in study.trials:
        again.add_trial(
            create_trial(
                state=trial.state,
                params=trial.params,
                distributions=trial.distributions,
                value=trial.value,
                intermediate_values=trial.intermediate_values,
            )
        )
    return again


@pytest.mark.parametrize("name", SAMPLERS)
def test_batches_repeat_and_resume(name: str) -> None:
    """Run, replay and rebuild: keeps_state is true exactly where the rebuilt study departs."""
    past = range(BATCHES.get(name, 9))
    following = range(past.stop, past.stop + 1)
    study, replay = optuna.create_study(), optuna.create_study()
    assert run(study, name, past) == run(replay, name, past)
    resumed = rebuilt(study)
    expected = run(study, name, following)
    assert run(replay, name, following) == expected
    assert (run(resumed, name, following) != expected) == SAMPLERS[name].keeps_state


@pytest.mark.parametrize("name", SAMPLERS)
def test_studies_of_two_objectives(name: str) -> None:
    """They are served, or refused with Optuna's sentence."""
    study = optuna.create_study(directions=["minimize", "maximize"])
    space = to_distributions(FINITE if name == "BruteForceSampler" else CONTINUOUS)

    def two_batches() -> None:
        for batch in range(2):
            study.sampler = sampler_of_batch(name, batch)
            for _ in range(BATCH):
                trial = study.ask(space)
                study.tell(trial, [loss(trial.params), trial.params["x"]])

    if name not in SINGLE:
        two_batches()
    else:
        with pytest.raises(ValueError, match="multi-objective"):
            two_batches()


def test_every_sampler_of_optuna_is_there() -> None:
    theirs = {
        name
        for name in optuna.samplers.__all__
        if name.endswith("Sampler")
        and name not in {"BaseSampler", "BaseGASampler", "PartialFixedSampler"}
    }
    assert theirs <= set(SAMPLERS)
    assert all(entry.name == name for name, entry in SAMPLERS.items())


def test_a_changing_seed_breaks_a_sequence() -> None:
    """Why a grid's sampler is lasting: new seeds make its points repeat."""

    def batch(seed: int, study: Study) -> list[Any]:
        options = {"points": 3}
        study.sampler = make_sampler("GridSampler", seed=seed, parameters=FINITE, options=options)
        trials = [study.ask(to_distributions(FINITE)) for _ in range(6)]
        for trial in trials:
            study.tell(trial, 0.0)
        return [tuple(trial.params.values()) for trial in trials]

    def different(seeds: list[int]) -> int:
        study = optuna.create_study()
        return len({point for seed in seeds for point in batch(seed, study)})

    assert different([1, 1, 1]) == 18
    assert different([1, 2, 3]) < 18


def test_options_reach_the_sampler() -> None:
    tpe = make_sampler("TPESampler", seed=0, parameters=FINITE, options={"n_startup_trials": 3})
    assert tpe._n_startup_trials == 3  # type: ignore[attr-defined]
    qmc = make_sampler("QMCSampler", seed=0, parameters=FINITE, options={"scramble": False})
    assert qmc._scramble is False  # type: ignore[attr-defined]
    assert make_sampler("QMCSampler", seed=0, parameters=FINITE)._scramble  # type: ignore[attr-defined]
    make_sampler("HpBandSterSampler", seed=0, parameters=FINITE, options={"top_n_percent": 20})


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("TPESampler", {"n_startup_trails": 3}, "did you mean 'n_startup_trials'"),
        ("TPESampler", {"seed": 3}, "'seed' is unknown"),
        ("TPESampler", {"gamma": lambda n: n}, "'gamma' is unknown"),
        ("RandomSampler", {"x": 1}, r"expected one of \[\]"),
        ("CmaEsSampler", {"popsize": object()}, "expected a number, text, list or table"),
        ("CmaEsSampler", {"x0": {"x": [math.sin]}}, "option x0 of CmaEsSampler, x"),
        ("HpBandSterSampler", {"space": 1}, "'space' is unknown"),
        ("HpBandSterSampler", {"top_n_percent": 0}, "top_n_percent: expected an integer"),
        ("HpBandSterSampler", {"random_fraction": 2.0}, "random_fraction: expected"),
        ("HpBandSterSampler", {"min_bandwidth": 0.0}, "min_bandwidth: expected"),
        ("QMCSampler", {"independent_sampler": "RandomSampler"}, "is unknown"),
        ("NSGAIISampler", {"crossover": "uniform"}, "did you mean 'crossover_prob'"),
    ],
)
def test_refusals(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_sampler(name, seed=0, parameters=FINITE, options=options)


@pytest.mark.parametrize("name", ["Tpe", "TPESample"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(ValueError, match=r"unknown sampler .* expected one of"):
        make_sampler(name, seed=0, parameters=FINITE)


def test_missing_torch_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"simhelm\[gp\]"):
        make_sampler("GPSampler", seed=0, parameters=FINITE)
