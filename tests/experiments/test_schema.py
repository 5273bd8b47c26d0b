"""Run files: what is refused, with which words, and that nothing hostile gets further."""

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from simhelm.control.steering.definition import SteeringConfig, parse_steering, prepared
from simhelm.core.errors import ConfigurationError
from simhelm.experiments.schema import load_table

GOOD: dict[str, Any] = {
    "environment": {"id": "simhelm/Heat2D-v0", "nx": 6, "steps": 5},
    "learner": [{"name": "TsallisINF"}],
}


def _changed(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


def _all_errors(table: dict[str, Any]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        prepared(parse_steering(table))
    return str(caught.value)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (_changed(sed=3), ["unknown key 'sed'", "did you mean 'seed'?"]),
        (_changed(seed="3"), ["seed", "valid integer", "got '3'"]),
        (_changed(seed=-1), ["seed", "greater than or equal to 0", "got -1"]),
        (_changed(seed=1.5), ["seed", "got 1.5"]),
        (_changed(repeats=0), ["repeats", "greater than or equal to 1"]),
        ({"learner": []}, ["'environment' is missing"]),
        (_changed(environment={"nx": 5}), ["'environment.id' is missing"]),
        (_changed(environment={"id": "simhelm/Heat3D-v0"}), ["did you mean 'simhelm/Heat2D-v0'?"]),
        (_changed(environment={**GOOD["environment"], "mx": 5}), ["'mx'", "did you mean 'nx'?"]),
        (_changed(environment={**GOOD["environment"], "nx": "5"}), ["nx", "valid integer"]),
        (_changed(environment={**GOOD["environment"], "nx": 1}), ["nx: expected at least 2"]),
        (_changed(environment={**GOOD["environment"], "variant": "draft"}), ["'code' or 'paper'"]),
        (
            _changed(environment={**GOOD["environment"], "action": "continuous"}),
            ["cannot be steered by bandits", "Discrete"],
        ),
        (_changed(learner=[{"name": "Tsalis"}]), ["did you mean 'TsallisINF'?"]),
        (_changed(learner=[{"name": "UCB", "discout": 0.9}]), ["did you mean 'discount'?"]),
        (_changed(learner=[{"name": "UCB", "discount": 0}]), ["(0, 1]"]),
        (_changed(learner=[{"name": "UCB", "discount": "a"}]), ["discount", "valid number"]),
        (_changed(learner=[{"name": "UCB", "seed": 4}]), ["unknown key 'seed'"]),
        (_changed(learner=[{"name": "UCB"}] * 2), ["share a name", "label"]),
        (_changed(learner=[{"name": "UCB", "label": "omega=1"}]), ["the name of a baseline"]),
        (_changed(baselines=["omega=1", "omega 1.5"]), ["unknown baseline", "did you mean"]),
        (_changed(baselines="some"), ["baselines", "'all' or 'none'"]),
        (_changed(baselines="none", learner=[]), ["nothing to run"]),
        (_changed(title="two\nlines"), ["title", "one line of printable text"]),
        (_changed(title="\x1b[31mred"), ["title", "printable"]),
        (_changed(learner=[{"name": "UCB", "label": "a\tb"}]), ["label", "printable"]),
        (
            _changed(environment={"id": "simhelm/Heat2D-v0", "variant": "papr"}),
            ["did you mean 'paper'"],
        ),
        (_changed(environment={"id": "simhelm/Heat2D-v0", "nx": 10**7}), ["[environment]"]),
        (_changed(environment={"id": "simhelm/Heat2D-v0", "t_end": 1e-200}), ["t_end"]),
        (
            _changed(environment={"id": "simhelm/RelaxationFactor-v0"}),
            ["cannot be steered by bandits", "Discrete"],
        ),
        (
            _changed(environment={"id": "simhelm/SolverSequence-v0", "matrix": "a\x00b"}),
            ["cannot be a path"],
        ),
    ],
)
def test_refusals(table: dict[str, Any], words: list[str]) -> None:
    message = _all_errors(table)
    for word in words:
        assert word in message


def test_several_mistakes_are_all_told() -> None:
    message = _all_errors(_changed(sed=3, repeats=0))
    assert "sed" in message
    assert "repeats" in message


def _read(file: Path) -> SteeringConfig:
    return parse_steering(load_table(file), str(file), file.parent)


def test_paths_start_at_the_file(tmp_path: Path) -> None:
    text = '[environment]\nid = "simhelm/SolverSequence-v0"\nmatrix = "sub/A.mtx"\n'
    (tmp_path / "run.toml").write_text(text, encoding="utf-8")
    config = _read(tmp_path / "run.toml")
    assert config.environment.arguments["matrix"] == str(tmp_path / "sub" / "A.mtx")
    assert config.environment.arguments["max_iterations"] == 10_000
    assert parse_steering(config.model_dump()) == config
    with pytest.raises(ConfigurationError, match="no such file"):
        prepared(config)


HOSTILE = {
    "python tag": b"x = !!python/object/apply:os.system ['touch canary']\n",
    "not text": bytes(range(256)),
    "nested": b"a = " + b"[" * 50_000,
    "empty": b"",
    "nan seed": b"seed = nan\n",
    "huge number": b"seed = " + b"9" * 5000 + b"\n",
    "traversal": b'[environment]\nid = "../../etc/passwd"\n',
    "code": b"""[environment]
id = "simhelm/Heat2D-v0"
nx = "__import__('os').system('touch canary')"
""",
    "module id": b'[environment]\nid = "os:simhelm/Heat2D-v0"\n',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.toml").write_bytes(HOSTILE[name])
    with pytest.raises(ConfigurationError):
        prepared(_read(tmp_path / "run.toml"))
    assert [path.name for path in tmp_path.iterdir()] == ["run.toml"]


def test_a_giant_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "run.toml").open("wb") as file:
        file.truncate(100_000_000)
    tracemalloc.start()
    with pytest.raises(ConfigurationError, match="larger than"):
        load_table(tmp_path / "run.toml")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
