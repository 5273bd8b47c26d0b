"""What a number is worth: estimates with intervals, and the verdicts made from them."""

from simhelm.evidence.bootstrap import Estimate, mean_interval, middle, resampled, resamples
from simhelm.evidence.quantity import (
    STATISTICS,
    kolmogorov_smirnov,
    relative_errors,
    sampling_floor,
)
from simhelm.evidence.verdict import verdict_sentence

__all__ = [
    "STATISTICS", "Estimate", "kolmogorov_smirnov", "mean_interval", "middle", "relative_errors",
    "resampled", "resamples", "sampling_floor", "verdict_sentence",
]  # fmt: skip
