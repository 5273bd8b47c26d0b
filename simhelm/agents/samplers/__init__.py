"""Samplers for black-box search, as Optuna has them, and what goes with them."""

from simhelm.agents.samplers.ant_colony import AntColonySampler
from simhelm.agents.samplers.composite_gp import CompositeGPSampler
from simhelm.agents.samplers.evolution import GeneticSampler, RegularisedEvolutionSampler
from simhelm.agents.samplers.extrapolation import extrapolate, rung_stop, should_stop
from simhelm.agents.samplers.hpbandster import HpBandSterSampler
from simhelm.agents.samplers.hybrid import HybridSampler
from simhelm.agents.samplers.hyperband import (
    Bracket,
    Rung,
    hyperband_brackets,
    promote,
    successive_halving,
)
from simhelm.agents.samplers.log_share import LogShareSampler
from simhelm.agents.samplers.registry import SAMPLERS, SamplerEntry, make_sampler
from simhelm.agents.samplers.ridge import RidgeSampler
from simhelm.agents.samplers.share_model import OUTPUTS
from simhelm.agents.samplers.tree_search import MCTSSampler

__all__ = [
    "OUTPUTS",
    "SAMPLERS",
    "AntColonySampler",
    "Bracket",
    "CompositeGPSampler",
    "GeneticSampler",
    "HpBandSterSampler",
    "HybridSampler",
    "LogShareSampler",
    "MCTSSampler",
    "RegularisedEvolutionSampler",
    "RidgeSampler",
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
