"""The controller: buffers, responses, refresh, and one command a cycle."""

from __future__ import annotations

from simhelm.core.compiled import compiled_in_place
from simhelm.simulators.dram.kernels import (
    A_END_REQUEST,
    A_RESPONSE,
    ACQUIRE_TIME,
    ACQUIRING,
    ACT,
    ALL_BANK,
    AT_CONTROLLER,
    AT_DATA,
    AT_RESPONSE,
    B_COMMAND,
    B_CURRENT,
    B_LENGTH,
    B_QUEUE,
    B_TIME,
    BANKWISE,
    BLOCKED,
    BUS_FREE,
    C_WAKE,
    FR_FCFS_GROUPED,
    IN_ORDER_OF_DATA,
    K_BUFFER,
    K_BUFFER_SIZE,
    K_MAX_POSTPONED,
    K_MAX_PULLED_IN,
    K_REFRESH,
    K_RESPONSES,
    K_SCHEDULER,
    KIND_PRE,
    LAST_BANK,
    LAST_WRITE,
    NEVER,
    NEXT_RESPONSE,
    NOBODY,
    NOP,
    NOW,
    OPEN_BANKS,
    PRE,
    PREAB,
    PULLED_IN,
    QUEUE_HEAD,
    QUEUE_TAIL,
    R_BANK,
    R_DATA_END,
    R_WRITE,
    READS,
    READY_PREAB,
    READY_REF,
    REFAB,
    REFRESH_COMMAND,
    REFRESH_DUE,
    REFRESH_OWED,
    REFRESH_STATE,
    REFRESH_TIME,
    REGULAR,
    RELEASE_TIME,
    RELEASING,
    RESPONSE_ID,
    RUNS,
    SHARED,
    T_REFI,
    WRITES,
    Integers,
    Table,
)
from simhelm.simulators.dram.kernels.banks import (
    access,
    activate,
    plan,
    precharge,
    precharge_all,
    refresh_all,
    set_time,
    want,
)


@compiled_in_place
def has_space(knobs: Integers, s: Integers, banks: Table) -> bool:
    """Whether the buffer takes another request (of any kind, for any bank)."""
    if knobs[K_BUFFER] == BANKWISE:
        # As in the reference: the bank of the request stored last decides.
        return banks[s[LAST_BANK], B_LENGTH] < knobs[K_BUFFER_SIZE]
    if knobs[K_BUFFER] == SHARED:
        return s[READS] + s[WRITES] < knobs[K_BUFFER_SIZE]
    return s[READS] < knobs[K_BUFFER_SIZE] and s[WRITES] < knobs[K_BUFFER_SIZE]


@compiled_in_place
def take_request(
    knobs: Integers, s: Integers, send: Integers, requests: Table, banks: Table, groups: Table
) -> None:
    """Store the request that waits at the door, if there is room."""
    request = s[ACQUIRING]
    if request == NOBODY or s[ACQUIRE_TIME] > s[NOW] or not has_space(knobs, s, banks):
        return
    bank = requests[request, R_BANK]
    banks[bank, B_QUEUE + banks[bank, B_LENGTH]] = request
    banks[bank, B_LENGTH] += 1
    s[LAST_BANK] = bank
    s[WRITES if requests[request, R_WRITE] else READS] += 1
    if not s[BLOCKED]:
        plan(knobs, s, requests, banks, bank)
        set_time(s, banks, groups, bank)
    send[A_END_REQUEST] = 1 + request
    s[ACQUIRING] = NOBODY


@compiled_in_place
def drop_request(s: Integers, requests: Table, banks: Table, bank: int, request: int) -> None:
    """Free the slot of a request that has had its command."""
    length = banks[bank, B_LENGTH]
    place = 0
    while banks[bank, B_QUEUE + place] != request:
        place += 1
    for later in range(place, length - 1):
        banks[bank, B_QUEUE + later] = banks[bank, B_QUEUE + later + 1]
    banks[bank, B_LENGTH] = length - 1
    s[WRITES if requests[request, R_WRITE] else READS] -= 1


