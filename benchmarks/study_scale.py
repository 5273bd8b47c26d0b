"""How many workers one master can feed: a model fed with costs that are measured here.

Run with ``python -m benchmarks.study_scale``. First the master's costs are measured with the
engine's own parts, then the model (``benchmarks.study_model``) is compared with real studies on 1,
2 and 4 workers, then it is run to 10,000 workers. The simulators of the real studies sleep, so
that they need no cores.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from benchmarks.comparison import Comparison
from benchmarks.study_model import Costs, Setting, predict
from benchmarks.study_problem import Sleeping, Sphere, height
from simhelm.calibration import Execution, run_study
from simhelm.calibration.study.configuration import SamplerTable
from simhelm.calibration.study.dispatcher import Dispatcher, Evaluators
from simhelm.calibration.study.executors import Processes
from simhelm.calibration.study.pool import SerialExecutor, WorkerPool
from simhelm.calibration.study.sampler_session import SamplerSession
from simhelm.calibration.study.store import Store
from simhelm.calibration.study.trial import Outcome, Task, Trial
from simhelm.core.cancellation import Cancellation
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import Metrics
from simhelm.experiments.terminal import print_table

SAMPLERS = ("RandomSampler", "TPESampler", "CmaEsSampler")
SIMULATORS = {"1 s": 1.0, "1 min": 60.0, "1 h": 3600.0}
# Batches as multiples of the number of workers; None is asynchronous.
BATCHES: tuple[int | None, ...] = (1, 4, None)
SPREAD = 0.5
# Trials for each worker. Batches repeat; without them only the end of a run idles workers, and
# must be a small part of it.
WAVES, WAVES_WITHOUT_BATCHES = 8, 40
ENOUGH = 0.9
_OUTCOME = Outcome(Metrics({"height": 1.0}, EndReason.COMPLETED, 1.0))


def asking(sampler: str, told: int, batch: int = 10, batches: int = 5) -> tuple[float, float]:
    """Seconds to ask for a trial and to tell of one, with so many told before; median."""
    search = SamplerSession(Sphere().parameters, ["minimize"], SamplerTable(name=sampler), seed=0)
    asked, answered = [], []
    if search.must_replay:
        _ask_and_tell(search, 0, told)
    else:
        _recall(search, told)
    for number in range(1, batches + 1):
        first = told + number * batch
        ask, tell = _ask_and_tell(search, first, batch, number)
        asked.append(ask / batch)
        answered.append(tell / batch)
    return statistics.median(asked), statistics.median(answered)


def _recall(search: SamplerSession, told: int) -> None:
    source = SamplerSession(
        Sphere().parameters, ["minimize"], SamplerTable(name="RandomSampler"), seed=1
    )
    for slot in range(told):
        config = source.ask(slot)
        search.recall(config, [height(config)])


def _ask_and_tell(
    search: SamplerSession, first: int, count: int, number: int = 0
) -> tuple[float, float]:
    start = time.perf_counter()
    search.begin(number)
    configs = {slot: search.ask(slot) for slot in range(first, first + count)}
    between = time.perf_counter()
    for slot, config in configs.items():
        search.tell(slot, [height(config)])
    return between - start, time.perf_counter() - between


def answer(task: Task) -> Outcome:
    """An evaluation that takes no time."""
    return _OUTCOME


def storing(folder: Path, trials: int = 200, rounds: int = 3) -> tuple[float, float, float]:
    """Seconds to send a trial without any worker's part, to store its result, and to commit."""
    figures = [_stored(folder / f"store-{number}", trials) for number in range(rounds)]
    dispatch, store, commit = (statistics.median(column) for column in zip(*figures, strict=True))
    return dispatch, store, commit


def _stored(folder: Path, count: int) -> tuple[float, float, float]:
    folder.mkdir()
    config: dict[str, Any] = Sphere().default_config()
    trials = [Trial("search", n, n, 0, config, n, None, 0) for n in range(count)]
    with Store(folder) as store, SerialExecutor() as executor:
        evaluators = Evaluators(executor, answer, capacity=count)
        dispatcher = Dispatcher(evaluators, store, folder=None, stop=Cancellation())
        start = time.perf_counter()
        store.save(trials)
        for trial in trials:
            dispatcher.send(trial)
        sent = time.perf_counter()
        dispatcher.wait()
        store.save(trials)
        landed = time.perf_counter()
        store.commit()
    # The first wait may commit on its way; then there is a commit less to come.
    return (sent - start) / count, (landed - sent) / count, time.perf_counter() - landed


