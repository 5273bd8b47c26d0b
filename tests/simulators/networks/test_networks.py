"""Networks from the tree: sizes in closed form, seeds and bits, curves, ends, refusals."""

import math
from typing import Any

import numpy as np
import pytest

from simhelm.core.problem import Value
from simhelm.simulators import EndReason
from simhelm.simulators.networks.problem import NetworkArchitecture

torch = pytest.importorskip("torch")

PROBLEM = NetworkArchitecture(epochs=4, samples=200)
DEFAULT = PROBLEM.default_config()


def build(config: dict[str, Value]) -> Any:
    from simhelm.simulators.networks.modules import build_network

    generators = {name: torch.Generator().manual_seed(1) for name in ("weights", "dropout")}
    return build_network(config, pixels=8, classes=10, **generators)


def test_sizes_in_closed_form() -> None:
    """Two convolutions of 16 filters with 3 x 3 pixels, each halving 8 x 8, and 64 units."""
    values = PROBLEM.evaluate(DEFAULT, seed=0, budget=1).values
    assert values["weights"] == (9 + 1) * 16 + (9 * 16 + 1) * 16 + (4 * 16 + 1) * 64 + 65 * 10
    assert values["macs"] == 64 * 9 * 16 + 16 * 9 * 16 * 16 + 64 * 64 + 64 * 10


def test_known_size_of_the_space() -> None:
    block, layer = 4 * 3 * 2 * 3, 4 * (1 + 3)
    training = (1 + 4) * 13 * 4 * 5
    convolutions = sum(block**count for count in range(4))
    assert PROBLEM.space.count() == 3 * convolutions * (1 + layer + layer**2) * training


def test_every_assignment_becomes_a_network() -> None:
    rng = np.random.default_rng(2)
    images = torch.zeros(3, 1, 8, 8)
    for _ in range(40):
        config = PROBLEM.space.sample(rng)
        PROBLEM.check_config(config)
        assert build(config)(images).shape == (3, 10)


def test_the_seed_decides_every_bit_and_nothing_else_does() -> None:
    config = {
        **DEFAULT, "convolutions[0]/normalise": True, "dense[0]/dropout": True,
        "dense[0]/dropout/rate": 0.5, "convolutions[1]/filters": 32,
    }  # fmt: skip
    torch.manual_seed(7)
    state, before = torch.get_rng_state(), torch.get_num_threads()
    first = PROBLEM.evaluate(config, seed=5, budget=2)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == before
    torch.manual_seed(8)
    torch.set_num_threads(3)
    try:
        assert PROBLEM.evaluate(config, seed=5, budget=2) == first
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert PROBLEM.evaluate(config, seed=6, budget=2) != first


def test_dropout_keeps_the_mean_and_only_in_training() -> None:
    from simhelm.simulators.networks.modules import Dropout

    layer, ones = Dropout(0.25, torch.Generator().manual_seed(3)), torch.ones(100_000)
    dropped = layer(ones)
    assert (dropped == 0).double().mean().item() == pytest.approx(0.25, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.01)
    assert torch.equal(layer.eval()(ones), ones)


def test_training_learns() -> None:
    """Far better than guessing one of ten."""
    metrics = NetworkArchitecture(epochs=5).evaluate(DEFAULT, seed=0)
    assert metrics.values["validation_error"] < 0.2
    assert metrics.values["test_error"] < 0.2
    assert metrics.cost == 5.0


def curve(budget: int, stop_at: float = math.inf) -> tuple[list[tuple[float, float]], Any]:
    points: list[tuple[float, float]] = []

    def watch(step: float, value: float) -> bool:
        points.append((step, value))
        return step < stop_at

    return points, PROBLEM.evaluate(DEFAULT, seed=3, budget=budget, watch=watch)


def test_a_short_training_is_the_beginning_of_a_long_one() -> None:
    long, _ = curve(4)
    short, metrics = curve(2)
    assert [step for step, _ in long] == [1, 2, 3, 4]
    assert short == long[:2]
    assert metrics.values["validation_error"] == short[-1][1]
    stopped, ended = curve(4, stop_at=2)
    assert stopped == long[:2]
    assert (ended.end_reason, ended.cost) == (EndReason.STOPPED_EARLY, 2.0)


def test_a_loss_that_is_no_number_is_a_reason() -> None:
    wild = {
        **DEFAULT, "optimiser": "sgd", "optimiser/momentum": 0.99, "learning_rate": 1.0,
        "batch": 16, "convolutions[0]/filters": 32, "convolutions[1]/filters": 32,
    }  # fmt: skip
    metrics = NetworkArchitecture().evaluate(wild, seed=1)
    assert metrics.end_reason is EndReason.NOT_FINITE
    assert 1.0 <= metrics.cost < 8.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"samples": 798}, "there are 797"),
        ({"samples": 1}, "at least 2"),
        ({"epochs": 0}, "epochs"),
    ],
)
def test_refusals(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        NetworkArchitecture(**arguments)


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "simhelm.simulators.networks.training", None)
    with pytest.raises(ImportError, match=r"simhelm\[networks\]"):
        PROBLEM.evaluate(DEFAULT, seed=0)