@compiled_in_place
def front_response(knobs: Integers, s: Integers, requests: Table, order: Integers) -> int:
    """The request whose response is next, or NOBODY if it is not known or has had no command."""
    if knobs[K_RESPONSES] == IN_ORDER_OF_DATA:
        return order[s[QUEUE_HEAD]] if s[QUEUE_HEAD] < s[QUEUE_TAIL] else NOBODY
    if s[NEXT_RESPONSE] >= order.size or requests[s[NEXT_RESPONSE], R_DATA_END] == NEVER:
        return NOBODY
    return s[NEXT_RESPONSE]


@compiled_in_place
def await_data(knobs: Integers, s: Integers, requests: Table, order: Integers) -> None:
    """Wake up when the data of the next response are complete."""
    request = front_response(knobs, s, requests, order)
    if request != NOBODY and requests[request, R_DATA_END] > s[NOW]:
        s[AT_DATA] = min(s[AT_DATA], requests[request, R_DATA_END])


@compiled_in_place
def respond(knobs: Integers, s: Integers, send: Integers, requests: Table, order: Integers) -> None:
    """Finish the last response, and begin the next if its data are complete."""
    now = s[NOW]
    if s[RELEASING] != NOBODY:
        if s[RELEASE_TIME] != now:
            return
        s[RELEASING] = NOBODY
    request = front_response(knobs, s, requests, order)
    if request == NOBODY or requests[request, R_DATA_END] > now:
        await_data(knobs, s, requests, order)
        return
    s[QUEUE_HEAD] += 1
    s[NEXT_RESPONSE] += 1
    s[RELEASING] = request
    if s[RELEASE_TIME] == now:
        # No two responses in a cycle.
        s[AT_RESPONSE] = now + 1
        s[RESPONSE_ID] = request
    else:
        send[A_RESPONSE] = 1 + request
    s[RELEASE_TIME] = NEVER


@compiled_in_place
def all_idle(banks: Table) -> bool:
    """Whether no bank has a request in work."""
    busy = 0
    for bank in range(banks.shape[0]):
        busy += banks[bank, B_CURRENT] != NOBODY
    return busy == 0


@compiled_in_place
def block(s: Integers, banks: Table) -> None:
    """Stop all banks until they are refreshed."""
    s[BLOCKED] = 1
    for bank in range(banks.shape[0]):
        want(banks, bank, NOP, KIND_PRE, NEVER)


@compiled_in_place
def plan_refresh(knobs: Integers, t: Integers, s: Integers, banks: Table) -> int:
    """Decide on a refresh; the cycle at which to look again."""
    s[REFRESH_COMMAND], s[REFRESH_TIME] = NOP, NEVER
    now = s[NOW]
    if knobs[K_REFRESH] != ALL_BANK:
        return NEVER
    if now < s[REFRESH_DUE]:
        return s[REFRESH_DUE]
    if now >= s[REFRESH_DUE] + t[T_REFI]:
        s[REFRESH_DUE] += t[T_REFI]
        s[REFRESH_STATE] = REGULAR
    forced = s[REFRESH_STATE] == REGULAR and s[REFRESH_OWED] == knobs[K_MAX_POSTPONED]
    if forced:
        block(s, banks)
    elif not all_idle(banks):
        # Postponed, or the end of a row of refreshes pulled in.
        if s[REFRESH_STATE] == REGULAR:
            s[REFRESH_OWED] += 1
        s[REFRESH_STATE] = REGULAR
        s[REFRESH_DUE] += t[T_REFI]
        return s[REFRESH_DUE]
    if s[OPEN_BANKS] > 0:
        s[REFRESH_COMMAND], ready = PREAB, s[READY_PREAB]
    else:
        s[REFRESH_COMMAND], ready = REFAB, s[READY_REF]
    s[REFRESH_TIME] = max(now, ready, s[BUS_FREE])
    return s[REFRESH_TIME]


