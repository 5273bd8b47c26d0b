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
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial

from simhelm.agents.samplers.log_share import (
    Observation,
    ShareModel,
    draw,
    refuse_several_objectives,
)
from simhelm.agents.samplers.model_space import Conditions, Space

Floats = NDArray[np.float64]


class CompositeGPSampler(optuna.samplers.BaseSampler):
    """Expected improvement of the L1 distance, from one Gaussian process a log share (BoTorch).

    Parameters that are no floats are drawn uniformly. Trials must carry their outputs; see
    :class:`~simhelm.agents.samplers.log_share.LogShareSampler`.

    Args:
        space: the distributions by name.
        targets, base, share_output, floor: of the shares; see there.
        startup: trials of scrambled Sobol' points, the first one at constants of 0.
        samples: of the posterior, for the expectation.
        restarts: of the maximisation.
        seed: of all draws; mixed with the number of the trial.
        conditions: not used.

    Raises:
        ImportError: BoTorch is missing.
    """

    def __init__(
        self,
        *,
        space: Space,
        targets: Mapping[str, float],
        base: str = "car",
        share_output: str = "share_{}",
        floor: float = 0.02,
        startup: int = 8,
        samples: int = 128,
        restarts: int = 4,
        seed: int | None = None,
        conditions: Conditions | None = None,
    ) -> None:
        if importlib.util.find_spec("botorch") is None:
            raise ImportError("CompositeGPSampler needs botorch: pip install 'simhelm[botorch]'")
        self.model = ShareModel(space, targets, base, share_output, floor)
        self._space = {
            name: distribution
            for name, distribution in space.items()
            if isinstance(distribution, FloatDistribution) and not distribution.single()
        }
        self._is_log = np.array([d.log for d in self._space.values()])
        self._startup, self._samples, self._restarts = startup, samples, restarts
        self._seed = 0 if seed is None else seed

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The floats."""
        return dict(self._space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Draw what is no float, or not in the space."""
        return draw(self._seed, study, trial, param_name, param_distribution)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The next configuration, a function of the seed and of the trials told so far."""
        refuse_several_objectives(study, self)
        names = list(self._space)
        low, high = self._scaled(np.array([(d.low, d.high) for d in self._space.values()]).T)
        seen = self.model.observations(study.get_trials(deepcopy=False))
        if len(seen) < self._startup or trial.number < self._startup:
            unit = self._sobol(trial.number, len(names))
            if trial.number == 0:
                is_constant = np.array([name in self.model.names for name in names])
                unit = np.where(is_constant, (np.clip(0.0, low, high) - low) / (high - low), unit)
        else:
            points = self._scaled(np.array([[o.config[n] for n in names] for o in seen]))
            seed = int(np.random.SeedSequence([self._seed, trial.number]).generate_state(1)[0] >> 1)
            unit = self._improve((points - low) / (high - low), seen, seed)
        values = low + np.clip(unit, 0.0, 1.0) * (high - low)
        values = np.where(self._is_log, np.exp(values), values)
        # Rounding must not lead out of a range.
        ends = np.array([(d.low, d.high) for d in self._space.values()]).T
        return dict(zip(names, np.clip(values, *ends).tolist(), strict=True))

    def _scaled(self, values: Floats) -> Floats:
        """Logarithms of those on a logarithmic scale; shape (..., parameters)."""
        scaled: Floats = np.where(self._is_log, np.log(np.where(self._is_log, values, 1.0)), values)
        return scaled

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

    def _improve(self, points: Floats, seen: Sequence[Observation], seed: int) -> Floats:
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

        floor = self.model.floor
        logs = np.log(np.maximum([o.shares for o in seen], floor))
        # A share that never leaves the floor has nothing to be scaled by.
        targets = torch.tensor(self.model.targets)

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
