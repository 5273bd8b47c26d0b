"""The command `simhelm`, as real processes: output streams, exit codes, files."""

import contextlib
import csv
import io
import json
import os
import signal
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
import scipy.io
import scipy.sparse

import simhelm
from simhelm.control.steering.definition import parse_steering
from simhelm.control.steering.result import LAYOUT, identity_of, read_run
from simhelm.control.steering.run import run_steering
from simhelm.core.errors import DirectoryError, Interrupted
from simhelm.experiments.lock import exclusive
from simhelm.experiments.signals import interruptible
from simhelm.simulators.linear import Heat2D, poisson2d
from tests.subprocesses import command_line, completed, python, run_simhelm, started

RUN = """
title = "a small heat equation"
seed = 3
repeats = 2
baselines = ["omega=1", "omega=1.4", "oracle (best factor a step)"]

[environment]
id = "simhelm/Heat2D-v0"
nx = 8
steps = 60

[[learner]]
name = "TsallisINF"

[[learner]]
name = "ThompsonLogCost"
label = "Thompson, small"
arm_features = 3
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    (folder / "small.toml").write_text(RUN, encoding="utf-8")
    done = run_simhelm("run", "small.toml", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "Thompson, small" in done.stdout
    assert "Learning" in done.stdout
    assert done.stderr.strip() == "report: runs/small/report.html"
    return folder


def test_directory_is_complete(finished: Path) -> None:
    files = {path.name for path in (finished / "runs" / "small").iterdir()}
    assert files == {
        "config.json", "provenance.json", "rounds.parquet", "summary.json", "report.html",
        "cumulative_cost.png", "excess.png", "choices.png", "lock",
    }  # fmt: skip
    saved = json.loads((finished / "runs/small/config.json").read_text(encoding="utf-8"))
    config = saved["config"]
    assert config["seed"] == 3
    assert config["environment"]["rtol"] == 1e-8  # a default, filled in
    assert config["learner"][1]["ridge"] == 0.1
    assert saved["simhelm"] == simhelm.__version__
    text = (finished / "runs/small/provenance.json").read_text(encoding="utf-8")
    provenance = json.loads(text)
    assert provenance["versions"]["simhelm"] == simhelm.__version__
    assert len(provenance["seeds"]) == 2
    assert provenance["seeds"][1]["learner"] == {"entropy": 3, "spawn_key": [1, 1]}


def test_rounds_are_what_the_simulator_gives(finished: Path) -> None:
    rounds = pyarrow.parquet.read_table(finished / "runs/small/rounds.parquet").to_pylist()
    assert len(rounds) == 60 * (3 + 2 * 2)
    heat = Heat2D(8, steps=60)
    expected = [heat.solve(1.4).iterations for _ in range(60)]
    fixed = [row for row in rounds if row["policy"] == "omega=1.4"]
    assert [row["loss"] for row in fixed] == expected
    assert {row["setting"] for row in fixed} == {1.4}
    assert {row["end_reason"] for row in rounds} == {"converged"}
    oracle = [row["loss"] for row in rounds if row["kind"] == "oracle"]
    assert sum(oracle) <= min(sum(expected), *(sum(_losses(rounds, p)) for p in ("omega=1",)))


def _losses(rounds: list[dict], policy: str) -> list[int]:  # type: ignore[type-arg]
    return [row["loss"] for row in rounds if row["policy"] == policy]


def test_report_stands_alone(finished: Path) -> None:
    report = (finished / "runs/small/report.html").read_text(encoding="utf-8")
    assert report.count("data:image/png;base64,") == 3
    assert 'src="http' not in report
    assert "a small heat equation" in report
    assert "Thompson, small" in report


def test_show_in_three_formats(finished: Path) -> None:
    as_json = run_simhelm("show", "runs/small", "--format", "json", cwd=finished)
    rows = json.loads(as_json.stdout)
    assert as_json.stderr == ""
    assert {row["policy"] for row in rows} >= {"TsallisINF", "omega=1", "omega=1.4"}
    totals = [row["total"] for row in rows]
    assert totals == sorted(totals)
    best_fixed = min(row["total"] for row in rows if row["kind"] in ("fixed", "rule"))
    for row in rows:
        assert row["to_best_fixed"] == pytest.approx(row["total"] / best_fixed)
    as_csv = run_simhelm("show", "runs/small", "--format", "csv", cwd=finished)
    parsed = list(csv.DictReader(io.StringIO(as_csv.stdout)))
    assert [float(row["total"]) for row in parsed] == totals
    assert "total iterations" in run_simhelm("show", "runs/small", cwd=finished).stdout


def test_report_again(finished: Path) -> None:
    (finished / "runs/small/report.html").unlink()
    done = run_simhelm("report", "runs/small", cwd=finished)
    assert done.returncode == 0
    assert done.stdout.strip() == "runs/small/report.html"
    assert (finished / "runs/small/report.html").is_file()


def test_the_same_again_is_read_not_run(finished: Path) -> None:
    before = (finished / "runs/small/rounds.parquet").stat().st_mtime_ns
    done = run_simhelm("-q", "run", "small.toml", cwd=finished)
    assert done.returncode == 0
    assert done.stderr == ""
    assert (finished / "runs/small/rounds.parquet").stat().st_mtime_ns == before
    told = run_simhelm("run", "small.toml", "-v", cwd=finished)
    assert "read, not run again" in told.stderr
    (finished / "runs/small/report.html").unlink()
    assert run_simhelm("run", "small.toml", cwd=finished).returncode == 0
    assert (finished / "runs/small/report.html").is_file()


def test_another_configuration_is_refused_with_a_difference(finished: Path) -> None:
    done = run_simhelm("run", "small.toml", "--seed", "4", cwd=finished)
    assert done.returncode == 2
    assert "- config.seed = 3" in done.stderr
    assert "+ config.seed = 4" in done.stderr
    assert "--overwrite" in done.stderr
    assert done.stdout == ""
    other = run_simhelm("run", "small.toml", "--seed", "4", "--out", "elsewhere", cwd=finished)
    assert other.returncode == 0


def test_same_seed_same_bits_and_overwrite(finished: Path, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(RUN, encoding="utf-8")
    for attempt in ("first", "again"):
        done = run_simhelm("run", "small.toml", "--overwrite", "--out", "out", cwd=tmp_path)
        assert done.returncode == 0, attempt
        ours = pyarrow.parquet.read_table(tmp_path / "out/rounds.parquet")
        assert ours.equals(pyarrow.parquet.read_table(finished / "runs/small/rounds.parquet"))


def test_a_killed_run_is_run_again(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_text(RUN.replace("steps = 60", "steps = 400_000"), "utf-8")
    process = started(command_line("run", "long.toml"), cwd=tmp_path)
    directory = tmp_path / "runs" / "long"
    deadline = time.monotonic() + 120
    while not (directory / "config.json").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    shown = run_simhelm("show", "runs/long", cwd=tmp_path)
    assert shown.returncode == 5
    assert "did not finish" in shown.stderr
    (tmp_path / "long.toml").write_text(RUN, "utf-8")
    assert run_simhelm("run", "long.toml", cwd=tmp_path).returncode == 2
    assert run_simhelm("run", "long.toml", "--overwrite", cwd=tmp_path).returncode == 0
    assert run_simhelm("show", "runs/long", cwd=tmp_path).returncode == 0


def test_interrupt_is_exit_130(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_text(RUN.replace("steps = 60", "steps = 400_000"), "utf-8")
    process = started(command_line("run", "long.toml"), cwd=tmp_path)
    deadline = time.monotonic() + 120
    while not (tmp_path / "runs/long/config.json").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors


def test_an_interrupt_that_was_dropped_is_heard_later() -> None:
    before = signal.getsignal(signal.SIGINT)

    def work() -> None:
        with interruptible() as heed:
            heed()
            with contextlib.suppress(KeyboardInterrupt):  # as within a destructor
                signal.raise_signal(signal.SIGINT)
            heed()

    with pytest.raises(Interrupted):
        work()
    assert signal.getsignal(signal.SIGINT) is before


def test_own_matrix_end_to_end(tmp_path: Path) -> None:
    scipy.io.mmwrite(tmp_path / "A.mtx", poisson2d(6), symmetry="symmetric")
    scipy.io.mmwrite(tmp_path / "b.mtx", np.random.default_rng(0).standard_normal((36, 4)))
    text = """
