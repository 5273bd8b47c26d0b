"""Faults of study directories (F7, F14-F16): full, shared, damaged, another study's."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simhelm.calibration import StudyView, run_study
from simhelm.calibration.study.identity import describe
from simhelm.core.errors import ConfigurationError, DirectoryError, SimhelmError, StudyLocked
from simhelm.experiments.lock import LOCK, exclusive
from simhelm.simulators.transport.problem import ModeChoice
from tests.calibration.study.faulty_executable import executable, reasons
from tests.calibration.study.harness import finished_trials, table
from tests.calibration.study.problems import Bowl, Converging
from tests.subprocesses import command_line, completed, run_simhelm, started


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Any:
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=6m", "none", str(folder)]
    if completed(command).returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    completed(["umount", "-l", str(folder)], check=True)


def test_f7_a_full_disk_loses_nothing(tiny_disk: Path, tmp_path: Path) -> None:
    whole = table(Bowl(), tmp_path / "whole", trials=200, sampler="RandomSampler")
    ballast = tiny_disk / "ballast"
    ballast.write_bytes(b"x" * (shutil.disk_usage(tiny_disk).free - 150_000))
    with pytest.raises(SimhelmError, match="bytes free"):
        run_study(Bowl(), tiny_disk / "s", trials=200, sampler="RandomSampler")
    before = finished_trials(tiny_disk / "s")
    ballast.unlink()
    assert table(Bowl(), tiny_disk / "s", trials=200, sampler="RandomSampler") == whole
    assert before > 0


def test_f14_one_of_two_runs_wins(tmp_path: Path) -> None:
    go_on = tmp_path / "go on"  # the winner's simulator waits until the other has lost
    script = f"until [ -e '{go_on}' ]; do sleep 0.05; done; echo cost = $1"
    file = executable(tmp_path, script, trials=1, time_limit=60.0)
    for attempt in range(20):
        out = tmp_path / f"out-{attempt}"
        go_on.unlink(missing_ok=True)
        both = [started(command_line("run", file, "--out", out)) for _ in range(2)]
        deadline = time.monotonic() + 60
        while all(process.poll() is None for process in both) and time.monotonic() < deadline:
            time.sleep(0.02)
        go_on.touch()
        texts = [process.communicate(timeout=60)[1] for process in both]
        codes = sorted(process.returncode for process in both)
        assert codes == [0, 4], texts
        assert any(f"process {process.pid}" in text for process in both for text in texts)
        assert reasons(out) == {0: "completed"}


def test_f14_the_lock_names_its_owner_and_dies_with_it(tmp_path: Path) -> None:
    with exclusive(tmp_path):
        assert StudyLockedText(tmp_path) == f"process {os.getpid()}"
    assert (tmp_path / LOCK).read_bytes() == b""
    (tmp_path / LOCK).write_text('{"pid": 1, "host": "elsewhere", "since": "long ago"}')
    with exclusive(tmp_path):  # a dead owner's words do not lock
        pass


def StudyLockedText(directory: Path) -> str:  # noqa: N802
    with pytest.raises(StudyLocked) as locked, exclusive(directory):
        pass
    return " ".join(str(locked.value).split(": ")[1].split()[:2])


def test_f15_no_damage_passes_unnoticed_or_raises_the_unexpected(tmp_path: Path) -> None:
    run_study(Bowl(), tmp_path / "s", trials=12, sampler="RandomSampler")
    good = StudyView(tmp_path / "s").reproducible()
    file = tmp_path / "s" / "study.db"
    data = file.read_bytes()
    rng = np.random.default_rng(8)
    noticed = 0
    # Four of five bytes are unused and 0: half of the places are among the others.
    written = np.flatnonzero(np.frombuffer(data, dtype=np.uint8))
    for place in (*rng.integers(len(data), size=300), *rng.choice(written, 300)):
        damaged = bytearray(data)
        damaged[place] ^= int(rng.integers(1, 256))
        file.write_bytes(damaged)
        noticed += not _reads(tmp_path / "s", good)
    for size in (0, 1, 50, 100, 1000, len(data) // 2, len(data) - 1):
        file.write_bytes(data[:size])
        noticed += not _reads(tmp_path / "s", None if size < len(data) - 1 else good)
    file.write_bytes(data)
    assert _reads(tmp_path / "s", good)
    assert noticed > 150, noticed


def _reads(directory: Path, good: list[dict[str, Any]] | None) -> bool:
    """Whether the study can be read; then it must be the right one."""
    try:
        found = StudyView(directory).reproducible()
    except DirectoryError as error:
        found, message = None, str(error)
    if found is None:
        assert str(directory) in message
        return False
    assert found == good
    return True


def altered(directory: Path, statement: str) -> None:
    """Change a study behind its writer's back, each row in itself as it should be."""
    with sqlite3.connect(directory / "study.db") as database:
        assert database.execute(statement).rowcount > 0
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM trials WHERE slot = 5",
        "DELETE FROM trials WHERE series = 'default'",
        "DELETE FROM curves WHERE slot = 1 AND step = 2",
        "UPDATE curves SET value = value + 1 WHERE slot = 1 AND step = 2",
        "UPDATE study SET value = replace(value, 'minimize', 'maximize') WHERE key = 'identity'",
        "DELETE FROM study WHERE key = 'definition'",
    ],
)
def test_f15_rows_that_are_lost_or_of_another_time_are_noticed(
    statement: str, tmp_path: Path
) -> None:
    arguments: dict[str, Any] = {
        "trials": 6, "sampler": "RandomSampler", "early_stopping": {"after": 2},
    }  # fmt: skip
    run_study(Converging(), tmp_path / "s", **arguments)
    altered(tmp_path / "s", statement)
    with pytest.raises(DirectoryError, match=r"study\.db: .*(damaged|missing)"):
        everything(StudyView(tmp_path / "s"))
    with pytest.raises(DirectoryError, match=r"study\.db: .*damaged"):
        run_study(Converging(), tmp_path / "s", **{**arguments, "trials": 9})


