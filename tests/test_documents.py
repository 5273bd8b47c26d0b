"""What the documents show works: code blocks, commands and example files."""

import importlib.util
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pydantic
import pytest
import scipy.io

from docs.pages import results
from simhelm.calibration.sampling import configuration as monte_carlo
from simhelm.calibration.study import configuration
from simhelm.calibration.study.definition import from_file
from simhelm.control.steering.definition import parse_steering, prepared
from simhelm.control.training.configuration import TrainingConfig, parse_training
from simhelm.experiments.schema import load_table
from simhelm.simulators.executable import share_table, specification
from tests.subprocesses import python, run_simhelm

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
PAGES = [
    (ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("architecture.md", "nbody.md", "transport.md", "fem.md")
]
PAGE_BLOCKS = [
    code for page in PAGES for code in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
]
COMMANDS = re.findall(r"^simhelm [^#\n]*", README, flags=re.MULTILINE)


@pytest.mark.parametrize("code", BLOCKS)
def test_readme_code_runs(code: str, tmp_path: Path) -> None:
    done = python("-W", "error", "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("code", PAGE_BLOCKS)
def test_code_of_pages_runs(code: str, tmp_path: Path) -> None:
    done = python("-W", "error", "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


BACK_ENDS = (ROOT / "docs" / "transport_backends.md").read_text(encoding="utf-8")


@pytest.mark.skipif(importlib.util.find_spec("sumo") is None, reason="needs simhelm[sumo]")
@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", BACK_ENDS, flags=re.DOTALL))
def test_transport_backends_code_runs(code: str, tmp_path: Path) -> None:
    done = python("-W", "error", "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["embedded", "sumo"]


def test_files_named_in_transport_backends_exist() -> None:
    for name in re.findall(r"\]\(([^)]+)\)|^simhelm run (\S+)", BACK_ENDS, re.MULTILINE):
        path = ROOT / "docs" / name[0] if name[0] else ROOT / name[1]
        assert path.exists(), path


def test_readme_has_blocks_and_commands() -> None:
    assert len(BLOCKS) == 5
    assert len(COMMANDS) == 13


def test_readme_commands_run_in_their_order(tmp_path: Path) -> None:
    """With examples that are shorter, and without the long reproduction, which has its own test."""
    examples = tmp_path / "examples"
    shutil.copytree(ROOT / "examples", examples)
    _shorten(examples / "heat.toml", "nx = 25", "nx = 25\nsteps = 300")
    _shorten(examples / "own_matrix.toml", "length = 500", "length = 100")
    for command in COMMANDS:
        words = shlex.split(command)[1:]
        if words[0] == "reproduce":
            words.append("--help")
        done = run_simhelm(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()
    assert (tmp_path / "runs/heat/report.html").stat().st_size > 100_000


def _shorten(file: Path, long: str, short: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(long) == 1
    file.write_text(text.replace(long, short), encoding="utf-8")


def _keys(table: type[pydantic.BaseModel]) -> set[str]:
    return {field.alias or name for name, field in table.model_fields.items()}


def test_every_key_of_a_study_file_is_documented() -> None:
    text = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    documented = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]*)`", text))))
    tables = (
        configuration.StudyConfig, configuration.FailureTable, configuration.EarlyStoppingTable,
        configuration.HyperbandTable, configuration.ObjectiveTable, specification.SimulatorTable,
        specification.ParameterTable, specification.OutputTable, specification.CurveTable,
        specification.CsvTable, specification.JsonTable, specification.RegexTable,
        share_table.ShareTable,
    )  # fmt: skip
    for table in tables:
        assert _keys(table) <= documented, table.__name__


def test_every_key_of_a_training_file_is_documented() -> None:
    text = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    assert _keys(TrainingConfig) <= set(re.findall(r"^\| `([a-z_]+)`", text, re.MULTILINE))


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*/*.toml")), ids=lambda p: p.stem)
def test_study_examples_are_valid(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "example"
    shutil.copytree(path.parent, folder)
    (folder / "projectile").touch()  # what the compiler makes
    definition = from_file(folder / path.name)
    assert len(definition.problem.parameters) > 1


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.toml")), ids=lambda p: p.stem)
def test_example_files_are_valid(path: Path) -> None:
    table = load_table(path)
    if "monte_carlo" in table:
        assert monte_carlo.parse(table, str(path)).monte_carlo.samples >= 100
        return
    if table.get("kind") == "training":
        assert parse_training(table, str(path), path.parent).steps >= 1_000
        return
    assert prepared(parse_steering(table, str(path), path.parent))


def test_example_matrix_is_symmetric_and_not_constant() -> None:
    """A variable-coefficient diffusion matrix, small enough to read."""
    matrix = scipy.io.mmread(ROOT / "examples" / "own_matrix.mtx", spmatrix=False).tocsr()
    assert matrix.shape == (144, 144)
    assert abs(matrix - matrix.T).max() == 0.0
    assert np.ptp(matrix.diagonal()) > 1.0


def test_pictures_of_the_readme_can_be_made_again(tmp_path: Path) -> None:
    """One design and one animation; all of them are small files."""
    done = python(ROOT / "examples" / "pictures.py", tmp_path, "banks.png", "heat.gif")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"banks.png", "heat.gif"}
    kept = list((ROOT / "docs" / "pictures").iterdir())
    assert len(kept) == 9
    assert all(path.stat().st_size < 150_000 for path in kept)


def test_doctest_of_the_tuner() -> None:
    import doctest

    from simhelm.control import tuner

    assert doctest.testmod(tuner).failed == 0


def test_the_readme_shows_what_became_of_published_claims() -> None:
    pages = results.pages()["results/index.md"]
    overview = pages.partition("| reproduction ")[2].partition("\n\n")[0]
    lines = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", overview).splitlines()[2:]
    assert len(lines) == 6
    for line in lines:
        assert line in README


def test_links_and_files_named_in_the_readme_exist() -> None:
    for name in re.findall(r"\]\(([^)]+)\)|`((?:examples|docs)/[^`]+)`", README):
        path = name[0] or name[1]
        assert (ROOT / path).exists(), path
