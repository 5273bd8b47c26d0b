"""Relaxation sweeps beside PyAMG and PETSc, and beside this core's copy bandwidth.

Run with ``python -m benchmarks.relaxation``. All on one thread, CPU time, the 2-D Poisson
matrix, omega = 1.9. PETSc is included where petsc4py can be imported.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.bars import bar_row
from benchmarks.comparison import Comparison, lacking
from benchmarks.timing import ratio, take_turns
from simhelm.core.compiled import compiled
from simhelm.experiments.terminal import print_table
from simhelm.simulators.linear import poisson2d, prepare
from simhelm.simulators.linear.backends import load_petsc, petsc_matrix
from simhelm.simulators.linear.kernels import Floats, Indices
from simhelm.simulators.linear.kernels.lexicographic import forward_sweep
from simhelm.simulators.linear.kernels.multicolour import relax_blocks

OMEGA = 1.9
# Bytes that a five-point red-black sweep must move a row: four entries of 8 + 4 bytes, the
# diagonal, the right-hand side, x read and written.
RED_BLACK_BYTES = 4 * 12 + 8 + 8 + 16
COPY = "copy of 160 MB"
# The shared cache may hold a whole grid, so a copy of the sweep's own size is measured, too.
SMALL_COPY = "copy of the sweep's own bytes"


@compiled
def untested_sweep(
    indptr: Indices,
    indices: Indices,
    data: Floats,
    position: Indices,
    omega: float,
    shift: float,
    b: Floats,
    old: Floats,
    new: Floats,
) -> None:
    """The lexicographic sweep without its residual norm."""
    one, two, three = np.uint32(1), np.uint32(2), np.uint32(3)
    end = indptr[0]
    for i in range(np.uint32(b.size)):
        begin, end = end, indptr[i + one]
        at = position[i]
        diagonal = data[at] + shift
        x = old[i]
        s = b[i] - diagonal * x
        weight = omega / diagonal
        if at - begin == two and end - at == three:
            s -= data[at + one] * old[indices[at + one]]
            s -= data[at + two] * old[indices[at + two]]
            s -= data[begin] * new[indices[begin]]
            s -= data[begin + one] * new[indices[begin + one]]
        else:
            for k in range(at + one, end):
                s -= data[k] * old[indices[k]]
            for k in range(begin, at):
                s -= data[k] * new[indices[k]]
        new[i] = x + weight * s


def contenders(n: int) -> dict[str, Callable[[], object]]:
    """One sweep of each implementation on an n x n grid, and the copy."""
    A = poisson2d(n)
    b = np.random.default_rng(0).standard_normal(n * n)
    old, new = np.zeros(n * n), np.zeros(n * n)
    plain = prepare(A)
    arguments = (*plain.arrays, OMEGA, 0.0, b, old, new)
    source = np.ones(20_000_000)
    target = np.empty_like(source)
    own = RED_BLACK_BYTES * n * n // 16
    found: dict[str, Callable[[], object]] = {
        "simhelm lexicographic, with test": lambda: forward_sweep(*arguments),
        "simhelm lexicographic, no test": lambda: untested_sweep(*arguments),
        **_red_black(A, b),
        **_pyamg(A, b),
        **_petsc(A, b),
        COPY: lambda: np.copyto(target, source),
        SMALL_COPY: lambda: np.copyto(target[:own], source[:own]),
    }
    return found


def _red_black(A: Any, b: Floats) -> dict[str, Callable[[], object]]:
    matrix = prepare(A, "multicolour")
    blocks, right = matrix.blocks, matrix.inward(b)
    x, saved, lanes = np.zeros_like(b), np.zeros_like(b), np.zeros(256)
    common = (blocks.table, blocks.values, blocks.columns, matrix.diagonal, OMEGA, 0.0, right, x)

    def sweep(*, keep: bool, test: bool) -> None:
        relax_blocks(*common, saved, lanes, keep, False, test)
        relax_blocks(*common, saved, lanes, False, True, test)

    return {
        "simhelm red-black, with test": lambda: sweep(keep=False, test=True),
        "simhelm red-black, with test and copy": lambda: sweep(keep=True, test=True),
        "simhelm red-black, no test": lambda: sweep(keep=False, test=False),
    }


def _pyamg(A: Any, b: Floats) -> dict[str, Callable[[], object]]:
    if importlib.util.find_spec("pyamg") is None:
        return {}
    from pyamg.relaxation.relaxation import sor

    x = np.zeros_like(b)
    return {"PyAMG sor": lambda: sor(A, x, b, OMEGA, iterations=1)}


def _petsc(A: Any, b: Floats) -> dict[str, Callable[[], object]]:
    if importlib.util.find_spec("petsc4py") is None:
        return {}
    petsc = load_petsc()
    matrix = petsc_matrix(petsc, A)
    x, right = matrix.createVecs()
    right.setArray(b)
    kind = petsc.Mat.SORType.FORWARD_SWEEP
    return {"PETSc MatSOR": lambda: matrix.SOR(right, x, OMEGA, kind, 0.0, 1, 1)}


_PEERS = {
    "pyamg": ("PyAMG", "pip install 'simhelm[peers]'"),
    "petsc4py": ("PETSc", "pip install 'simhelm[fenics]'"),
}


def compare(n: int = 1000, rounds: int = 7) -> list[Comparison]:
    """Sweeps a second over the rows of an n x n grid; the red-black one beside the copy."""
    calls = contenders(n)
    repeats = dict.fromkeys(calls, 3) | {COPY: 1}
    seconds = take_turns(calls, repeats, rounds)
    rate = {name: n * n / statistics.median(figures) / 1e6 for name, figures in seconds.items()}
    # Rows that a core could stream if a sweep were nothing but a copy of its bytes.
    copied = 16 * 20_000_000 / statistics.median(seconds[COPY]) / RED_BLACK_BYTES / 1e6
    peers: dict[str, float] = {
        name: rate[name] for name in ("PyAMG sor", "PETSc MatSOR") if name in rate
    }
    return [
        Comparison(
            f"SOR sweep, {n} x {n} Poisson, {order}", "million rows",
            rate[f"simhelm {order}, with test"], peers, (f"memory: {COPY}", copied),
            lacking(_PEERS),
        )
        for order in ("lexicographic", "red-black")
    ]  # fmt: skip


def main(sizes: tuple[int, ...] = (100, 1000), rounds: int = 15) -> bool:
    """Print one table a grid, then the bars; returns whether all were met."""
    bars = []
    for n in sizes:
        calls = contenders(n)
        repeats = dict.fromkeys(calls, max(5, 4_000_000 // (n * n)))
        repeats[COPY] = 1
        seconds = take_turns(calls, repeats, rounds)
        print_table(_rows(n, seconds), title=f"SOR sweeps, {n} x {n} Poisson")
        moved, large, own = _bandwidths(n, seconds)
        print(f"red-black {moved:.1f} GB/s; {COPY} {large:.1f} GB/s; {SMALL_COPY} {own:.1f} GB/s")
        bars += _bars(n, seconds)
    print_table(bars, title="Bars")
    missing = [name for name in ("pyamg", "petsc4py") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"not measured, because not installed: {', '.join(missing)}")
    return all(bar["met"] == "yes" for bar in bars)


def _rows(n: int, seconds: dict[str, list[float]]) -> list[dict[str, str]]:
    return [
        {
            "one sweep": name,
            "million rows/s, median": f"{n * n / statistics.median(figures) / 1e6:.0f}",
            "best": f"{n * n / min(figures) / 1e6:.0f}",
            "times PyAMG": _over_pyamg(seconds, name),
        }
        for name, figures in seconds.items()
        if name not in (COPY, SMALL_COPY)
    ]


def _over_pyamg(seconds: dict[str, list[float]], name: str) -> str:
    return f"{ratio(seconds, 'PyAMG sor', name):.2f}" if "PyAMG sor" in seconds else ""


def _bandwidths(n: int, seconds: dict[str, list[float]]) -> tuple[float, float, float]:
    """GB/s of the red-black sweep, of the large copy and of a copy of the sweep's own size."""
    own = RED_BLACK_BYTES * n * n
    return (
        own / min(seconds["simhelm red-black, with test"]) / 1e9,
        16 * 20_000_000 / min(seconds[COPY]) / 1e9,
        own / min(seconds[SMALL_COPY]) / 1e9,
    )


def _bars(n: int, seconds: dict[str, list[float]]) -> list[dict[str, str]]:
    grid = f"{n} x {n}"
    found = []
    if "PyAMG sor" in seconds:
        gain = ratio(seconds, "PyAMG sor", "simhelm lexicographic, with test")
        found.append(bar_row(f"lexicographic over PyAMG, {grid}", gain, 1.8, at_least=True))
    moved, large, _ = _bandwidths(n, seconds)
    found.append(bar_row(f"red-black over the {COPY}, {grid}", moved / large, 0.7, at_least=True))
    for order in ("lexicographic", "red-black"):
        with_test, without = (f"simhelm {order}, {part}" for part in ("with test", "no test"))
        price = ratio(seconds, with_test, without) - 1.0
        found.append(bar_row(f"price of the test, {order}, {grid}", price, 0.15, at_least=False))
    return found


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
