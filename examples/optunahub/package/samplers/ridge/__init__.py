"""Ridge Surrogate Sampler for OptunaHub."""

from simhelm.agents.samplers import RidgeSampler

__all__ = ["RidgeSampler"]
