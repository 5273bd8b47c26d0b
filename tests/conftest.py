"""Strictness for the whole test session: floating-point errors and warnings are failures."""

from collections.abc import Iterator

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _floating_point_errors_raise() -> Iterator[None]:
    # Underflow is harmless: bumps and tails of exponentials reach zero.
    with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
        yield