baselines = ["omega=1", "oracle (Young's factor)"]
[environment]
id = "simhelm/SolverSequence-v0"
matrix = "A.mtx"
right_hand_sides = "b.mtx"
length = 40
[[learner]]
name = "UCB"
"""
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    done = run_simhelm("run", "own.toml", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = {row["policy"]: row for row in json.loads(done.stdout)}
    assert rows["oracle (Young's factor)"]["total"] < rows["omega=1"]["total"]
    assert "A.mtx, 36 rows: symmetric positive definite" in done.stderr
    report = (tmp_path / "runs/own/report.html").read_text(encoding="utf-8")
    assert "symmetric positive definite" in report


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("run", "missing.toml"), 2, "missing.toml: no such file"),
        (("run", "bad.toml"), 2, "not valid TOML"),
        (("show", "nowhere"), 5, "holds no study, no Monte Carlo"),
        (("reproduce", "learning-to-relaxx"), 2, "did you mean 'learning-to-relax'?"),
        (("fly",), 2, "No such command"),
        (("run",), 2, "Missing argument"),
        (("run", "heat.toml", "--timeout", "9"), 2, "--timeout belongs to studies; heat.toml"),
        (("run", "mc.toml", "--n-trials", "9"), 2, "--n-trials belongs to studies; mc.toml"),
        (("list", "--format", "yaml"), 2, "Invalid value"),
    ],
)
def test_mistakes(tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    (tmp_path / "bad.toml").write_text("= 3", encoding="utf-8")
    (tmp_path / "heat.toml").write_text("[environment]\nid = 'simhelm/Heat2D-v0'", encoding="utf-8")
    (tmp_path / "mc.toml").write_text("[monte_carlo]", encoding="utf-8")
    done = run_simhelm(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_changed_matrix_file_is_another_run(tmp_path: Path) -> None:
    scipy.io.mmwrite(tmp_path / "A.mtx", poisson2d(4), symmetry="symmetric")
    text = """
