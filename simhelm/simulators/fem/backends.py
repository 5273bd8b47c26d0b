"""The finite-element libraries that can assemble."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from simhelm.core.did_you_mean import did_you_mean
from simhelm.simulators.fem.material import Material
from simhelm.simulators.fem.mesh import Mesh
from simhelm.simulators.fem.nodes import Assembler, Degree, Nodes

Backend = Callable[[Mesh, Material, Degree, Nodes], Assembler]

_BACKENDS = {
    "scikit-fem": ("simhelm.simulators.fem.scikit", "ScikitAssembler"),
    "dolfinx": ("simhelm.simulators.fem.dolfinx.assembler", "DolfinxAssembler"),
}


def load_backend(name: str) -> Backend:
    """The assembler class of that name; its library is imported when one is made.

    Raises:
        ValueError: an unknown name, with the nearest known one.
    """
    if name not in _BACKENDS:
        raise ValueError(
            f"backend: expected one of {tuple(_BACKENDS)}, got {name!r}"
            + did_you_mean(name, _BACKENDS)
        )
    module, attribute = _BACKENDS[name]
    backend: Backend = getattr(importlib.import_module(module), attribute)
    return backend
