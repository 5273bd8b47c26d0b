"""Ant Colony Sampler for OptunaHub."""

from simhelm.agents.samplers import AntColonySampler

__all__ = ["AntColonySampler"]
