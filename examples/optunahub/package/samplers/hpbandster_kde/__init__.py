"""HpBandSter Kernel Density Sampler for OptunaHub."""

from simhelm.agents.samplers import HpBandSterSampler

__all__ = ["HpBandSterSampler"]
