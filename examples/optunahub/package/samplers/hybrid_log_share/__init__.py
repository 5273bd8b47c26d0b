"""Hybrid Log-Share Sampler for OptunaHub."""

from simhelm.agents.samplers import HybridSampler

__all__ = ["HybridSampler"]
