"""The accelerator as a design problem under budgets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from simhelm.simulators.accelerator.layers import load_network
from simhelm.simulators.accelerator.model import Design, evaluate
from simhelm.simulators.accelerator.space import KIB, KNOBS, design_space
from simhelm.simulators.end_reason import EndReason
from simhelm.simulators.problem import Metrics, Output, Problem, Value
from simhelm.simulators.space import to_parameters

_WORST = 60.0


class Accelerator(Problem):
    """A systolic array for networks: fast and frugal within an area and a bandwidth.

    The objective, to be minimised, is ln(latency / us) + ln(energy / uJ), averaged over the
    networks. A design beyond a budget is infeasible: a failure that costs one run. Weights that
    stay need no deep buffer, and so do inputs that stay: with ``"ws"`` the weight buffer and with
    ``"is"`` the input buffer is no parameter but 8 KiB.

    Args:
        networks: names or files, see :func:`load_network`.
        area_budget_mm2: largest area.
        bandwidth_budget: largest DRAM bandwidth in bytes a cycle.

    Raises:
        ValueError: an unknown network, or a budget that is not positive.
    """

    name = "Accelerator"
    objective = "log_energy_delay"
    work_unit = "layers"
    worst_objective = _WORST
    pure = True
    outputs = (
        Output("log_energy_delay", "1", -_WORST, _WORST, "ln of the product of us and uJ"),
        Output("latency_us", "us", 0.0, 1e9),
        Output("energy_uj", "uJ", 0.0, 1e9),
        Output("area_mm2", "mm2", 0.0, 1e4),
        Output("utilisation", "1", 0.0, 1.0, "of the multipliers"),
        Output("dram_bytes", "B", 0.0, 1e15),
    )
    space = design_space()
    parameters = to_parameters(space, KNOBS)

    def __init__(
        self,
        networks: Sequence[str] = ("resnet18",),
        *,
        area_budget_mm2: float = 4.0,
        bandwidth_budget: int = 32,
    ) -> None:
        if isinstance(networks, str) or not networks:
            raise ValueError(f"networks: expected a list of names, got {networks!r}")
        for name, budget in (
            ("area_budget_mm2", area_budget_mm2),
            ("bandwidth_budget", bandwidth_budget),
        ):
            if not (math.isfinite(budget) and budget > 0):
                raise ValueError(f"{name}: expected a positive number, got {budget!r}")
        self.networks = tuple(load_network(name) for name in networks)
        self.area_budget_mm2, self.bandwidth_budget = float(area_budget_mm2), bandwidth_budget

    def evaluate(
        self, config: Mapping[str, Value], *, seed: int, budget: int | None = None
    ) -> Metrics:
        """Evaluate every layer of every network; nothing is random, and there is no budget."""
        self.check_config(config)
        kept = {"ifmap_kib": KIB[0], "filter_kib": KIB[0]}
        design = Design(**{**kept, **config})  # type: ignore[arg-type]
        broken = self._broken_budget(design)
        if broken:
            return Metrics.failure(EndReason.INFEASIBLE, cost=1.0, details=broken)
        results = [evaluate(design, layers) for layers in self.networks]
        count = len(results)
        latency = math.fsum(result.latency_us for result in results) / count
        energy = math.fsum(result.energy_uj for result in results) / count
        product = [math.log(result.latency_us * result.energy_uj) for result in results]
        values = {
            "log_energy_delay": math.fsum(product) / count,
            "latency_us": latency,
            "energy_uj": energy,
            "area_mm2": design.area_mm2,
            "utilisation": math.fsum(result.utilisation for result in results) / count,
            "dram_bytes": float(sum(result.dram_bytes for result in results)) / count,
        }
        return Metrics(values, EndReason.COMPLETED, float(sum(map(len, self.networks))))

    def _broken_budget(self, design: Design) -> str:
        """Which budget the design exceeds, in words; empty for none."""
        if design.area_mm2 > self.area_budget_mm2:
            return f"area {design.area_mm2:.2f} mm2, budget {self.area_budget_mm2:g} mm2"
        wanted = design.bandwidth_bytes_per_cycle
        if wanted > self.bandwidth_budget:
            return f"bandwidth {wanted} B/cycle, budget {self.bandwidth_budget} B/cycle"
        return ""
