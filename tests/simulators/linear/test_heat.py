"""The heat equation: order of convergence, the published counts, and its two variants."""

import itertools
import math

import numpy as np
import pytest
import scipy.sparse.linalg

from simhelm.simulators.linear import Heat2D, Stopping, ssor_pcg
from simhelm.simulators.linear.heat import HeatVariant

TIGHT = Stopping(rtol=1e-13)


def _run(heat: Heat2D, omega: float = 1.4) -> list[int]:
    return [heat.solve(omega).iterations for _ in range(heat.length)]


def test_published_counts_at_the_start_and_their_total_over_a_fifth() -> None:
    """Counts of the authors' code, nx = 25, omega = 1: the first ten steps and steps 501-510."""
    heat = Heat2D(25)
    counts = [heat.solve(1.0).iterations for _ in range(510)]
    assert counts[:10] == [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]
    assert counts[500:] == [2, 2, 3, 3, 3, 3, 4, 4, 4, 4]


def test_published_total_and_final_norm() -> None:
    """5,000 steps at omega = 1: 32,800 iterations, ||u|| = 1.20083336613 (authors' code)."""
    heat = Heat2D(25)
    assert sum(_run(heat, 1.0)) == 32_800
    assert float(np.linalg.norm(heat.u)) == pytest.approx(1.20083336613, abs=5e-12)


def test_scaled_system_is_crank_nicolson() -> None:
    """A u' = b of ``system`` solved directly gives the step that ``solve`` takes."""
    heat = Heat2D(12, steps=100, t_end=0.5, stopping=TIGHT)
    for _ in range(20):
        A, b = heat.system()
        expected = scipy.sparse.linalg.spsolve(A.tocsc(), b)
        heat.solve(1.3)
        np.testing.assert_allclose(heat.u, expected, atol=1e-12)


@pytest.mark.parametrize("variant", ["code", "paper"])
def test_crank_nicolson_against_an_assembled_operator(variant: HeatVariant) -> None:
    """(I - dt/2 kappa Lap) u' = (I + dt/2 kappa Lap) u + dt f, everything built by hand."""
    nx, heat = 7, Heat2D(7, steps=50, t_end=0.2, variant=variant)
    published = variant == "code"
    points = [(i / nx, j / nx) for i, j in itertools.product(range(1, nx), repeat=2)]
    laplace = np.zeros((36, 36))
    for a, (x, y) in enumerate(points):
        for c, (p, q) in enumerate(points):
            distance = round(nx * abs(x - p)) + round(nx * abs(y - q))
            laplace[a, c] = {0: -4.0, 1: 1.0}.get(distance, 0.0) * nx**2
    # The fourth half step, where the two centres of the forcing are far apart.
    for _ in range(3):
        heat.solve(1.2)
    t = 3.5 * heat.dt
    small = 0.1 if published else 0.01
    kappa = max(small * math.sin(2 * math.pi * t), -10 * math.sin(2 * math.pi * t))
    second = math.sin if published else math.cos
    centre = (0.5 + math.cos(16 * math.pi * t) / 4, 0.5 + second(16 * math.pi * t) / 4)

    def bump(x: float, y: float, cx: float, cy: float, radius: float) -> float:
        q = ((x - cx) ** 2 + (y - cy) ** 2) / radius**2
        return math.exp(float(published) - 1 / (1 - q)) if q < 1 else 0.0

    fresh = Heat2D(7, variant=variant)
    initial = np.array([bump(x, y, 0.5, 0.5, 0.25) for x, y in points])
    np.testing.assert_allclose(fresh.u, initial, atol=1e-15)
    f = np.array([32 * bump(x, y, *centre, 0.125) for x, y in points])
    assert f.max() > 0.1
    half = 0.5 * heat.dt * kappa * laplace
    A, b = heat.system()
    np.testing.assert_allclose(A.toarray(), np.eye(36) - half, atol=1e-13)
    np.testing.assert_allclose(b, (np.eye(36) + half) @ heat.u + heat.dt * f, atol=1e-12)


def test_second_order_in_time() -> None:
    def at_end(steps: int) -> np.ndarray:
        heat = Heat2D(10, steps=steps, t_end=0.1, stopping=TIGHT)
        _run(heat)
        return heat.u

    reference = at_end(3200)
    errors = [float(np.linalg.norm(at_end(steps) - reference)) for steps in (100, 200, 400)]
    orders = [math.log2(a / b) for a, b in itertools.pairwise(errors)]
    assert orders == pytest.approx([2.0, 2.0], abs=0.05)


def test_restart_repeats_to_the_bit() -> None:
    heat = Heat2D(9, steps=30)
    first = (_run(heat), heat.u.copy())
    heat.restart()
    assert _run(heat) == first[0]
    np.testing.assert_array_equal(heat.u, first[1])


def test_counterfactual_counts_equal_real_solves_and_move_nothing() -> None:
    heat = Heat2D(10, steps=60)
    omegas = np.linspace(1.0, 1.9, 7)
    for _ in range(15):
        before = heat.u.copy()
        counts = heat.iteration_counts(omegas)
        np.testing.assert_array_equal(heat.u, before)
        system = heat.current()
        single = [
            ssor_pcg(heat.matrix, system.b, float(o), system.x0, shift=system.shift).iterations
            for o in omegas
        ]
        assert counts.tolist() == single
        heat.solve(1.2)


def test_picture_has_a_cold_edge() -> None:
    field = Heat2D(8).field()
    assert field.shape == (9, 9)
    assert field[0].max() == field[-1].max() == field[:, 0].max() == field[:, -1].max() == 0.0
    assert field[4, 4] == field.max() == pytest.approx(1.0)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="nx: expected at least 2"):
        Heat2D(1)
    with pytest.raises(ValueError, match="variant: expected one of"):
        Heat2D(5, variant="draft")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="steps: expected at least 1"):
        Heat2D(5, steps=0)
    heat = Heat2D(5, steps=1)
    heat.solve(1.0)
    with pytest.raises(IndexError, match="restart"):
        heat.current()
    with pytest.raises(ValueError, match="finite values"):
        heat.advance(np.full(16, np.nan))
