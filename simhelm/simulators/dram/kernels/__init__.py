"""Compiled kernels of the DRAM simulator: whole cycles in, whole cycles out, no checks.

The machine's changing state is one array of integers, addressed by the names below, and a few
arrays of one entry a bank, bank group or request. Times are in memory clock cycles.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Table = NDArray[np.int64]

NEVER = 2**62
NOBODY = -1

# Commands to the memory.
NOP, ACT, PRE, RD, RDA, WR, WRA = 0, 1, 2, 3, 4, 5, 6
PREAB, REFAB = 7, 8

OPEN, OPEN_ADAPTIVE, CLOSED, CLOSED_ADAPTIVE = 0, 1, 2, 3
FIFO, FR_FCFS, FR_FCFS_GROUPED = 0, 1, 2
BANKWISE, READ_WRITE, SHARED = 0, 1, 2
IN_ORDER_OF_DATA, IN_ORDER_OF_REQUESTS = 0, 1
NO_REFRESH, ALL_BANK = 0, 1
ARBITER_SIMPLE, ARBITER_FIFO, ARBITER_REORDER = 0, 1, 2

# Refresh: the next one is due in its turn, or follows another at once.
REGULAR, PULLED_IN = 0, 1


# Places in the array of the controller's settings, whose values are the numbers above.
(
    K_PAGE_POLICY,
    K_SCHEDULER,
    K_BUFFER,
    K_BUFFER_SIZE,
    K_RESPONSES,
    K_REFRESH,
    K_MAX_POSTPONED,
    K_MAX_PULLED_IN,
    K_ARBITER,
    K_MAX_ACTIVE,
) = range(10)

# Places in the array of the memory's timing: two durations in ps, constraints in cycles.
(
    T_CYCLE_PS,
    T_FRONT_CYCLE_PS,
    T_RCD,
    T_RP,
    T_RAS,
    T_RC,
    T_RRD_S,
    T_RRD_L,
    T_FAW,
    T_CCD_S,
    T_CCD_L,
    T_RTP,
    T_RL,
    T_WL,
    T_WR,
    T_WTR_S,
    T_WTR_L,
    T_REFI,
    T_RFC,
    T_BURST,
) = range(20)

# Columns of the table of requests, one row a request in the order of the trace. First what is
# given: when it is meant to be sent, in cycles of the initiator's clock, and its address ...
(
    R_FRONT_CYCLE,
    R_WRITE,
    R_BANK,
    R_ROW,
    R_ADDRESS,
    # ... then what becomes of it: the last cycle of its data on the bus (NEVER before its turn),
    # and the cycle of the response.
    R_DATA_END,
    R_ANSWERED,
) = range(7)
REQUEST_FIELDS = 7

# Columns of the table of banks, one row a bank.
(
    B_GROUP,
    B_OPEN,  # whether a row is open, and which
    B_ROW,
    B_KEEPS,  # whether the bank holds its request, from ACT to CAS
    B_CURRENT,  # request in work, or NOBODY
    B_COMMAND,
    B_KIND,
    B_OWN_TIME,  # the first cycle at which the bank's own constraints allow it
    B_TIME,  # the first cycle at which all do; NEVER without a command
    B_OPENED,  # cycle of the last ACT
    B_READY_ACT,
    B_READY_CAS,
    B_READY_RDA,
    B_READY_PRE,
    B_LENGTH,  # of the queue
    B_QUEUE,  # the first of the columns that hold waiting requests, oldest first
) = range(16)

# Kinds of commands by what they wait for: columns of the table of bank groups (one row a group,
# earliest cycles), and places after READY_ACT in the state array.
KIND_ACT, KIND_RD, KIND_WR, KIND_PRE = range(4)
GROUP_FIELDS = 4

# Places in the state array. First the memory as a whole ...
(
    NOW,
    BUS_FREE,
    READY_ACT,
    READY_RD,
    READY_WR,
    READY_ANY,  # always 0: a precharge waits for its own bank only
    READY_PREAB,
    READY_REF,
    FAW_0,
    FAW_1,
    FAW_2,
    FAW_3,
    FAW_AT,
    OPEN_BANKS,
    BLOCKED,
    LAST_WRITE,
    # ... the buffers and the response queue,
    READS,
    WRITES,
    LAST_BANK,
    QUEUE_HEAD,
    QUEUE_TAIL,
    NEXT_RESPONSE,
    RELEASING,
    RELEASE_TIME,
    ACQUIRING,
    ACQUIRE_TIME,
    # refresh,
    REFRESH_DUE,
    REFRESH_STATE,
    REFRESH_OWED,
    REFRESH_COMMAND,
    REFRESH_TIME,
    # arbiter and initiator,
    CHANNEL_BUSY,
    INITIATOR_BUSY,
    ACTIVE,
    OUTSTANDING,
    LAST_END_REQUEST,
    LAST_END_RESPONSE,
    ARBITRATED,
    FORWARDED,
    WAITING_HEAD,
    WAITING_TAIL,
    NEXT_RETURN,
    NEXT_SENT,
    RECEIVED,
    # timed events,
    AT_CONTROLLER,
    AT_DATA,
    AT_BEGIN,
    AT_REQUEST,
    AT_RESPONSE,
    RESPONSE_ID,
    AT_DELIVERY,
    DELIVERY_ID,
    # counters,
    ACTIVATES,
    PRECHARGES,
    READ_BURSTS,
    WRITE_BURSTS,
    REFRESHES,
    ACTIVE_CYCLES,
    ACTIVE_SINCE,
    CLOSING_END,
    WINDOW_END,
    RUNS,
) = range(62)
STATE_SIZE = 62

# Messages between initiator, arbiter and controller, delivered one delta cycle after they were
# sent; each place holds 1 + request, or a count, or 0 for no message.
(
    A_RESPONSE,
    A_END_REQUEST,
    A_END_RESPONSE,
    A_ARBITRATE,
    A_RETURN,
    A_REQUEST,
    I_END_REQUEST,
    I_RESPONSE,
    C_WAKE,
) = range(9)
MESSAGES = 9
