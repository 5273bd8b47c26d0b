"""What a study knows a problem by: recorded documents, and problems of other people."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from simhelm.calibration.study.identity import describe, warn_of_untold_arguments
from simhelm.core.cancellation import Cancellation
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Config, Description, Metrics, Output, Parameter, Problem, Watch
from simhelm.experiments.provenance import digest
from simhelm.simulators.linear.problem import RelaxationFactor
from simhelm.simulators.registry import load_problem
from tests.calibration.study.harness import table

# First digits of the digests that version 0.1.0 recorded, before problems had descriptions.
RECORDED: dict[str, list[tuple[dict[str, Any], str]]] = {
    "Accelerator": [
        ({}, "4dea4c89a58da183"),
        ({"networks": ["mobilenet_v2"]}, "d57e72f4da6b12ee"),
        ({"area_budget_mm2": 3}, "ffe9419a967d7b91"),
    ],
    "DramController": [
        ({}, "ca2f92e6fab6a687"),
        ({"legacy": True, "reward": "power"}, "2e16cbae1132c201"),
        ({"workloads": ["random"], "workload_seed": 3, "cost_weight": 1}, "f61f433f5460e2a4"),
    ],
    "ImpactedPlate": [
        ({}, "851298957ec4350f"),
        ({"size": 0.02, "coarse_size": 0.04, "steps": 8}, "4f397c6b5eddaf06"),
    ],
    "ModeChoice": [
        ({}, "df31d1a9a18be56c"),
        ({"persons": 200, "days": 3}, "bb46172b83e349e9"),
        ({"target": "paper", "bound": 3}, "0fb841b0814950e0"),
        ({"town": "rings", "backend": "embedded"}, "8b6fb687b7b7c14d"),
    ],
    "NetworkArchitecture": [
        ({}, "55f2c8ec81288a61"),
        ({"epochs": 2, "samples": 100}, "ee76cc4fb6141105"),
    ],
    "RelaxationFactor": [
        ({}, "867c287b37d8140e"),
        ({"grid": 5, "systems": 3, "shifts": "low", "max_iterations": 50}, "2b6fab594f907da1"),
    ],
    "TransportStructure": [
        ({}, "8d22e153d4e9e34f"),
        ({"persons": 300, "days": 4, "bound": 2.0}, "357f4dd9b473daa4"),
    ],
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_studies_are_of_the_same_problem(name: str) -> None:
    for arguments, recorded in RECORDED[name]:
        document = describe(load_problem(name)(**arguments))
        del document["version"]
        assert digest(document)[:16] == recorded, arguments


class Kettle(Problem):
    """Keeps files and can be cancelled, by its methods alone."""

    name = "Kettle"
    objective = "time"
    worst_objective = 9.0
    parameters = (Parameter("power", "float", 1.0, 0.5, 2.0),)
    outputs = (Output("time", "s", 0.0, 9.0),)
    cancellation: Cancellation | None = None

    def evaluate(self, config: Config, *, seed: int, budget: int | None = None) -> Metrics:
        return Metrics.failure(EndReason.EXCEPTION, cost=1.0, details="no directory was asked for")

    def run_in(
        self,
        directory: Path,
        config: Config,
        *,
        seed: int,
        budget: int | None,
        slot: int,
        watch: Watch,
    ) -> Metrics:
        directory.mkdir()
        (directory / "log").write_text(f"slot {slot}", encoding="utf-8")
        value = 1.0 / float(config["power"])
        assert watch(1.0, value)
        assert self.cancellation is not None
        return Metrics({"time": value}, EndReason.COMPLETED, 1.0)

    def cancel_with(self, cancellation: Cancellation) -> None:
        self.cancellation = cancellation


def test_the_engine_asks_for_methods_not_for_classes(tmp_path: Path) -> None:
    rows = table(Kettle(), tmp_path / "out", workers=1, trials=2, baselines=[])
    assert [row["end_reason"] for row in rows] == ["completed"] * 2, rows
    kept = sorted((tmp_path / "out" / "trials").rglob("log"))
    assert [file.read_text(encoding="utf-8") for file in kept] == ["slot 0", "slot 1"]


def test_only_arguments_that_nothing_tells_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    class PassingOn(RelaxationFactor):
        def __init__(self, **others: Any) -> None:
            super().__init__(**others)

    class Keeping(RelaxationFactor):
        def __init__(self, *others: Any) -> None:
            super().__init__()
            self.others = others

    class Silent(Kettle):
        def __init__(self, litres: int = 1) -> None:
            self._litres = litres

    with caplog.at_level(logging.WARNING):
        warn_of_untold_arguments(PassingOn(grid=4))
        warn_of_untold_arguments(Keeping(1, 2))
        assert not caplog.records
        warn_of_untold_arguments(Silent())
    assert "set self.litres" in caplog.text
    assert describe(Keeping(1, 2))["arguments"]["others"] == [1, 2]


def test_names_that_mean_something_else_are_refused_in_words() -> None:
    with pytest.raises(TypeError, match=r"Texted.description: expected .* got a str 'hot'"):
        type("Texted", (Kettle,), {"description": "hot"})
    kettle = Kettle()
    with pytest.raises(TypeError, match="give other texts another name"):
        kettle.description = "hot"  # type: ignore[assignment]
    kettle.arguments = ["-x"]  # type: ignore[assignment]
    with pytest.raises(TypeError, match=r"Kettle.arguments: expected a mapping"):
        assert isinstance(kettle.description, Description)


def test_a_property_that_fails_says_why() -> None:
    class Broken(RelaxationFactor):
        @property
        def outputs(self) -> tuple[Output, ...]:  # type: ignore[override]
            return self.forgotten  # type: ignore[attr-defined,no-any-return]

    with pytest.raises(AttributeError, match="no attribute 'forgotten'"):
        Broken(grid=4).outputs  # noqa: B018
