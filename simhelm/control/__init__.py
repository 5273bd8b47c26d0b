"""Sequential control of simulators: steering by bandits, training, evaluation, tuners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simhelm.core.lazy import lazy_names

if TYPE_CHECKING:
    from simhelm.control.environments import make_environment
    from simhelm.control.steering.definition import Steerable, SteeringConfig, parse_steering
    from simhelm.control.steering.result import FinishedRun, read_run
    from simhelm.control.steering.run import run_steering
    from simhelm.control.training.configuration import TrainingConfig, parse_training
    from simhelm.control.training.evaluation import Evaluation, evaluate
    from simhelm.control.training.foreign import load_policy
    from simhelm.control.training.train import (
        FinishedTraining,
        TrainingExecution,
        read_training,
        train,
    )
    from simhelm.control.tuner import RelaxationTuner

__all__ = [
    "Evaluation", "FinishedRun", "FinishedTraining", "RelaxationTuner", "Steerable",
    "SteeringConfig", "TrainingConfig", "TrainingExecution", "evaluate", "load_policy",
    "make_environment", "parse_steering", "parse_training", "read_run", "read_training",
    "run_steering", "train",
]  # fmt: skip

# A tuner needs no learning library, and a training no bandits.
__getattr__ = lazy_names(
    __name__,
    {
        "Evaluation": "simhelm.control.training.evaluation",
        "FinishedRun": "simhelm.control.steering.result",
        "FinishedTraining": "simhelm.control.training.train",
        "RelaxationTuner": "simhelm.control.tuner",
        "Steerable": "simhelm.control.steering.definition",
        "SteeringConfig": "simhelm.control.steering.definition",
        "TrainingConfig": "simhelm.control.training.configuration",
        "TrainingExecution": "simhelm.control.training.train",
        "evaluate": "simhelm.control.training.evaluation",
        "load_policy": "simhelm.control.training.foreign",
        "make_environment": "simhelm.control.environments",
        "parse_steering": "simhelm.control.steering.definition",
        "parse_training": "simhelm.control.training.configuration",
        "read_run": "simhelm.control.steering.result",
        "read_training": "simhelm.control.training.train",
        "run_steering": "simhelm.control.steering.run",
        "train": "simhelm.control.training.train",
    },
)
