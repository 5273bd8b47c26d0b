"""Banks: which command each wants next, when it may have it, and what it does."""

from __future__ import annotations

from simhelm.core.compiled import compiled_in_place
from simhelm.simulators.dram.kernels import (
    ACT,
    ACTIVATES,
    ACTIVE_CYCLES,
    ACTIVE_SINCE,
    B_COMMAND,
    B_CURRENT,
    B_GROUP,
    B_KEEPS,
    B_KIND,
    B_LENGTH,
    B_OPEN,
    B_OPENED,
    B_OWN_TIME,
    B_QUEUE,
    B_READY_ACT,
    B_READY_CAS,
    B_READY_PRE,
    B_READY_RDA,
    B_ROW,
    B_TIME,
    BUS_FREE,
    CLOSED,
    CLOSED_ADAPTIVE,
    CLOSING_END,
    FAW_0,
    FAW_AT,
    FIFO,
    FR_FCFS_GROUPED,
    K_PAGE_POLICY,
    K_SCHEDULER,
    KIND_ACT,
    KIND_PRE,
    KIND_RD,
    KIND_WR,
    LAST_WRITE,
    NEVER,
    NOBODY,
    NOP,
    NOW,
    OPEN,
    OPEN_BANKS,
    PRE,
    PRECHARGES,
    R_ADDRESS,
    R_DATA_END,
    R_ROW,
    R_WRITE,
    RD,
    RDA,
    READ_BURSTS,
    READY_ACT,
    READY_PREAB,
    READY_RD,
    READY_REF,
    READY_WR,
    REFRESHES,
    T_BURST,
    T_CCD_L,
    T_CCD_S,
    T_FAW,
    T_RAS,
    T_RC,
    T_RCD,
    T_RFC,
    T_RL,
    T_RP,
    T_RRD_L,
    T_RRD_S,
    T_RTP,
    T_WL,
    T_WR,
    T_WTR_L,
    T_WTR_S,
    WINDOW_END,
    WR,
    WRA,
    WRITE_BURSTS,
    Integers,
    Table,
)


@compiled_in_place
def next_request(knobs: Integers, s: Integers, requests: Table, banks: Table, bank: int) -> int:
    """The request that the scheduler offers to a bank whose queue is not empty."""
    if knobs[K_SCHEDULER] == FIFO or not banks[bank, B_OPEN]:
        return banks[bank, B_QUEUE]
    first = NOBODY
    for place in range(banks[bank, B_LENGTH]):
        request = banks[bank, B_QUEUE + place]
        if requests[request, R_ROW] != banks[bank, B_ROW]:
            continue
        if knobs[K_SCHEDULER] != FR_FCFS_GROUPED:
            return request
        if first == NOBODY:
            first = request
        same_kind = requests[request, R_WRITE] == s[LAST_WRITE]
        if same_kind and not has_hazard(requests, banks, bank, place):
            return request
    return banks[bank, B_QUEUE] if first == NOBODY else first


@compiled_in_place
def has_hazard(requests: Table, banks: Table, bank: int, place: int) -> bool:
    """Whether an older hit of the same address must go first."""
    address = requests[banks[bank, B_QUEUE + place], R_ADDRESS]
    for older in range(place):
        if requests[banks[bank, B_QUEUE + older], R_ADDRESS] == address:
            return True
    return False


@compiled_in_place
def has_further_hit(knobs: Integers, requests: Table, banks: Table, bank: int) -> bool:
    """Whether another request waits for the row that is open."""
    length = banks[bank, B_LENGTH]
    if length < 2:
        return False
    row = banks[bank, B_ROW]
    if knobs[K_SCHEDULER] == FIFO:
        return requests[banks[bank, B_QUEUE + 1], R_ROW] == row
    hits = 0
    for place in range(length):
        if requests[banks[bank, B_QUEUE + place], R_ROW] == row:
            hits += 1
    return hits >= 2


@compiled_in_place
def closes_after(knobs: Integers, requests: Table, banks: Table, bank: int) -> bool:
    """Whether the page policy wants the row closed with this access."""
    if knobs[K_PAGE_POLICY] == OPEN:
        return False
    if knobs[K_PAGE_POLICY] == CLOSED:
        return True
    if has_further_hit(knobs, requests, banks, bank):
        return False
    return knobs[K_PAGE_POLICY] == CLOSED_ADAPTIVE or banks[bank, B_LENGTH] >= 2


