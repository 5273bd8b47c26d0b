"""Tries the package as OptunaHub loads it."""

from __future__ import annotations

import math
from pathlib import Path

import optuna
import optunahub

TARGETS = {"car": 60.0, "bus": 40.0}


def objective(trial: optuna.Trial) -> float:
    """The distance of a bus's share from its target."""
    bus = trial.suggest_float("bus", -3.0, 3.0)
    share = 100.0 / (1.0 + math.exp(0.5 - bus))
    trial.set_user_attr("outputs", {"share_car": 100.0 - share, "share_bus": share})
    return abs(share - TARGETS["bus"])


module = optunahub.load_local_module(
    package="samplers/hybrid_log_share", registry_root=str(Path(__file__).parents[2])
)
study = optuna.create_study(sampler=module.HybridSampler(seed=1, targets=TARGETS))
study.optimize(objective, n_trials=20)
print(study.best_value, study.best_params)
