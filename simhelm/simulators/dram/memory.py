"""The memories: geometry, address map, timing and currents of two DIMMs."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from simhelm.core.did_you_mean import did_you_mean

BYTES_PER_BURST = 64


@dataclasses.dataclass(frozen=True)
class AddressMap:
    """Where bank group, bank and row are in an address: (lowest bit, number of bits) each."""

    group: tuple[int, int]
    bank: tuple[int, int]
    row: tuple[int, int]

    def field(self, addresses: NDArray[np.int64], place: tuple[int, int]) -> NDArray[np.int64]:
        """The numbers in a field of the addresses, same shape."""
        low, bits = place
        return (addresses >> low) & ((1 << bits) - 1)

    @property
    def capacity_bytes(self) -> int:
        """The first address beyond the memory."""
        return 1 << max(low + bits for low, bits in (self.group, self.bank, self.row))


@dataclasses.dataclass(frozen=True)
class Timing:
    """Timing constraints in memory clock cycles (JEDEC names), burst of 8 transfers.

    ``*_S`` holds between bank groups, ``*_L`` within one; without bank groups they are equal.
    """

    cycle_ps: int
    RCD: int
    RP: int
    RAS: int
    RC: int
    RRD_S: int
    RRD_L: int
    FAW: int
    CCD_S: int
    CCD_L: int
    RTP: int
    RL: int
    WL: int
    WR: int
    WTR_S: int
    WTR_L: int
    REFI: int
    RFC: int
    BURST: int = 4

    def array(self, front_cycle_ps: int) -> NDArray[np.int64]:
        """In the order that the kernels want, with the initiator's clock as second."""
        values = list(dataclasses.astuple(self))
        return np.array([values[0], front_cycle_ps, *values[1:]], dtype=np.int64)


@dataclasses.dataclass(frozen=True)
class Currents:
    """Supply currents of one device in mA (JEDEC names) and voltages in V.

    ``vpp_v`` and ``idd0_vpp_ma``: the second supply that opens rows in DDR4.
    """

    vdd_v: float
    idd0_ma: float
    idd2n_ma: float
    idd3n_ma: float
    idd4r_ma: float
    idd4w_ma: float
    idd5_ma: float
    vpp_v: float = 0.0
    idd0_vpp_ma: float = 0.0


@dataclasses.dataclass(frozen=True)
class Memory:
    """One rank of eight x8 devices on a 64-bit bus."""

    name: str
    address_map: AddressMap
    timing: Timing
    currents: Currents
    devices: int = 8

    @property
    def groups(self) -> int:
        """Number of bank groups."""
        return 1 << self.address_map.group[1]

    @property
    def banks(self) -> int:
        """Number of banks in all groups together."""
        return self.groups << self.address_map.bank[1]

    def bank_of(self, addresses: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of the banks, counted through all groups, same shape."""
        fields = self.address_map
        group = fields.field(addresses, fields.group)
        return group * (self.banks // self.groups) + fields.field(addresses, fields.bank)

    @property
    def peak_bandwidth_gb_per_s(self) -> float:
        """The data bus full all the time."""
        return BYTES_PER_BURST * 1000.0 / (self.timing.BURST * self.timing.cycle_ps)


# Row, bank, column from the top: banks change every 8 KiB.
DDR3_1600 = Memory(
    "DDR3-1600",
    AddressMap(group=(13, 0), bank=(13, 3), row=(16, 14)),
    Timing(
        cycle_ps=1250, RCD=10, RP=10, RAS=28, RC=38, RRD_S=5, RRD_L=5, FAW=24, CCD_S=4, CCD_L=4,
        RTP=6, RL=10, WL=8, WR=12, WTR_S=6, WTR_L=6, REFI=6240, RFC=88,
    ),
    Currents(
        vdd_v=1.5, idd0_ma=70.0, idd2n_ma=45.0, idd3n_ma=45.0,
        idd4r_ma=140.0, idd4w_ma=145.0, idd5_ma=170.0,
    ),
)  # fmt: skip

# Bank, row, column from the top: a gigabyte of addresses meets one bank of every group. The cycle
# is 0.833 ns as in the reference (a 2400th would be 0.8333...), and tREFI the full 7.8 us.
DDR4_2400 = Memory(
    "DDR4-2400",
    AddressMap(group=(28, 2), bank=(30, 2), row=(13, 15)),
    Timing(
        cycle_ps=833, RCD=16, RP=16, RAS=39, RC=55, RRD_S=4, RRD_L=6, FAW=26, CCD_S=4, CCD_L=6,
        RTP=12, RL=16, WL=16, WR=18, WTR_S=3, WTR_L=9, REFI=9360, RFC=312,
    ),
    Currents(
        vdd_v=1.2, idd0_ma=60.75, idd2n_ma=38.25, idd3n_ma=44.0,
        idd4r_ma=184.5, idd4w_ma=168.75, idd5_ma=118.0, vpp_v=2.5, idd0_vpp_ma=4.05,
    ),
)  # fmt: skip

MEMORIES = {memory.name: memory for memory in (DDR3_1600, DDR4_2400)}


def find_memory(name: str) -> Memory:
    """The memory of that name.

    Raises:
        ValueError: unknown name, with the nearest known one.
    """
    if name not in MEMORIES:
        raise ValueError(
            f"memory: expected one of {sorted(MEMORIES)}, got {name!r}"
            + did_you_mean(name, MEMORIES)
        )
    return MEMORIES[name]
