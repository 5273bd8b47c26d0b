"""How a run ended: one vocabulary for solvers, trials, environments and agents."""

from __future__ import annotations

import enum


class EndReason(enum.Enum):
    """Why a computation stopped; the value is a sentence with the remedy.

    Only members with ``succeeded == True`` produced a usable result. Reaching an iteration cap
    is not success. A part that can end in another way adds its member.
    """

    CONVERGED = "The tolerance was met."
    COMPLETED = "The run reached its end."
    MAX_ITERATIONS = (
        "The iteration cap was reached before the tolerance was met: raise the cap, loosen the "
        "tolerance, or change the setting."
    )
    STAGNATED = (
        "The residual stopped falling above the tolerance: rounding errors prevent more; loosen "
        "the tolerance."
    )
    DIVERGED = (
        "The residual grew far beyond its start: the iteration does not converge for this "
        "matrix; check that it is symmetric positive definite or diagonally dominant."
    )
    NOT_FINITE = (
        "A value became infinite or not a number: check the scale of the input, and make the "
        "setting more cautious."
    )
    INDEFINITE = (
        "Conjugate gradients met a direction of non-positive curvature: the matrix or the "
        "preconditioner is not positive definite; use sor, or a solver for indefinite systems."
    )
    STEP_LIMIT = (
        "The limit of sub-steps was reached before the end time: raise it, choose longer steps, "
        "or soften the force."
    )
    STEP_UNDERFLOW = (
        "The step became too short to move the clock: two bodies collide; soften the force, or "
        "set a closest approach that ends the run."
    )
    CLOSE_APPROACH = "Two bodies came closer than the limit that was set."
    EXCEPTION = "The simulator raised an exception: read its traceback."
    INFEASIBLE = "The design violates a constraint: it has no valid result."
    EXIT = "The simulator ended with an exit code that does not mean success: read its stderr."
    SIGNAL = (
        "The simulator was killed by a signal: it crashed (SIGSEGV, SIGABRT), or the system was "
        "short of memory (SIGKILL)."
    )
    TIMEOUT = "A time limit was reached: raise it, or make the run smaller."
    MEMORY = "The memory limit was reached: raise it, or make the run smaller."
    BAD_OUTPUT = (
        "An output is missing, stale or not in the declared form: compare the file named in the "
        "details with the declaration."
    )
    WORKER_LOST = (
        "The process that evaluated the trial died: run the simulator isolated, and look for a "
        "crash or for a lack of memory."
    )
    INTERRUPTED = "The trial was interrupted and is evaluated again when the study is resumed."
    STOPPED_EARLY = "The learning curve promised nothing better: the run was stopped to save work."

    @property
    def succeeded(self) -> bool:
        """Whether the result may be used as a result."""
        return self in (EndReason.CONVERGED, EndReason.COMPLETED)

    @property
    def label(self) -> str:
        """The short lower-case name used in tables and in ``info["failure"]``."""
        return self.name.lower()
