"""ZigZag as a second back end: a published mapper and cost model instead of the closed forms.

ZigZag (Mei et al., IEEE Transactions on Computers, 2021) searches the order of the loops of every
layer and counts cycles and accesses. It is run in a process of its own:
``pip install 'simhelm[zigzag]'``.
"""

from simhelm.simulators.accelerator.zigzag.backend import ZigZag, ZigZagResult, roofline_cycles

__all__ = ["ZigZag", "ZigZagResult", "roofline_cycles"]
