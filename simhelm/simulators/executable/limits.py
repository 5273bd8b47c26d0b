"""Processes of trials: how they are marked, limited, found and killed (Linux)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Iterable, Mapping
from pathlib import Path

# Every process of a trial carries this variable, as children inherit it.
MARKER = "SIMHELM_TRIAL"
# What an MPI launcher tells its ranks; a simulator beside a rank is no part of that job.
JOB_VARIABLES = ("PMI", "HYDRA", "HYDI", "MPI_", "OMPI_", "PRTE_")

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Loaded now: after a fork it is too late to import or to look up symbols.
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def without_job(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what an MPI launcher put there."""
    return {k: v for k, v in environment.items() if not k.startswith(JOB_VARIABLES)}


def become_subreaper() -> None:
    """Have orphaned descendants become children of this process, so that it can reap them."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent dies, however it dies."""
    _prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was asked
        os._exit(1)


def limit_resources(cpu_seconds: float | None, memory_bytes: int | None) -> None:
    """Set this process's own limits, which its children inherit."""
    if cpu_seconds is not None:
        soft = max(1, int(cpu_seconds + 0.999))
        resource.setrlimit(resource.RLIMIT_CPU, (soft, soft + 2))
    if memory_bytes is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def resident_bytes(root: int) -> int:
    """Resident memory of a process and its descendants, and of all in its session."""
    total, family = 0, {root}
    for pid, (parent, session, pages) in sorted(_stats().items()):
        if root in (pid, session) or parent in family:
            family.add(pid)
            total += pages
    return total * _PAGE


def marked(prefix: str) -> list[int]:
    """The processes whose marker starts with a prefix."""
    needle = f"{MARKER}={prefix}".encode()
    return [pid for pid in _pids() if _carries(pid, needle)]


def kill_marked(owner: int) -> None:
    """Kill everything that trials of a process started."""
    kill_all(f"{owner}:")


def kill_all(prefix: str) -> None:
    """Kill all processes whose marker starts with a prefix, and reap those that are ours."""
    # Again and again, as what is killed may have been forking.
    for _ in range(100):
        pids = marked(prefix)
        if not pids:
            return
        send(pids, signal.SIGKILL)
        _reap(pids)


def send(pids: Iterable[int], number: int) -> None:
    """Send a signal to processes that may be gone by now."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _reap(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - fast


def _carries(pid: int, needle: bytes) -> bool:
    try:
        content = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return content.startswith(needle) or b"\0" + needle in content


def _stats() -> dict[int, tuple[int, int, int]]:
    """(parent, session, resident pages) of every process."""
    found = {}
    for pid in _pids():
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        found[pid] = (int(fields[1]), int(fields[3]), int(fields[21]))
    return found
