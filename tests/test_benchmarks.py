"""The benchmark scripts run; their bars are for quiet machines and `make bench`."""

import functools
from collections.abc import Callable

import pytest

from benchmarks import bandits, relaxation, transport
from benchmarks.timing import ratio, take_turns


def test_relaxation_table(capsys: pytest.CaptureFixture[str]) -> None:
    relaxation.main(sizes=(20,), rounds=2)
    printed = capsys.readouterr().out
    assert "simhelm red-black, with test" in printed
    assert "PyAMG sor" in printed
    assert "price of the test, lexicographic, 20 x 20" in printed


def test_bandit_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bandits, "ROUNDS", 400)
    bandits.main()
    assert "ThompsonLogCost" in capsys.readouterr().out


def test_transport_table(capsys: pytest.CaptureFixture[str]) -> None:
    transport.main(persons=(200,), repeats=1)
    printed = capsys.readouterr().out
    assert "a day of 200 persons" in printed
    assert "user equilibrium, 24 nodes" in printed


def test_contenders_take_turns_in_changing_order() -> None:
    calls: list[str] = []
    contenders: dict[str, Callable[[], object]] = {
        name: functools.partial(calls.append, name) for name in "abc"
    }
    seconds = take_turns(contenders, dict.fromkeys("abc", 1), rounds=3)
    assert calls[::3] == list("abc") + list("acb") + list("cab")
    assert {len(figures) for figures in seconds.values()} == {3}
    assert ratio({"a": [4.0, 9.0, 2.0], "b": [2.0, 3.0, 2.0]}, "a", "b") == 2.0
