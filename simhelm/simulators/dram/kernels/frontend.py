"""The front end: an initiator that replays the trace, and the arbiter before the controller."""

from __future__ import annotations

from simhelm.core.compiled import compiled_in_place
from simhelm.simulators.dram.kernels import (
    A_ARBITRATE,
    A_END_REQUEST,
    A_END_RESPONSE,
    A_REQUEST,
    A_RESPONSE,
    A_RETURN,
    ACQUIRE_TIME,
    ACQUIRING,
    ACTIVE,
    ARBITER_REORDER,
    ARBITER_SIMPLE,
    ARBITRATED,
    AT_BEGIN,
    AT_DELIVERY,
    AT_REQUEST,
    C_WAKE,
    CHANNEL_BUSY,
    DELIVERY_ID,
    FORWARDED,
    I_END_REQUEST,
    I_RESPONSE,
    INITIATOR_BUSY,
    K_ARBITER,
    K_MAX_ACTIVE,
    LAST_END_REQUEST,
    LAST_END_RESPONSE,
    NEVER,
    NEXT_RETURN,
    NEXT_SENT,
    NOBODY,
    NOW,
    OUTSTANDING,
    R_ANSWERED,
    R_FRONT_CYCLE,
    RECEIVED,
    RELEASE_TIME,
    T_CYCLE_PS,
    T_FRONT_CYCLE_PS,
    WAITING_HEAD,
    WAITING_TAIL,
    Integers,
    Table,
)


