"""Log-Share Sampler for OptunaHub."""

from simhelm.agents.samplers import LogShareSampler

__all__ = ["LogShareSampler"]
