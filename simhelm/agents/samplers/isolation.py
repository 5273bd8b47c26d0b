"""Running code that draws from numpy's global generator without anybody noticing."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

# The global generator and the warning filters belong to the whole process.
_LOCK = threading.RLock()


def seed_words(seed: int, *key: int, count: int = 5) -> NDArray[np.uint32]:
    """``count`` words that are a function of the seed and of the key alone, shape (count,).

    Keys of different lengths give unrelated words.
    """
    return np.random.SeedSequence(seed, spawn_key=key).generate_state(count).astype(np.uint32)


@contextlib.contextmanager
def isolated(words: NDArray[np.uint32]) -> Iterator[None]:
    """Seed ``np.random`` inside the block and put its state back after it, come what may.

    Warnings and floating-point traps are off inside, as the library that is run there was
    written for numpy's defaults of its time. Blocks of several threads run one after the other;
    a thread that uses ``np.random`` outside any block is not held back.
    """
    with _LOCK, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        # This legacy generator is the one in question.
        state = np.random.get_state(legacy=False)  # noqa: NPY002
        try:
            np.random.seed(words)  # noqa: NPY002
            yield
        finally:
            np.random.set_state(state)  # noqa: NPY002


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Warnings and floating-point traps are off inside; generators are left alone."""
    with _LOCK, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
