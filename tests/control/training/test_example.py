"""The example of a step-size callback, with a short training."""

import importlib.util
import math
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def example() -> Any:
    spec = importlib.util.spec_from_file_location("kepler", ROOT / "examples/step_size_callback.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_loop_is_of_second_order(example: Any) -> None:
    """From the far end to the near one; over a whole orbit the energy errors cancel."""
    errors = []
    for steps in (8_000, 16_000):
        orbit = example.Orbit(0.0)
        for _ in range(steps):
            orbit.kick_drift_kick(0.5 * example.PERIOD / steps)
        errors.append(abs(orbit.energy / orbit.start - 1.0))
        assert orbit.r == pytest.approx(1.0 - example.ECCENTRICITY, rel=1e-3)
    assert math.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.05)


def test_the_example_trains_and_compares(example: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rows = example.main(400)
    assert rows[0]["step-size rule"] == "policy"
    assert float(rows[0]["mean steps"].replace(",", "")) >= 1.0 / 3e-2
    assert "0.03 r^1.5" in capsys.readouterr().out
