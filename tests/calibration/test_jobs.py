"""Durable jobs: nothing twice, nothing lost, the same results whoever works."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from simhelm.calibration.jobs import FileStore, Job, LineStore, run_jobs
from simhelm.calibration.study.pool import local_executor

PROGRAM = """
import sys, time
from pathlib import Path
from simhelm.calibration.jobs import Job, run_jobs
from simhelm.calibration.study.pool import local_executor
from tests.calibration.test_jobs import lines, slow

path = Path(sys.argv[1])
if __name__ == "__main__":
    jobs = [Job(str(n), slow, (n, str(path.parent))) for n in range(12)]
    with local_executor(2) as executor:
        dict(run_jobs(jobs, executor, lines(path)))
"""


def square(number: int) -> float:
    if number < 0:
        raise ArithmeticError("no squares of debts")
    return float(number * number)


def slow(number: int, folder: str) -> float:
    time.sleep(0.1)
    with (Path(folder) / "calls").open("a", encoding="utf-8") as file:
        file.write(f"{number}\n")
    return square(number)


def lines(path: Path) -> LineStore[float]:
    return LineStore(path, float, float)


def squares(count: int) -> list[Job[float]]:
    return [Job(str(number), square, (number,)) for number in range(count)]


EXPECTED = {str(number): float(number * number) for number in range(40)}


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_results_do_not_depend_on_workers(workers: int, tmp_path: Path) -> None:
    with local_executor(workers) as executor:
        assert dict(run_jobs(squares(40), executor, lines(tmp_path / "r.jsonl"))) == EXPECTED
        assert dict(run_jobs(squares(40), executor)) == EXPECTED


def test_what_is_known_is_not_done_again(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    with local_executor(0) as executor:
        dict(run_jobs(squares(5), executor, lines(path)))
        broken = [Job(str(number), square, (-1,)) for number in range(5)]
        assert dict(run_jobs(broken, executor, lines(path))) == dict(list(EXPECTED.items())[:5])


def test_a_torn_line_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    with local_executor(0) as executor:
        dict(run_jobs(squares(5), executor, lines(path)))
        path.write_bytes(path.read_bytes()[:-3])
        assert dict(run_jobs(squares(5), executor, lines(path)))["4"] == 16.0
        assert lines(path).get("4") == 16.0


def test_a_failing_job_is_named_and_costs_no_result(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "r.jsonl"
    jobs = [*squares(3), Job("debt", square, (-1,)), *squares(5)[3:]]
    with local_executor(0) as executor:
        with pytest.raises(ArithmeticError, match="debts"):
            dict(run_jobs(jobs, executor, lines(path)))
        assert "job debt failed" in caplog.text
        assert [lines(path).get(str(number)) for number in range(3)] == [0.0, 1.0, 4.0]


def test_few_jobs_are_under_way_at_once(tmp_path: Path) -> None:
    taken = []

    def endless() -> Iterator[Job[float]]:
        number = 0
        while True:
            taken.append(number)
            yield Job(str(number), square, (number,))
            number += 1

    with local_executor(1) as executor:
        results: Any = run_jobs(endless(), executor)
        for _ in range(3):
            next(results)
        results.close()
    assert len(taken) < 60


class Together(Executor):
    """Has calls end only when ``size`` of them wait, then all at once."""

    def __init__(self, size: int) -> None:
        self.num_workers, self._size = size, size
        self._waiting: list[tuple[Future[Any], Any, Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._waiting.append((future, fn, args))
        if len(self._waiting) == self._size:
            for waiting, function, arguments in self._waiting:
                try:
                    waiting.set_result(function(*arguments))
                except ArithmeticError as error:
                    waiting.set_exception(error)
            self._waiting.clear()
        return future


def test_all_of_many_workers_are_kept_busy() -> None:
    assert dict(run_jobs(squares(40), Together(40))) == EXPECTED


def test_what_ended_beside_a_failure_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    jobs = [Job("debt", square, (-1,)), *squares(3)]
    with pytest.raises(ArithmeticError, match="debts"):
        dict(run_jobs(jobs, Together(4), lines(path)))
    assert [lines(path).get(str(number)) for number in range(3)] == [0.0, 1.0, 4.0]


def test_what_ended_before_the_caller_stopped_is_kept(tmp_path: Path) -> None:
    results: Any = run_jobs(squares(4), Together(4), lines(tmp_path / "r.jsonl"))
    assert next(results) == ("0", 0.0)
    results.close()
    assert lines(tmp_path / "r.jsonl").get("3") == 9.0


def write(path: Path, result: float) -> None:
    path.write_text(repr(result), encoding="utf-8")


def test_results_in_files(tmp_path: Path) -> None:
    store: FileStore[float] = FileStore(
        lambda key: tmp_path / "results" / f"{key}.txt",
        write,
        lambda path: float(path.read_text(encoding="utf-8")),
    )
    with local_executor(0) as executor:
        assert dict(run_jobs(squares(40), executor, store)) == EXPECTED
    assert store.get("7") == 49.0
    assert store.get("no such key") is None


def test_a_killed_process_resumes_where_it_was(tmp_path: Path) -> None:
    path, program = tmp_path / "r.jsonl", tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    root = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, str(program), str(path)]
    environment = {**os.environ, "PYTHONPATH": root}
    first = subprocess.Popen(command, env=environment)  # noqa: S603 - our own program
    deadline = time.monotonic() + 60.0
    while not (path.exists() and path.read_text().count("\n") >= 3):
        assert time.monotonic() < deadline, "no results came"
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.wait()
    kept = {key for key in EXPECTED if lines(path).get(key) is not None}
    (tmp_path / "calls").unlink()
    subprocess.run(command, env=environment, check=True, timeout=120)  # noqa: S603 - the same
    again = set((tmp_path / "calls").read_text().split())
    assert not kept & again
    assert {key: lines(path).get(key) for key in map(str, range(12))} == dict(
        list(EXPECTED.items())[:12]
    )
