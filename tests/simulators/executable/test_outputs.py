"""Reading outputs: what was declared, fresh, whole, finite; anything else is refused by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simhelm.core.end_reason import EndReason
from simhelm.simulators.executable.outputs import (
    BadOutput,
    curve_points,
    from_csv,
    from_json,
    from_pattern,
    read_output,
)
from tests.simulators.executable.shell import CONFIG, shell_problem

CSV: list[dict[str, Any]] = [{"name": "cost", "csv": {"file": "out.csv", "column": "cost"}}]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("true", "No such file"),
        (": > out.csv", "empty"),
        ("printf 'cost\\n' > out.csv", "no row"),
        ("printf 'price\\n1\\n' > out.csv", "no column 'cost'"),
        ("printf 'cost,cost\\n1,2\\n' > out.csv", "columns of one name"),
        ("printf 'time,cost\\n1,2\\n3\\n' > out.csv", "out.csv:3: expected 2 columns"),
        ("printf 'cost\\n1.5 GBP\\n' > out.csv", "expected a number"),
        ("printf 'cost\\n\\000\\n' > out.csv", "binary"),
        ("printf 'cost\\n\\377\\n' > out.csv", "UTF-8"),
        ("mkdir out.csv", "not a regular file"),
        ("mkfifo out.csv", "not a regular file"),
        ("ln -s /etc/passwd out.csv", "symbolic links"),
        ("printf 'cost\\n1\\n' > out.csv; touch -d 2001-01-01 out.csv", "stale"),
        ("truncate -s 99999999999 out.csv", "more than"),
    ],
)
def test_bad_outputs_are_refused(script: str, words: str, tmp_path: Path) -> None:
    problem = shell_problem(tmp_path, script, outputs=CSV)
    metrics = problem.run_in(tmp_path / "trial", CONFIG, seed=1)
    assert metrics.end_reason is EndReason.BAD_OUTPUT
    assert words in metrics.details
    assert "out.csv" in metrics.details


@pytest.mark.parametrize("number", ["nan", "inf", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_named(number: str, tmp_path: Path) -> None:
    outputs = [*CSV, {"name": "other", "csv": {"file": "out.csv", "column": "other"}}]
    script = f"printf 'cost,other\\n1,{number}\\n' > out.csv"
    problem = shell_problem(tmp_path, script, outputs=outputs, objective="cost")
    metrics = problem.run_in(tmp_path / "trial", CONFIG, seed=1)
    assert metrics.end_reason is EndReason.NOT_FINITE
    assert "other" in metrics.details


def test_an_earlier_trials_output_is_never_read(tmp_path: Path) -> None:
    script = "[ $1 = 1.0 ] && printf 'cost\\n1\\n' > out.csv; true"
    problem = shell_problem(tmp_path, script, outputs=CSV)
    assert problem.run_in(tmp_path / "one", CONFIG, seed=1).succeeded
    second = problem.run_in(tmp_path / "two", {"x": 0.5}, seed=1)
    assert second.end_reason is EndReason.BAD_OUTPUT
    with pytest.raises(FileExistsError):
        problem.run_in(tmp_path / "one", CONFIG, seed=1)


def test_a_link_to_a_folder_outside_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "out.csv").write_text("cost\n1\n")
    outputs = [{"name": "cost", "csv": {"file": "results/out.csv", "column": "cost"}}]
    problem = shell_problem(tmp_path, f"ln -s {tmp_path}/secret results", outputs=outputs)
    metrics = problem.run_in(tmp_path / "trial", CONFIG, seed=1)
    assert metrics.end_reason is EndReason.BAD_OUTPUT
    assert "outside" in metrics.details


def test_the_last_row_and_the_last_match_count() -> None:
    assert from_csv("f", "a, b\n1, 2\n3, 4\n", "b") == 4.0
    assert from_pattern("f", "loss 3\nloss 2.5e-1\n", r"^loss (\S+)$") == 0.25
    assert curve_points("f", "n,v\n1,2\n2,1\n", "n", "v") == [(1.0, 2.0), (2.0, 1.0)]


def test_json_pointers_follow_rfc_6901() -> None:
    """The document of section 5 of the RFC, as far as its values are numbers."""
    text = '{"": 0, "a/b": 1, "c%d": 2, "m~n": 8, "list": [4, {"x": 5}], "t": true}'
    found = {"/": 0, "/a~1b": 1, "/c%d": 2, "/m~0n": 8, "/list/0": 4, "/list/1/x": 5}
    assert {pointer: from_json("f", text, pointer) for pointer in found} == found
    for pointer in ("/nothing", "/list/2", "/list/-1", "/t", "/list"):
        with pytest.raises(BadOutput):
            from_json("f", text, pointer)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_number_or_a_refusal(tmp_path_factory: Any, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "out").write_bytes(data)
    readers = (
        lambda text: from_csv("out", text, "cost"),
        lambda text: from_json("out", text, "/cost"),
        lambda text: from_pattern("out", text, r"cost = (\S+)"),
        lambda text: curve_points("out", text, "step", "cost"),
    )
    for reader in readers:
        message = "out"
        try:
            assert isinstance(reader(read_output(folder, "out", since=0.0)), (float, list))
        except BadOutput as error:
            message = str(error)
        assert message.startswith("out")


def test_a_file_that_is_older_than_the_run_is_stale(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("1")
    os.utime(tmp_path / "out", (1000.0, 1000.0))
    assert read_output(tmp_path, "out", since=1001.0) == "1"  # clocks differ a little
    with pytest.raises(BadOutput, match="stale"):
        read_output(tmp_path, "out", since=1100.0)
