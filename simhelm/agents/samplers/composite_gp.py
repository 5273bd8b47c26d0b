"""Bayesian optimisation of a distance to targets, with a Gaussian process for every output.

After Astudillo and Frazier, "Bayesian Optimization of Composite Functions" (ICML 2019): the
simulator's outputs are modelled, and the known function of them (here the L1 distance to target
shares) is applied to the model's samples. A model of the distance alone cannot know which way a
share is off.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study
from optuna.trial import FrozenTrial

from simhelm.agents.samplers.share_model import Floats, ShareModel, ShareObservation, ShareSampler
from simhelm.agents.samplers.space_sampler import Space
from simhelm.core.space import OptunaSpace


class CompositeGPSampler(ShareSampler):
    """Expected improvement of the L1 distance, from one Gaussian process per log share (BoTorch).

    Parameters that are no floats are drawn uniformly. Trials must carry their outputs; see
    :class:`~simhelm.agents.samplers.log_share.LogShareSampler`.

    Args:
        space, seed: see :class:`SpaceSampler`.
        targets, base, share_output, floor: of the shares; see :class:`LogShareSampler`.
        startup: trials of scrambled Sobol' points, the first one at constants of 0.
        samples: of the posterior, for the expectation.
        restarts: of the maximisation.

    Raises:
        ImportError: BoTorch is missing.
    """

    def __init__(
        self,
        space: Space | None = None,
        *,
        targets: Mapping[str, float],
        base: str = "car",
        share_output: str = "share_{}",
        floor: float = 0.02,
        startup: int = 8,
        samples: int = 128,
        restarts: int = 4,
        seed: int | None = None,
    ) -> None:
        if importlib.util.find_spec("botorch") is None:
            raise ImportError("CompositeGPSampler needs botorch: pip install 'simhelm[botorch]'")
        super().__init__(space, seed, ShareModel(targets, base, share_output, floor))
        self._startup, self._samples, self._restarts = startup, samples, restarts

    def step(
        self, study: Study, trial: FrozenTrial, space: OptunaSpace, model: ShareModel
    ) -> dict[str, Any]:
        """The next floats, a function of the seed and of the trials reported so far."""
        floats = [parameter for parameter in space.parameters if parameter.kind == "float"]
        names, is_log = [p.name for p in floats], np.array([p.log for p in floats])
        ends = np.array([(p.low, p.high) for p in floats]).T
        low, high = _scaled(ends, is_log)
        seen = model.observations(study.get_trials(deepcopy=False))
        if len(seen) < self._startup or trial.number < self._startup:
            unit = self._sobol(trial.number, len(names))
            if trial.number == 0:
                is_constant = np.array([name in model.names for name in names])
                unit = np.where(is_constant, (np.clip(0.0, low, high) - low) / (high - low), unit)
        else:
            points = _scaled(np.array([[o.config[n] for n in names] for o in seen]), is_log)
            seed = int(np.random.SeedSequence([self._seed, trial.number]).generate_state(1)[0] >> 1)
            unit = self._improve(model, (points - low) / (high - low), seen, seed)
        values = low + np.clip(unit, 0.0, 1.0) * (high - low)
        values = np.where(is_log, np.exp(values), values)
        # Rounding must not lead out of a range.
        return dict(zip(names, np.clip(values, *ends).tolist(), strict=True))

    def _sobol(self, number: int, dimensions: int) -> Floats:
        """One point of a sequence; its balance does not need a power of two here."""
        from scipy.stats import qmc

        sequence = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(self._seed))
        if number:
            sequence.fast_forward(number)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            point: Floats = sequence.random(1)[0]
        return point

    def _improve(
        self, aim: ShareModel, points: Floats, seen: Sequence[ShareObservation], seed: int
    ) -> Floats:
        """Maximise the expected improvement over the best posterior mean of the distance."""
        import torch
        from botorch.acquisition.logei import qLogExpectedImprovement
        from botorch.acquisition.objective import GenericMCObjective
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import SingleTaskGP
        from botorch.models.transforms import Standardize
        from botorch.optim.optimize import optimize_acqf
        from botorch.sampling.normal import SobolQMCNormalSampler
        from gpytorch.mlls import ExactMarginalLogLikelihood

        logs = np.log(np.maximum([o.shares for o in seen], aim.floor))
        # A share that never leaves the floor has nothing to be scaled by.
        targets = torch.tensor(aim.targets)

        def closeness(outputs: Any, X: Any = None) -> Any:
            return -(torch.exp(outputs) - targets).abs().sum(dim=-1)

        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fits that try several starts
            torch.manual_seed(seed)
            inputs = torch.tensor(points)
            model = SingleTaskGP(
                inputs, torch.tensor(logs), outcome_transform=Standardize(logs.shape[1])
            )
            fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
            with torch.no_grad():
                best = closeness(model.posterior(inputs).mean).max()
            acquisition = qLogExpectedImprovement(
                model,
                best_f=best,
                sampler=SobolQMCNormalSampler(torch.Size([self._samples]), seed=seed),
                objective=GenericMCObjective(closeness),
            )
            bounds = torch.stack([torch.zeros(points.shape[1]), torch.ones(points.shape[1])])
            found, _ = optimize_acqf(
                acquisition, bounds.double(), q=1, num_restarts=self._restarts, raw_samples=128,
                options={"seed": seed, "maxiter": 100},
            )  # fmt: skip
        unit: Floats = found[0].numpy()
        return unit


def _scaled(values: Floats, is_log: NDArray[np.bool_]) -> Floats:
    """Logarithms of those on a logarithmic scale; shape (..., parameters)."""
    scaled: Floats = np.where(is_log, np.log(np.where(is_log, values, 1.0)), values)
    return scaled
