"""The impacted plate as a problem: where, and how sharply, hit hardest; a pool of such solves."""

from __future__ import annotations

import numpy as np

from simhelm.core.checks import whole_number
from simhelm.core.description import made_with
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Config, Description, Metrics, Output, Parameter, Problem
from simhelm.simulators.fem.discretisation import Discretisation
from simhelm.simulators.fem.interpolation import interpolate_trace
from simhelm.simulators.fem.meshing import Plate, plate_mesh
from simhelm.simulators.fem.plate import PlateModel
from simhelm.simulators.fem.run import Run
from simhelm.simulators.fem.scenario import Impact, Scenario, ScenarioLaw
from simhelm.simulators.fem.scheme import Scheme
from simhelm.simulators.fem.submodel import Submodel, drive

_MEGA = 1e6
_OUTPUTS = (
    Output("peak", "MPa", 0.0, 1e4, "greatest von Mises stress in the zone"),
    Output("coarse_peak", "MPa", 0.0, 1e4, "the same, submodel driven by a coarse model"),
    Output("full_work", "million multiplications", 0.0, 1e6),
    Output("coarse_work", "million multiplications", 0.0, 1e6),
)
_PARAMETERS = (
    Parameter("centre", "float", 0.1, 0.04, 0.16, unit="m", description="of the impact"),
    Parameter("duration", "float", 18.0, 12.0, 24.0, unit="us", description="of the pulse"),
)


class ImpactedPlate(Problem):
    """Which impact stresses a plate's zone of interest most.

    A plate with a hole is hit on its left edge by a pulse of 50 MPa; material outside the zone
    and a soft patch are random and follow from the seed. The objective, to be maximised, is the
    greatest von Mises stress in the zone over time. The same stress by a coarse global model that
    drives the fine submodel is reported beside it, with what both cost.

    A study of it by random search is a pool of solves for ``simhelm/SubmodelEnrichment-v0`` and
    ``simhelm/RareEventSubmodel-v0``. Stresses are proportional to the amplitude and do not depend
    on the delay (but for the end of the window), so neither is a parameter.

    Args:
        size: length of a cell outside the zone, m; the default is for quick looks,
            ``0.08 / 18`` is that of the published comparison.
        coarse_size: the same of the coarse model, m.
        steps: time steps of a microsecond.
    """

    cites = ("newmark1959", "gustafsson2020")

    def __init__(self, *, size: float = 0.01, coarse_size: float = 0.02, steps: int = 96) -> None:
        arguments = made_with(locals())
        self.description = Description(
            name="ImpactedPlate",
            parameters=_PARAMETERS,
            outputs=_OUTPUTS,
            objective="peak",
            direction="maximize",
            worst_objective=0.0,
            work_unit="million multiplications",
            full_budget=whole_number("steps", steps),
            pure=True,
            arguments=arguments,
        )
        self._made: dict[int, tuple[PlateModel, PlateModel, Submodel]] = {}
        self._meshes = plate_mesh(Plate(), size), plate_mesh(Plate(), coarse_size)

    def evaluate(self, config: Config, *, seed: int, budget: int | None = None) -> Metrics:
        """Solve at both fidelities; ``budget`` counts time steps."""
        self.check_config(config)
        scenario = self.scenario(config, seed)
        steps = self.full_budget if budget is None else min(max(1, budget), self.full_budget)
        full, coarse, submodel = self._models(steps)
        whole = full.simulate(scenario)
        rough = coarse.simulate(scenario)
        trace = interpolate_trace(rough.recording, coarse.space, submodel.driven_nodes)
        part = drive(submodel, trace)
        full_work = float(whole.work[0]) / _MEGA
        coarse_work = float(rough.work[0] + part.work[0]) / _MEGA
        reason = _first_failure(whole, rough, part)
        if reason is not EndReason.COMPLETED:
            return Metrics.failure(reason, cost=full_work + coarse_work)
        values = {
            "peak": float(whole.peak_von_mises[0]) / _MEGA,
            "coarse_peak": float(part.peak_von_mises[0]) / _MEGA,
            "full_work": full_work,
            "coarse_work": coarse_work,
        }
        return Metrics(values, EndReason.COMPLETED, full_work + coarse_work)

    def scenario(self, config: Config, seed: int) -> Scenario:
        """The impact of a configuration, with the material and the patch of a seed."""
        drawn = ScenarioLaw().draw(np.random.default_rng(seed))
        impact = Impact(50e6, float(config["centre"]), 1e-6 * float(config["duration"]))
        return Scenario(impact, drawn.field, drawn.patch)

    def global_model(self, steps: int) -> PlateModel:
        """The whole plate at full fidelity."""
        return self._models(steps)[0]

    def _models(self, steps: int) -> tuple[PlateModel, PlateModel, Submodel]:
        """Full, coarse and sub-model, made at first use: they hold what cannot be sent."""
        if steps not in self._made:
            discretisation = Discretisation(scheme=Scheme(1e-6), steps=steps)
            full, coarse = (
                PlateModel(mesh, discretisation=discretisation) for mesh in self._meshes
            )
            self._made[steps] = full, coarse, full.submodel()
        return self._made[steps]

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_made": {}}


def _first_failure(*runs: Run) -> EndReason:
    """The first reason that is none to use a result, else COMPLETED."""
    reasons = [run.end_reasons[0] for run in runs]
    return next((reason for reason in reasons if not reason.succeeded), EndReason.COMPLETED)
