"""Pictures: their sizes and types, that they follow the environment, and the window."""

from __future__ import annotations

import logging
import pickle
import sys
from typing import Any

import gymnasium
import numpy as np
import pytest
from matplotlib import pyplot

import simhelm  # noqa: F401 - registers the environments
from simhelm.envs.rendering import window
from simhelm.envs.rendering.chip import draw_chip
from simhelm.envs.rendering.window import Window
from simhelm.simulators.accelerator.problem import Accelerator
from tests.subprocesses import python

# What is drawn: environments that are played small, by name.
DRAWN: dict[str, dict[str, Any]] = {
    "simhelm/ThreeBody-v0": {"steps": 6},
    "simhelm/ThreeBodyPaper-v0": {"steps": 6},
    "simhelm/NBody-v0": {"steps": 6, "bodies": 4},
    "simhelm/Heat2D-v0": {"nx": 8, "steps": 9},
    "simhelm/ModeChoice-v0": {"persons": 100, "days": 2},
    "simhelm/ImpactedPlate-v0": {"size": 0.02, "steps": 12},
    "simhelm/DramController-v0": {"requests": 300},
    "simhelm/Accelerator-v0": {"networks": ["transformer_block"]},
    "simhelm/SolverSequence-v0": {"grid": 6, "length": 9},
    "simhelm/SubmodelEnrichment-v0": {"steps": 12, "reference": 2},
    "simhelm/RareEventSubmodel-v0": {"steps": 12, "batch": 2},
}


@pytest.mark.parametrize("env_id", DRAWN)
def test_pictures_are_pixels_that_change_after_a_step(env_id: str) -> None:
    env = gymnasium.make(env_id, render_mode="rgb_array", **DRAWN[env_id])
    env.action_space.seed(1)
    env.reset(seed=1)
    first: Any = env.render()
    again: Any = env.render()
    env.step(env.action_space.sample())
    second: Any = env.render()
    for frame in (first, second):
        assert frame.dtype == np.uint8
        assert frame.ndim == 3
        assert frame.shape[2] == 3
        assert min(frame.shape[:2]) >= 300
        # Something is drawn on the white ground.
        assert (frame < 128).any()
    assert np.array_equal(first, again)
    assert first.shape == second.shape
    assert not np.array_equal(first, second)
    assert env.metadata["render_fps"] > 0
    env.close()


def test_a_picture_of_solves_begins_anew_with_every_episode() -> None:
    env = gymnasium.make("simhelm/SolverSequence-v0", render_mode="rgb_array", grid=6, length=9)
    env.reset(seed=1)
    first: Any = env.render()
    env.step(3)
    env.reset(seed=2)
    assert np.array_equal(first, np.asarray(env.render()))


def test_a_chip_and_the_area_that_is_allowed_are_drawn_to_scale() -> None:
    """Also a chip that is larger than allowed, and all of both is in view."""
    for allowed in (8.0, 0.5):
        problem = Accelerator(area_budget_mm2=allowed)
        config = problem.default_config()
        plan = draw_chip(problem, config, 0, None).axes[0]
        square, *parts = (patch.get_path().get_extents(patch.get_patch_transform())
                          for patch in plan.patches)  # fmt: skip
        area = problem.design(config).area_mm2
        assert square.width * square.height == pytest.approx(allowed)
        assert sum(part.width * part.height for part in parts) == pytest.approx(area)
        assert plan.get_xlim()[1] > max(square.x1, *(part.x1 for part in parts))


@pytest.mark.parametrize("env_id", ["simhelm/SolverSequence-v0", "simhelm/DramController-v0"])
def test_a_copied_environment_draws_the_same(env_id: str) -> None:
    env = gymnasium.make(env_id, render_mode="rgb_array", **DRAWN[env_id]).unwrapped
    env.action_space.seed(1)
    env.reset(seed=1)
    env.step(env.action_space.sample())
    copy = pickle.loads(pickle.dumps(env))  # noqa: S301 - made here
    assert np.array_equal(np.asarray(env.render()), copy.render())


def test_rendering_changes_nothing_else() -> None:
    drawn, plain = (
        gymnasium.make("simhelm/ThreeBody-v0", steps=5, render_mode=mode)
        for mode in ("rgb_array", None)
    )
    assert np.array_equal(drawn.reset(seed=3)[0], plain.reset(seed=3)[0])
    for action in (9, 4, 13):
        drawn.render()
        one, two = drawn.step(action), plain.step(action)
        assert np.array_equal(one[0], two[0])
        assert one[1:] == two[1:]
    assert plain.unwrapped.render() is None


def test_a_window_shows_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a display pretended; the figure behind is matplotlib's own, drawn off screen."""
    monkeypatch.setattr(window, "has_display", lambda: True)
    env = gymnasium.make("simhelm/Heat2D-v0", render_mode="human", nx=8, steps=9)
    env.reset()
    (number,) = pyplot.get_fignums()
    shown = pyplot.figure(number).axes[0].images[0]
    before = np.array(shown.get_array())
    env.step(3)
    assert not np.array_equal(before, np.asarray(shown.get_array()))
    assert env.render() is None
    assert len(pyplot.get_fignums()) == 1
    env.close()
    assert pyplot.get_fignums() == []


def test_without_a_display_nothing_is_shown_and_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(window, "has_display", lambda: False)
    screen = Window(fps=1e6)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            screen.show(np.zeros((4, 4, 3), dtype=np.uint8))
    assert [record.message for record in caplog.records] == [
        "no display: nothing is shown; use render_mode='rgb_array'"
    ]
    assert pyplot.get_fignums() == []


def test_modes_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="render_mode: expected None or one of"):
        gymnasium.make("simhelm/RelaxationFactor-v0", render_mode="rgb_array")
    with pytest.raises(ValueError, match="did you mean"):
        gymnasium.make("simhelm/DramController-v0", render_mode="rgb-array")


def test_environments_that_draw_nothing_do_not_load_matplotlib() -> None:
    code = (
        "import sys, gymnasium, simhelm\n"
        "env = gymnasium.make('simhelm/ThreeBody-v0', steps=2)\n"
        "env.reset(seed=1); env.step(3)\n"
        "assert 'matplotlib' not in sys.modules"
    )
    assert sys.modules["matplotlib"]
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
