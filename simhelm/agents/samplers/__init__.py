"""Samplers for black-box search, as Optuna has them, and what goes with them."""

from simhelm.agents.samplers.extrapolation import extrapolate, rung_stop, should_stop
from simhelm.agents.samplers.hpbandster import HpBandSterSampler
from simhelm.agents.samplers.hyperband import (
    Bracket,
    Rung,
    hyperband_brackets,
    promote,
    successive_halving,
)
from simhelm.agents.samplers.log_share import OUTPUTS, LogShareSampler
from simhelm.agents.samplers.registry import SAMPLERS, SamplerEntry, make_sampler

__all__ = [
    "OUTPUTS",
    "SAMPLERS",
    "Bracket",
    "HpBandSterSampler",
    "LogShareSampler",
    "Rung",
    "SamplerEntry",
    "extrapolate",
    "hyperband_brackets",
    "make_sampler",
    "promote",
    "rung_stop",
    "should_stop",
    "successive_halving",
]
