"""Energy from currents, as DRAMPower 4 counts it.

Every command costs the charge that its current takes beyond the background's; the background is
IDD3N while a row is open and IDD2N else (Chandrasekar et al., DRAMPower, 2012).
"""

from __future__ import annotations

import dataclasses

from simhelm.simulators.dram.memory import Memory


@dataclasses.dataclass(frozen=True)
class Activity:
    """What the memory did: commands by kind, and cycles with a row open or none."""

    activates: int
    precharges: int
    reads: int
    writes: int
    refreshes: int
    active_cycles: int
    idle_cycles: int


def energy_pj(memory: Memory, activity: Activity) -> float:
    """Energy of all devices together in pJ."""
    t, i = memory.timing, memory.currents
    rows = _row_charge(memory, activity)
    charge = (
        activity.reads * t.BURST * (i.idd4r_ma - i.idd3n_ma)
        + activity.writes * t.BURST * (i.idd4w_ma - i.idd3n_ma)
        + activity.active_cycles * i.idd3n_ma
        + activity.idle_cycles * i.idd2n_ma
    )
    # Volts x milliamperes x nanoseconds are picojoules.
    device = rows + i.vdd_v * charge
    return device * t.cycle_ps * 1e-3 * memory.devices + activity.refreshes * refresh_pj(memory)


def refresh_pj(memory: Memory) -> float:
    """Energy of one refresh of all banks beyond the background, in pJ."""
    t, i = memory.timing, memory.currents
    charge = t.RFC * (i.idd5_ma - i.idd3n_ma)
    return i.vdd_v * charge * t.cycle_ps * 1e-3 * memory.devices


def _row_charge(memory: Memory, activity: Activity) -> float:
    """Volts x milliamperes x cycles of opening and closing rows, in one device."""
    t, i = memory.timing, memory.currents
    pump = i.vpp_v * i.idd0_vpp_ma
    opening = t.RAS * (i.vdd_v * (i.idd0_ma - i.idd3n_ma) + pump)
    closing = (t.RC - t.RAS) * (i.vdd_v * (i.idd0_ma - i.idd2n_ma) + pump)
    return activity.activates * opening + activity.precharges * closing
