"""Calibration of the transport simulation: studies, noise, identifiability, the reproduction."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simhelm.calibration.study import StudyView, run_study
from simhelm.core.problem import Value
from simhelm.evidence.identifiability import identifiability, noise_floor, sample_outputs
from simhelm.papers import parallel_bo_transport as reproduction
from simhelm.papers.transport_clock import clock_table
from simhelm.papers.transport_figure import draw_errors, quartiles
from simhelm.papers.transport_studies import (
    CONTENDERS,
    FOLDER,
    STRUCTURE_CONTENDERS,
    STUDIES,
    Scale,
)
from simhelm.simulators import EndReason, Metrics, Output, Parameter, Problem
from simhelm.simulators.transport import MODES
from simhelm.simulators.transport.problem import (
    HIDDEN_CONSTANTS,
    ModeChoice,
    TransportStructure,
)

SMALL = Scale(300, 3, 2, 0.08, 3)


@pytest.fixture(scope="module")
def problem() -> ModeChoice:
    return ModeChoice(persons=1500, days=5)


def targets_of(problem: ModeChoice) -> dict[str, float]:
    return dict(zip(MODES, problem.targets.tolist(), strict=True))


def test_log_share_steps_in_a_study(problem: ModeChoice, tmp_path: Path) -> None:
    """Outputs reach the sampler, also from the store: a resumed study equals an unbroken one."""
    settings: dict[str, Any] = {
        "sampler": "LogShareSampler",
        "sampler_options": {"targets": targets_of(problem)},
        "batch": 1,
        "baselines": [],
    }
    whole = run_study(problem, tmp_path / "whole", trials=8, **settings)
    run_study(problem, tmp_path / "broken", trials=3, **settings)
    broken = run_study(problem, tmp_path / "broken", trials=8, **settings)
    assert broken.reproducible() == whole.reproducible()
    errors = [trial.values["l1"] for trial in whole.trials()]
    noise = noise_floor(
        sample_outputs(problem, HIDDEN_CONSTANTS, reproduction.SHARES, range(500, 506))
    )
    assert errors[0] > 4.0 * noise
    assert min(errors) <= 1.5 * noise


def test_noise_floor_of_known_samples() -> None:
    """Two outputs, three seeds: the mean of the distances 3, 5 and 8."""
    assert noise_floor(np.array([[0.0, 0.0], [1.0, 2.0], [4.0, 4.0]])) == pytest.approx(16.0 / 3.0)
    with pytest.raises(ValueError, match="two seeds or more"):
        noise_floor(np.zeros((1, 3)))


class _Linear(Problem):
    """Two outputs: 2 a and 0, each with noise of deviation 0.1; b has no effect."""

    name = "Linear"
    objective = "y"
    worst_objective = 100.0
    parameters = (Parameter("a", "float", 1.0, 0.0, 4.0), Parameter("b", "float", 1.0, 0.0, 4.0))
    outputs = (Output("y", "1", -100.0, 100.0), Output("z", "1", -100.0, 100.0))

    def evaluate(
        self, config: Mapping[str, Value], *, seed: int, budget: int | None = None
    ) -> Metrics:
        y, z = 0.1 * np.random.default_rng(seed).standard_normal(2)
        return Metrics({"y": 2.0 * float(config["a"]) + y, "z": z}, EndReason.COMPLETED, 1.0)


def test_identifiability_of_a_linear_problem() -> None:
    """The deviation of a is that of y over the slope 2; b is flagged."""
    problem = _Linear()
    seeds = range(400)
    found = identifiability(problem, problem.default_config(), ["y", "z"], seeds=seeds)
    spread = sample_outputs(problem, problem.default_config(), ["y"], seeds).std(ddof=1)
    assert found.names == ("a", "b")
    assert found.deviation[0] == pytest.approx(spread / 2.0, rel=1e-6)
    assert found.deviation[0] == pytest.approx(0.05, rel=0.1)
    assert found.flags == ("b",)
    # The standard error of a deviation from n normal draws is deviation / sqrt(2 (n - 1)).
    low, high = found.interval[:, 0]
    expected = 2.0 * 1.96 * found.deviation[0] / np.sqrt(2.0 * 399.0)
    assert low < found.deviation[0] < high
    assert high - low == pytest.approx(expected, rel=0.25)


def test_identifiability_of_a_town() -> None:
    town = TransportStructure(persons=2000, days=4)
    found = identifiability(town, town.truth(), reproduction.SHARES, seeds=range(3))
    assert np.isfinite(found.correlation).all()
    assert "walk" not in found.flags


def test_small_reproduction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small = ModeChoice(persons=SMALL.persons, days=SMALL.days)
    names = ("random search", "log-share steps")
    contenders = [c for c in CONTENDERS if c.name in names]
    part = reproduction.shares_table("reachable", small, SMALL, contenders)
    rows = {row.what: row.measured for row in part.rows}

    def median(name: str) -> float:
        return float(rows[f"{name}: verified L1"].split()[0])

    assert median("log-share steps") < median("random search")
    assert rows["random search: runs [rounds] to L1 of"].startswith("25: ")
    kept = sorted((tmp_path / STUDIES).glob("reachable-*/seed-*"))
    assert len(kept) == len(contenders) * SMALL.seeds
    ended = [StudyView(folder).trials()[-1].finished for folder in kept]
    assert reproduction.shares_table("reachable", small, SMALL, contenders) == part
    assert [StudyView(folder).trials()[-1].finished for folder in kept] == ended, "run again"
    structure = reproduction.structure_table(SMALL, STRUCTURE_CONTENDERS)
    assert any(row.what == "hybrid: fleet found / true" for row in structure.rows)
    stopping = reproduction.stopping_table(SMALL)
    assert stopping.met
    assert part.met
    assert (tmp_path / FOLDER / "reachable.png").stat().st_size > 10_000
    alone, beside = clock_table(SMALL, [contenders[1], contenders[0]]).rows
    assert float(alone.measured) > 0.0
    assert "modelled" in beside.measured


def test_quartiles_of_curves() -> None:
    """Three seeds: the least error so far at whole runs, from the first that all have."""
    curves = [[(1.0, 9.0), (2.0, 3.0), (3.0, 5.0)], [(1.0, 8.0), (1.5, 2.0), (3.0, 1.0)],
              [(1.0, 7.0), (3.0, 6.0)]]  # fmt: skip
    runs, (low, median, high) = quartiles(curves)
    assert runs.tolist() == [1.0, 2.0, 3.0]
    assert median.tolist() == [8.0, 3.0, 3.0]
    assert low.tolist() == [7.5, 2.5, 2.0]
    assert high.tolist() == [8.5, 5.0, 4.5]


def test_the_figure_has_the_noise(tmp_path: Path) -> None:
    curve = [(float(run), 40.0 / run) for run in range(1, 6)]
    with_one = tmp_path / "a" / "errors.png"
    draw_errors(with_one, {f"method {i}": [curve] for i in range(8)}, noise=1.0)
    other = tmp_path / "b.png"
    draw_errors(other, {f"method {i}": [curve] for i in range(8)}, noise=2.0)
    assert with_one.read_bytes() != other.read_bytes()


def test_targets() -> None:
    given = ModeChoice(target={"car": 70.0, "walk": 30.0}, persons=100, days=1)
    assert given.targets.sum() == pytest.approx(100.0)
    paper = ModeChoice(target="paper", persons=100, days=1).targets
    assert paper[MODES.index("car")] == pytest.approx(64.86, abs=0.01)
    with pytest.raises(ValueError, match="reachable"):
        ModeChoice(target="nearby")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'grid', 'rings'"):
        ModeChoice(town="village")


def test_a_watch_stops_a_run(problem: ModeChoice) -> None:
    curve: list[tuple[float, float]] = []

    def watch(step: float, value: float) -> bool:
        curve.append((step, value))
        return step < 2.0

    metrics = problem.evaluate(problem.default_config(), seed=1, watch=watch)
    assert metrics.end_reason.label == "stopped_early"
    assert [step for step, _ in curve] == [1.0, 2.0]
    assert metrics.cost == 2.0
    short = problem.evaluate(problem.default_config(), seed=1, budget=2)
    assert short.values["l1"] == curve[-1][1]
