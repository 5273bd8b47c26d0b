"""Networks and their training as a design problem."""

from __future__ import annotations

from simhelm.core.checks import whole_number
from simhelm.core.description import made_with
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Config, Description, Metrics, Output, Watch, WatchedProblem, go_on
from simhelm.core.space import to_parameters
from simhelm.simulators.networks.space import KNOBS, network_space

_LEAST, _MOST = 2, 797
_OUTPUTS = (
    Output("validation_error", "1", 0.0, 1.0, "share of wrong answers, the objective"),
    Output("validation_loss", "nat", 0.0, 1e6, "mean cross entropy"),
    Output("test_error", "1", 0.0, 1.0, "share of wrong answers, not to be searched by"),
    Output("weights", "1", 1.0, 1e9, "numbers that are trained"),
    Output("macs", "1", 1.0, 1e12, "multiplications with additions for one image"),
)


class NetworkArchitecture(WatchedProblem):
    """A network for handwritten digits, and how it is trained: the fewest errors in validation.

    The objective, to be minimised, is the share of wrong answers among 500 validation images of
    scikit-learn's digits after the last epoch; the test error of 500 others is reported and not
    searched by. Epochs are the fidelity: a smaller ``budget`` is a shorter training of the same
    network, and the validation errors after the epochs are its learning curve. A training whose
    loss is no number any more fails as ``NOT_FINITE``.

    Args:
        epochs: of a complete training; ``full_budget``.
        samples: training images, 2 to 797.

    Raises:
        TypeError, ValueError: an argument outside its range.
        ImportError: at the first evaluation, where torch or scikit-learn is missing.
    """

    cites = ("negrinho2017", "paszke2019", "pedregosa2011")
    space = network_space()

    def __init__(self, *, epochs: int = 8, samples: int = _MOST) -> None:
        arguments = made_with(locals())
        self.samples = whole_number("samples", samples, least=_LEAST)
        if self.samples > _MOST:
            raise ValueError(f"samples: there are {_MOST} training images, got {samples!r}")
        self.description = Description(
            name="NetworkArchitecture",
            parameters=to_parameters(self.space, KNOBS),
            outputs=_OUTPUTS,
            objective="validation_error",
            worst_objective=1.0,
            work_unit="epochs",
            full_budget=whole_number("epochs", epochs),
            # It sets torch's number of threads for a while, which other threads would feel.
            pure=False,
            arguments=arguments,
        )

    def evaluate(
        self, config: Config, *, seed: int, budget: int | None = None, watch: Watch = go_on
    ) -> Metrics:
        """Train for ``budget`` epochs."""
        self.check_config(config)
        wanted = self.full_budget if budget is None else whole_number("budget", budget)
        epochs = min(wanted, self.full_budget)
        try:
            from simhelm.simulators.networks.training import train
        except ImportError as error:
            raise ImportError(
                "networks need torch and scikit-learn: pip install 'simhelm[networks]'"
            ) from error
        result = train(config, seed=seed, epochs=epochs, samples=self.samples, watch=watch)
        cost = float(result.epochs)
        if not result.finite:
            details = f"the loss was no number after epoch {result.epochs}"
            return Metrics.failure(EndReason.NOT_FINITE, cost=cost, details=details)
        if result.stopped:
            return Metrics.failure(EndReason.STOPPED_EARLY, cost=cost)
        values = {output.name: float(getattr(result, output.name)) for output in self.outputs}
        return Metrics(values, EndReason.COMPLETED, cost)
