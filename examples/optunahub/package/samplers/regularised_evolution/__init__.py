"""Regularised Evolution Sampler for OptunaHub."""

from simhelm.agents.samplers import RegularisedEvolutionSampler

__all__ = ["RegularisedEvolutionSampler"]