@compiled_in_place
def want(banks: Table, bank: int, command: int, kind: int, time: int) -> None:
    """Note a bank's command, and the first cycle that the bank's own constraints allow."""
    banks[bank, B_COMMAND] = command
    banks[bank, B_KIND] = kind
    banks[bank, B_OWN_TIME] = time
    banks[bank, B_TIME] = time


@compiled_in_place
def plan(knobs: Integers, s: Integers, requests: Table, banks: Table, bank: int) -> None:
    """Choose the bank's request and command."""
    want(banks, bank, NOP, KIND_PRE, NEVER)
    if banks[bank, B_LENGTH] == 0:
        return
    offered = next_request(knobs, s, requests, banks, bank)
    if not banks[bank, B_KEEPS] or requests[offered, R_ROW] == banks[bank, B_ROW]:
        banks[bank, B_CURRENT] = offered
    current = banks[bank, B_CURRENT]
    if not banks[bank, B_OPEN]:
        want(banks, bank, ACT, KIND_ACT, banks[bank, B_READY_ACT])
    elif requests[current, R_ROW] != banks[bank, B_ROW] and knobs[K_PAGE_POLICY] != CLOSED:
        want(banks, bank, PRE, KIND_PRE, banks[bank, B_READY_PRE])
    else:
        closing = closes_after(knobs, requests, banks, bank)
        time = banks[bank, B_READY_CAS]
        if requests[current, R_WRITE]:
            want(banks, bank, WRA if closing else WR, KIND_WR, time)
        elif closing:
            want(banks, bank, RDA, KIND_RD, max(time, banks[bank, B_READY_RDA]))
        else:
            want(banks, bank, RD, KIND_RD, time)


@compiled_in_place
def set_time(s: Integers, banks: Table, groups: Table, bank: int) -> None:
    """Note the first cycle at which the bank's command keeps all constraints."""
    kind = banks[bank, B_KIND]
    shared = max(groups[banks[bank, B_GROUP], kind], s[READY_ACT + kind], s[BUS_FREE])
    banks[bank, B_TIME] = max(banks[bank, B_OWN_TIME], shared)


@compiled_in_place
def account(s: Integers) -> None:
    """Add the time since the last change to the cycles with a row open."""
    now = s[NOW]
    if s[OPEN_BANKS] > 0:
        s[ACTIVE_CYCLES] += now - s[ACTIVE_SINCE]
    else:
        s[ACTIVE_CYCLES] += max(0, min(now, s[CLOSING_END]) - s[ACTIVE_SINCE])
    s[ACTIVE_SINCE] = now


@compiled_in_place
def activate(
    t: Integers, s: Integers, requests: Table, banks: Table, groups: Table, bank: int
) -> None:
    """ACT."""
    now = s[NOW]
    account(s)
    s[OPEN_BANKS] += 1
    s[ACTIVATES] += 1
    s[WINDOW_END] = max(s[WINDOW_END], now + t[T_RCD])
    banks[bank, B_OPEN] = 1
    banks[bank, B_ROW] = requests[banks[bank, B_CURRENT], R_ROW]
    banks[bank, B_KEEPS] = 1
    banks[bank, B_OPENED] = now
    banks[bank, B_READY_ACT] = now + t[T_RC]
    banks[bank, B_READY_CAS] = now + t[T_RCD]
    banks[bank, B_READY_PRE] = now + t[T_RAS]
    group = banks[bank, B_GROUP]
    groups[group, KIND_ACT] = max(groups[group, KIND_ACT], now + t[T_RRD_L])
    # The fifth activation waits until the first of the last four is tFAW ago.
    s[FAW_0 + s[FAW_AT]] = now + t[T_FAW]
    s[FAW_AT] = (s[FAW_AT] + 1) % 4
    s[READY_ACT] = max(s[READY_ACT], now + t[T_RRD_S], s[FAW_0 + s[FAW_AT]])
    s[READY_PREAB] = max(s[READY_PREAB], now + t[T_RAS])
    s[READY_REF] = max(s[READY_REF], now + t[T_RC])


