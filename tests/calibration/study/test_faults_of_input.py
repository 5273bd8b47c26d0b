"""Hostile input and bare surroundings (F17, F18, F24)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.calibration.study.faulty_executable import executable
from tests.subprocesses import run_simhelm

HOSTILE = {
    "unknown key": ("trials = 9", "trails = 9", "did you mean 'trials'"),
    "wrong type": ("seed = 2", 'seed = "2"', "seed"),
    "nan": ("low = 0.0", "low = nan", "low"),
    "no batch": ("batch = 3", "batch = 0", "batch"),
    "huge": ("trials = 9", "trials = 999999999999999", "trials"),
    "unknown sampler": ("RandomSampler", "RandonSampler", "did you mean 'RandomSampler'"),
    "python tag": ('title = "a fault"', "title = !!python/object/apply:os.system", "TOML"),
    "control characters": ("a fault", "a \\u0007 fault", "printable"),
    "option": ('name = "RandomSampler"', 'name = "RandomSampler"\nfoo = 1', "foo"),
    "traversal": ('file = "stdout"', 'file = "../../etc/passwd"', "inside"),
    "both": ("[simulator]", '[problem]\nname = "RelaxationFactor"\n[simulator]', "one of"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_f17_hostile_files_are_refused(what: str, tmp_path: Path) -> None:
    file, out = executable(tmp_path, f"touch {tmp_path}/canary; echo cost = 1"), tmp_path / "out"
    old, new, words = HOSTILE[what]
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    done = run_simhelm("run", file, "--out", out)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "canary").exists()
    assert not out.exists()


def test_f18_pickles_are_never_read(tmp_path: Path) -> None:
    import pickle

    class Canary:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "canary"),)

    content = pickle.dumps(Canary())
    folder = tmp_path / "s"
    folder.mkdir()
    (folder / "study.db").write_bytes(content)
    file = tmp_path / "study.toml"
    file.write_bytes(content)
    for words in (("run", file, "--out", folder), ("show", folder), ("report", folder)):
        assert run_simhelm(*words).returncode in (2, 5)
    assert run_simhelm("resume", folder).returncode == 5
    assert not (tmp_path / "canary").exists()


def test_f24_a_bare_environment_is_enough(tmp_path: Path) -> None:
    file, out = executable(tmp_path, "echo cost = $1"), tmp_path / "out"
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/nonexistent"}
    done = run_simhelm("run", file, "--out", out, env=env)
    assert done.returncode == 0, done.stderr
    assert run_simhelm("show", out, "--trials", env=env).returncode == 0
