"""ArchGym's rewards for DRAM controllers (Krishnan et al., ISCA 2023), for comparison only.

They are target / |target - value|, with targets of 1 W and 0.1 s. ArchGym took the number
of the completion time without its unit, which was ns or ps as it happened; here it is in s.
"""

from __future__ import annotations

import sys

from simhelm.simulators.dram.simulation import DramResult

POWER_TARGET_W = 1.0
TIME_TARGET_S = 0.1
# Where the target is met to the bit the formula divides by zero; this is the bound instead.
LARGEST = 1e9


def rewards(result: DramResult) -> dict[str, float]:
    """The three rewards, to be maximised, in (0, 1e9]."""
    power = _closeness(POWER_TARGET_W, result.mean_power_mw * 1e-3)
    latency = _closeness(TIME_TARGET_S, result.completion_time_ns * 1e-9)
    return {
        "power_reward": power,
        "latency_reward": latency,
        "both_reward": min(power * latency, LARGEST),
    }


def _closeness(target: float, value: float) -> float:
    return min(target / max(abs(target - value), sys.float_info.min * 1e20), LARGEST)
