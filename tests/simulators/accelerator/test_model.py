"""Closed forms, an array stepped cycle by cycle, monotone budgets, networks and their refusals."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simhelm.simulators import EndReason
from simhelm.simulators.accelerator import (
    Design,
    Layer,
    convolution,
    evaluate,
    evaluate_many,
    load_network,
    systolic_cycles,
)
from simhelm.simulators.accelerator.model import DRAM_PJ_PER_BYTE, sram_pj_per_byte
from simhelm.simulators.accelerator.problem import Accelerator

SHAPES = [(16, 16, 16), (7, 30, 12), (1, 1, 1), (100, 3, 45), (33, 64, 17)]


@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
@pytest.mark.parametrize(("rows", "cols"), [(4, 4), (8, 3), (16, 32)])
def test_closed_forms(m: int, n: int, k: int, rows: int, cols: int) -> None:
    def folds(a: int, b: int) -> int:
        return int(np.ceil(a / rows) * np.ceil(b / cols))

    cycles = {f: systolic_cycles(m, n, k, rows, cols, f) for f in ("os", "ws", "is")}
    assert cycles["os"] == folds(m, n) * (k + rows + cols - 2) - 1
    assert cycles["ws"] == folds(k, n) * (2 * rows + cols + m - 2) - 1
    assert cycles["is"] == folds(k, m) * (2 * rows + cols + n - 2) - 1


def last_multiplication(k: int, rows: int, cols: int) -> int:
    """Step an output-stationary fold: operands enter skewed, and move by one element a cycle."""
    last = 0
    for row, col, step in itertools.product(range(rows), range(cols), range(k)):
        last = max(last, step + row + col)
    return last


def test_a_fold_lasts_as_long_as_its_operands_need_to_pass() -> None:
    for k, rows, cols in [(1, 1, 1), (5, 3, 4), (9, 2, 7)]:
        # The closed form is the number of the last cycle, the first being 0, without its drain.
        assert systolic_cycles(rows, cols, k, rows, cols, "os") == last_multiplication(
            k, rows, cols
        )


DESIGNS = [
    Design(rows=r, cols=c, dataflow=f, ifmap_kib=s, filter_kib=s, ofmap_kib=s)
    for r, c in ((8, 8), (32, 16))
    for f in ("os", "ws", "is")
    for s in (8, 128)
]


@pytest.mark.parametrize("network", ["resnet18", "mobilenet_v2", "transformer_block"])
def test_more_of_anything_never_hurts(network: str) -> None:
    """More bandwidth is never slower, more buffer never moves more."""
    layers = load_network(network)
    for design in DESIGNS:
        fields = {name: getattr(design, name) for name in design.__dataclass_fields__}
        slow, fast = evaluate_many(
            [Design(**{**fields, "bandwidth_bytes_per_cycle": b}) for b in (4, 64)], layers
        )
        assert fast.total_cycles <= slow.total_cycles
        assert fast.compute_cycles == slow.compute_cycles <= fast.total_cycles
        for name in ("ifmap_kib", "filter_kib", "ofmap_kib"):
            larger = evaluate(Design(**{**fields, name: 4 * fields[name]}), layers)
            assert larger.dram_bytes <= evaluate(design, layers).dram_bytes


def test_traffic_never_falls_below_the_operands() -> None:
    """Every distinct input and weight is read, every output written: the floor of the traffic."""
    layers = load_network("resnet18")
    floor = sum(
        one.repeats * ((one.inputs or one.m * one.k) + one.n * (one.k + one.m)) for one in layers
    )
    huge = [
        Design(dataflow=f, ifmap_kib=8192, filter_kib=8192, ofmap_kib=65536)
        for f in ("os", "ws", "is")
    ]
    assert [result.dram_bytes for result in evaluate_many(huge, layers)] == [floor] * 3
    for result in evaluate_many(DESIGNS, layers):
        assert result.dram_bytes >= floor
        assert 0.0 < result.utilisation <= 1.0


def test_known_networks_have_the_published_size() -> None:
    """Multiplications: 1.8e9 of ResNet-18 (He et al., Table 1), 300e6 of MobileNetV2."""
    macs = {
        name: sum(one.macs for one in load_network(name)) for name in ("resnet18", "mobilenet_v2")
    }
    assert macs["resnet18"] == pytest.approx(1.8e9, rel=0.02)
    assert macs["mobilenet_v2"] == pytest.approx(300e6, rel=0.02)
    assert sum(one.macs for one in load_network("transformer_block")) == 128 * (
        12 * 768**2 + 2 * 128 * 768
    )


def test_energies_are_the_published_ones() -> None:
    """Horowitz, ISSCC 2014, Fig. 1.1.9: 64 bits from 8, 32 and 1024 KiB and from DRAM, in pJ."""
    for kib, published in ((8, 10.0), (32, 20.0), (1024, 100.0)):
        assert 8 * sram_pj_per_byte(kib) == pytest.approx(published, rel=0.14)
    assert 1300.0 <= 8 * DRAM_PJ_PER_BYTE <= 2600.0
    # One layer by hand: the multiplications, what passes the buffers, what passes the DRAM.
    result = evaluate(Design(4, 4, "os", 8, 8, 8), [Layer("one", 4, 4, 16)])
    buffers = 4 * 16 + 4 * 16 + 4 * 4
    by_hand = 256 * (0.2 + 0.1) + buffers * 10.0 / 8 + buffers * 1300.0 / 8
    assert result.energy_uj * 1e6 == pytest.approx(by_hand)


def test_splitting_a_batch_changes_no_count_of_multiplications() -> None:
    whole, half = Layer("whole", 64, 8, 9), Layer("half", 32, 8, 9, repeats=2)
    assert whole.macs == half.macs
    assert convolution("d", 8, 4, 4, 3, depthwise=True).macs == 8 * 8 * 4 * 9


def test_networks_from_files(tmp_path: Path) -> None:
    table, listing = tmp_path / "net.csv", tmp_path / "net.json"
    table.write_text("name,m,n,k,repeats\na,4,5,6,\nb,1,2,3,7\n", encoding="utf-8")
    rows = [
        {"name": "a", "m": 4, "n": 5, "k": 6},
        {"name": "b", "m": 1, "n": 2, "k": 3, "repeats": 7},
    ]
    listing.write_text(json.dumps(rows), encoding="utf-8")
    assert load_network(str(table)) == load_network(str(listing)) == (
        Layer("a", 4, 5, 6), Layer("b", 1, 2, 3, 7),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "name,m,n,kk\nx,1,2,3\n", "unknown column 'kk'"),
        ("a.csv", "name,m,n,k\nx,1,2,three\n", "layer 1.*three"),
        ("a.csv", "name,m,n,k\n", "holds no layer"),
        ("a.json", '{"m": 1}', "expected a list of objects"),
        ("a.json", "[1", "not JSON"),
        ("a.json", '[{"name": "x", "m": 0, "n": 1, "k": 1}]', "m: expected at least 1"),
    ],
)
def test_bad_networks_are_refused(tmp_path: Path, name: str, text: str, words: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        load_network(str(path))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"networks": ["resnet81"]}, "did you mean 'resnet18'"),
        ({"networks": "resnet18"}, "expected a list"),
        ({"area_budget_mm2": 0.0}, "expected a positive number"),
    ],
)
def test_refusals(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Accelerator(**arguments)
    with pytest.raises(ValueError, match="dataflow: expected one of"):
        Design(dataflow="rs")


def test_infeasible_designs_are_a_reason_and_no_exception() -> None:
    problem = Accelerator()
    config = problem.default_config()
    for change, words in (
        ({"ofmap_kib": 1024}, "area"),
        ({"bandwidth_bytes_per_cycle": 64}, "bandwidth"),
    ):
        metrics = problem.evaluate({**config, **change}, seed=0)
        assert metrics.end_reason is EndReason.INFEASIBLE
        assert words in metrics.details
    assert problem.evaluate(config, seed=0).succeeded
