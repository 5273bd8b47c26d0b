"""Tries the package as OptunaHub loads it."""

from __future__ import annotations

from pathlib import Path

import optuna
import optunahub


def objective(trial: optuna.Trial) -> float:
    """A valley with a conditional parameter."""
    method = trial.suggest_categorical("method", ["jacobi", "sor"])
    omega = trial.suggest_float("omega", 1.0, 1.9) if method == "sor" else 1.0
    sweeps = trial.suggest_int("sweeps", 1, 8)
    return (omega - 1.6) ** 2 + 0.1 * abs(sweeps - 3)


module = optunahub.load_local_module(
    package="samplers/hpbandster_kde", registry_root=str(Path(__file__).parents[2])
)
study = optuna.create_study(sampler=module.HpBandSterSampler(seed=1))
study.optimize(objective, n_trials=20)
print(study.best_value, study.best_params)
