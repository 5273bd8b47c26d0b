"""Workloads from seeds, trace files, and refusals with their words."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from simhelm.simulators.dram import (
    WORKLOADS,
    Controller,
    Trace,
    make_workload,
    read_trace,
    simulate,
)


@pytest.mark.parametrize("name", WORKLOADS)
def test_workloads_follow_from_their_seed(name: str) -> None:
    one, again, other = (make_workload(name, seed=seed, requests=2000) for seed in (1, 1, 2))
    assert np.array_equal(one.address, again.address)
    assert np.array_equal(one.cycle, again.cycle)
    assert not np.array_equal(one.address, other.address)
    assert len(one) == 2000


def test_the_mixed_workload_is_as_described() -> None:
    trace = make_workload("mixed", seed=7)
    assert len(trace) == 100_000
    assert trace.write.mean() == pytest.approx(0.3, abs=0.01)
    assert set(trace.initiator.tolist()) == {0, 1, 2, 3}
    assert trace.cycle[-1] / len(trace) == pytest.approx(12.0, rel=0.1)


def test_pointer_chasing_visits_its_nodes_in_a_cycle() -> None:
    address = make_workload("pointer-chasing", seed=7, requests=2 * (1 << 16)).address
    assert np.array_equal(address[: 1 << 16], address[1 << 16 :])


def test_trace_files_are_read_back(tmp_path: Path) -> None:
    text = "# cycle, kind, address\n0:\tread\t0x40\n\n3 write 0xABCC0 0x00ff\n7:\tread\tC0\n"
    plain, packed = tmp_path / "a.stl", tmp_path / "a.stl.gz"
    plain.write_text(text, encoding="ascii")
    packed.write_bytes(gzip.compress(text.encode()))
    for path in (plain, packed):
        trace = read_trace(path)
        assert trace.cycle.tolist() == [0, 3, 7]
        assert trace.write.tolist() == [False, True, False]
        assert trace.address.tolist() == [0x40, 0xABCC0, 0xC0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0: read 0x40\n1: raed 0x80\n", "line 2.*raed"),
        ("0: read\n", "line 1"),
        ("zero: read 0x0\n", "line 1"),
        ("5: read 0x0\n4: read 0x40\n", "do not fall"),
        ("# nothing\n", "holds no request"),
        ("-1: read 0x0\n", "line 1"),
        ("0: read -0x40\n", "line 1"),
        ("0: read 0xFFFFFFFFFFFFFFFFFF\n", "line 1"),
        ("0: read 0x0\n9000000000000000000: read 0x0\n", "line 2"),
    ],
)
def test_bad_trace_files_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.stl"
    path.write_text(text, encoding="ascii")
    with pytest.raises(ValueError, match=words):
        read_trace(path)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.stl.gz"
    whole = gzip.compress(b"0: read 0x40\n" * 50)
    for content in (whole[:-12], whole[:20] + b"\xff" * 20 + whole[40:]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="damaged"):
            read_trace(path)


def _trace(address: int) -> Trace:
    zero = np.zeros(1, np.int64)
    return Trace(zero, zero.astype(bool), np.array([address]), zero)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="did you mean 'FrFcfs'"):
        Controller(scheduler="FrFcf")
    with pytest.raises(ValueError, match="request_buffer_size: expected at least 1"):
        Controller(request_buffer_size=0)
    with pytest.raises(ValueError, match="did you mean 'PagePolicy'"):
        Controller.from_config({"PagePolcy": "Open"})
    with pytest.raises(ValueError, match="did you mean 'DDR3-1600'"):
        simulate(Controller(), _trace(0), memory="DDR3-1800")
    with pytest.raises(ValueError, match="beyond the 1073741824 bytes of DDR3-1600"):
        simulate(Controller(), _trace(1 << 30))
    with pytest.raises(ValueError, match="address: expected at least 0"):
        _trace(-64)
    with pytest.raises(ValueError, match="did you mean 'mixed'"):
        make_workload("mixd", seed=0)
