"""Thin Gymnasium environments over simulators, their baselines and their registration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simhelm.core.lazy import lazy_names

if TYPE_CHECKING:
    from simhelm.envs.baseline import Baseline
    from simhelm.envs.design import DesignEnv
    from simhelm.envs.registration import environments
    from simhelm.envs.seed_ranges import seed_ranges_of

__all__ = ["Baseline", "DesignEnv", "environments", "seed_ranges_of"]

__getattr__ = lazy_names(
    __name__,
    {
        "Baseline": "simhelm.envs.baseline",
        "DesignEnv": "simhelm.envs.design",
        "environments": "simhelm.envs.registration",
        "seed_ranges_of": "simhelm.envs.seed_ranges",
    },
)
