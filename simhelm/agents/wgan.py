"""The Wasserstein GAN under its public name; see :mod:`simhelm.agents.generators`."""

from simhelm.agents.generators.wgan import WGANGP
from simhelm.agents.generators.wgan_settings import WGANSettings

__all__ = ["WGANGP", "WGANSettings"]
