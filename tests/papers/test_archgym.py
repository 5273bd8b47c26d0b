"""The reproduction of ArchGym's claims: its small version, and its arithmetic by hand."""

from pathlib import Path

import numpy as np
import pytest

from simhelm.calibration.proxy.check import OutputCheck
from simhelm.papers import archgym, archgym_proxy
from simhelm.papers.lottery import agents
from simhelm.papers.lottery.sweep import Scale, Sweep


def test_the_small_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(agents, "QUICK_AGENTS", (agents.RANDOM, "RegularisedEvolutionSampler"))
    monkeypatch.setattr(archgym, "QUICK", Scale(budget=5, seeds=1))
    parts = list(archgym.recompute(quick=True))
    assert [len(part.rows) for part in parts] == [2, 4, 2, 4, 6, 6, 3]
    # Small versions hold nothing against the requirements.
    assert all(row.met is None for part in parts for row in part.rows)
    assert (tmp_path / "runs/archgym/lottery.png").read_bytes()[:4] == b"\x89PNG"
    assert parts[0].rows[0].what == "Random (1 x 12)"
    errors = {row.what: float(row.measured.split()[0]) for row in parts[4].rows}
    name = "latency (completion time)"
    assert errors[f"{name}, 60 designs"] < errors[f"{name}, 30 designs"]


def test_verdicts_by_hand() -> None:
    random = Sweep(agents.RANDOM, [{}], np.full((1, 3), 0.2), np.full((1, 3), 0.2))
    # Its better setting on the tuning workload is the worse one on the other.
    fooled = Sweep("A", [{}, {}], np.array([[0.1] * 3, [0.3] * 3]), np.array([[0.3], [0.005]]))
    good = Sweep("B", [{}, {}], np.array([[0.1], [0.3]]), np.array([[0.0], [0.15]]))
    rows = archgym.verdict_table("x", [random, fooled, good]).rows
    assert [row.measured for row in rows] == ["1 of 2", "1 of 2", "2 of 2", "1 of 2"]
    part = archgym.lottery_table("x", [random, good], Scale(8, 3))
    assert part.rows[1].measured.startswith("0.0750 [0.0000, 0.1500]; 0.0000 .. 0.1500; 0.50;")


@pytest.mark.parametrize(("coverage", "error", "met"), [(0.9, 0.01, True), (0.95, 0.03, False)])
def test_requirements_are_held_against_the_numbers(
    coverage: float, error: float, met: bool
) -> None:
    scale = archgym_proxy.FULL
    table = np.full((scale.repeats, 3), error)
    part = archgym_proxy.error_table({100: table, 800: table}, scale, bars=True)
    assert [row.met for row in part.rows] == [None, None, None, met, None, None]
    checks = [OutputCheck(name, error, coverage, 0.1, True, 800) for name in archgym_proxy.OUTPUTS]
    part = archgym_proxy.coverage_table([checks] * scale.repeats, scale, bars=True)
    assert [row.met for row in part.rows if "half-width" not in row.what] == [met] * 3


def test_training_designs_are_not_among_the_unseen() -> None:
    scale = archgym_proxy.QUICK
    _, pool = archgym_proxy.draw(scale)
    assert len(np.unique(pool.design)) == scale.sizes[-1] + scale.unseen
    for repeat in range(3):
        seen, unseen = archgym_proxy.divided(pool, scale, scale.sizes[-1], repeat)
        assert not set(seen.design) & set(unseen.design)
        assert len(unseen.rows) == scale.unseen
