"""A trace through a controller and a memory."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from simhelm.core.end_reason import EndReason
from simhelm.simulators.dram import kernels
from simhelm.simulators.dram.controller import Controller
from simhelm.simulators.dram.energy import Activity, energy_pj, refresh_pj
from simhelm.simulators.dram.kernels.loop import simulate_trace
from simhelm.simulators.dram.memory import BYTES_PER_BURST, Memory, find_memory
from simhelm.simulators.dram.trace import FRONT_CYCLE_PS, Trace

Table = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class DramResult:
    """What a simulation gave.

    Attributes:
        completion_time_ns: from the start of the trace to its last response.
        energy_pj: of all devices up to the end of their last command.
        mean_power_mw: that energy by that time.
        latencies_ns: shape (n,), from the time at which the trace wants each request to its
            response, so that waiting for a full buffer counts.
        bandwidth_gb_per_s: bytes moved by the completion time.
        row_hit_rate: share of accesses that needed no activation of their own.
        activity: commands and cycles.
        refreshes_owed: refreshes that had fallen due and were not done.
        charged_time_ns, charged_energy_pj: with those done after the last response.
        work: activations of the controller, the simulator's work unit.
        end_reason: COMPLETED.
    """

    completion_time_ns: float
    energy_pj: float
    mean_power_mw: float
    latencies_ns: NDArray[np.float64]
    bandwidth_gb_per_s: float
    row_hit_rate: float
    activity: Activity
    refreshes_owed: int
    charged_time_ns: float
    charged_energy_pj: float
    work: int
    end_reason: EndReason

    @property
    def mean_latency_ns(self) -> float:
        """Mean over all requests."""
        return float(self.latencies_ns.mean())

    @property
    def p99_latency_ns(self) -> float:
        """The latency that 99 % of the requests do not exceed."""
        return float(np.quantile(self.latencies_ns, 0.99, method="inverted_cdf"))


def simulate(controller: Controller, trace: Trace, memory: str = "DDR3-1600") -> DramResult:
    """Replay a trace, command by command.

    The behaviour is that of DRAMSys 4.0 (Steiner et al., 2020), whose results it reproduces: one
    command a cycle, the oldest request that may have one first. See :class:`Controller` for
    the policies.

    Args:
        controller: its settings.
        trace: the requests.
        memory: ``"DDR3-1600"`` (1 GiB, 8 banks) or ``"DDR4-2400"`` (4 GiB, 4 x 4 banks).

    Raises:
        ValueError: unknown memory, or an address that it does not have.
    """
    spec = find_memory(memory)
    requests = _requests(trace, spec)
    banks, groups = _tables(controller, spec)
    state = np.zeros(kernels.STATE_SIZE, dtype=np.int64)
    messages = np.zeros((2, kernels.MESSAGES), dtype=np.int64)
    lists = np.zeros((2, len(trace)), dtype=np.int64)
    timing = spec.timing.array(FRONT_CYCLE_PS)
    simulate_trace(controller.array(), timing, state, messages, requests, banks, groups, lists)
    if state[kernels.RECEIVED] != len(trace):
        raise RuntimeError(
            f"the simulation stopped after {state[kernels.RECEIVED]} of {len(trace)} responses: "
            "please report this with the controller and the trace"
        )
    return _result(spec, state, requests)


def _requests(trace: Trace, memory: Memory) -> Table:
    capacity = memory.address_map.capacity_bytes
    if trace.address.max() >= capacity:
        raise ValueError(
            f"address {trace.address.max():#x} is beyond the {capacity} bytes of {memory.name}"
        )
    fields, addresses = memory.address_map, trace.address & ~(BYTES_PER_BURST - 1)
    requests = np.zeros((len(trace), kernels.REQUEST_FIELDS), dtype=np.int64)
    requests[:, kernels.R_FRONT_CYCLE] = trace.cycle
    requests[:, kernels.R_WRITE] = trace.write
    requests[:, kernels.R_BANK] = memory.bank_of(addresses)
    requests[:, kernels.R_ROW] = fields.field(addresses, fields.row)
    requests[:, kernels.R_ADDRESS] = addresses
    requests[:, kernels.R_DATA_END] = kernels.NEVER
    return requests


def _tables(controller: Controller, memory: Memory) -> tuple[Table, Table]:
    # A buffer for reads and one for writes may fill the queue of a single bank.
    width = kernels.B_QUEUE + 2 * controller.request_buffer_size
    banks = np.zeros((memory.banks, width), dtype=np.int64)
    banks[:, kernels.B_GROUP] = np.arange(memory.banks) // (memory.banks // memory.groups)
    banks[:, kernels.B_CURRENT] = kernels.NOBODY
    banks[:, [kernels.B_OWN_TIME, kernels.B_TIME]] = kernels.NEVER
    return banks, np.zeros((memory.groups, kernels.GROUP_FIELDS), dtype=np.int64)


def _activity(state: Table) -> Activity:
    window, since = int(state[kernels.WINDOW_END]), int(state[kernels.ACTIVE_SINCE])
    end = window if state[kernels.OPEN_BANKS] else min(window, int(state[kernels.CLOSING_END]))
    active = int(state[kernels.ACTIVE_CYCLES]) + max(0, end - since)
    return Activity(
        activates=int(state[kernels.ACTIVATES]),
        precharges=int(state[kernels.PRECHARGES]),
        reads=int(state[kernels.READ_BURSTS]),
        writes=int(state[kernels.WRITE_BURSTS]),
        refreshes=int(state[kernels.REFRESHES]),
        active_cycles=active,
        idle_cycles=window - active,
    )


def _result(memory: Memory, state: Table, requests: Table) -> DramResult:
    t, count = memory.timing, len(requests)
    cycle_ns = t.cycle_ps * 1e-3
    cycles = int(requests[:, kernels.R_ANSWERED].max())
    time_ns, activity = cycles * cycle_ns, _activity(state)
    energy = energy_pj(memory, activity)
    answered_ps = requests[:, kernels.R_ANSWERED] * t.cycle_ps
    owed = max(0, cycles // t.REFI - activity.refreshes)
    # The rows are open in a refresh for all but the last tRP.
    current = memory.currents
    background = (t.RFC - t.RP) * current.idd3n_ma + t.RP * current.idd2n_ma
    refresh = refresh_pj(memory) + current.vdd_v * background * cycle_ns * memory.devices
    return DramResult(
        completion_time_ns=time_ns,
        energy_pj=energy,
        mean_power_mw=energy / (int(state[kernels.WINDOW_END]) * cycle_ns),
        latencies_ns=(answered_ps - requests[:, kernels.R_FRONT_CYCLE] * FRONT_CYCLE_PS).astype(
            np.float64
        )
        * 1e-3,
        bandwidth_gb_per_s=count * BYTES_PER_BURST / time_ns,
        # Activations after a forced refresh may exceed the accesses that need one.
        row_hit_rate=max(0.0, 1.0 - activity.activates / count),
        activity=activity,
        refreshes_owed=owed,
        charged_time_ns=time_ns + owed * t.RFC * cycle_ns,
        charged_energy_pj=energy + owed * refresh,
        work=int(state[kernels.RUNS]),
        end_reason=EndReason.COMPLETED,
    )