def everything(view: StudyView) -> list[Any]:
    return [view.reproducible(), *(view.curves(name) for name in view.series())]


def test_f15_a_study_without_digests_is_read_and_gets_them(tmp_path: Path) -> None:
    run_study(Bowl(), tmp_path / "s", trials=6, sampler="RandomSampler")
    before = StudyView(tmp_path / "s").reproducible()
    altered(tmp_path / "s", "DELETE FROM study WHERE key LIKE 'digest of %'")
    assert StudyView(tmp_path / "s").reproducible() == before
    run_study(Bowl(), tmp_path / "s", trials=8, sampler="RandomSampler")
    altered(tmp_path / "s", "DELETE FROM trials WHERE slot = 5")
    with pytest.raises(DirectoryError, match=r"expected 8 rows .* got 7 "):
        StudyView(tmp_path / "s").reproducible()


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 99, b"\0" * 4096])
def test_f15_foreign_files_are_never_taken_for_new(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "study.db").write_bytes(content)
    if content:
        with pytest.raises(DirectoryError):
            run_study(Bowl(), tmp_path / "s", trials=2)
        assert (tmp_path / "s" / "study.db").read_bytes() == content
    else:  # a study that was killed while it was made
        assert len(run_study(Bowl(), tmp_path / "s", trials=2, batch=2).trials()) == 2


def test_f15_a_newer_format_is_said_to_be_newer(tmp_path: Path) -> None:
    run_study(Bowl(), tmp_path / "s", trials=2)
    with sqlite3.connect(tmp_path / "s" / "study.db") as database:
        database.execute("UPDATE study SET value = '99' WHERE key = 'format'")
    database.close()
    with pytest.raises(DirectoryError, match="newer"):
        run_study(Bowl(), tmp_path / "s", trials=2)


def test_f16_a_changed_problem_is_refused_with_a_diff(tmp_path: Path) -> None:
    file, out = executable(tmp_path, "echo cost = $1"), tmp_path / "out"
    assert run_simhelm("run", file, "--out", out).returncode == 0
    text = file.read_text()
    for change in (("high = 2.0", "high = 3.0"), ("seed = 2", "seed = 3"), ("= 3\n", "= 4\n")):
        file.write_text(text.replace(*change))
        done = run_simhelm("run", file, "--out", out)
        assert done.returncode == 2
        assert "  - " in done.stderr
        assert "  + " in done.stderr
        assert "--fork" in done.stderr
    file.write_text(text)
    (tmp_path / "sim.sh").write_text("#!/bin/sh\necho cost = 1\n")
    assert "contents.sim.sh" in run_simhelm("run", file, "--out", out).stderr
    (tmp_path / "sim.sh").write_text("#!/bin/sh\necho cost = $1")
    file.write_text(text.replace("trials = 9", "trials = 12"))
    assert run_simhelm("run", file, "--out", out).returncode == 0
    assert len(StudyView(out).trials()) == 12


def test_f16_an_object_made_with_other_arguments_is_another_problem(tmp_path: Path) -> None:
    town = ModeChoice(persons=100, days=1, target={"car": 70.0, "walk": 30.0})
    settings: dict[str, Any] = {
        "sampler": "RandomSampler",
        "trials": 1,
        "batch": 1,
        "baselines": [],
    }
    run_study(town, tmp_path / "out", **settings)
    same = ModeChoice(persons=100, days=1, target={"car": 70.0, "walk": 30.0})
    run_study(same, tmp_path / "out", **settings | {"trials": 2})
    other = ModeChoice(persons=200, days=1, target={"car": 60.0, "walk": 40.0})
    with pytest.raises(ConfigurationError, match=r"(?s)persons = 100.*target.walk = 40") as found:
        run_study(other, tmp_path / "out", **settings)
    assert "days" not in str(found.value)


def test_f16_arguments_count_by_their_content() -> None:
    """Arrays count by their bytes, objects by their class: no address of memory is told."""

    def described(bounds: object) -> object:
        class Two(Bowl):
            def __init__(self, bounds: object, *others: object) -> None:
                super().__init__()
                self.bounds, self.others = bounds, others

        return describe(Two(bounds, 1, np.float64(2.0)))["arguments"]

    zeros = described(np.zeros(3))
    assert zeros == described(np.zeros(3)) != described(np.array([0.0, 0.0, 1.0]))
    assert described(object()) == {"bounds": "builtins:object", "others": [1, 2.0]}


def test_f16_an_argument_that_is_not_told_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Silent(Bowl):
        def __init__(self, depth: int = 1) -> None:
            super().__init__()

    run_study(Silent(), tmp_path / "out", trials=1)
    assert "another depth is not told from this one; set self.depth" in caplog.text


def test_f16_a_fork_takes_over_what_still_holds(tmp_path: Path) -> None:
    file, out, new = executable(tmp_path, "echo cost = $1"), tmp_path / "out", tmp_path / "new"
    assert run_simhelm("run", file, "--out", out).returncode == 0
    file.write_text(file.read_text().replace("high = 2.0", "high = 1.0"))
    done = run_simhelm("run", file, "--out", out, "--fork", new)
    assert done.returncode == 0, done.stderr
    legal = [trial for trial in StudyView(out).trials() if float(trial.config["x"]) <= 1.0]
    taken = StudyView(new).trials("earlier")
    assert [trial.config for trial in taken] == [trial.config for trial in legal]
    assert 0 < len(legal) < 9
    assert len(StudyView(new).trials()) == 9