baselines = ["omega=1"]
[environment]
id = "simhelm/SolverSequence-v0"
matrix = "A.mtx"
length = 5
"""
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    assert run_simhelm("run", "own.toml", cwd=tmp_path).returncode == 0
    scipy.io.mmwrite(tmp_path / "A.mtx", poisson2d(5), symmetry="symmetric")
    done = run_simhelm("run", "own.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "inputs" in done.stderr
    assert run_simhelm("run", "own.toml", "--overwrite", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    "environment",
    [
        "grid = 20\nlength = 3\nmax_iterations = 50",
        'matrix = "skew.mtx"\nlength = 3',
        'matrix = "odd.mtx"\nlength = 3',
        'matrix = "diagonal.mtx"\nlength = 3',
        'shift_file = "shifts.txt"\nlength = 3\nmax_iterations = 50',
    ],
)
def test_runs_without_theory_run(environment: str, tmp_path: Path) -> None:
    """Where Young's theory does not apply, its baseline is left out and the run goes on."""
    skew = np.array([[2.0, 1.0], [0.5, 2.0]])
    odd = 0.9 * np.ones((3, 3)) + 0.1 * np.eye(3)
    for name, matrix in (("skew", skew), ("odd", odd), ("diagonal", np.eye(500))):
        scipy.io.mmwrite(tmp_path / f"{name}.mtx", scipy.sparse.coo_array(matrix))
    (tmp_path / "shifts.txt").write_text("-3.9\n", encoding="utf-8")
    text = f'[environment]\nid = "simhelm/SolverSequence-v0"\n{environment}\n'
    (tmp_path / "run.toml").write_text(text + "omegas = [1.0, 1.5]\n", encoding="utf-8")
    done = run_simhelm("run", "run.toml", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) >= 3


