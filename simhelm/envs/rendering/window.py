"""A window on the screen that shows one picture after the other."""

from __future__ import annotations

import logging
from typing import Any

import matplotlib
from matplotlib.backends.registry import BackendFilter, backend_registry

from simhelm.envs.rendering.frame import Frame

log = logging.getLogger(__name__)

_INCHES_A_PIXEL = 0.01


class Window:
    """Opened by its first picture. Where there is no display it warns once and stays closed.

    Args:
        fps: pictures a second; showing one takes that long.
    """

    def __init__(self, fps: float) -> None:
        self._pause = 1.0 / fps
        self._figure: Any = None
        self._image: Any = None
        self._warned = False

    def show(self, frame: Frame) -> None:
        """Show a picture in the place of the last."""
        if not has_display():
            if not self._warned:
                log.warning("no display: nothing is shown; use render_mode='rgb_array'")
            self._warned = True
            return
        if self._figure is None:
            self._open(frame)
        self._image.set_data(frame)
        self._figure.canvas.draw_idle()
        # Runs the window's events, which a pause of another kind would not.
        self._figure.canvas.start_event_loop(self._pause)

    def close(self) -> None:
        """Close the window, if it is open."""
        if self._figure is not None:
            from matplotlib import pyplot

            pyplot.close(self._figure)
        self._figure = self._image = None

    def _open(self, frame: Frame) -> None:
        from matplotlib import pyplot

        height, width, _ = frame.shape
        size = width * _INCHES_A_PIXEL, height * _INCHES_A_PIXEL
        self._figure = pyplot.figure("simhelm", figsize=size, dpi=1.0 / _INCHES_A_PIXEL)
        axes = self._figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        self._image = axes.imshow(frame)
        self._figure.show(warn=False)


def has_display() -> bool:
    """Whether matplotlib found a window system."""
    interactive: list[str] = backend_registry.list_builtin(BackendFilter.INTERACTIVE)  # type: ignore[no-untyped-call]
    return matplotlib.get_backend().lower() in interactive
