"""Tables of executables: values arrive as they are, hostile tables do not arrive at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simhelm.simulators.executable import ExecutableSpecification
from simhelm.simulators.executable.fields import parse_size
from simhelm.simulators.executable.formatting import as_text, fill_argument, fill_file
from tests.simulators.executable.shell import PARAMETER, REGEX, shell_problem

AWKWARD = (
    "plain", "two words", "$(touch canary)", "`touch canary`", "; touch canary", "a'b\"c", "-rf",
    "line\nbreak", "*", "~", "{x}", "{{x}}", "%s", "ünïcode", "",
)  # fmt: skip


@pytest.mark.parametrize("value", AWKWARD)
def test_values_arrive_byte_for_byte_and_are_never_run(value: str, tmp_path: Path) -> None:
    word = {"name": "word", "kind": "categorical", "default": "plain", "choices": list(AWKWARD)}
    script = 'printf %s "$1" > got; cat file > gotfile; echo cost = 1'
    (tmp_path / "template").write_text("{word}")
    problem = shell_problem(
        tmp_path, script, parameters=[word], words=("{word}",), templates={"file": "template"}
    )
    metrics = problem.run_in(tmp_path / "trial", {"word": value}, seed=1)
    assert metrics.succeeded, metrics.details
    assert (tmp_path / "trial" / "got").read_bytes() == value.encode()
    assert (tmp_path / "trial" / "gotfile").read_bytes() == value.encode()
    assert not list(tmp_path.rglob("canary"))


def test_numbers_keep_all_their_digits() -> None:
    assert float(as_text(0.1 + 0.2)) == 0.1 + 0.2
    assert as_text(True) == "true"
    assert as_text(3, "05d") == "00003"
    assert fill_argument("--x={x:.3f}", {"x": 1 / 3}) == "--x=0.333"
    assert fill_argument("{{x}} {x}", {"x": 1}) == "{x} 1"
    assert fill_argument("{y}", {"x": 1}) is None
    assert fill_file('{"a": {x}, "b": {}}', {"x": 2}) == '{"a": 2, "b": {}}'
    assert fill_file("int f() { return {x}; } {{x}}", {"x": 2}) == "int f() { return 2; } {x}"


def test_an_argument_of_an_inactive_parameter_is_left_out(tmp_path: Path) -> None:
    mode = {"name": "mode", "kind": "categorical", "default": "a", "choices": ["a", "b"]}
    condition = {"name": "mode", "values": ["b"]}
    problem = shell_problem(
        tmp_path,
        "echo cost = $#",
        parameters=[mode, {**PARAMETER, "condition": condition}],
        words=("{mode}", "--x={x}"),
    )
    without = problem.run_in(tmp_path / "one", {"mode": "a"}, seed=1)
    with_it = problem.run_in(tmp_path / "two", {"mode": "b", "x": 1.0}, seed=1)
    assert (without.values["cost"], with_it.values["cost"]) == (1.0, 2.0)


HOSTILE_NAMES = [
    "../out", "/etc/passwd", "a/../../b", ".", "..", "a//b", "~/x", "a\0b", "a\nb", "x" * 65,
    "tmp", "tmp/x", "stdout.log", "a b", "$HOME", "ünï", "", "-/..", "a/./b", "C:\\x",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("place", ["output", "template", "curve"])
def test_no_name_leads_out_of_the_trials_directory(name: str, place: str, tmp_path: Path) -> None:
    (tmp_path / "template").write_text("{x}")
    more: dict[str, Any] = {}
    outputs = [{"name": "cost", "regex": REGEX}]
    if place == "output":
        outputs = [{"name": "cost", "csv": {"file": name, "column": "cost"}}]
    elif place == "template":
        more["templates"] = {name: "template"}
    else:
        more["curve"] = {"file": name, "step": "s", "value": "v"}
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match="expected"):
        shell_problem(tmp_path, "true", outputs=outputs, **more)
    assert [p for p in sorted(tmp_path.iterdir()) if p.name != "sim.sh"] == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"command": []}, "command"),
        ({"command": ["{x}"]}, "placeholder"),
        ({"command": ["no-such-program-anywhere"]}, "no program"),
        ({"command": ["./sim.sh", "{y}"]}, "unknown name {y}"),
        ({"command": ["./sim.sh", "{x!r}"]}, None),
        ({"command": ["./sim.sh", "{x:>10}"]}, "expected a format"),
        ({"command": ["./sim.sh", "{x:d}"]}, "format"),
        ({"files": ["sim.sh", "missing"]}, "no such file"),
        ({"files": ["sim.sh", "sim.sh"]}, "same name"),
        ({"time_limit": 0.0}, "time_limit"),
        ({"time_limit": float("inf")}, "time_limit"),
        ({"memory_limit": "much"}, "size"),
        ({"environment": {"A=B": "c"}}, "environment variable"),
        ({"objective": "cots"}, "did you mean 'cost'"),
        ({"time_limits": 3.0}, "did you mean 'time_limit'"),
        ({"success_codes": []}, "success_codes"),
    ],
)
def test_wrong_tables_say_what_is_wrong(
    changes: dict[str, Any], words: str | None, tmp_path: Path
) -> None:
    if words is None:  # braces that hold no name are text
        assert shell_problem(tmp_path, "echo cost = 1", **changes)
        return
    with pytest.raises(ValueError, match=words.replace("{", r"\{")):
        shell_problem(tmp_path, "true", **changes)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ({"name": "cost"}, "exactly one"),
        ({"name": "cost", "regex": {"file": "stdout", "pattern": "no group"}}, "one group"),
        ({"name": "cost", "regex": {"file": "stdout", "pattern": "(("}}, "regular expression"),
        ({"name": "cost", "json": {"file": "o.json", "pointer": "a/b"}}, "JSON pointer"),
        ({"name": "co st", "regex": REGEX}, "letters"),
        ({"name": "cost", "low": 1.0, "high": 0.0, "regex": REGEX}, "low < high"),
    ],
)
def test_wrong_outputs_say_what_is_wrong(
    output: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=words):
        shell_problem(tmp_path, "true", outputs=[output])


def test_an_input_is_no_output(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("cost\n1\n")
    outputs = [{"name": "cost", "csv": {"file": "out.csv", "column": "cost"}}]
    with pytest.raises(ValueError, match="never be stale"):
        shell_problem(tmp_path, "true", outputs=outputs, files=["sim.sh", "out.csv"])


def test_the_description_follows_the_content_of_files(tmp_path: Path) -> None:
    def document(script: str) -> dict[str, Any]:
        return shell_problem(tmp_path, script).specification.document()

    assert document("echo 1") == document("echo 1")
    assert document("echo 1") != document("echo 2")


def test_a_thousand_million_parameters_are_refused_at_once(tmp_path: Path) -> None:
    many = [{**PARAMETER, "name": f"x{n}"} for n in range(1001)]
    with pytest.raises(ValueError, match="1000"):
        shell_problem(tmp_path, "true", parameters=many)


def test_sizes() -> None:
    assert parse_size("500 MB") == 500_000_000
    assert parse_size("1.5GiB") == 3 * 2**29
    for text in ("", "5", "MB", "-1 MB", "0 B", "1e9 B", "1 XB"):
        with pytest.raises(ValueError, match="size"):
            parse_size(text)


def test_loading_runs_nothing(tmp_path: Path) -> None:
    shell_problem(tmp_path, f"touch {tmp_path}/canary")
    assert not (tmp_path / "canary").exists()


def test_tables_are_strict(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="simulator"):
        ExecutableSpecification.load({}, tmp_path)
