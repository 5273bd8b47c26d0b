"""Every verb on every kind of experiment works, or names the verb that does."""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from simhelm.cli.dashboard.application import page_of
from simhelm.cli.dashboard.serving import serving
from simhelm.core.errors import ConfigurationError, DirectoryError
from simhelm.experiments.kinds import KINDS, of_directory, of_table
from simhelm.experiments.lock import exclusive
from tests.subprocesses import here

FILES = {
    "study": """
trials = 4
baselines = ["default"]
[problem]
name = "RelaxationFactor"
grid = 4
systems = 2
[sampler]
name = "RandomSampler"
""",
    "steering": """
baselines = ["omega=1"]
[environment]
id = "simhelm/Heat2D-v0"
nx = 5
steps = 6
[[learner]]
name = "TsallisINF"
""",
    "training": """
kind = "training"
algorithm = "dqn"
steps = 40
hidden = [4]
validation_episodes = 1
[environment]
id = "simhelm/SolverSequence-v0"
length = 5
grid = 3
""",
    "sampling": """
seed = 2
[monte_carlo]
generator = "bootstrap"
training_solves = 10
samples = 20
size = 0.03
steps = 40
""",
}
FILES["sweep"] = FILES["training"].replace("steps = 40", "steps = 40\nrepeats = 2")
NOUNS = {entry.name: entry.noun for entry in KINDS}
REPORT = {
    "study": "Tuned:",
    "steering": "Steered:",
    "training": "Best validation",
    "sweep": "Tuned:",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory of every kind, run from a file, and one that is none."""
    path = tmp_path_factory.mktemp("kinds")
    for kind, text in FILES.items():
        (path / f"{kind}.toml").write_text(text, encoding="utf-8")
        done = here("run", f"{kind}.toml", "--out", kind, cwd=path)
        assert done.returncode == 0, (kind, done.stderr)
        assert done.stdout
    (path / "none").mkdir()
    return path


def _output(folder: Path, *words: str) -> str:
    done = here(*words, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", FILES)
def test_directories_and_files_are_recognised(folder: Path, kind: str) -> None:
    assert of_directory(folder / kind).name == kind


@pytest.mark.parametrize("kind", FILES)
def test_running_and_resuming_what_is_complete_shows_it(folder: Path, kind: str) -> None:
    shown = _output(folder, "show", kind, "--format", "json")
    assert json.loads(shown)
    for words in (("run", f"{kind}.toml", "--out", kind), ("resume", kind)):
        assert _output(folder, *words, "--format", "json") == shown
    if kind not in ("study", "sweep"):
        assert "is complete" in here("resume", kind, cwd=folder).stderr


# A file that only a complete one has, by kind.
LAST = {"steering": "summary.json", "training": "training.json", "sampling": "records.json"}


@pytest.mark.parametrize("kind", LAST)
def test_what_is_not_complete_is_resumed(folder: Path, tmp_path: Path, kind: str) -> None:
    shutil.copytree(folder / kind, tmp_path / kind)
    (tmp_path / kind / LAST[kind]).unlink()
    found = json.loads(_output(tmp_path, "status", kind, "--format", "json"))
    assert found["done"] < found["wanted"] or kind == "training"
    shown = _output(folder, "show", kind, "--format", "json")
    resumed = json.loads(_output(tmp_path, "resume", kind, "--format", "json"))
    expected = json.loads(shown)
    for row in (*resumed, *expected):
        row.pop("seconds", None)
    assert resumed == expected


@pytest.mark.parametrize("kind", FILES)
def test_status_tells_how_much_is_done_and_who_holds_the_lock(folder: Path, kind: str) -> None:
    found = json.loads(_output(folder, "status", kind, "--format", "json"))
    assert found["done"] == found["wanted"] > 0
    assert found["owner"] is None
    assert "no process holds the lock" in _output(folder, "status", kind)
    assert _output(folder, "status", kind, "--format", "csv")
    with exclusive(folder / kind / (of_directory(folder / kind).study or "")):
        assert f"process {os.getpid()} on" in _output(folder, "status", kind)
        done = here("run", f"{kind}.toml", "--out", kind, cwd=folder)
        assert (done.returncode, done.stdout) == (4, "")
        assert f"process {os.getpid()} on" in done.stderr


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what optuna-dashboard imports
@pytest.mark.parametrize("kind", FILES)
def test_a_report_and_a_live_page(folder: Path, kind: str) -> None:
    path = folder / _output(folder, "report", kind).strip()
    words = REPORT.get(kind, "95 % quantile")
    text = path.read_text(encoding="utf-8")
    assert words in text
    assert "data:image/png" in text
    assert words in of_directory(folder / kind).load().page(folder / kind)
    page = page_of(folder / kind)
    with serving(page.application, "127.0.0.1", 0) as address:
        assert urllib.request.urlopen(address + page.start).status == 200


def _export(folder: Path, kind: str) -> tuple[str, ...]:
    return "export", kind, "--to", str(folder / f"{kind}.csv")


OF_STUDIES: dict[str, Callable[[Path, str], tuple[str, ...]]] = {
    "export": _export,
    "validate": lambda folder, kind: ("validate", kind, "--best", "1"),
    "replay": lambda folder, kind: ("replay", kind, "0", "--print"),
}


@pytest.mark.parametrize("verb", OF_STUDIES)
@pytest.mark.parametrize("kind", FILES)
def test_verbs_of_studies_name_another(folder: Path, kind: str, verb: str) -> None:
    done = here(*OF_STUDIES[verb](folder, kind), cwd=folder)
    if kind == "study" or (kind, verb) == ("sweep", "export"):
        assert done.returncode == 0, done.stderr
    elif kind == "sweep":  # a study of a Python object, made by its own command
        assert done.returncode == 5
    else:
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{verb} works on studies, and {kind} holds a {NOUNS[kind]}: `simhelm" in done.stderr
        assert f"NEW_{kind}" not in done.stderr, "NEW_DIR is another directory"


@pytest.mark.parametrize("words", [("--best", "1"), ("--trials",), ("--pareto",), ("--events",)])
@pytest.mark.parametrize("kind", FILES)
def test_trials_are_of_studies(folder: Path, kind: str, words: tuple[str, ...]) -> None:
    done = here("show", kind, *words, cwd=folder)
    assert done.returncode == (0 if kind in ("study", "sweep") else 2)
    assert "belongs to studies" in done.stderr or done.returncode == 0


@pytest.mark.parametrize("kind", FILES)
def test_evaluate_plays_policies_of_trainings(folder: Path, kind: str) -> None:
    words = ("evaluate", "simhelm/SolverSequence-v0", "--seeds", "0:2", "--policy", kind)
    done = here(*words, cwd=folder)
    if kind == "training":
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode == 2
        assert f"{kind} holds a {NOUNS[kind]}; `simhelm show {kind}`" in done.stderr


@pytest.mark.parametrize(
    "words",
    [("status",), ("show",), ("report",), ("resume",), ("dashboard",), ("validate",),
     ("export", "--to", "x.csv"), ("replay", "0")],
)  # fmt: skip
def test_a_directory_of_none(folder: Path, words: tuple[str, ...]) -> None:
    done = here(words[0], "none", *words[1:], cwd=folder)
    assert (done.returncode, done.stdout) == (5, "")
    assert "none: holds no study, no Monte Carlo" in done.stderr


@pytest.mark.parametrize("kind", ["study", "steering", "training", "sampling"])
def test_a_file_may_name_its_kind(kind: str) -> None:
    assert of_table({"kind": kind, "seed": 1}, "f")[0].name == kind
    assert of_table({"kind": kind, "seed": 1}, "f")[1] == {"seed": 1}


def test_a_misspelled_kind_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"f: kind: .* did you mean 'steering'"):
        of_table({"kind": "stering"}, "f")
    with pytest.raises(ConfigurationError, match="did you mean 'environment'"):
        of_table({"enviroment": {}}, "f")
    assert of_table({"trials": 3}, "f")[0].name == "study"


def test_a_torn_marker_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{ torn", encoding="utf-8")
    with pytest.raises(DirectoryError, match="cannot be read"):
        of_directory(tmp_path)


@pytest.mark.parametrize(
    ("kind", "file", "verb"),
    [
        ("study", "report.html", ("report",)), ("study", "report", ("report",)),
        ("study", "lock", ("resume",)), ("study", "replays", ("replay", "0")),
        ("steering", "report.html", ("report",)), ("steering", "excess.png", ("report",)),
        ("steering", "lock", ("run", "--overwrite")),
        ("training", "report.html", ("report",)),
        ("training", "checkpoints", ("run", "--overwrite")),
        ("training", "config.json", ("run", "--overwrite")),
        ("sampling", "report.html", ("report",)),
        ("sampling", "plate.png", ("run", "--overwrite")),
        ("sweep", "study", ("run",)), ("sweep", "seed-1", ("run",)),
    ],
)  # fmt: skip
def test_nothing_is_written_through_a_link(
    folder: Path, tmp_path: Path, kind: str, file: str, verb: tuple[str, ...]
) -> None:
    directory, precious = tmp_path / kind, tmp_path / "precious"
    shutil.copytree(folder / kind, directory)
    if (directory / file).exists():
        (directory / file).rename(precious)
    elif "." in file:
        precious.touch()
    else:
        precious.mkdir()
    if file == "seed-1":
        shutil.rmtree(directory / "study")
    before = _content(precious)
    (directory / file).symlink_to(precious)
    where = (str(folder / f"{kind}.toml"), "--out", kind) if verb[0] == "run" else (kind,)
    done = here(verb[0], *where, *verb[1:], cwd=tmp_path)
    if file == "checkpoints":  # overwriting removes the link itself
        assert done.returncode == 0
        assert not (directory / file).is_symlink()
    elif file == "seed-1":
        assert done.returncode != 0
    else:
        assert done.returncode == 2, done.stderr
        assert "is a symbolic link" in done.stderr
    assert _content(precious) == before


def _content(path: Path) -> dict[str, bytes]:
    files = path.rglob("*") if path.is_dir() else [path]
    return {str(file): file.read_bytes() for file in files if file.is_file()}