@compiled_in_place
def refreshed(knobs: Integers, t: Integers, s: Integers) -> None:
    """Book a refresh that was issued."""
    s[BLOCKED] = 0
    if s[REFRESH_STATE] == PULLED_IN:
        s[REFRESH_OWED] -= 1
    else:
        s[REFRESH_STATE] = PULLED_IN
    if s[REFRESH_OWED] == -knobs[K_MAX_PULLED_IN]:
        s[REFRESH_STATE] = REGULAR
        s[REFRESH_DUE] += t[T_REFI]


@compiled_in_place
def oldest_ready(s: Integers, banks: Table) -> int:
    """The bank whose command may be issued now and whose request is oldest, or NOBODY."""
    best, best_request = NOBODY, NEVER
    for bank in range(banks.shape[0]):
        if banks[bank, B_TIME] <= s[NOW] and banks[bank, B_CURRENT] < best_request:
            best, best_request = bank, banks[bank, B_CURRENT]
    return best


@compiled_in_place
def issue_refresh(knobs: Integers, t: Integers, s: Integers, requests: Table, banks: Table) -> None:
    """Issue the refresh manager's command."""
    command = s[REFRESH_COMMAND]
    s[BUS_FREE] = s[NOW] + 1
    if command == PREAB:
        precharge_all(t, s, banks)
    else:
        refresh_all(t, s)
        refreshed(knobs, t, s)
    if not s[BLOCKED]:
        plan_all(knobs, s, requests, banks)


@compiled_in_place
def issue(
    knobs: Integers,
    t: Integers,
    s: Integers,
    send: Integers,
    requests: Table,
    banks: Table,
    groups: Table,
    order: Integers,
    bank: int,
) -> None:
    """Issue a bank's command."""
    s[BUS_FREE] = s[NOW] + 1
    command = banks[bank, B_COMMAND]
    if command == ACT:
        activate(t, s, requests, banks, groups, bank)
    elif command == PRE:
        precharge(t, s, banks, bank)
    else:
        last_kind = s[LAST_WRITE]
        request = access(t, s, requests, banks, groups, bank)
        drop_request(s, requests, banks, bank, request)
        take_request(knobs, s, send, requests, banks, groups)
        order[s[QUEUE_TAIL]] = request
        s[QUEUE_TAIL] += 1
        await_data(knobs, s, requests, order)
        if s[LAST_WRITE] != last_kind and knobs[K_SCHEDULER] == FR_FCFS_GROUPED:
            plan_all(knobs, s, requests, banks)
    plan(knobs, s, requests, banks, bank)


@compiled_in_place
def plan_all(knobs: Integers, s: Integers, requests: Table, banks: Table) -> None:
    """Choose every bank's request and command anew."""
    for bank in range(banks.shape[0]):
        plan(knobs, s, requests, banks, bank)


@compiled_in_place
def next_trigger(knobs: Integers, t: Integers, s: Integers, banks: Table, groups: Table) -> int:
    """The next cycle with a command to issue or a refresh to decide on."""
    trigger = NEVER
    if not s[BLOCKED]:
        for bank in range(banks.shape[0]):
            set_time(s, banks, groups, bank)
            trigger = min(trigger, banks[bank, B_TIME])
    return min(max(trigger, s[NOW]), plan_refresh(knobs, t, s, banks))


@compiled_in_place
def run_controller(
    knobs: Integers,
    t: Integers,
    s: Integers,
    send: Integers,
    requests: Table,
    banks: Table,
    groups: Table,
    order: Integers,
) -> None:
    """One activation of the controller."""
    s[RUNS] += 1
    respond(knobs, s, send, requests, order)
    take_request(knobs, s, send, requests, banks, groups)
    plan_refresh(knobs, t, s, banks)
    if s[REFRESH_COMMAND] != NOP and s[REFRESH_TIME] <= s[NOW]:
        issue_refresh(knobs, t, s, requests, banks)
    else:
        bank = oldest_ready(s, banks)
        if bank != NOBODY:
            issue(knobs, t, s, send, requests, banks, groups, order, bank)
    trigger = next_trigger(knobs, t, s, banks, groups)
    if trigger == s[NOW]:
        send[C_WAKE] = 1
        s[AT_CONTROLLER] = NEVER
    else:
        s[AT_CONTROLLER] = min(s[AT_CONTROLLER], trigger)
