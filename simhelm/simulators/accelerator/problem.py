"""The accelerator as a design problem under budgets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from simhelm.core.description import made_with
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Config, Description, Metrics, Output, Problem, Value
from simhelm.core.space import to_parameters
from simhelm.simulators.accelerator.layers import Layer
from simhelm.simulators.accelerator.model import CLOCK_GHZ, Design, evaluate
from simhelm.simulators.accelerator.network_files import load_network
from simhelm.simulators.accelerator.space import KIB, KNOBS, design_space
from simhelm.simulators.accelerator.zigzag import ZigZag

_WORST = 60.0
_OUTPUTS = (
    Output("log_energy_delay", "1", -_WORST, _WORST, "ln of the product of us and uJ"),
    Output("latency_us", "us", 0.0, 1e9),
    Output("energy_uj", "uJ", 0.0, 1e9),
    Output("area_mm2", "mm2", 0.0, 1e4),
    Output("utilisation", "1", 0.0, 1.0, "of the multipliers"),
    Output("dram_bytes", "B", 0.0, 1e15),
)
_ROOFLINE_LAYERS = Output(
    "roofline_layers", "layers", 0.0, 1e5, "where ZigZag's cycles were raised to the roofline"
)


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
        backend: ``"closed_form"``, or ``"zigzag"`` for the mapper and cost model ZigZag, which
            takes seconds a layer; its latency is never below the roofline, and one more output
            counts the layers where that decided.
        time_limit: seconds that ZigZag has for a network; more is a failure.
        cache: a directory for ZigZag's results, "" for none.

    Raises:
        ValueError: an unknown network or back end, or a budget that is not positive.
        ImportError: ZigZag is wanted and not installed.
    """

    cites = ("samajdar2018", "horowitz2014", "mei2021")
    space = design_space()

    def __init__(
        self,
        networks: Sequence[str] = ("resnet18",),
        *,
        area_budget_mm2: float = 4.0,
        bandwidth_budget: int = 32,
        backend: Literal["closed_form", "zigzag"] = "closed_form",
        time_limit: float = 600.0,
        cache: str = "",
    ) -> None:
        arguments = made_with(locals())
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
        if backend not in ("closed_form", "zigzag"):
            raise ValueError(f"backend: expected 'closed_form' or 'zigzag', got {backend!r}")
        zigzag = ZigZag(time_limit=time_limit, cache=cache) if backend == "zigzag" else None
        self.zigzag = zigzag
        self.description = Description(
            name="Accelerator",
            parameters=to_parameters(self.space, KNOBS),
            outputs=_OUTPUTS if zigzag is None else (*_OUTPUTS, _ROOFLINE_LAYERS),
            objective="log_energy_delay",
            worst_objective=_WORST,
            work_unit="layers",
            # ZigZag runs in a process beside, which the study's own should not wait for.
            pure=zigzag is None,
            arguments=arguments,
        )

    def evaluate(self, config: Config, *, seed: int, budget: int | None = None) -> Metrics:
        """Evaluate every layer of every network; nothing is random, and there is no budget."""
        design = self.design(config)
        broken = self._broken_budget(design)
        if broken:
            return Metrics.failure(EndReason.INFEASIBLE, cost=1.0, details=broken)
        cost = float(sum(map(len, self.networks)))
        if self.zigzag is None:
            found = [_closed_form(design, layers) for layers in self.networks]
            return Metrics(_mean(found), EndReason.COMPLETED, cost)
        return self._with_zigzag(self.zigzag, design, cost)

    def design(self, config: Mapping[str, Value]) -> Design:
        """What a configuration describes; a buffer that is no parameter of it has 8 KiB."""
        self.check_config(config)
        kept = {"ifmap_kib": KIB[0], "filter_kib": KIB[0]}
        return Design(**{**kept, **config})  # type: ignore[arg-type]

    def _with_zigzag(self, zigzag: ZigZag, design: Design, cost: float) -> Metrics:
        found = []
        for layers in self.networks:
            result = zigzag.evaluate(design, layers)
            if not result.end_reason.succeeded:
                return Metrics.failure(result.end_reason, cost=cost, details=result.details)
            values = _values(
                design, layers, result.cycles, result.energy_pj * 1e-6, result.dram_bytes
            )
            found.append({**values, "roofline_layers": float(sum(result.roofline_won))})
        return Metrics(_mean(found), EndReason.COMPLETED, cost)

    def _broken_budget(self, design: Design) -> str:
        """Which budget the design exceeds, in words; empty for none."""
        if design.area_mm2 > self.area_budget_mm2:
            return f"area {design.area_mm2:.2f} mm2, budget {self.area_budget_mm2:g} mm2"
        wanted = design.bandwidth_bytes_per_cycle
        if wanted > self.bandwidth_budget:
            return f"bandwidth {wanted} B/cycle, budget {self.bandwidth_budget} B/cycle"
        return ""


def _closed_form(design: Design, layers: Sequence[Layer]) -> dict[str, float]:
    result = evaluate(design, layers)
    return _values(design, layers, result.total_cycles, result.energy_uj, float(result.dram_bytes))


def _values(
    design: Design, layers: Sequence[Layer], cycles: int, energy_uj: float, dram_bytes: float
) -> dict[str, float]:
    """The outputs of one network."""
    latency_us = cycles / (1000.0 * CLOCK_GHZ)
    multipliers = design.rows * design.cols
    return {
        "log_energy_delay": math.log(latency_us * energy_uj),
        "latency_us": latency_us,
        "energy_uj": energy_uj,
        "area_mm2": design.area_mm2,
        "utilisation": sum(layer.macs for layer in layers) / (cycles * multipliers),
        "dram_bytes": dram_bytes,
    }


def _mean(many: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Over networks."""
    return {name: math.fsum(one[name] for one in many) / len(many) for name in many[0]}