@compiled_in_place
def send_next(t: Integers, s: Integers, requests: Table) -> None:
    """The initiator presents its next request, at the earliest in its next clock cycle."""
    request = s[NEXT_SENT]
    if request >= requests.shape[0]:
        return
    now_ps = s[NOW] * t[T_CYCLE_PS]
    time_ps = requests[request, R_FRONT_CYCLE] * t[T_FRONT_CYCLE_PS]
    if request > 0:
        time_ps = max(time_ps, (now_ps // t[T_FRONT_CYCLE_PS] + 1) * t[T_FRONT_CYCLE_PS])
    # The memory's clock sees it at its next edge.
    s[AT_REQUEST] = (time_ps + t[T_CYCLE_PS] - 1) // t[T_CYCLE_PS]
    s[NEXT_SENT] = request + 1


@compiled_in_place
def forward(s: Integers, send: Integers, request: int, delay: int) -> None:
    """Bring a request to the controller's door."""
    s[ACQUIRING] = request
    s[ACQUIRE_TIME] = s[NOW] + delay
    if delay == 0:
        send[C_WAKE] = 1
        s[AT_BEGIN] = NEVER
    else:
        s[AT_BEGIN] = min(s[AT_BEGIN], s[NOW] + delay)


@compiled_in_place
def deliver(s: Integers, send: Integers, request: int, delay: int) -> None:
    """Bring a response to the initiator."""
    if delay == 0:
        send[I_RESPONSE] = 1 + request
    else:
        s[AT_DELIVERY], s[DELIVERY_ID] = s[NOW] + delay, request


@compiled_in_place
def run_initiator(t: Integers, s: Integers, now: Integers, send: Integers, requests: Table) -> None:
    """Handle the messages to the initiator."""
    if now[I_END_REQUEST]:
        send_next(t, s, requests)
    if now[I_RESPONSE]:
        request = now[I_RESPONSE] - 1
        requests[request, R_ANSWERED] = s[NOW]
        s[RECEIVED] += 1
        send[A_END_RESPONSE] = 1 + request


@compiled_in_place
def run_simple_arbiter(s: Integers, now: Integers, send: Integers, waiting: Integers) -> None:
    """One request at a time: the controller's answer frees the way for the next."""
    if now[A_RESPONSE]:
        response = now[A_RESPONSE] - 1
        if s[INITIATOR_BUSY]:
            push(s, waiting, response)
        else:
            s[INITIATOR_BUSY] = 1
            deliver(s, send, response, 0)
    if now[A_END_REQUEST]:
        send[I_END_REQUEST] = now[A_END_REQUEST]
    if now[A_END_RESPONSE]:
        s[RELEASE_TIME] = s[NOW]
        send[C_WAKE] = 1
        if s[WAITING_HEAD] < s[WAITING_TAIL]:
            deliver(s, send, pop(s, waiting), 1)
        else:
            s[INITIATOR_BUSY] = 0
    if now[A_REQUEST]:
        forward(s, send, now[A_REQUEST] - 1, 0)


@compiled_in_place
def push(s: Integers, waiting: Integers, request: int) -> None:
    """Queue a response for the initiator."""
    waiting[s[WAITING_TAIL]] = request
    s[WAITING_TAIL] += 1


@compiled_in_place
def pop(s: Integers, waiting: Integers) -> int:
    """The oldest response in the queue."""
    request = waiting[s[WAITING_HEAD]]
    s[WAITING_HEAD] += 1
    return request


@compiled_in_place
def admit(s: Integers, send: Integers, request: int) -> None:
    """Take a request from the initiator into the arbiter."""
    send[I_END_REQUEST] = 1 + request
    send[A_ARBITRATE] += 1


@compiled_in_place
def return_next(
    knobs: Integers, s: Integers, send: Integers, waiting: Integers, delay: int
) -> bool:
    """Deliver the next response, if there is one whose turn it is."""
    if knobs[K_ARBITER] == ARBITER_REORDER:
        request = s[NEXT_RETURN]
        # A slot of `waiting` a request: 1 once its response is here.
        if request >= waiting.size or waiting[request] == 0:
            return False
        s[NEXT_RETURN] += 1
        deliver(s, send, request, delay)
        return True
    if s[WAITING_HEAD] == s[WAITING_TAIL]:
        return False
    deliver(s, send, pop(s, waiting), delay)
    return True


@compiled_in_place
def forward_next(s: Integers, send: Integers, delay: int) -> None:
    """Forward the oldest request that the arbiter holds."""
    forward(s, send, s[FORWARDED], delay)
    s[FORWARDED] += 1


@compiled_in_place
def finish_response(knobs: Integers, s: Integers, send: Integers, waiting: Integers) -> None:
    """The initiator took a response: one transaction less, or the next one admitted."""
    s[LAST_END_RESPONSE] = s[NOW]
    if s[OUTSTANDING] != NOBODY:
        admit(s, send, s[OUTSTANDING])
        s[OUTSTANDING] = NOBODY
    else:
        s[ACTIVE] -= 1
    if not return_next(knobs, s, send, waiting, 1):
        s[INITIATOR_BUSY] = 0


@compiled_in_place
def keep_response(
    knobs: Integers, s: Integers, send: Integers, waiting: Integers, request: int
) -> None:
    """Queue a response, and deliver the next if the initiator is free."""
    if knobs[K_ARBITER] == ARBITER_REORDER:
        waiting[request] = 1
    else:
        push(s, waiting, request)
    delay = 1 if s[LAST_END_RESPONSE] == s[NOW] else 0
    if not s[INITIATOR_BUSY] and return_next(knobs, s, send, waiting, delay):
        s[INITIATOR_BUSY] = 1


@compiled_in_place
def run_request_side(knobs: Integers, s: Integers, now: Integers, send: Integers) -> None:
    """Messages about requests on their way to the controller."""
    if now[A_END_REQUEST]:
        s[LAST_END_REQUEST] = s[NOW]
        if s[FORWARDED] < s[ARBITRATED]:
            forward_next(s, send, 1)
        else:
            s[CHANNEL_BUSY] = 0
    if now[A_ARBITRATE]:
        s[ARBITRATED] += now[A_ARBITRATE]
        if not s[CHANNEL_BUSY]:
            s[CHANNEL_BUSY] = 1
            forward_next(s, send, 1 if s[LAST_END_REQUEST] == s[NOW] else 0)
    if now[A_REQUEST]:
        if s[ACTIVE] < knobs[K_MAX_ACTIVE]:
            s[ACTIVE] += 1
            admit(s, send, now[A_REQUEST] - 1)
        else:
            s[OUTSTANDING] = now[A_REQUEST] - 1


@compiled_in_place
def run_queued_arbiter(
    knobs: Integers, s: Integers, now: Integers, send: Integers, waiting: Integers
) -> None:
    """Up to `max_active` requests at once, kept in queues on the way there and back."""
    if now[A_RESPONSE]:
        # The controller is rid of it at once.
        s[RELEASE_TIME] = s[NOW]
        send[C_WAKE] = 1
        send[A_RETURN] = now[A_RESPONSE]
    if now[A_END_RESPONSE]:
        finish_response(knobs, s, send, waiting)
    if now[A_RETURN]:
        keep_response(knobs, s, send, waiting, now[A_RETURN] - 1)
    run_request_side(knobs, s, now, send)


@compiled_in_place
def run_arbiter(
    knobs: Integers, s: Integers, now: Integers, send: Integers, waiting: Integers
) -> None:
    """Handle the messages to the arbiter."""
    if knobs[K_ARBITER] == ARBITER_SIMPLE:
        run_simple_arbiter(s, now, send, waiting)
    else:
        run_queued_arbiter(knobs, s, now, send, waiting)
