"""What may be chosen of a memory controller, under ArchGym's names."""

from __future__ import annotations

from simhelm.core.space import Knob, Space, choice, sequence, when
from simhelm.core.space.nodes import Node
from simhelm.simulators.dram.controller import CHOICES

_LIMITS = ("RefreshMaxPostponed", "RefreshMaxPulledin")


def controller_space(*, legacy: bool = False) -> Space:
    """The tree of settings; those that another one makes meaningless do not exist.

    Args:
        legacy: with ``NoRefresh``, as ArchGym has it.
    """
    limits = sequence(*(choice(name, range(1, 9), ordered=True) for name in _LIMITS))
    return Space(
        sequence(
            choice("PagePolicy", CHOICES["page_policy"]),
            choice("Scheduler", CHOICES["scheduler"]),
            choice("SchedulerBuffer", CHOICES["scheduler_buffer"]),
            choice("RequestBufferSize", range(1, 9), ordered=True),
            choice("RespQueue", CHOICES["resp_queue"]),
            _with_refresh_policy(limits) if legacy else limits,
            choice("Arbiter", CHOICES["arbiter"]),
            when(
                "Arbiter",
                ("Fifo", "Reorder"),
                choice("MaxActiveTransactions", range(1, 129), ordered=True),
            ),
        )
    )


def _with_refresh_policy(limits: Node) -> Node:
    policy = choice("RefreshPolicy", CHOICES["refresh_policy"])
    return sequence(policy, when("RefreshPolicy", ("AllBank",), limits))


def controller_knobs(*, legacy: bool = False) -> dict[str, Knob]:
    """The rule of thumb and the units."""
    knobs = {
        "PagePolicy": Knob("Open"),
        "Scheduler": Knob("FrFcfs"),
        "SchedulerBuffer": Knob("Bankwise"),
        "RequestBufferSize": Knob(8, "entries"),
        "RespQueue": Knob("Fifo"),
        **{name: Knob(8, "refreshes") for name in _LIMITS},
        "Arbiter": Knob("Simple"),
        "MaxActiveTransactions": Knob(128, "transactions", log=True),
    }
    return {**knobs, "RefreshPolicy": Knob("AllBank")} if legacy else knobs
