"""Run under mpiexec: compare the distributed global model with the serial one.

Rank 0 says whether all ranks found them equal; a difference is an error.
"""

from __future__ import annotations

import sys

from simhelm.core.end_reason import EndReason
from simhelm.simulators.fem import (
    Discretisation,
    Material,
    Plate,
    PlateModel,
    Rayleigh,
    Scheme,
    drive,
    extract_trace,
    plate_mesh,
)
from simhelm.simulators.fem.dolfinx import DistributedPlateModel
from tests.simulators.fem.models import SCENARIO, relative

CASES = [
    (None, Discretisation(1, steps=70)),
    (None, Discretisation(2, Scheme.generalised_alpha(1e-6, 0.7), 70, Rayleigh(1e3, 1e-8))),
    (0.02, Discretisation(1, steps=70)),
]


def main() -> None:
    """Simulate and compare on all ranks."""
    import dolfinx_solver  # noqa: F401 - puts MPI before what is compiled against it
    from mpi4py import MPI

    world = MPI.COMM_WORLD
    for thickness, discretisation in CASES:
        mesh = plate_mesh(Plate(thickness=thickness), 0.02, 3)
        material = Material(kind="plane_stress" if thickness is None else "solid")
        whole = DistributedPlateModel(mesh, material, discretisation, world)
        run = whole.simulate(SCENARIO)
        shares = world.allgather(whole.owned_nodes)
        if min(shares) < 0.3 * sum(shares) / world.size:
            sys.exit(f"rank {world.rank}: nodes are not shared out: {shares}")
        serial = PlateModel(mesh, material, discretisation)
        if sum(shares) != len(serial.space.nodes.coordinates):
            sys.exit(f"rank {world.rank}: nodes are lost: {shares}")
        expected = serial.simulate(SCENARIO)
        submodel = serial.submodel()
        driven = drive(submodel, extract_trace(run.recording, submodel.driven_nodes))
        differences = (
            relative(run.recording.displacement, expected.recording.displacement),
            relative(run.peaks, expected.peaks),
            relative(driven.peaks, run.peaks),
        )
        if max(differences) > 1e-11 or run.end_reasons != (EndReason.COMPLETED,):
            sys.exit(f"rank {world.rank}: {differences}, {run.end_reasons}")
    if len(world.allgather(world.rank)) == world.size and world.rank == 0:
        sys.stdout.write(f"rank 0 of {world.size}: equal\n")


if __name__ == "__main__":
    main()
