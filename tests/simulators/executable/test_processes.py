"""Real processes that misbehave: each ends with its reason, and nothing of it is left."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from simhelm.core.cancellation import Cancellation
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Metrics
from simhelm.simulators.executable.limits import MARKER, marked
from tests.simulators.executable.shell import CONFIG, shell_problem


def run(folder: Path, script: str, **simulator: Any) -> Metrics:
    problem = shell_problem(folder, script, **simulator)
    metrics = problem.run_in(folder / "trial", CONFIG, seed=1)
    assert marked(f"{os.getpid()}:") == []
    return metrics


def test_a_result_is_read(tmp_path: Path) -> None:
    metrics = run(tmp_path, "echo cost = $1")
    assert (metrics.end_reason, metrics.values) == (EndReason.COMPLETED, {"cost": 1.0})


def test_an_exit_code_outweighs_a_plausible_cost(tmp_path: Path) -> None:
    metrics = run(tmp_path, "echo cost = 0.1; echo broken pipe fitting >&2; exit 7")
    assert metrics.end_reason is EndReason.EXIT
    assert metrics.values == {}
    assert "exit code 7" in metrics.details
    assert "broken pipe fitting" in metrics.details


def test_declared_exit_codes_are_successes(tmp_path: Path) -> None:
    assert run(tmp_path, "echo cost = 2; exit 3", success_codes=[0, 3]).succeeded


@pytest.mark.parametrize("name", ["SEGV", "KILL", "ABRT"])
def test_a_signal_is_named(name: str, tmp_path: Path) -> None:
    metrics = run(tmp_path, f"echo cost = 1; kill -{name} $$")
    assert metrics.end_reason is EndReason.SIGNAL
    assert f"SIG{name}" in metrics.details


STUBBORN = "trap '' TERM; setsid sleep 9999 & (trap '' TERM; sleep 9998) & sleep 9999"


def test_a_hang_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    metrics = run(tmp_path, STUBBORN, time_limit=0.5, grace=0.1)
    assert metrics.end_reason is EndReason.TIMEOUT
    assert "0.5 s" in metrics.details


def test_what_a_finished_simulator_leaves_running_is_killed(tmp_path: Path) -> None:
    script = "setsid sleep 9997 >/dev/null 2>&1 & echo $! > pid; echo cost = 1"
    assert run(tmp_path, script).succeeded
    pid = int((tmp_path / "trial" / "pid").read_text())
    # Dead, or about to be reaped by init: setsid may have forked, too, which run() looked for.
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_cancelled_run_is_interrupted(tmp_path: Path) -> None:
    problem, cancellation = shell_problem(tmp_path, STUBBORN), Cancellation()
    threading.Timer(0.3, cancellation.set).start()
    begun = time.monotonic()
    problem.cancel_with(cancellation)
    metrics = problem.run_in(tmp_path / "t", CONFIG, seed=1)
    cancellation.close()
    assert metrics.end_reason is EndReason.INTERRUPTED
    assert time.monotonic() - begun < 60  # not a bar on speed: it must not wait for the limit
    assert marked(f"{os.getpid()}:") == []


def test_memory_over_the_limit(tmp_path: Path) -> None:
    code = "x = bytearray(400_000_000); import time; time.sleep(99)"
    metrics = run(tmp_path, f"exec python3 -c '{code}'", memory_limit="100 MB", time_limit=60.0)
    assert metrics.end_reason is EndReason.MEMORY


def test_processor_time_over_the_limit(tmp_path: Path) -> None:
    metrics = run(tmp_path, "while :; do :; done", cpu_limit=1.0, time_limit=120.0)
    assert metrics.end_reason is EndReason.TIMEOUT
    assert "CPU" in metrics.details


def test_a_flood_of_output_takes_neither_disk_nor_memory(tmp_path: Path) -> None:
    """2 GB of output, of which the beginning and the end are kept."""
    before = psutil.Process().memory_info().rss
    script = "echo cost = 1; head -c 2000000000 /dev/zero | tr '\\0' x; echo; echo cost = 3"
    metrics = run(tmp_path, script, log_limit="1 MB", time_limit=300.0)
    assert metrics.values == {"cost": 3.0}
    assert (tmp_path / "trial" / "stdout.log").stat().st_size < 1_100_000
    assert psutil.Process().memory_info().rss - before < 100_000_000


def test_fixed_names_in_cwd_and_tmpdir_do_not_meet(tmp_path: Path) -> None:
    """Eight at once write the same names; each reads its own."""
    script = "echo $1 > work; echo $1 > $TMPDIR/work; sleep 0.2; cat work $TMPDIR/work >&2;" \
        "echo cost = $(cat $TMPDIR/work)"  # fmt: skip
    problem = shell_problem(tmp_path, script)
    found: dict[float, float] = {}

    def one(x: float) -> None:
        metrics = problem.run_in(tmp_path / f"trial-{x}", {"x": x}, seed=1)
        found[x] = metrics.values["cost"]

    threads = [threading.Thread(target=one, args=(0.1 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0.1 * n: 0.1 * n for n in range(8)}


def test_the_environment_is_inherited_but_for_the_mpi_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PMI_RANK", "3")
    monkeypatch.setenv("ORCHARD", "apples")
    script = f'[ -z "$PMI_RANK" ] && [ "$ORCHARD$PEAR" = applespears ] && [ "${MARKER}" ] &&'
    assert run(tmp_path, f"{script} echo cost = 1", environment={"PEAR": "pears"}).succeeded


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    problem = shell_problem(tmp_path, "echo cost = 1")
    (tmp_path / "sim.sh").write_text("#!/no/such/interpreter\n")
    metrics = problem.run_in(tmp_path / "trial", CONFIG, seed=1)
    assert metrics.end_reason is EndReason.EXIT
    assert "cannot be started" in metrics.details


CURVE: dict[str, Any] = {
    "curve": {"file": "curve.csv", "step": "step", "value": "loss", "poll": 0.02},
    "full_budget": 9,
}


def test_a_curve_is_watched_while_it_grows_and_may_end_the_run(tmp_path: Path) -> None:
    script = """
    echo step,loss > curve.csv
    for step in 1 2 3 4 5 6 7 8 9; do echo $step,$((10 - step)) >> curve.csv; sleep 0.3; done
    echo cost = 1
    """
    seen: list[tuple[float, float]] = []

    def watch(step: float, value: float) -> bool:
        seen.append((step, value))
        return step < 3.0

    problem = shell_problem(tmp_path, script, **CURVE)
    metrics = problem.run_in(tmp_path / "trial", CONFIG, seed=1, watch=watch)
    assert metrics.end_reason is EndReason.STOPPED_EARLY
    assert seen[:3] == [(1.0, 9.0), (2.0, 8.0), (3.0, 7.0)]
    assert 3.0 <= metrics.cost < 9.0


def test_a_whole_curve_is_passed_on_once(tmp_path: Path) -> None:
    script = "printf 'step,loss\\n1,5\\n2,4\\n9,3' > curve.csv; echo cost = 3"
    seen: list[tuple[float, float]] = []
    problem = shell_problem(tmp_path, script, **CURVE)

    def watch(step: float, value: float) -> bool:
        seen.append((step, value))
        return True

    metrics = problem.run_in(tmp_path / "trial", CONFIG, seed=1, watch=watch)
    assert seen == [(1.0, 5.0), (2.0, 4.0), (9.0, 3.0)]
    assert (metrics.values, metrics.cost) == ({"cost": 3.0}, 9.0)


def test_half_a_curve_is_not_why_a_killed_run_failed(tmp_path: Path) -> None:
    problem = shell_problem(tmp_path, ": > curve.csv; kill -9 $$", **CURVE)
    metrics = problem.run_in(tmp_path / "killed", CONFIG, seed=1)
    assert metrics.end_reason is EndReason.SIGNAL
    problem = shell_problem(tmp_path, ": > curve.csv; echo cost = 3", **CURVE)
    metrics = problem.run_in(tmp_path / "complete", CONFIG, seed=1)
    assert metrics.end_reason is EndReason.BAD_OUTPUT
