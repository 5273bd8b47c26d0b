"""How an environment shows its picture, by its render mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simhelm.core.did_you_mean import did_you_mean

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from simhelm.envs.rendering.frame import Frame

MODES = ("human", "rgb_array")


def metadata(fps: int) -> dict[str, Any]:
    """What an environment with pictures declares, as Gymnasium wants it."""
    return {"render_modes": list(MODES), "render_fps": fps}


class Screen:
    """The picture of one environment. matplotlib is imported when the first is drawn.

    Args:
        mode: ``"human"`` (a window, updated by every reset and step), ``"rgb_array"`` or None.
        draw: draws the environment as it is; None for one without pictures.
        fps: pictures a second in the window.

    Raises:
        ValueError: a mode that the environment does not have.
    """

    def __init__(
        self, mode: str | None = None, draw: Callable[[], Figure] | None = None, fps: float = 1.0
    ) -> None:
        known = MODES if draw is not None else ()
        if mode is not None and mode not in known:
            raise ValueError(
                f"render_mode: expected None or one of {known}, got {mode!r}"
                + did_you_mean(mode, known)
            )
        self.mode = mode
        self._draw = draw
        self._fps = fps
        self._window: Any = None

    def refresh(self) -> None:
        """After a reset or a step: bring the window up to date, where there is one."""
        if self.mode == "human":
            self._show()

    def render(self) -> Frame | None:
        """The picture as an array of shape (height, width, 3); None in the other modes."""
        if self.mode == "rgb_array":
            return self._frame()
        self.refresh()
        return None

    def close(self) -> None:
        """Close the window."""
        if self._window is not None:
            self._window.close()
        self._window = None

    def _frame(self) -> Frame:
        from simhelm.envs.rendering.frame import frame_of

        assert self._draw is not None, "a mode implies a picture"
        return frame_of(self._draw())

    def _show(self) -> None:
        if self._window is None:
            from simhelm.envs.rendering.window import Window

            self._window = Window(self._fps)
        self._window.show(self._frame())

    def __getstate__(self) -> dict[str, Any]:
        # A window belongs to its process.
        return {**self.__dict__, "_window": None}
