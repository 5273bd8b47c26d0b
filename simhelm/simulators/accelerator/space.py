"""What may be chosen of an accelerator."""

from __future__ import annotations

from simhelm.core.space import Knob, Space, choice, sequence, when
from simhelm.core.space.nodes import Choice
from simhelm.simulators.accelerator.model import DATAFLOWS

SIZES = (4, 8, 12, 16, 24, 32, 48, 64, 96, 128)
KIB = (8, 16, 32, 64, 128, 256, 512, 1024)
BANDWIDTHS = (4, 8, 16, 32, 64)

KNOBS = {
    "rows": Knob(32),
    "cols": Knob(32),
    "dataflow": Knob("os"),
    **{name: Knob(64, "KiB") for name in ("ifmap_kib", "filter_kib", "ofmap_kib")},
    "bandwidth_bytes_per_cycle": Knob(16, "B/cycle"),
}


def design_space() -> Space:
    """The tree of designs: an operand that stays in the array has no buffer to be chosen."""

    def buffer(name: str) -> Choice:
        return choice(name, KIB, ordered=True)

    return Space(
        sequence(
            choice("rows", SIZES, ordered=True),
            choice("cols", SIZES, ordered=True),
            choice("dataflow", DATAFLOWS),
            when("dataflow", ("os", "ws"), buffer("ifmap_kib")),
            when("dataflow", ("os", "is"), buffer("filter_kib")),
            buffer("ofmap_kib"),
            choice("bandwidth_bytes_per_cycle", BANDWIDTHS, ordered=True),
        )
    )
