"""The verbs of studies, as a person types them."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import optuna
import pyarrow.parquet
import pytest

from simhelm.calibration import StudyView
from tests.calibration.study.faulty_executable import executable
from tests.calibration.study.harness import wait_until
from tests.subprocesses import command_line, completed, run_simhelm, started

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.fixture(scope="module")
def baked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shell example, run once; some of its loaves catch fire."""
    folder = tmp_path_factory.mktemp("baked")
    shutil.copytree(EXAMPLES / "shell_study", folder / "shell_study")
    done = run_simhelm("run", "shell_study/oven.toml", "--workers", "2", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "TPESampler reached unevenness" in done.stdout
    assert "rule of thumb" in done.stdout
    assert "random search" in done.stdout
    assert "exit code 3" in done.stderr
    return folder / "runs" / "oven"


def test_a_line_a_trial_with_the_best_so_far(baked: Path) -> None:
    """The run again reads: nothing is evaluated twice."""
    before = StudyView(baked).reproducible()
    done = run_simhelm("run", "shell_study/oven.toml", cwd=baked.parents[1])
    assert done.returncode == 0
    assert "trial 0:" not in done.stderr
    assert StudyView(baked).reproducible() == before


def test_show_in_three_formats(baked: Path) -> None:
    rows = json.loads(run_simhelm("show", baked, "--trials", "--format", "json").stdout)
    assert [row["slot"] for row in rows] == list(range(40))
    table = csv.DictReader(
        io.StringIO(run_simhelm("show", baked, "--trials", "--format", "csv").stdout)
    )
    assert [row["unevenness"] or None for row in table] == [
        None if row["unevenness"] is None else str(row["unevenness"]) for row in rows
    ]
    best = json.loads(run_simhelm("show", baked, "--best", "3", "--format", "json").stdout)
    values = sorted(row["unevenness"] for row in rows if row["unevenness"] is not None)
    assert [row["unevenness"] for row in best] == values[:3]
    assert "TPESampler" in run_simhelm("show", baked).stdout
    outcome = json.loads(run_simhelm("show", baked, "--format", "json").stdout)
    assert {row["kind"] for row in outcome} == {"search", "default", "random"}
    assert all(row["trials"] == 40 for row in outcome if row["kind"] != "default")


def test_a_log_file_gets_what_stderr_gets(tmp_path: Path) -> None:
    file, out = executable(tmp_path, "echo cost = $1", trials=3), tmp_path / "out"
    done = run_simhelm("--log-file", tmp_path / "log", "run", file, "--out", out)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert [line.split(" ", 3)[3] for line in lines] == done.stderr.splitlines()


def test_status_counts(baked: Path) -> None:
    found = json.loads(run_simhelm("status", baked, "--format", "json").stdout)
    assert (found["owner"], found["wanted"], found["running"]) == (None, 40, [])
    assert sum(c["trials"] for c in found["counts"] if c["series"] == "search") == 40
    assert "no process holds the lock" in run_simhelm("status", baked).stdout


def test_status_while_it_runs(tmp_path: Path) -> None:
    file, out = executable(tmp_path, "sleep 30; echo cost = $1"), tmp_path / "out"
    process = started(command_line("run", file, "--out", out))
    wait_until(lambda: (out / "trials").is_dir() and any((out / "trials").iterdir()), "a trial")
    found = json.loads(run_simhelm("status", out, "--format", "json").stdout)
    text = run_simhelm("status", out).stdout
    process.terminate()
    process.communicate(timeout=60)
    assert found["owner"]["pid"] == process.pid
    assert found["running"]
    assert f"process {process.pid}" in text


class _Page(HTMLParser):
    """Counts pictures and headings, and what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "img" and (found.get("src") or "").startswith("data:image/png;base64,"):
            self.pictures.append(found["alt"] or "")
        elif "src" in found or "href" in found or tag == "script":
            self.fetched.append(tag)


def test_the_report_has_all_its_pictures_and_fetches_nothing(baked: Path) -> None:
    done = run_simhelm("report", baked)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    text = Path(done.stdout.strip()).read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    assert page.pictures == [
        "History", "Parallel coordinates", "Importance of parameters", "Cost",
        "Failures by reason",
    ]  # fmt: skip
    assert page.fetched == []
    assert "TPESampler reached" in text


def test_the_report_of_two_objectives_shows_the_front(tmp_path: Path) -> None:
    text = (EXAMPLES / "shell_study" / "oven.toml").read_text(encoding="utf-8")
    shutil.copytree(EXAMPLES / "shell_study", tmp_path / "s")
    aims = '[[objective]]\nname = "unevenness"\n[[objective]]\nname = "energy"\n'
    energy = "[[output]]\nname = \"energy\"\nregex = { file = 'stdout', pattern = '= (\\S+)' }\n"
    text = text.replace("trials = 40", "trials = 12").replace("TPESampler", "NSGAIISampler")
    text = text.replace('name = "Oven"', 'name = "Oven"\nobjective = "unevenness"')
    (tmp_path / "s" / "study.toml").write_text(text + aims + energy, encoding="utf-8")
    done = run_simhelm("run", "s/study.toml", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    front = json.loads(run_simhelm("show", tmp_path / "out", "--pareto", "--format", "json").stdout)
    assert front
    assert run_simhelm("report", tmp_path / "out").returncode == 0
    assert "Pareto front" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_report_of_nothing_yet(tmp_path: Path) -> None:
    file, out = executable(tmp_path, "sleep 60"), tmp_path / "out"
    assert run_simhelm("run", file, "--out", out, "--timeout", "1").returncode == 0
    assert run_simhelm("report", out).returncode == 0
    assert "No trial has a result yet" in (out / "report.html").read_text(encoding="utf-8")


def _rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        found: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
        return found
    text = path.read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)) if path.suffix == ".csv" else json.loads(text))


@pytest.mark.parametrize("suffix", ["parquet", "csv", "json"])
def test_exports_hold_every_trial(suffix: str, baked: Path, tmp_path: Path) -> None:
    path = tmp_path / f"trials.{suffix}"
    done = run_simhelm("export", baked, "--to", path)
    assert done.returncode == 0, done.stderr
    rows = _rows(path)
    assert len(rows) == 81
    expected = StudyView(baked).trial(7).config["temperature"]
    found = next(r for r in rows if r["series"] == "search" and str(r["slot"]) == "7")
    assert float(found["temperature"]) == expected


def test_an_unknown_format_is_refused(baked: Path, tmp_path: Path) -> None:
    done = run_simhelm("export", baked, "--to", tmp_path / "trials.parket")
    assert done.returncode == 2
    assert "did you mean '.parquet'" in done.stderr


def test_to_optuna_and_back(baked: Path, tmp_path: Path) -> None:
    """Every Optuna user can open it, go on with it, and give it back."""
    url = f"sqlite:///{tmp_path}/optuna.db"
    done = run_simhelm("export", baked, "--optuna", url, "--study-name", "loaves")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name="loaves", storage=url)
    ours = StudyView(baked).trials()
    assert [trial.params for trial in study.trials] == [trial.config for trial in ours]
    assert [trial.value for trial in study.trials] == [t.values.get("unevenness") for t in ours]
    assert study.best_value == StudyView(baked).best()[0].values["unevenness"]
    study.optimize(lambda trial: trial.suggest_float("temperature", 150.0, 280.0), n_trials=1)
    again = run_simhelm("export", baked, "--optuna", url, "--study-name", "loaves")
    assert again.returncode == 2
    assert "has a study 'loaves' already" in again.stderr

    (tmp_path / "s").mkdir()
    shutil.copytree(EXAMPLES / "shell_study", tmp_path / "s", dirs_exist_ok=True)
    done = run_simhelm(
        "run", "s/oven.toml", "--from-optuna", url, "--out", "warm", "--n-trials", "4",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    taken = StudyView(tmp_path / "warm").trials("earlier")
    good = [trial for trial in ours if trial.succeeded]
    assert [trial.config for trial in taken] == [trial.config for trial in good]
    assert [trial.told_values for trial in taken] == [[t.values["unevenness"]] for t in good]
    assert "39 of" in done.stderr or f"{len(good)} of {len(good) + 1}" in done.stderr


def test_no_such_storage(baked: Path) -> None:
    done = run_simhelm("export", baked, "--optuna", "nonsense://x")
    assert done.returncode == 2
    assert "cannot be opened" in done.stderr


def test_validate_agrees_and_notices(baked: Path, tmp_path: Path) -> None:
    done = run_simhelm("validate", baked, "--best", "2", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert [row["agrees"] for row in json.loads(done.stdout)] == ["ok", "ok"]
    noisy = executable(tmp_path, "echo cost = 0.$(date +%N)", trials=3)
    assert run_simhelm("run", noisy, "--out", tmp_path / "noisy").returncode == 0
    done = run_simhelm("validate", tmp_path / "noisy")
    assert done.returncode == 1
    assert "NO" in done.stdout
    done = run_simhelm("validate", tmp_path / "noisy", "--tolerance", "1e6")
    assert done.returncode == 0


def test_replay_prints_and_runs_the_command(baked: Path) -> None:
    trial = StudyView(baked).trial(3)
    printed = run_simhelm("replay", baked, "3", "--print").stdout
    assert "./oven.sh" in printed
    assert repr(trial.config["temperature"]) in printed
    done = run_simhelm("replay", baked, "3")
    assert done.returncode == 0, done.stderr
    lines = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    assert trial.end_reason is not None
    assert lines["recorded"].startswith(trial.end_reason.label)
    assert lines["now"].strip().startswith(trial.end_reason.label)
    assert run_simhelm("replay", baked, "400").returncode == 2


def test_a_budget_may_grow_by_resume(tmp_path: Path) -> None:
    file, out = executable(tmp_path, "echo cost = $1"), tmp_path / "out"
    assert run_simhelm("run", file, "--out", out, "--n-trials", "4").returncode == 0
    assert len(StudyView(out).trials()) == 4
    assert run_simhelm("resume", out, "--n-trials", "7").returncode == 0
    assert run_simhelm("run", file, "--out", tmp_path / "whole").returncode == 0
    seven = [row for row in StudyView(tmp_path / "whole").reproducible() if row["slot"] < 7]
    found = StudyView(out).reproducible()
    # The last batch is told only when it is complete.
    told = [row for row in found if row["told_values"] is not None]
    assert told == seven[: len(told)]
    assert [row["values"] for row in found] == [row["values"] for row in seven]


def test_events_tell_what_happened(tmp_path: Path) -> None:
    file, out = executable(tmp_path, "sleep 60"), tmp_path / "out"
    assert run_simhelm("run", file, "--out", out, "--timeout", "1").returncode == 0
    rows = json.loads(run_simhelm("show", out, "--events", "--format", "json").stdout)
    assert {row["kind"] for row in rows} == {"interrupted"}


def test_the_store_is_a_plain_database(baked: Path) -> None:
    with sqlite3.connect(f"file:{baked}/study.db?mode=ro", uri=True) as database:
        tables = {n for (n,) in database.execute("SELECT name FROM sqlite_schema")}
        keys = {key for (key,) in database.execute("SELECT key FROM study")}
    database.close()
    assert {"study", "trials", "curves", "events"} <= tables
    assert {"identity", "problem hash", "definition", "versions", "created", "format"} <= keys


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_c_example(tmp_path: Path) -> None:
    folder = tmp_path / "c_study"
    shutil.copytree(EXAMPLES / "c_study", folder)
    compiled = completed(
        ["cc", "-O2", "-o", str(folder / "projectile"), str(folder / "projectile.c"), "-lm"]
    )
    assert compiled.returncode == 0, compiled.stderr
    done = run_simhelm(
        "run", folder / "projectile.toml", "--workers", "2", "--out", tmp_path / "out"
    )
    assert done.returncode == 0, done.stderr
    view = StudyView(tmp_path / "out")
    best, default = view.best()[0], view.trials("default")[0]
    assert best.values["range"] > default.values["range"]
    # The last point of the curve is shortly before the landing.
    assert 0.0 < best.values["range"] - view.curve(best.slot)[-1][1] < 5.0
    assert best.cost == best.values["steps"]
