"""Random generators of traces: fitted to samples, then sampled with a seed."""

from simhelm.agents.generators.distances import (
    energy_distance,
    marginal_wasserstein,
    maximum_mean_discrepancy,
    nearest_neighbour_ratio,
    sliced_wasserstein,
)
from simhelm.agents.generators.excitation import Excitation
from simhelm.agents.generators.gaussian_process import GaussianProcessMean
from simhelm.agents.generators.pod import Pod
from simhelm.agents.generators.simulated import CoarseModel
from simhelm.agents.generators.statistical import (
    Bootstrap,
    GaussianCopula,
    GaussianScores,
    SmoothedBootstrap,
)
from simhelm.agents.generators.wgan import WGANGP
from simhelm.agents.generators.wgan_settings import WGANSettings
from simhelm.core.lazy import lazy_names

__all__ = [
    "WGANGP",
    "Bootstrap",
    "CoarseModel",
    "Excitation",
    "GaussianCopula",
    "GaussianProcessMean",
    "GaussianScores",
    "Pod",
    "SmoothedBootstrap",
    "WGANSettings",
    "energy_distance",
    "marginal_wasserstein",
    "maximum_mean_discrepancy",
    "nearest_neighbour_ratio",
    "sliced_wasserstein",
]

# How well a distribution is met is evidence by now; its old names still lead there.
_NOW_EVIDENCE = ("Estimate", "kolmogorov_smirnov", "relative_errors", "sampling_floor")
__getattr__ = lazy_names(__name__, dict.fromkeys(_NOW_EVIDENCE, "simhelm.evidence"))
