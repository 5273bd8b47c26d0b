"""ZigZag for real where it is installed: floors, flags, agreement, limits, cache, refusals."""

import importlib.metadata
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from simhelm.core.problem import Value
from simhelm.simulators import EndReason
from simhelm.simulators.accelerator import Design, Layer, evaluate
from simhelm.simulators.accelerator.model import DRAM_PJ_PER_BYTE, MAC_PJ
from simhelm.simulators.accelerator.problem import Accelerator
from simhelm.simulators.accelerator.zigzag import ZigZag, roofline_cycles, tables, worker

needs_zigzag = pytest.mark.skipif(
    importlib.util.find_spec("zigzag") is None, reason="needs zigzag-dse"
)
CUBE = Layer("cube", 64, 64, 64)
LAYERS = [CUBE, Layer("heads", 100, 30, 70, repeats=3)]
# Eight bytes a cycle feed an array of 8 x 8, and starve one of 32 x 32.
SMALL = Design(8, 8, "os", bandwidth_bytes_per_cycle=8)
STARVED = Design(32, 32, "ws", bandwidth_bytes_per_cycle=8)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("zigzag") / "results")


def test_roofline_in_closed_form() -> None:
    assert roofline_cycles(SMALL, CUBE) == 64**3 // 64
    assert roofline_cycles(STARVED, CUBE) == 3 * 64 * 64 // 8
    # A pixel of a convolution is in many windows, and comes from DRAM once.
    window = Layer("window", 64, 64, 64, inputs=100)
    assert roofline_cycles(STARVED, window) == -(-(100 + 2 * 64 * 64) // 8)


@needs_zigzag
@pytest.mark.parametrize(("design", "won"), [(SMALL, False), (STARVED, True)])
def test_results_keep_every_floor(design: Design, won: bool, cache: str) -> None:
    """ZigZag lets both inputs through one port at once (64 x 64 x 64 on 32 x 32, 8 bytes)."""
    result = ZigZag(cache=cache).evaluate(design, LAYERS)
    assert result.end_reason is EndReason.COMPLETED
    assert result.roofline_won == (won, won)
    floor = sum(layer.repeats * roofline_cycles(design, layer) for layer in LAYERS)
    assert (result.cycles == floor) if won else (result.cycles > floor)
    own = evaluate(design, LAYERS)
    assert result.cycles == pytest.approx(own.total_cycles, rel=0.1)
    assert result.energy_pj * 1e-6 == pytest.approx(own.energy_uj, rel=0.15)
    # ZigZag counts words, the last of which may be partly empty or shared.
    assert result.dram_bytes == pytest.approx(own.dram_bytes, rel=1e-3)
    macs = sum(layer.macs for layer in LAYERS)
    assert result.energy_pj > macs * MAC_PJ + result.dram_bytes * DRAM_PJ_PER_BYTE


@needs_zigzag
def test_the_cache_spares_the_process(cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    zigzag = ZigZag(cache=cache)
    first = zigzag.evaluate(SMALL, [CUBE])
    monkeypatch.setattr(worker, "__name__", "simhelm.no_such_module")
    again = zigzag.evaluate(SMALL, [CUBE, Layer("another name", 64, 64, 64, repeats=2)])
    assert again.evaluated == 0
    assert again.cycles == 3 * first.cycles
    assert again.energy_pj == pytest.approx(3 * first.energy_pj)
    # A process that fails says how; other settings share no results.
    failed = ZigZag(cache=cache, loop_factors=5).evaluate(SMALL, [CUBE])
    assert failed.end_reason is EndReason.EXIT
    assert "no_such_module" in failed.details
    for path in Path(cache).glob("*.json"):
        path.write_text(path.read_text(encoding="utf-8")[:9], encoding="utf-8")
    assert zigzag.evaluate(SMALL, [CUBE]).end_reason is EndReason.EXIT


@needs_zigzag
def test_a_time_limit_is_a_reason() -> None:
    result = ZigZag(time_limit=0.05).evaluate(SMALL, [CUBE])
    assert result.end_reason is EndReason.TIMEOUT
    assert result.cycles == 0


@needs_zigzag
def test_a_layer_without_a_mapping_is_infeasible(tmp_path: Path) -> None:
    zigzag = ZigZag(cache=str(tmp_path))
    key = zigzag._key(SMALL, CUBE)
    (tmp_path / f"{key}.json").write_text('{"no_mapping": "too small"}', encoding="utf-8")
    result = zigzag.evaluate(SMALL, [CUBE])
    assert result.end_reason is EndReason.INFEASIBLE
    assert "'cube'" in result.details


@needs_zigzag
def test_the_problem_with_zigzag(tmp_path: Path, cache: str) -> None:
    network = tmp_path / "cube.csv"
    network.write_text("name,m,n,k\ncube,64,64,64\n", encoding="utf-8")
    problem = Accelerator([str(network)], backend="zigzag", cache=cache)
    config: dict[str, Value] = {
        "rows": 32, "cols": 32, "dataflow": "ws", "ifmap_kib": 64, "ofmap_kib": 64,
        "bandwidth_bytes_per_cycle": 8,
    }  # fmt: skip
    metrics = problem.evaluate(config, seed=0)
    assert set(metrics.values) == {output.name for output in problem.outputs}
    assert metrics.values["roofline_layers"] == 1.0
    assert metrics.values["latency_us"] == 1.536
    assert not problem.pure
    assert Accelerator().pure
    slow = Accelerator([str(network)], backend="zigzag", time_limit=0.05)
    assert slow.evaluate(config, seed=0).end_reason is EndReason.TIMEOUT


def test_the_order_of_the_memories_reaches_zigzag() -> None:
    """It has a meaning there: from the multipliers outwards."""
    table = json.loads(json.dumps(tables.hardware_table(STARVED)))
    assert list(table["memories"]) == ["kept", "sums", "inputs", "weights", "outputs", "dram"]
    assert next(iter(tables.hardware_table(SMALL)["memories"])) == "sums"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"time_limit": 0.0}, "positive number of seconds"), ({"optimise": "area"}, "'EDP'")],
)
def test_refusals(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ZigZag(**arguments)
    with pytest.raises(ValueError, match="'closed_form' or 'zigzag'"):
        Accelerator(backend="zagzig")  # type: ignore[arg-type]


def test_a_missing_zigzag_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    with pytest.raises(ImportError, match=r"simhelm\[zigzag\]"):
        Accelerator(backend="zigzag")
