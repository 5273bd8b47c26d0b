"""DRAM: a memory controller and the memory behind it, cycle by cycle.

::

    from simhelm.simulators.dram import Controller, make_workload, simulate

    result = simulate(Controller(), make_workload("mixed", seed=0))
    print(result.mean_latency_ns, result.energy_pj)
"""

from simhelm.simulators.dram.controller import Controller
from simhelm.simulators.dram.energy import Activity
from simhelm.simulators.dram.memory import MEMORIES, Memory
from simhelm.simulators.dram.simulation import DramResult, simulate
from simhelm.simulators.dram.trace import Trace, read_trace
from simhelm.simulators.dram.workloads import WORKLOADS, make_workload

__all__ = [
    "MEMORIES",
    "WORKLOADS",
    "Activity",
    "Controller",
    "DramResult",
    "Memory",
    "Trace",
    "make_workload",
    "read_trace",
    "simulate",
]
