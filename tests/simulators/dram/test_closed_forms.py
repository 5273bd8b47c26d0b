"""Small traces whose times follow from the timing parameters by hand, and bounds for large ones."""

import itertools

import numpy as np
import pytest

from simhelm.simulators import EndReason
from simhelm.simulators.dram import MEMORIES, Controller, DramResult, Trace, make_workload, simulate
from simhelm.simulators.dram.controller import CHOICES

ROW, BANK = 1 << 16, 1 << 13  # strides of DDR3-1600
DDR3 = MEMORIES["DDR3-1600"].timing
CYCLE = 1.25


def requests(addresses: list[int], *, writes: str = "", cycles: list[int] | None = None) -> Trace:
    n = len(addresses)
    return Trace(
        np.array(cycles or [0] * n),
        np.array([kind == "w" for kind in writes.ljust(n, "r")]),
        np.array(addresses),
        np.zeros(n, np.int64),
    )


def run(trace: Trace, memory: str = "DDR3-1600", **settings: object) -> DramResult:
    return simulate(Controller(**{"refresh_policy": "NoRefresh", **settings}), trace, memory)  # type: ignore[arg-type]


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("arbiter", CHOICES["arbiter"])
@pytest.mark.parametrize("page_policy", CHOICES["page_policy"])
def test_single_read(memory: str, arbiter: str, page_policy: str) -> None:
    """ACT at once, RD after tRCD, data after the read latency and half the burst length."""
    t = MEMORIES[memory].timing
    result = run(requests([0]), memory, arbiter=arbiter, page_policy=page_policy)
    expected = (t.RCD + t.RL + t.BURST) * t.cycle_ps * 1e-3
    assert result.completion_time_ns == pytest.approx(expected, rel=1e-12)
    assert result.mean_latency_ns == pytest.approx(expected, rel=1e-12)
    assert result.end_reason is EndReason.COMPLETED


def test_single_write() -> None:
    expected = (DDR3.RCD + DDR3.WL + DDR3.BURST) * CYCLE
    assert run(requests([0], writes="w")).completion_time_ns == expected


