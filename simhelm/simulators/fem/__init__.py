"""Linear elastodynamics by finite elements, and submodels driven by boundary traces."""

from simhelm.simulators.fem.cut_check import CutCheck, check_cut
from simhelm.simulators.fem.discretisation import Discretisation
from simhelm.simulators.fem.energy import EnergyAccount, energy_account
from simhelm.simulators.fem.function_space import Space
from simhelm.simulators.fem.integration import (
    Load,
    State,
    Stepper,
    System,
    TimeHistory,
    newmark,
)
from simhelm.simulators.fem.interpolation import interpolate_trace, interpolation_operator
from simhelm.simulators.fem.material import Material, Rayleigh
from simhelm.simulators.fem.mesh import Mesh, zone_in_box
from simhelm.simulators.fem.mesh_files import read_mesh, write_vtk, write_xdmf
from simhelm.simulators.fem.meshing import Plate, block_mesh, extruded, plate_mesh
from simhelm.simulators.fem.picture import draw_plate
from simhelm.simulators.fem.plate import PlateModel
from simhelm.simulators.fem.random_field import RandomField
from simhelm.simulators.fem.run import Run
from simhelm.simulators.fem.scenario import Impact, Scenario, ScenarioLaw, SoftPatch
from simhelm.simulators.fem.scheme import Scheme
from simhelm.simulators.fem.stress import PeakStress
from simhelm.simulators.fem.submodel import Submodel, drive
from simhelm.simulators.fem.trace import (
    Recording,
    ResampledTrace,
    Trace,
    extract_trace,
    resample_trace,
)

__all__ = [
    "CutCheck",
    "Discretisation",
    "EnergyAccount",
    "Impact",
    "Load",
    "Material",
    "Mesh",
    "PeakStress",
    "Plate",
    "PlateModel",
    "RandomField",
    "Rayleigh",
    "Recording",
    "ResampledTrace",
    "Run",
    "Scenario",
    "ScenarioLaw",
    "Scheme",
    "SoftPatch",
    "Space",
    "State",
    "Stepper",
    "Submodel",
    "System",
    "TimeHistory",
    "Trace",
    "block_mesh",
    "check_cut",
    "draw_plate",
    "drive",
    "energy_account",
    "extract_trace",
    "extruded",
    "interpolate_trace",
    "interpolation_operator",
    "newmark",
    "plate_mesh",
    "read_mesh",
    "resample_trace",
    "write_vtk",
    "write_xdmf",
    "zone_in_box",
]
