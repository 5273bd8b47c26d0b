"""Genetic Algorithm Sampler for OptunaHub."""

from simhelm.agents.samplers import GeneticSampler

__all__ = ["GeneticSampler"]
