"""Random fields and scenarios: distribution, seeds, independence of meshes."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from simhelm.simulators.fem import Impact, RandomField, Scenario, ScenarioLaw, SoftPatch
from tests.simulators.fem.models import SCENARIO, small_model

DRAWS = 3000


def test_covariance_of_the_field() -> None:
    length = 0.03
    lags = np.array([0.0, 0.5, 1.0, 2.0, 3.0]) * length
    points = np.column_stack([0.1 + 0.6 * lags, 0.05 + 0.8 * lags])
    fields = np.stack([RandomField(seed, length=length).gaussian(points) for seed in range(DRAWS)])
    covariance = fields.T @ fields / DRAWS
    expected = np.exp(-0.5 * ((lags[:, None] - lags) / length) ** 2)
    # Standard error sqrt((1 + rho^2) / DRAWS) of each entry; four of them.
    np.testing.assert_allclose(covariance, expected, atol=4.0 * math.sqrt(2.0 / DRAWS))
    np.testing.assert_allclose(fields.mean(axis=0), 0.0, atol=4.0 / math.sqrt(DRAWS))


def test_mean_and_variation_of_the_field() -> None:
    points = np.array([[0.1, 0.1]])
    values = np.array([RandomField(seed, 0.25)(points)[0] for seed in range(DRAWS)])
    assert values.min() > 0.0
    assert values.mean() == pytest.approx(1.0, abs=4 * 0.25 / math.sqrt(DRAWS))
    assert values.std() == pytest.approx(0.25, abs=0.02)


def test_field_knows_no_mesh() -> None:
    field = RandomField(7)
    points = np.random.default_rng(0).uniform(0.0, 0.3, (50, 2))
    np.testing.assert_allclose(field(points[::-1]), field(points)[::-1], rtol=1e-12)
    in_space = np.column_stack([points, np.zeros(50)])
    np.testing.assert_allclose(field(in_space), field(points), rtol=1e-12)
    assert np.abs(RandomField(8)(points) - field(points)).max() > 0.1


def test_material_is_nominal_in_the_zone() -> None:
    model = small_model(2, 1)
    young = model.young(SCENARIO)
    assert (young[model.mesh.zone] == model.material.young).all()
    soft = SoftPatch((0.08, 0.06)).covers(model.mesh.centroids)
    assert soft.any()
    without = model.young(dataclasses.replace(SCENARIO, patch=None))
    np.testing.assert_allclose(young[soft], 0.1 * without[soft])
    assert without[~model.mesh.zone].std() > 0.1 * model.material.young


def test_law_is_seeded_and_nested() -> None:
    law = ScenarioLaw()
    many = law.draw_many(400, 5)
    assert many[:3] == law.draw_many(3, 5)
    assert many != law.draw_many(400, 6)
    centres = np.array([s.impact.centre for s in many])
    assert 0.04 <= centres.min() < 0.05
    assert 0.15 < centres.max() <= 0.16
    logs = np.log([s.impact.amplitude / 50e6 for s in many])
    assert logs.std() == pytest.approx(0.3, abs=0.05)
    patched = sum(s.patch is not None for s in many)
    assert patched == pytest.approx(140, abs=40)
    assert len({s.field for s in many}) == 400


def test_pulse() -> None:
    impact = Impact(amplitude=2.0, duration=8e-6, delay=3e-6)
    signal = impact.signal(np.array([0.0, 3e-6, 5e-6, 7e-6, 11e-6, 50e-6]))
    np.testing.assert_allclose(signal, [0.0, 0.0, 1.0, 2.0, 0.0, 0.0], atol=1e-12)
    shares = impact.profile(np.array([[0.0, 0.1], [0.0, 0.112]]))
    np.testing.assert_allclose(shares, [1.0, math.exp(-0.5)])


def test_refusals() -> None:
    with pytest.raises(ValueError, match="variation: expected a positive"):
        RandomField(0, variation=0.0)
    with pytest.raises(TypeError, match="seed: expected a whole number"):
        RandomField(0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="duration > 0"):
        Impact(duration=0.0)
    with pytest.raises(ValueError, match="positive radius"):
        SoftPatch((0.0, 0.0), radius=-1.0)
    with pytest.raises(ValueError, match="centre: expected a range"):
        ScenarioLaw(centre=(0.2, 0.1))
    with pytest.raises(ValueError, match="patch_probability"):
        ScenarioLaw(patch_probability=1.5)
    assert Scenario().young_factor(np.zeros((2, 2))).tolist() == [1.0, 1.0]
