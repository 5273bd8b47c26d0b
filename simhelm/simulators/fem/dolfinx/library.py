"""Importing DOLFINx in the order it needs."""

from __future__ import annotations

import importlib
from typing import Any


def load_dolfinx() -> Any:
    """The package ``dolfinx`` with its ``fem`` and ``mesh``.

    Raises:
        ImportError: it is missing; names the extra to install.
    """
    try:
        # Puts MPI before everything that is compiled against it.
        importlib.import_module("dolfinx_solver")
        importlib.import_module("dolfinx.fem")
        importlib.import_module("dolfinx.mesh")
        return importlib.import_module("dolfinx")
    except ImportError as error:
        raise ImportError(
            "this back end needs DOLFINx, which is not installed: pip install 'simhelm[fenics]' "
            "(Python 3.12 or newer on x86-64 Linux)"
        ) from error


def load_petsc(communicator: Any) -> Any:
    """``petsc4py.PETSc``, started on the communicator's ranks; collective on them.

    PETSc would otherwise start on all ranks of the job, and hang where some never come.
    """
    petsc4py = importlib.import_module("petsc4py")
    petsc4py.init(comm=communicator)
    importlib.import_module("dolfinx.fem.petsc")
    return importlib.import_module("petsc4py.PETSc")