# The cycle of the second command to the data bus, where the first request's ACT is at 0.
PAIRS = {
    "row hit": ([0, 64], "rr", DDR3.RCD + DDR3.CCD_L),
    "other bank": ([0, BANK], "rr", max(DDR3.RRD_S + DDR3.RCD, DDR3.RCD + DDR3.CCD_S)),
    "row conflict": ([0, ROW], "rr", max(DDR3.RAS, DDR3.RCD + DDR3.RTP) + DDR3.RP + DDR3.RCD),
    "write, then read": ([0, 64], "wr", DDR3.RCD + DDR3.WL + DDR3.BURST + DDR3.WTR_L),
    "read, then write": ([0, 64], "rw", DDR3.RCD + DDR3.RL + DDR3.BURST + 2 - DDR3.WL),
    "write, then conflict": (
        [0, ROW], "wr", DDR3.RCD + DDR3.WL + DDR3.BURST + DDR3.WR + DDR3.RP + DDR3.RCD,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PAIRS)
def test_two_requests(case: str) -> None:
    addresses, kinds, command = PAIRS[case]
    result = run(requests(addresses, writes=kinds))
    latency = DDR3.WL if kinds[1] == "w" else DDR3.RL
    assert result.completion_time_ns == (command + latency + DDR3.BURST) * CYCLE


def test_five_activations_wait_for_the_window() -> None:
    """The fifth ACT comes tFAW after the first: its data follow by tRCD and the read latency."""
    result = run(requests([bank * BANK for bank in range(5)]))
    expected = DDR3.FAW + DDR3.RCD + DDR3.RL + DDR3.BURST
    assert result.completion_time_ns == expected * CYCLE


def test_closing_saves_a_late_conflict_the_precharge() -> None:
    late = requests([0, ROW], cycles=[0, 200])
    opened = run(late, page_policy="Open").completion_time_ns
    closed = run(late, page_policy="Closed").completion_time_ns
    assert opened - closed == DDR3.RP * CYCLE


def test_bank_groups_cost() -> None:
    """In DDR4 row hits in one bank group follow each other tCCD_L apart, not tCCD_S."""
    t = MEMORIES["DDR4-2400"].timing
    n = 400
    result = run(requests([64 * i for i in range(100)] * 4), "DDR4-2400")
    steady = (result.completion_time_ns / (t.cycle_ps * 1e-3)) / n
    assert steady == pytest.approx(t.CCD_L, rel=0.02)


def test_energy_of_a_single_read_by_hand() -> None:
    """One ACT, one RD, the row open from ACT to the last data."""
    result = run(requests([0]))
    cycles = DDR3.RCD + DDR3.RL + DDR3.BURST
    charge = DDR3.RAS * (70 - 45) + DDR3.BURST * (140 - 45) + cycles * 45
    assert result.energy_pj == pytest.approx(8 * 1.5 * charge * CYCLE, rel=1e-12)
    assert result.mean_power_mw == pytest.approx(result.energy_pj / (cycles * CYCLE), rel=1e-12)


@pytest.mark.parametrize("workload", ["streaming", "random", "strided", "mixed"])
def test_bandwidth_stays_below_its_peak(workload: str) -> None:
    result = run(make_workload(workload, seed=1, requests=3000))
    assert 0.0 < result.bandwidth_gb_per_s <= MEMORIES["DDR3-1600"].peak_bandwidth_gb_per_s
    assert (result.latencies_ns >= (DDR3.WL + DDR3.BURST) * CYCLE).all()
    assert result.mean_latency_ns <= result.latencies_ns.max() >= result.p99_latency_ns


def test_streaming_comes_near_the_peak() -> None:
    result = run(make_workload("streaming", seed=1, requests=10_000))
    assert result.bandwidth_gb_per_s > 0.95 * MEMORIES["DDR3-1600"].peak_bandwidth_gb_per_s
    assert result.row_hit_rate > 0.98


def test_every_request_is_served_once_whatever_the_controller() -> None:
    """All combinations of choices with small buffers: counts add up, nothing hangs."""
    trace = make_workload("mixed", seed=2, requests=300)
    for values in itertools.product(*CHOICES.values()):
        settings = dict(zip(CHOICES, values, strict=True))
        controller = Controller(**settings, request_buffer_size=2, max_active_transactions=3)  # type: ignore[arg-type]
        result = simulate(controller, trace)
        activity = result.activity
        assert activity.reads + activity.writes == 300, settings
        assert activity.writes == trace.write.sum(), settings
        assert 0 <= activity.activates - activity.precharges <= 8, settings
        assert np.isfinite(result.energy_pj), settings
        assert (result.latencies_ns > 0).all(), settings


def test_refresh_costs_its_time_and_is_owed_when_left_out() -> None:
    trace = make_workload("streaming", seed=3, requests=20_000)
    without, with_it = run(trace), run(trace, refresh_policy="AllBank")
    due = int(without.completion_time_ns / CYCLE) // DDR3.REFI
    assert without.refreshes_owed == due > 5
    assert without.charged_time_ns - without.completion_time_ns == due * DDR3.RFC * CYCLE
    late = run(trace, refresh_policy="AllBank", refresh_max_postponed=1)
    assert late.activity.refreshes > with_it.activity.refreshes
    assert late.completion_time_ns > without.completion_time_ns
    # Nobody gains by being late: at the end the debt is paid.
    assert with_it.charged_time_ns > 0.999 * without.charged_time_ns
    assert late.charged_energy_pj == pytest.approx(without.charged_energy_pj, rel=0.01)


def test_bigger_buffers_and_first_ready_do_not_hurt_random_reads() -> None:
    trace = make_workload("random", seed=4, requests=4000)
    times = [run(trace, request_buffer_size=size).completion_time_ns for size in (1, 2, 4, 8, 16)]
    assert times == sorted(times, reverse=True)


def test_shifting_all_addresses_by_whole_rows_changes_nothing() -> None:
    trace = make_workload("mixed", seed=5, requests=1000)
    moved = Trace(trace.cycle, trace.write, (trace.address + 8 * ROW) % (1 << 30), trace.initiator)
    assert run(trace).latencies_ns.tolist() == run(moved).latencies_ns.tolist()
