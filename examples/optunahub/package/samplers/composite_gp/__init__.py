"""Composite Gaussian Process Sampler for OptunaHub."""

from simhelm.agents.samplers import CompositeGPSampler

__all__ = ["CompositeGPSampler"]
