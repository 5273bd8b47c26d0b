"""The greatest von Mises stress of a run."""

from __future__ import annotations

import numpy as np

from simhelm.core.compiled import compiled
from simhelm.simulators.fem.arrays import Floats, Matrix
from simhelm.simulators.fem.material import Material


class PeakStress:
    """Von Mises stress, its greatest value over places and time.

    Args:
        operator: from displacements to stresses, see :class:`~simhelm.simulators.fem.Space`.
        material: whose ``kind`` says what the components are.
    """

    def __init__(self, operator: Matrix, material: Material) -> None:
        self._operator = operator
        self._components = material.components
        # In plane strain the stress across the plane is this share of the in-plane trace.
        self._across = material.poisson if material.kind == "plane_strain" else 0.0
        self.places = operator.shape[0] // material.components

    def von_mises(self, displacement: Floats) -> Floats:
        """Shape (places, k) from (n, k), Pa."""
        stress = self._operator @ displacement
        squared = np.zeros((self.places, displacement.shape[1]))
        update_squared(stress, self._components, self._across, squared)
        return np.sqrt(squared)

    def update(self, displacement: Floats, peak_squared: Floats) -> None:
        """Raise ``peak_squared`` (places, k) to the squares of the stresses where those exceed."""
        stress = self._operator @ displacement
        update_squared(stress, self._components, self._across, peak_squared)


@compiled
def update_squared(stress: Floats, components: int, across: float, peak: Floats) -> None:
    """Entrywise maximum of ``peak`` and the squared von Mises stress, in place.

    ``stress`` has shape (places * components, k), ``peak`` (places, k).
    """
    for place in range(peak.shape[0]):
        row = place * components
        for k in range(peak.shape[1]):
            xx, yy = stress[row, k], stress[row + 1, k]
            if components == 3:
                zz = across * (xx + yy)
                shear = stress[row + 2, k] ** 2
            else:
                zz = stress[row + 2, k]
                shear = stress[row + 3, k] ** 2 + stress[row + 4, k] ** 2 + stress[row + 5, k] ** 2
            normal = (xx - yy) ** 2 + (yy - zz) ** 2 + (zz - xx) ** 2
            peak[place, k] = max(peak[place, k], 0.5 * normal + 3.0 * shear)
