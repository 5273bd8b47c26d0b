"""Policies without learning for the corrected environment."""

from __future__ import annotations

import functools

import numpy as np

from simhelm.envs.baseline import Baseline
from simhelm.envs.nbody.adaptive import AdaptiveEpisodes
from simhelm.envs.nbody.oracle import OraclePlayer
from simhelm.envs.nbody.settings import PUBLISHED_MU

# Aarseth's usual accuracy parameter, for a step eta |a|/|j|.
_ETA = 0.02
# The share of the tolerance that the energy-error controller aims to spend, evenly.
_AIM = 0.1
# Local energy errors go with the fifth power of mu (net over an interval).
_ORDER = 5.0


def adaptive_baselines(episodes: AdaptiveEpisodes) -> dict[str, Baseline]:
    """By name; the policies look at the first of the episodes."""
    settings = episodes.settings
    found = [
        Baseline(
            name,
            f"{scheme.method} with parameter {scheme.step_parameter:.3g} throughout",
            functools.partial(int, action),
            # Gauss-Radau sets its steps itself: that is what people do with it.
            "rule" if scheme.method == "gauss_radau15" else "fixed",
        )
        for action, (name, scheme) in enumerate(zip(settings.names, settings.schemes, strict=True))
    ]
    found += [
        Baseline(
            "Aarseth",
            f"the mu whose step is nearest to {_ETA} |a|/|j| at the start of the interval",
            functools.partial(_aarseth, episodes),
        ),
        Baseline(
            "energy-error controller",
            f"mu by the fifth root of the last error, to spend {_AIM:g} of the tolerance evenly",
            functools.partial(_controller, episodes),
        ),
        Baseline(
            "oracle allocation",
            "cheapest actions whose errors, tried out beforehand, sum to the tolerance",
            OraclePlayer(episodes),
            "oracle",
        ),
    ]
    return {baseline.name: baseline for baseline in found}


def _aarseth(episodes: AdaptiveEpisodes) -> int:
    collision, ratio = episodes.batch.describe(episodes.interval)[0, :2]
    return episodes.settings.nearest_mu(_ETA * 10.0 ** float(ratio - collision))


def _controller(episodes: AdaptiveEpisodes) -> int:
    if episodes.elapsed[0] == 0:
        return episodes.settings.nearest_mu(0.01)
    mu = PUBLISHED_MU[round(4.5 * (float(episodes.last_level[0]) + 1.0))]
    aim = _AIM / episodes.length
    share = max(float(episodes.last_share[0]), 1e-3 * aim)
    # At most one place of the grid a step to coarser, any number to finer.
    factor = min((aim / share) ** (1.0 / _ORDER), 10.0 ** (1.0 / 3.0))
    return episodes.settings.nearest_mu(float(np.clip(mu * factor, 1e-4, 0.1)))
