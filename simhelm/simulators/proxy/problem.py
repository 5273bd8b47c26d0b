"""A proxy as a problem."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, final

from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Config, Metrics, Problem
from simhelm.core.space import space_identity
from simhelm.simulators.proxy.model import Proxy


@final
class ProxyProblem(Problem):
    """A problem whose simulator is replaced by a proxy: same parameters, outputs, objective.

    Args:
        true: the problem that the proxy was fitted to.
        proxy: trees and intervals.

    Raises:
        ValueError: the proxy is of another problem or space, or lacks an output.
    """

    def __init__(self, true: Problem, proxy: Proxy) -> None:
        _check_fit(true, proxy)
        self.true, self.proxy = true, proxy
        self.description = dataclasses.replace(
            true.description,
            name=f"{true.name}Proxy",
            work_unit="predictions",
            full_budget=1,
            pure=True,
        )

    def identity_document(self, made_of: Callable[[Problem], Mapping[str, Any]]) -> dict[str, Any]:
        """That of the true problem, and the file's content."""
        return {**made_of(self.true), "proxy": self.proxy.sha256}

    def evaluate(self, config: Config, *, seed: int, budget: int | None = None) -> Metrics:
        """Predict every output; nothing is random, and there is no budget."""
        self.check_config(config)
        values = self.proxy.predict(config)
        if values is None:
            said = "the proxy takes this design to fail"
            return Metrics.failure(EndReason.INFEASIBLE, cost=1.0, details=said)
        return Metrics(values, EndReason.COMPLETED, 1.0)


def _check_fit(true: Problem, proxy: Proxy) -> None:
    if proxy.problem != true.name:
        raise ValueError(f"proxy: expected one of {true.name}, got one of {proxy.problem}")
    if proxy.space != space_identity(true.parameters):
        raise ValueError(
            f"proxy: fitted to another space than that of {true.name} with these arguments: "
            "train it on evaluations of this problem"
        )
    known = {output.name for output in proxy.outputs}
    missing = [output.name for output in true.outputs if output.name not in known]
    if missing:
        raise ValueError(f"proxy: has no outputs {missing}; were they in the training data?")