def calling(calls: int = 300, rounds: int = 3) -> tuple[float, float]:
    """A call of a worker process: CPU seconds of the master, and seconds beside them."""
    task = Task("search", 0, Sphere().default_config(), 0, None)
    figures = []
    with WorkerPool(1, _nothing, ()) as pool:
        pool.submit(answer, task).result()
        for _ in range(rounds):
            wall, cpu = time.perf_counter(), time.process_time()
            futures: list[Future[Any]] = [pool.submit(answer, task) for _ in range(calls)]
            for future in futures:
                future.result()
            spent = (time.process_time() - cpu) / calls
            figures.append((spent, max(0.0, (time.perf_counter() - wall) / calls - spent)))
    cpu_seconds, beside = (statistics.median(column) for column in zip(*figures, strict=True))
    return cpu_seconds, beside


def _nothing() -> None:
    """Nothing has to be made ready."""


def measured_costs(folder: Path, sampler: str, told: int) -> Costs:
    """All the costs of a master."""
    ask, tell = asking(sampler, told)
    place = folder / f"costs-{sampler}"
    place.mkdir()
    dispatch, store, commit = storing(place)
    cpu, turnaround = calling()
    return Costs(ask, dispatch + cpu, store, tell, commit, turnaround)


def real_rate(folder: Path, workers: int, batch: int | str, seconds: float) -> tuple[float, float]:
    """Seconds a trial of a real study, once all workers are there; and of a simulator."""
    stamps: list[tuple[float, Trial]] = []
    trials = 60 * workers + 120
    run_study(
        Sleeping(seconds), folder / f"real-{workers}-{batch}", sampler="RandomSampler",
        trials=trials, batch=batch, baselines=[],
        execution=Execution(
            executor=Processes(workers),
            finished=lambda trial: stamps.append((time.perf_counter(), trial)),
        ),
    )  # fmt: skip
    first = _all_are_there([trial.where for _, trial in stamps], workers)
    if isinstance(batch, int):  # from the end of a batch to the end of the last
        first = (first // batch + 1) * batch - 1
    window = stamps[first + 1 :]
    taken = (stamps[-1][0] - stamps[first][0]) / len(window)
    return taken, statistics.mean(trial.seconds for _, trial in window)


def _all_are_there(places: list[str], workers: int) -> int:
    """The place at which the last worker shows for the first time."""
    first_seen = [places.index(place) for place in dict.fromkeys(places)]
    assert len(first_seen) == workers, "a worker did nothing: more trials are needed"
    return max(first_seen)


def check_model(
    folder: Path, costs: Costs, workers: tuple[int, ...], seconds: float
) -> list[dict[str, str]]:
    """Real studies beside the model; seconds a trial."""
    rows = []
    for count in workers:
        for batch in (12, "async"):
            real, simulator = real_rate(folder, count, batch, seconds)
            setting = Setting(count, simulator, batch=batch if isinstance(batch, int) else None)
            trials = 12 * 50
            model = predict(costs, setting, trials).seconds / trials
            error = model / real - 1.0
            rows.append(
                {
                    "workers": str(count),
                    "batch": str(batch),
                    "real, ms a trial": f"{1e3 * real:.2f}",
                    "model": f"{1e3 * model:.2f}",
                    "model to real": f"{100 * error:+.1f} %",
                    "within 15 %": "yes" if abs(error) <= 0.15 else "NO",
                }
            )
    return rows


def scale(
    costs: dict[str, Costs], simulators: dict[str, float], counts: tuple[int, ...]
) -> list[dict[str, str]]:
    """Efficiency by sampler, simulator, batch and number of workers, and where the master is full.

    ``counts`` in ascending order; the last columns say up to which of them nine tenths of the
    workers' time is used, and the closed form simulator / master time.
    """
    rows = []
    for name, seconds in simulators.items():
        for sampler, cost in costs.items():
            for batch in BATCHES:
                found = [_efficiency(cost, seconds, count, batch) for count in counts]
                row = {"simulator": name, "sampler": sampler, "batch": _batch_name(batch)}
                row |= {
                    f"{count:,} workers": f"{100 * share:.0f} %"
                    for count, share in zip(counts, found, strict=True)
                }
                rows.append(row | {
                    f"≥ {ENOUGH:.0%} up to": f"{_last_enough(cost, seconds, batch, counts[-1]):,}",
                    "master full at": f"{seconds / cost.master:,.0f}",
                })  # fmt: skip
    return rows


def _batch_name(batch: int | None) -> str:
    return "async" if batch is None else f"{batch} x workers"


def _efficiency(costs: Costs, seconds: float, workers: int, batch: int | None) -> float:
    size = None if batch is None else batch * workers
    setting = Setting(workers, seconds, SPREAD, size)
    waves = WAVES_WITHOUT_BATCHES if batch is None else WAVES
    return predict(costs, setting, waves * workers).efficiency


def _last_enough(costs: Costs, seconds: float, batch: int | None, most: int) -> int:
    """The largest number of workers, to a twentieth, that are used well; 0 if one is not."""
    enough, too_many = 0, most
    if _efficiency(costs, seconds, most, batch) >= ENOUGH:
        return most
    while too_many - enough > max(1, enough // 20):
        middle = (enough + too_many) // 2
        if _efficiency(costs, seconds, middle, batch) >= ENOUGH:
            enough = middle
        else:
            too_many = middle
    return enough


def compare(workers: int = 2, seconds: float = 0.05) -> list[Comparison]:
    """Trials a second of sleeping simulators, beside workers that do nothing but simulate."""
    with tempfile.TemporaryDirectory(prefix="simhelm-scale-") as name:
        taken, _ = real_rate(Path(name), workers, "async", seconds)
    what = f"study on {workers} worker processes, simulators of {seconds:g} s"
    limit = ("workers that only simulate", workers / seconds)
    return [Comparison(what, "trials", 1.0 / taken, {}, limit)]


def main(
    told: int = 1000,
    samplers: tuple[str, ...] = SAMPLERS,
    check: tuple[tuple[int, ...], float] = ((1, 2, 4), 0.1),
    counts: tuple[int, ...] = (10, 100, 1000, 10_000),
    simulators: dict[str, float] = SIMULATORS,
) -> bool:
    """Print costs, check and prediction; returns whether the model agrees with the engine."""
    with tempfile.TemporaryDirectory(prefix="simhelm-scale-") as name:
        folder = Path(name)
        costs = {sampler: measured_costs(folder, sampler, told) for sampler in samplers}
        print_table(_cost_rows(costs), title=f"Measured, ms, with {told} trials told")
        rows = check_model(folder, costs["RandomSampler"], *check)
    title = f"Model and engine: RandomSampler, simulators of {check[1]:g} s"
    print_table(rows, title=title)
    table = scale(costs, simulators, counts)
    print_table(table, title="Share of the workers' time that simulates, by the model")
    print(_verdict(costs, simulators, table))
    return all(row["within 15 %"] == "yes" for row in rows)


def _cost_rows(costs: dict[str, Costs]) -> list[dict[str, str]]:
    names = ("ask", "dispatch", "store", "tell", "commit", "turnaround", "master")
    return [
        {"sampler": sampler, **{name: f"{1e3 * getattr(cost, name):.3f}" for name in names}}
        for sampler, cost in costs.items()
    ]


def _verdict(
    costs: dict[str, Costs], simulators: dict[str, float], table: list[dict[str, str]]
) -> str:
    """Where the master is full, and what each setting does to that, from the figures above."""
    lines = []
    for sampler, cost in costs.items():
        limits = ", ".join(f"{t / cost.master:,.0f} ({name})" for name, t in simulators.items())
        lines.append(
            f"{sampler}: the master is full at {limits} workers; "
            f"asking is {cost.ask / cost.master:.0%} of its {1e3 * cost.master:.2f} ms a trial"
        )
    shortest = next(iter(simulators))
    column = next(name for name in table[0] if name.startswith("≥"))
    lines += [
        f"{row['sampler']}, batch {row['batch']}, simulators of {shortest}: "
        f"nine tenths used up to {row[column]} workers"
        for row in table
        if row["simulator"] == shortest
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
