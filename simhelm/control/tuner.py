"""Tune the relaxation factor inside your own code, solve by solve."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from numpy.typing import ArrayLike

from simhelm.agents.bandits import Bandit, load_learner
from simhelm.simulators.linear import DEFAULT_OMEGAS, SSORPreconditioner, check_omegas


class RelaxationTuner:
    """Three lines around a solve: ``omega = tuner.suggest(c)``, solve, ``tuner.record(k)``.

    >>> tuner = RelaxationTuner(context_bounds=(0.0, 1.0))
    >>> omega = tuner.suggest(context=0.3)
    >>> tuner.record(iterations=42)

    Args:
        learner: name of a learner (see ``simhelm list``).
        omegas: candidate factors in (0, 2); None for 20 values from 1 to 1.95.
        context_bounds: range of the number that describes a system (a diffusion coefficient, a
            shift); leave it out for a learner without context.
        seed: of the learner.
        options: further arguments of the learner.

    Raises:
        ValueError: unknown learner, factors outside (0, 2), or a contextual learner without
            bounds.
    """

    def __init__(
        self,
        learner: str = "ThompsonLogCost",
        *,
        omegas: ArrayLike | None = None,
        context_bounds: tuple[float, float] | None = None,
        seed: int = 0,
        **options: Any,
    ) -> None:
        values = DEFAULT_OMEGAS if omegas is None else check_omegas(omegas)
        kind = load_learner(learner)
        if kind.needs_context:
            if context_bounds is None:
                raise ValueError(
                    f"{learner} uses a context: give context_bounds=(low, high), or choose a "
                    "learner without one, such as TsallisINF"
                )
            options["context_bounds"] = context_bounds
        self.bandit: Bandit = kind(values, seed=seed, **options)

    def suggest(self, context: float | None = None) -> float:
        """The relaxation factor for the coming solve; ``ticket`` names the decision."""
        return float(self.bandit.arm_values[self.bandit.act(context)])

    @property
    def ticket(self) -> int:
        """Of the last suggestion, to record it later when several solves are in flight."""
        return self.bandit.last_ticket

    def record(self, iterations: float, ticket: int | None = None) -> None:
        """Report what a solve cost: its iterations, of a failed one its iteration cap."""
        self.bandit.learn(iterations, ticket)

    @contextlib.contextmanager
    def preconditioner(
        self, A: object, context: float | None = None, *, shift: float = 0.0
    ) -> Iterator[SSORPreconditioner]:
        """An SSOR preconditioner with the suggested factor; recorded when the block ends.

        ::

            with tuner.preconditioner(A, context) as M:
                x, info = scipy.sparse.linalg.cg(A, b, M=M)

        The loss is the number of applications, CG's iterations. If the block raises, the
        decision is dropped unlearned.
        """
        omega = self.suggest(context)
        ticket = self.ticket
        try:
            operator = SSORPreconditioner(A, omega, shift=shift)
            yield operator
        except BaseException:
            self.bandit.forget(ticket)
            raise
        self.record(operator.applications, ticket)

    def state_dict(self) -> dict[str, Any]:
        """JSON-able state; a tuner made with the same arguments continues from it."""
        return self.bandit.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.bandit.load_state_dict(state)