@compiled_in_place
def precharge(t: Integers, s: Integers, banks: Table, bank: int) -> None:
    """PRE of one bank."""
    now = s[NOW]
    account(s)
    s[OPEN_BANKS] -= 1
    s[PRECHARGES] += 1
    s[WINDOW_END] = max(s[WINDOW_END], now + t[T_RP])
    banks[bank, B_OPEN] = 0
    banks[bank, B_KEEPS] = 0
    banks[bank, B_READY_ACT] = max(banks[bank, B_READY_ACT], now + t[T_RP])
    s[READY_REF] = max(s[READY_REF], now + t[T_RP])


@compiled_in_place
def access(
    t: Integers, s: Integers, requests: Table, banks: Table, groups: Table, bank: int
) -> int:
    """RD, RDA, WR or WRA; the request served."""
    now, command, group = s[NOW], banks[bank, B_COMMAND], banks[bank, B_GROUP]
    request = banks[bank, B_CURRENT]
    if command in (RD, RDA):
        s[READ_BURSTS] += 1
        data_end = now + t[T_RL] + t[T_BURST]
        recovered = now + t[T_RTP]
        groups[group, KIND_RD] = max(groups[group, KIND_RD], now + t[T_CCD_L])
        s[READY_RD] = max(s[READY_RD], now + t[T_CCD_S])
        s[READY_WR] = max(s[READY_WR], now + t[T_RL] + t[T_BURST] + 2 - t[T_WL])
        s[LAST_WRITE] = 0
        s[WINDOW_END] = max(s[WINDOW_END], data_end)
    else:
        s[WRITE_BURSTS] += 1
        data_end = now + t[T_WL] + t[T_BURST]
        recovered = data_end + t[T_WR]
        groups[group, KIND_WR] = max(groups[group, KIND_WR], now + t[T_CCD_L])
        s[READY_WR] = max(s[READY_WR], now + t[T_CCD_S])
        groups[group, KIND_RD] = max(groups[group, KIND_RD], data_end + t[T_WTR_L])
        s[READY_RD] = max(s[READY_RD], data_end + t[T_WTR_S])
        banks[bank, B_READY_RDA] = recovered - t[T_RTP]
        s[LAST_WRITE] = 1
        s[WINDOW_END] = max(s[WINDOW_END], recovered)
    requests[request, R_DATA_END] = data_end
    banks[bank, B_READY_PRE] = max(banks[bank, B_READY_PRE], recovered)
    s[READY_PREAB] = max(s[READY_PREAB], recovered)
    banks[bank, B_KEEPS] = 0
    banks[bank, B_CURRENT] = NOBODY
    if command in (RDA, WRA):
        close_later(t, s, banks, bank, recovered)
    return request


@compiled_in_place
def close_later(t: Integers, s: Integers, banks: Table, bank: int, recovered: int) -> None:
    """The precharge that RDA and WRA bring with them."""
    account(s)
    s[OPEN_BANKS] -= 1
    s[PRECHARGES] += 1
    banks[bank, B_OPEN] = 0
    banks[bank, B_READY_ACT] = max(banks[bank, B_READY_ACT], recovered + t[T_RP])
    s[READY_REF] = max(s[READY_REF], recovered + t[T_RP])
    closed = max(recovered, banks[bank, B_OPENED] + t[T_RAS])
    s[CLOSING_END] = max(s[CLOSING_END], closed)
    s[WINDOW_END] = max(s[WINDOW_END], closed + t[T_RP])


@compiled_in_place
def precharge_all(t: Integers, s: Integers, banks: Table) -> None:
    """PREAB."""
    for bank in range(banks.shape[0]):
        banks[bank, B_KEEPS] = 0
        if banks[bank, B_OPEN]:
            precharge(t, s, banks, bank)
    s[READY_ACT] = max(s[READY_ACT], s[NOW] + t[T_RP])


@compiled_in_place
def refresh_all(t: Integers, s: Integers) -> None:
    """REFAB; inside, the rows are open for all but the last tRP."""
    now = s[NOW]
    account(s)
    s[REFRESHES] += 1
    s[READY_ACT] = max(s[READY_ACT], now + t[T_RFC])
    s[READY_REF] = max(s[READY_REF], now + t[T_RFC])
    s[CLOSING_END] = max(s[CLOSING_END], now + t[T_RFC] - t[T_RP])
    s[WINDOW_END] = max(s[WINDOW_END], now + t[T_RFC])
