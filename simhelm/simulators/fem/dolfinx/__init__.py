"""DOLFINx as a back end, and distributed global models; needs the extra ``fenics``."""

from simhelm.simulators.fem.dolfinx.assembler import DolfinxAssembler
from simhelm.simulators.fem.dolfinx.distributed import DistributedPlateModel

__all__ = ["DistributedPlateModel", "DolfinxAssembler"]