def test_labels_are_text_not_markup_and_not_mathematics(tmp_path: Path) -> None:
    text = """
title = "a [/b] c <script>"
baselines = ["omega=1"]
[environment]
id = "simhelm/Heat2D-v0"
nx = 5
steps = 20
[[learner]]
name = "UCB"
label = 'UCB [discount=0.9] $\\foo$ [/x], <b>'
"""
    (tmp_path / "odd.toml").write_text(text, encoding="utf-8")
    done = run_simhelm("run", "odd.toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "UCB [discount=0.9] $\\foo$ [/x], <b>" in done.stdout
    assert "a [/b] c <script>" in done.stdout
    report = (tmp_path / "runs/odd/report.html").read_text(encoding="utf-8")
    assert "<script>" not in report
    assert "&lt;b&gt;" in report


def test_overwriting_is_never_half_finished_nor_blocked(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(RUN, encoding="utf-8")
    assert run_simhelm("run", "small.toml", cwd=tmp_path).returncode == 0
    directory = tmp_path / "runs" / "small"
    (directory / "config.json").write_text("{ torn", encoding="utf-8")
    assert run_simhelm("run", "small.toml", cwd=tmp_path).returncode == 5
    assert run_simhelm("run", "small.toml", "--overwrite", cwd=tmp_path).returncode == 0
    (tmp_path / "fresh").mkdir()
    (tmp_path / "fresh" / "config.json.part").write_text("torn", encoding="utf-8")
    done = run_simhelm("run", "small.toml", "--out", "fresh", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_preparing_to_overwrite_makes_the_old_run_unfinished(tmp_path: Path) -> None:
    config = parse_steering(tomllib.loads(RUN))
    run_steering(config, tmp_path / "out")
    with LAYOUT.claimed(tmp_path / "out", identity_of(config)) as complete:
        assert complete
    with LAYOUT.claimed(tmp_path / "out", identity_of(config), overwrite=True) as complete:
        assert not complete
    with pytest.raises(DirectoryError, match="did not finish"):
        read_run(tmp_path / "out")


def test_two_runs_in_one_directory(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(RUN, encoding="utf-8")
    (tmp_path / "out").mkdir()
    with exclusive(tmp_path / "out"):
        done = run_simhelm("run", "small.toml", "--out", "out", cwd=tmp_path)
    assert done.returncode == 4
    assert f"process {os.getpid()}" in done.stderr
    assert run_simhelm("run", "small.toml", "--out", "out", cwd=tmp_path).returncode == 0


def test_progress_names_the_policy_at_work(tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    config = parse_steering(tomllib.loads(RUN))
    run_steering(config, tmp_path / "out", progress=lambda *told: seen.append(told))
    assert [name for _, _, name in seen] == [
        "omega=1", "omega=1.4", "oracle (best factor a step)",
        "TsallisINF", "TsallisINF", "Thompson, small", "Thompson, small",
    ]  # fmt: skip
    assert [done for done, _, _ in seen] == [60 * k for k in range(1, 8)]
    assert {total for _, total, _ in seen} == {420}


def test_an_unwritable_cache_is_no_obstacle(tmp_path: Path) -> None:
    code = """
import numba.core.caching as caching
caching.CacheImpl._locator_classes = []
for kind in (caching.CompileResultCacheImpl, caching.CodeLibraryCacheImpl):
    kind._locator_classes = []
from simhelm.simulators.linear import poisson2d, sor
import numpy as np
assert sor(poisson2d(3), np.ones(9), 1.2).converged
"""
    done = python("-c", code)
    assert done.returncode == 0, done.stderr


def test_a_directory_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(RUN, encoding="utf-8")
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.tex").write_text("words", encoding="utf-8")
    done = run_simhelm("run", "small.toml", "--out", "precious", "--overwrite", cwd=tmp_path)
    assert done.returncode == 2
    assert [path.name for path in (tmp_path / "precious").iterdir()] == ["thesis.tex"]


def test_damaged_directory_is_exit_5(finished: Path, tmp_path: Path) -> None:
    source = finished / "runs" / "small"
    for name in ("config.json", "summary.json", "provenance.json", "rounds.parquet"):
        copy = tmp_path / name
        copy.mkdir()
        for path in source.iterdir():
            (copy / path.name).write_bytes(path.read_bytes())
        content = (copy / name).read_bytes()
        (copy / name).write_bytes(content[: len(content) // 2])
        for verb in ("show", "report"):
            done = run_simhelm(verb, str(copy), cwd=tmp_path)
            # The table needs no rounds, the pictures do.
            expected = 0 if (verb, name) == ("show", "rounds.parquet") else 5
            assert done.returncode == expected, (verb, name, done.stderr)
            assert "Traceback" not in done.stderr
        (copy / name).write_text("[]", encoding="utf-8")
        assert run_simhelm("report", str(copy), cwd=tmp_path).returncode == 5, name
        (copy / name).unlink()
        assert run_simhelm("show", str(copy), cwd=tmp_path).returncode == 5, name


def test_version_list_and_entry_point(tmp_path: Path) -> None:
    for command in (
        [sys.executable, "-m", "simhelm"],
        [str(Path(sys.executable).parent / "simhelm")],
    ):
        done = completed([*command, "--version"], check=True)
        assert done.stdout.strip() == f"simhelm {simhelm.__version__}"
    rows = json.loads(run_simhelm("list", "--format", "json", cwd=tmp_path).stdout)
    names = {row["name"] for row in rows}
    assert {
        "simhelm/Heat2D-v0",
        "ChebCB",
        "learning-to-relax",
        "RelaxationFactor",
        "TPESampler",
    } <= names


def test_works_without_home_locale_or_terminal(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(RUN, encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/nonexistent"}
    done = run_simhelm("run", "small.toml", cwd=tmp_path, env=environment, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "TsallisINF" in done.stdout
