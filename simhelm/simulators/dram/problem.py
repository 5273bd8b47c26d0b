"""The memory controller as a design problem."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from simhelm.core.checks import whole_number
from simhelm.core.description import made_with
from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Config, Description, Metrics, Output, Problem
from simhelm.core.space import to_parameters
from simhelm.simulators.dram import legacy
from simhelm.simulators.dram.controller import Controller
from simhelm.simulators.dram.memory import find_memory
from simhelm.simulators.dram.simulation import DramResult, simulate
from simhelm.simulators.dram.space import controller_knobs, controller_space
from simhelm.simulators.dram.trace import Trace, read_trace
from simhelm.simulators.dram.workloads import WORKLOADS, make_workload

# ln of the largest product of latency, energy and cost that an output declares; a failed
# evaluation (there is none known) would be charged this.
_WORST = 60.0

_OUTPUTS = (
    Output("log_latency_energy_cost", "1", -_WORST, _WORST, "the objective, see DramController"),
    Output("mean_latency_ns", "ns", 0.0, 1e7, "from the time the trace wants a request"),
    Output("p99_latency_ns", "ns", 0.0, 1e7, "not exceeded by 99 % of the requests"),
    Output("completion_time_ns", "ns", 0.0, 1e10, "of the trace, refreshes owed included"),
    Output("energy_pj", "pJ", 0.0, 1e15, "of the whole DIMM, refreshes owed included"),
    Output("mean_power_mw", "mW", 0.0, 1e6, "of the whole DIMM"),
    Output("bandwidth_gb_per_s", "GB/s", 0.0, 100.0),
    Output("row_hit_rate", "1", 0.0, 1.0),
    Output("controller_entries", "entries", 1.0, 1e5, "buffer entries, outstanding transactions"),
    Output("refreshes_owed", "refreshes", 0.0, 1e6, "due and not done by the last response"),
)
_LEGACY_OUTPUTS = tuple(
    Output(f"{name}_reward", "1", 0.0, 1e9, f"as ArchGym computes it, of true {of}")
    for name, of in (("power", "watts"), ("latency", "seconds"), ("both", "watts and seconds"))
)


class DramController(Problem):
    """Ten settings of a DRAM controller, for latency, energy and the controller's own cost.

    The objective, to be minimised, is ln(latency / ns) + ln(energy a request / pJ)
    + ``cost_weight`` ln(entries): mean latency, energy of the DIMM with refreshes owed, and the
    buffer entries and outstanding transactions that the controller needs, averaged over the
    workloads. More entries serve faster and cost more; every part is an output of its own, for
    studies of several objectives.

    Names and values of the parameters are ArchGym's (Krishnan et al., ISCA 2023), one space for
    all agents. Left out is ``NoRefresh``, which loses the data; refreshes that are put off beyond
    the end are charged. Settings that another one makes meaningless do not exist then.

    Args:
        workloads: names of generated traces (see :func:`make_workload`), or trace files.
        requests: length of a generated trace, and at most so many of a file; ``full_budget``.
        workload_seed: of the traces; None to draw them from the seed of each evaluation.
        memory: ``"DDR3-1600"`` or ``"DDR4-2400"``.
        cost_weight: see above; not negative.
        legacy: ArchGym's own benchmark instead: its rewards (``reward``: ``"power"``,
            ``"latency"`` or ``"both"``) of true units, to be maximised, and ``NoRefresh``.

    Raises:
        ValueError: an unknown name, or an argument outside its range.
        OSError: a trace file cannot be read.
    """

    cites = ("krishnan2023", "steiner2020", "chandrasekar2012")

    def __init__(
        self,
        workloads: Sequence[str] = ("mixed",),
        *,
        requests: int = 20_000,
        workload_seed: int | None = 0,
        memory: str = "DDR3-1600",
        cost_weight: float = 0.25,
        legacy: bool = False,
        reward: str = "latency",
    ) -> None:
        arguments = made_with(locals())
        if isinstance(workloads, str) or not workloads:
            raise ValueError(f"workloads: expected a list of names, got {workloads!r}")
        if not (math.isfinite(cost_weight) and cost_weight >= 0.0):
            raise ValueError(f"cost_weight: expected a number >= 0, got {cost_weight!r}")
        self.memory = find_memory(memory)
        self.cost_weight = float(cost_weight)
        self.workload_seed = (
            None if workload_seed is None else whole_number("workload_seed", workload_seed, least=0)
        )
        self.space = controller_space(legacy=legacy)
        self.legacy = legacy
        self.description = Description(
            name="DramController",
            parameters=to_parameters(self.space, controller_knobs(legacy=legacy)),
            outputs=_OUTPUTS + (_LEGACY_OUTPUTS if legacy else ()),
            objective=f"{_reward_name(reward)}_reward" if legacy else "log_latency_energy_cost",
            direction="maximize" if legacy else "minimize",
            worst_objective=0.0 if legacy else _WORST,
            work_unit="requests",
            full_budget=whole_number("requests", requests),
            pure=True,
            arguments=arguments,
        )
        self._workloads = tuple(workloads)
        self._files = {
            name: _from_file(name).head(requests) for name in workloads if name not in WORKLOADS
        }
        self._made: dict[tuple[str, int], Trace] = {}

    def evaluate(self, config: Config, *, seed: int, budget: int | None = None) -> Metrics:
        """Replay the first ``budget`` requests of every workload."""
        self.check_config(config)
        count = self.full_budget if budget is None else whole_number("budget", budget)
        count = min(count, self.full_budget)
        controller = Controller.from_config(config)
        results = [
            simulate(controller, self.trace(place, seed).head(count), self.memory.name)
            for place in range(len(self._workloads))
        ]
        values = _mean([self._values(controller, result) for result in results])
        return Metrics(values, EndReason.COMPLETED, float(count * len(results)))

    def trace(self, place: int, seed: int) -> Trace:
        """The trace of the workload at a place in their list."""
        name = self._workloads[place]
        if name in self._files:
            return self._files[name]
        if self.workload_seed is None:
            return make_workload(name, seed=seed, requests=self.full_budget)
        key = name, self.workload_seed
        if key not in self._made:
            made = make_workload(name, seed=self.workload_seed, requests=self.full_budget)
            self._made[key] = made
        return self._made[key]

    def _values(self, controller: Controller, result: DramResult) -> dict[str, float]:
        entries = controller.entries(self.memory.banks)
        count = len(result.latencies_ns)
        product = math.log(result.mean_latency_ns) + math.log(result.charged_energy_pj / count)
        values = {
            "log_latency_energy_cost": product + self.cost_weight * math.log(entries),
            "mean_latency_ns": result.mean_latency_ns,
            "p99_latency_ns": result.p99_latency_ns,
            "completion_time_ns": result.charged_time_ns,
            "energy_pj": result.charged_energy_pj,
            "mean_power_mw": result.mean_power_mw,
            "bandwidth_gb_per_s": result.bandwidth_gb_per_s,
            "row_hit_rate": result.row_hit_rate,
            "controller_entries": float(entries),
            "refreshes_owed": float(result.refreshes_owed),
        }
        return {**values, **(legacy.rewards(result) if self.legacy else {})}

    def __getstate__(self) -> dict[str, object]:
        # Traces made from seeds are made again rather than sent.
        return {**self.__dict__, "_made": {}}


def _from_file(name: str) -> Trace:
    if not isinstance(name, str) or not Path(name).is_file():
        raise ValueError(
            f"workloads: expected one of {WORKLOADS} or a trace file, got {name!r}"
            f"{did_you_mean(str(name), WORKLOADS)}"
        )
    return read_trace(name)


def _mean(many: list[dict[str, float]]) -> dict[str, float]:
    return {name: math.fsum(one[name] for one in many) / len(many) for name in many[0]}


def _reward_name(reward: str) -> str:
    if reward not in ("power", "latency", "both"):
        raise ValueError(f"reward: expected 'power', 'latency' or 'both', got {reward!r}")
    return reward
