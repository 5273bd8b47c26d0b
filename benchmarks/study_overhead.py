"""What the engine of studies adds to a sampler and a simulator, beside Optuna's own storage.

Run with ``python -m benchmarks.study_overhead``. Every contender asks the same sampler for the
same batches of trials of the same simulator, which takes microseconds, in one run:

* the sampler alone: Optuna's ask and tell, nothing is kept on disk;
* simhelm in one process, and simhelm with one MPI rank beside the master: every trial durable;
* Optuna with its RDB storage on SQLite.

Overhead is the time above that of the sampler alone. Contenders take turns; the figures are
wall-clock, as waiting for a disk is part of it, and the least of all rounds counts, as other
programs on the machine only ever add to a time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna

from benchmarks.bars import bar_row
from benchmarks.comparison import Comparison
from benchmarks.memory import WATCHED, peak_bytes
from benchmarks.study_problem import Sleeping, Sphere, fill, height
from simhelm.agents.samplers import make_sampler
from simhelm.calibration import Execution, run_study
from simhelm.calibration.study.executors import OpensEvaluators, Processes, Serial
from simhelm.calibration.study.store import Store
from simhelm.core.problem import Problem
from simhelm.core.space import to_distributions
from simhelm.experiments.terminal import print_table

SAMPLERS = ("RandomSampler", "TPESampler")
BATCH = 10
MEMORY, SERIAL, MPI, RDB = "sampler alone", "simhelm, serial", "simhelm, MPI", "Optuna, SQLite"
# Turns within a round: the cheap contenders, which are compared closely, take more of them.
TURNS = {MEMORY: 5, SERIAL: 5, MPI: 2, RDB: 1}
MPIEXEC = Path(sys.prefix) / "bin" / "mpiexec"


class Clock:
    """Seconds a trial between the end of the warm-up and the last trial."""

    def __init__(self, trials: int) -> None:
        self._stamps: list[float] = []
        self._trials = trials

    def tick(self, _: object = None) -> None:
        """A trial is finished."""
        self._stamps.append(time.perf_counter())

    @property
    def seconds(self) -> float:
        """Of one trial, on average, after the first fifth of them."""
        assert len(self._stamps) == self._trials
        first = self._trials // 5
        return (self._stamps[-1] - self._stamps[first]) / (self._trials - 1 - first)


def optuna_alone(sampler: str, trials: int, storage: str | None) -> float:
    """Optuna's ask and tell in batches; None keeps the study in memory."""
    parameters = Sphere().parameters
    agent, space = (
        make_sampler(sampler, seed=0, parameters=parameters),
        to_distributions(parameters),
    )
    study = optuna.create_study(storage=storage, sampler=agent)
    clock = Clock(trials)
    for _ in range(trials // BATCH):
        batch = [study.ask(space) for _ in range(BATCH)]
        for trial in batch:
            study.tell(trial, height(trial.params))
            clock.tick()
    return clock.seconds


def engine(
    sampler: str,
    trials: int,
    directory: Path,
    executor: OpensEvaluators,
    problem: Problem | None = None,
    batch: int | str = BATCH,
) -> float:
    """A study of our own; seconds a trial."""
    clock = Clock(trials)
    execution = Execution(executor=executor, finished=clock.tick)
    run_study(
        problem or Sphere(), directory, sampler=sampler, trials=trials, batch=batch, baselines=[],
        execution=execution,
    )  # fmt: skip
    return clock.seconds


def engine_on_ranks(sampler: str, trials: int, directory: Path) -> float:
    """The same in an MPI job of two ranks: one runs the study, one evaluates."""
    arguments = (sys.executable, "-m", "mpi4py", "-m", __spec__.name, sampler, str(trials))
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [str(MPIEXEC), "-n", "2", *arguments, str(directory)],
        check=True, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    return float(json.loads(done.stdout)["seconds"])


def on_rank(sampler: str, trials: int, directory: Path) -> None:
    """What every rank of that job does."""
    from simhelm.calibration.study.mpi import Ranks, dismiss, serve
    from simhelm.experiments.ranks import world

    communicator = world()
    if communicator.rank > 0:
        serve(communicator)
        return
    seconds = engine(sampler, trials, directory, Ranks(communicator))
    dismiss(communicator)
    print(json.dumps({"seconds": seconds}))


def measure(sampler: str, trials: int, folder: Path, rounds: int) -> dict[str, float]:
    """Seconds a trial of every contender: the least of some rounds, in which all take turns."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    contenders: dict[str, Callable[[Path], float]] = {
        MEMORY: lambda place: optuna_alone(sampler, trials, None),
        SERIAL: lambda place: engine(sampler, trials, place, Serial()),
        RDB: lambda place: optuna_alone(sampler, trials, f"sqlite:///{place}.db"),
    }
    if MPIEXEC.exists():
        contenders[MPI] = lambda place: engine_on_ranks(sampler, trials, place)
    best: dict[str, float] = {}
    for turn in range(rounds):
        for again in range(max(TURNS.values())):
            for name, contender in contenders.items():
                if again < TURNS[name]:
                    place = folder / f"{sampler}-{turn}-{again}-{len(name)}"
                    best[name] = min(best.get(name, float("inf")), contender(place))
    return best


def efficiency(folder: Path, sampler: str, batch: int | str, trials: int, seconds: float) -> float:
    """Share of the time of two workers that their simulators get."""
    place = folder / f"two-{sampler}-{batch}"
    taken = engine(sampler, trials, place, Processes(2), Sleeping(seconds), batch)
    return seconds / (2.0 * taken)


def large_study(folder: Path, trials: int, repeats: int) -> list[dict[str, Any]]:
    """How long status and show take, and their memory, with many trials in the store."""
    place = folder / "large"
    run_study(Sphere(), place, trials=1, baselines=[])
    with Store(place) as store:
        fill(store, trials - 1)
    calls = [["status"], ["show"], ["show", "--best", "10"]]
    return [_process([call[0], str(place), *call[1:]], " ".join(call), repeats) for call in calls]


def _process(words: list[str], name: str, repeats: int) -> dict[str, Any]:
    figures = []
    for _ in range(repeats):
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-c", WATCHED, *words],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr is not None
        errors = process.stderr.read()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        cpu = usage.ru_utime + usage.ru_stime
        figures.append((time.perf_counter() - start, cpu, peak_bytes(errors) / 2**20))
    seconds, cpu, megabytes = (min(column) for column in zip(*figures, strict=True))
    return {"command": name, "seconds": seconds, "CPU seconds": cpu, "MiB": megabytes}


def compare(trials: int = 100, rounds: int = 1) -> list[Comparison]:
    """Durable trials a second; the sampler alone, which keeps nothing, is the limit."""
    sampler = "RandomSampler"
    with tempfile.TemporaryDirectory(prefix="simhelm-overhead-") as name:
        best = measure(sampler, trials, Path(name), rounds)
    what = f"trials of a study, {sampler}, batches of {BATCH}, all durable"
    limit = ("the sampler alone, nothing kept", 1.0 / best[MEMORY])
    peers = {"Optuna with SQLite": 1.0 / best[RDB]}
    return [Comparison(what, "trials", 1.0 / best[SERIAL], peers, limit)]


def main(
    trials: int = 200,
    rounds: int = 3,
    sleeping: tuple[int, float] = (60, 0.2),
    stored: int = 100_000,
    samplers: tuple[str, ...] = SAMPLERS,
) -> bool:
    """Print the tables and the bars; returns whether all were met."""
    bars: list[dict[str, str]] = []
    with tempfile.TemporaryDirectory(prefix="simhelm-overhead-") as name:
        folder = Path(name)
        for sampler in samplers:
            best = measure(sampler, trials, folder, rounds)
            title = f"{sampler}, trials in batches of {BATCH}, least of {rounds} rounds"
            print_table(_rows(best), title=title)
            bars += _bars(sampler, best)
        bars += _efficiency_bars(folder, *sleeping)
        looks = large_study(folder, stored, rounds)
    print_table(
        [{k: v if k == "command" else f"{v:.2f}" for k, v in look.items()} for look in looks],
        title=f"{stored} trials in the store, least of {rounds} runs",
    )
    for look in looks:
        bars.append(bar_row(f"{look['command']}, seconds", look["seconds"], 2.0, at_least=False))
        bars.append(bar_row(f"{look['command']}, MiB", look["MiB"], 476.0, at_least=False))
    print_table(bars, title="Bars")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if not MPIEXEC.exists():
        print("not measured, because not installed: MPI (pip install 'simhelm[mpi]')")
    return all(bar["met"] == "yes" for bar in bars)


def _rows(best: dict[str, float]) -> list[dict[str, str]]:
    return [
        {
            "contender": name,
            "ms a trial": f"{1e3 * seconds:.2f}",
            "on top of the sampler": f"{1e3 * (seconds - best[MEMORY]):.2f}",
            "Optuna's overhead to this": _times(best, name),
        }
        for name, seconds in best.items()
    ]


def _times(best: dict[str, float], name: str) -> str:
    overhead = best[name] - best[MEMORY]
    return "" if overhead <= 0 else f"{(best[RDB] - best[MEMORY]) / overhead:.1f}"


def _bars(sampler: str, best: dict[str, float]) -> list[dict[str, str]]:
    ours, theirs = (best[name] - best[MEMORY] for name in (SERIAL, RDB))
    bars = [bar_row(f"{sampler}: serial, ms", 1e3 * ours, 1.0, at_least=False)]
    if MPI in best:
        on_ranks = 1e3 * (best[MPI] - best[MEMORY])
        bars.append(bar_row(f"{sampler}: MPI, ms", on_ranks, 2.0, at_least=False))
    # Noise may make the difference negative; then the ratio says nothing.
    ratio = theirs / ours if ours > 0 else float("nan")
    return [*bars, bar_row(f"{sampler}: Optuna's overhead to ours", ratio, 10.0, at_least=True)]


def _efficiency_bars(folder: Path, trials: int, seconds: float) -> list[dict[str, str]]:
    cases: list[tuple[str, int | str]] = [("TPESampler", 10), ("TPESampler", "async")]
    return [
        bar_row(
            f"efficiency of 2 workers, {seconds:g} s simulators, {sampler}, batch {batch}",
            efficiency(folder, sampler, batch, trials, seconds), 0.9, at_least=True,
        )
        for sampler, batch in cases
    ]  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) == 4:
        on_rank(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(0 if main() else 1)
