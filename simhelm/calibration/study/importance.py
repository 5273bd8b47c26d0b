"""Which parameters matter, as Optuna's PED-ANOVA tells it."""

from __future__ import annotations

import math

from simhelm.calibration.study.sampler_session import frozen_trial, quiet_optuna
from simhelm.calibration.study.view import StudyView
from simhelm.core.space import to_distributions

# Below this the best tenth is too few trials to compare the rest with.
_LEAST = 20
# Above this the estimate gets no better, only slower.
_MOST = 2_000


def importances(view: StudyView) -> dict[str, float]:
    """Share of each parameter in reaching the best tenth of trials; empty if it cannot be told.

    Watanabe, Bansal & Hutter, "PED-ANOVA", IJCAI 2023.
    """
    import optuna

    name, direction = view.objectives[0]
    complete = [trial for trial in view.trials() if trial.succeeded and trial.budget is None]
    if len(complete) < _LEAST:
        return {}
    sign, space = (1.0 if direction == "minimize" else -1.0), to_distributions(view.parameters)
    with quiet_optuna():
        study = optuna.create_study()
    study.add_trials(
        [frozen_trial(space, t.config, [sign * t.values[name]]) for t in complete[:_MOST]]
    )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {key: share for key, share in found.items() if math.isfinite(share)}
