"""The offline question: the one relaxation factor that is best for a family of systems."""

from __future__ import annotations

from typing import Literal

import numpy as np

from simhelm.core.checks import whole_number
from simhelm.core.description import made_with
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Config, Description, Metrics, Output, Parameter, Problem, Value
from simhelm.simulators.linear.matrix import prepare
from simhelm.simulators.linear.poisson import poisson2d
from simhelm.simulators.linear.shifted import (
    SHIFT_DISTRIBUTIONS,
    truncated_normal_vectors,
)
from simhelm.simulators.linear.solvers import Stopping, solve_many
from simhelm.simulators.linear.theory import optimal_omega


class RelaxationFactor(Problem):
    """One omega for SOR on ``full_budget`` random Poisson systems, shifted or not.

    Args:
        grid: interior grid points a side, at least 2.
        systems: number of systems of a complete evaluation.
        shifts: ``"none"`` (Young's optimum is the oracle), ``"low"`` or ``"high"`` variance (see
            :data:`SHIFT_DISTRIBUTIONS`; on larger grids than 10 these can be indefinite).
        max_iterations: cap of every solve.
    """

    cites = ("young1954", "khodak2024")

    def __init__(
        self,
        grid: int = 10,
        systems: int = 20,
        shifts: Literal["none", "low", "high"] = "none",
        max_iterations: int = 10_000,
    ) -> None:
        arguments = made_with(locals())
        if shifts not in ("none", *SHIFT_DISTRIBUTIONS):
            raise ValueError(f"shifts: expected 'none', 'low' or 'high', got {shifts!r}")
        whole_number("grid", grid, least=2)
        self.matrix = prepare(poisson2d(grid))
        self.shifts = shifts
        self.stopping = Stopping(max_iterations=max_iterations)
        about, cap = "relaxation factor; 1: Gauss-Seidel", float(max_iterations)
        self.description = Description(
            name="RelaxationFactor",
            parameters=(Parameter("omega", "float", 1.0, 1.0, 1.99, description=about),),
            outputs=(
                Output("iterations_per_solve", "sweeps", 0.0, cap, "mean over the systems"),
                Output("worst_iterations", "sweeps", 0.0, cap, "largest over the systems"),
            ),
            objective="iterations_per_solve",
            worst_objective=cap,
            work_unit="matrix-row updates",
            full_budget=whole_number("systems", systems),
            pure=True,
            arguments=arguments,
        )

    def evaluate(self, config: Config, *, seed: int, budget: int | None = None) -> Metrics:
        """Solve ``budget`` systems (all of ``full_budget`` for None) drawn from ``seed``."""
        self.check_config(config)
        count = self.full_budget if budget is None else whole_number("budget", budget)
        rng = np.random.default_rng(seed)
        if self.shifts == "none":
            shifts = np.zeros(count)
        else:
            shifts = SHIFT_DISTRIBUTIONS[self.shifts].draw(rng, count)
        vectors = truncated_normal_vectors(rng, count, self.matrix.size)
        omegas = np.full(count, float(config["omega"]))
        many = solve_many("sor", self.matrix, vectors, omegas, shifts, stopping=self.stopping)
        cost = float(many.work.sum())
        failed = [reason for reason in many.end_reasons if not reason.succeeded]
        if failed:
            details = f"{len(failed)} of {count} solves failed: {failed[0].value}"
            return Metrics.failure(failed[0], cost=cost, details=details)
        values = {
            "iterations_per_solve": float(many.iterations.mean()),
            "worst_iterations": float(many.iterations.max()),
        }
        return Metrics(values, EndReason.COMPLETED, cost)

    def oracle_config(self) -> dict[str, Value] | None:
        """Young's optimal factor for unshifted systems."""
        if self.shifts != "none":
            return None
        return {"omega": optimal_omega(self.matrix)}
