"""Random generators of traces: fitted to samples, then sampled with a seed."""

from simhelm.agents.generators.distances import energy_distance, sliced_wasserstein
from simhelm.agents.generators.pod import Pod
from simhelm.agents.generators.statistical import GaussianScores, SmoothedBootstrap

__all__ = ["GaussianScores", "Pod", "SmoothedBootstrap", "energy_distance", "sliced_wasserstein"]
