"""Small networks, their space as a tree, and their training on handwritten digits.

Modules and training need torch: ``pip install 'simhelm[networks]'``.
"""

from simhelm.simulators.networks.space import KNOBS, network_space

__all__ = ["KNOBS", "network_space"]
