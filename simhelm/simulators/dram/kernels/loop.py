"""The event loop: from one cycle with an event to the next, in delta cycles within each."""

from __future__ import annotations

from simhelm.core.compiled import compiled_in_place
from simhelm.simulators.dram.kernels import (
    A_REQUEST,
    A_RESPONSE,
    ACQUIRING,
    AT_BEGIN,
    AT_CONTROLLER,
    AT_DATA,
    AT_DELIVERY,
    AT_REQUEST,
    AT_RESPONSE,
    C_WAKE,
    DELIVERY_ID,
    I_END_REQUEST,
    I_RESPONSE,
    LAST_END_REQUEST,
    LAST_END_RESPONSE,
    MESSAGES,
    NEVER,
    NEXT_SENT,
    NOBODY,
    NOW,
    OUTSTANDING,
    RECEIVED,
    REFRESH_DUE,
    RELEASE_TIME,
    RELEASING,
    RESPONSE_ID,
    T_REFI,
    Integers,
    Table,
)
from simhelm.simulators.dram.kernels.banks import account
from simhelm.simulators.dram.kernels.controller import run_controller
from simhelm.simulators.dram.kernels.frontend import run_arbiter, run_initiator, send_next


@compiled_in_place
def set_at_rest(t: Integers, s: Integers) -> None:
    """Nothing sent, nothing awaited but the first refresh; the array holds zeros before."""
    for place in (AT_CONTROLLER, AT_DATA, AT_BEGIN, AT_REQUEST, AT_RESPONSE, AT_DELIVERY):
        s[place] = NEVER
    for place in (RELEASING, ACQUIRING, OUTSTANDING):
        s[place] = NOBODY
    for place in (RELEASE_TIME, LAST_END_REQUEST, LAST_END_RESPONSE):
        s[place] = NEVER
    s[REFRESH_DUE] = t[T_REFI]


@compiled_in_place
def next_time(s: Integers) -> int:
    """The cycle of the next timed event."""
    controller = min(s[AT_CONTROLLER], s[AT_DATA], s[AT_BEGIN])
    return min(controller, s[AT_REQUEST], s[AT_RESPONSE], s[AT_DELIVERY])


@compiled_in_place
def wake(s: Integers, now: Integers) -> None:
    """Turn the timed events of this cycle into messages."""
    time = s[NOW]
    if s[AT_CONTROLLER] == time or s[AT_DATA] == time or s[AT_BEGIN] == time:
        now[C_WAKE] = 1
    for place in (AT_CONTROLLER, AT_DATA, AT_BEGIN):
        if s[place] == time:
            s[place] = NEVER
    if s[AT_REQUEST] == time:
        s[AT_REQUEST] = NEVER
        now[A_REQUEST] = s[NEXT_SENT]  # 1 + the request sent last
    if s[AT_RESPONSE] == time:
        s[AT_RESPONSE] = NEVER
        now[A_RESPONSE] = 1 + s[RESPONSE_ID]
    if s[AT_DELIVERY] == time:
        s[AT_DELIVERY] = NEVER
        now[I_RESPONSE] = 1 + s[DELIVERY_ID]


@compiled_in_place
def hand_over(now: Integers, send: Integers) -> bool:
    """What was sent in this delta cycle arrives in the next; whether there is any."""
    any_sent = 0
    for place in range(MESSAGES):
        any_sent |= send[place]
        now[place] = send[place]
        send[place] = 0
    return any_sent != 0


@compiled_in_place
def simulate_trace(
    knobs: Integers,
    t: Integers,
    s: Integers,
    messages: Table,
    requests: Table,
    banks: Table,
    groups: Table,
    lists: Table,
) -> None:
    """Replay the whole trace; at the end all were answered unless the machine is stuck.

    Args:
        knobs, t, requests, banks, groups: see the package.
        s: the state, zeros of shape (STATE_SIZE,).
        messages: zeros of shape (2, MESSAGES): arriving, and sent.
        lists: zeros of shape (2, requests): order of the responses, and those that wait.
    """
    now, send, order, waiting = messages[0], messages[1], lists[0], lists[1]
    set_at_rest(t, s)
    send_next(t, s, requests)
    s[AT_CONTROLLER] = 0
    while s[RECEIVED] < requests.shape[0]:
        s[NOW] = next_time(s)
        if s[NOW] == NEVER:
            return
        wake(s, now)
        while True:
            if now[C_WAKE]:
                run_controller(knobs, t, s, send, requests, banks, groups, order)
            if now[I_END_REQUEST] or now[I_RESPONSE]:
                run_initiator(t, s, now, send, requests)
            run_arbiter(knobs, s, now, send, waiting)
            if not hand_over(now, send):
                break
    account(s)
