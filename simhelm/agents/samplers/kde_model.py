"""HpBandSter's model of good and bad configurations, run in this process.

``hpbandster.optimizers.config_generators.bohb.BOHB`` is the model of Falkner, Klein & Hutter,
"BOHB: Robust and Efficient Hyperparameter Optimization at Scale" (ICML 2018). HpBandSter runs it
behind a Pyro network, which hangs under numpy 2; none of that is used here.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simhelm.agents.samplers.isolation import isolated, quiet, seed_words
from simhelm.core.space import ConfigSpaceCodec

_LOGGER = logging.getLogger(__name__)

Codes = Mapping[str, float | int]


@dataclasses.dataclass(frozen=True)
class Result:
    """The loss of a configuration at a budget.

    ``key`` names the result (trial number, index in the trial): the random numbers that fill
    up its inactive parameters depend on it and on the seed alone.
    """

    key: tuple[int, int]
    budget: float
    loss: float
    codes: Codes
    vector: NDArray[np.float64]


class Listener:
    """The logger of HpBandSter's model: counts the proposals that fell back to random.

    The model catches every exception of its own, writes a warning and continues at random.

    Attributes:
        failures: how often it did.
    """

    def __init__(self) -> None:
        self.failures = 0

    def debug(self, *_: Any) -> None:
        """Nothing of use."""

    def warning(self, message: str, *args: Any) -> None:
        """Count a failure, and pass the first one on."""
        if not message.startswith(("Sampling based optimization", "Error (")):
            return
        self.failures += 1
        if self.failures == 1:
            _LOGGER.warning(
                "HpBandSter's model failed and proposed at random; further failures are "
                "counted only: %s",
                message % args if args else message,
            )


class KDEModel:
    """HpBandSter's model over a space: ``fit`` results, ``propose`` a configuration.

    Args:
        codec: of the space.
        options: the arguments of HpBandSter's model.
        listener: counts its failures.

    Raises:
        ImportError: HpBandSter or ConfigSpace is not installed.
    """

    def __init__(
        self, codec: ConfigSpaceCodec, options: Mapping[str, Any], listener: Listener
    ) -> None:
        generator = generator_class()
        with quiet():
            self.configuration_space = codec.configuration_space()
            self._generator = generator(self.configuration_space, logger=listener, **options)

    def vector(self, codes: Codes) -> NDArray[np.float64]:
        """The configuration as the model sees it, shape (parameters,), nan where inactive.

        Raises:
            ValueError: a configuration that ConfigSpace finds illegal.
        """
        from ConfigSpace import Configuration

        with quiet():
            return Configuration(self.configuration_space, values=dict(codes)).get_array()

    def fit(self, results: Sequence[Result], seed: int) -> None:
        """Forget what was fitted, and fit the results in the order given.

        HpBandSter refits at every result, but proposes from the largest budget that has a model,
        and that model is what its last result left; smaller budgets have no effect. So one fit
        with the random numbers of that last result leaves what reporting one by one leaves.
        """
        self._forget()
        for budget in sorted({result.budget for result in results}, reverse=True):
            self._fit_budget([result for result in results if result.budget == budget], seed)
            if self._generator.kde_models:
                return

    def _fit_budget(self, results: Sequence[Result], seed: int) -> None:
        self._forget()
        *earlier, last = results
        self._generator.configs[last.budget] = [result.vector for result in earlier]
        self._generator.losses[last.budget] = [result.loss for result in earlier]
        # What ``BOHB.new_result`` reads of HpBandSter's own job.
        job = SimpleNamespace(
            id=last.key,
            kwargs={"budget": last.budget, "config": dict(last.codes)},
            result={"loss": last.loss},
            exception=None,
        )
        with isolated(result_words(seed, last.key)):
            self._generator.new_result(job)

    def _forget(self) -> None:
        for memory in ("configs", "losses", "kde_models"):
            getattr(self._generator, memory).clear()

    def propose(self, words: NDArray[np.uint32]) -> dict[str, Any]:
        """A configuration, a function of the fitted results and of the words, shape (5,)."""
        with isolated(words[:4]):
            self.configuration_space.seed(int(words[4]))
            # The budget is ignored: the model of the largest budget that has one is used.
            codes, _ = self._generator.get_config(1.0)
        return dict(codes)


def proposal_words(seed: int, number: int) -> NDArray[np.uint32]:
    """The words for the proposal of a trial: four for ``np.random``, one for ConfigSpace."""
    return seed_words(seed, number, count=5)


def result_words(seed: int, key: tuple[int, int]) -> NDArray[np.uint32]:
    """The words for ``np.random`` while a result is reported."""
    return seed_words(seed, *key, count=4)


def generator_class() -> Any:
    """HpBandSter's own class; ImportError names the extra to install."""
    try:
        # Importing Pyro and statsmodels warns.
        with quiet():
            from hpbandster.optimizers.config_generators.bohb import BOHB
    except ImportError as error:
        raise ImportError(
            f"HpBandSterSampler needs HpBandSter and ConfigSpace ({error}): "
            "pip install 'simhelm[bohb]'"
        ) from error
    return BOHB
