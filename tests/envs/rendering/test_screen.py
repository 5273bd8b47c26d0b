"""A real window on a virtual screen: what stands there is what ``rgb_array`` gives."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator

import pytest

from tests.subprocesses import PATIENCE, python, started

_PLAY = """
import os, time
import gymnasium, numpy as np
from PIL import ImageGrab
import simhelm

def screen():
    return np.asarray(ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).convert("RGB")).astype(int)

def shows(frame, patience=20.0):
    height, width, _ = frame.shape
    end = time.monotonic() + patience
    while time.monotonic() < end:
        # Without a window manager the window is in the corner.
        if np.abs(screen()[:height, :width] - frame).mean() < 1.0:
            return True
        seen.render()
    return False

seen, pixels = (
    gymnasium.make("simhelm/Heat2D-v0", nx=8, steps=9, render_mode=mode)
    for mode in ("human", "rgb_array")
)
empty = screen()
for env in (seen, pixels):
    env.reset()
first = pixels.render().astype(int)
assert shows(first), "the window does not show the picture after reset"
for env in (seen, pixels):
    env.step(3)
second = pixels.render().astype(int)
assert np.abs(second - first).mean() > 1.0
assert shows(second), "the window does not show the picture after a step"
seen.close()
assert np.array_equal(screen(), empty), "the window is still there"
"""


@pytest.fixture
def display() -> Iterator[str]:
    """Name of a virtual screen."""
    program = shutil.which("Xvfb")
    if program is None or importlib.util.find_spec("tkinter") is None:
        pytest.skip("no Xvfb (Debian: xvfb; see tests/debian.sh) or no tkinter")
    # Of exactly 96 dots an inch, at which Tk takes a pixel for a pixel: 960 are 254 mm.
    flags = "-displayfd 1 -screen 0 960x960x24 -dpi 96 -nolisten tcp"
    server = started([program, *flags.split()])
    try:
        assert server.stdout is not None
        number = server.stdout.readline().strip()
        assert number.isdigit(), server.communicate(timeout=PATIENCE)
        yield f":{number}"
    finally:
        server.terminate()
        server.communicate(timeout=PATIENCE)


def test_a_window_shows_the_pictures(display: str) -> None:
    environment = {**os.environ, "DISPLAY": display, "MPLBACKEND": "tkagg"}
    done = python("-c", _PLAY, env=environment)
    assert done.returncode == 0, done.stderr
