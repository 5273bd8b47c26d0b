"""Small environments for tests of vectors; they can be sent to other processes by name."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray


class Walk(gymnasium.Env[NDArray[np.float64], Any]):
    """A random walk steered by the action; ends at 2, is cut off after ``length`` steps.

    Raises at ``fail_at`` steps, and kills its process at ``die_at`` steps, each counted over
    the whole life of the environment; a file that exists makes the death happen once only.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - Gymnasium's form

    def __init__(
        self,
        length: int = 5,
        *,
        continuous: bool = False,
        fail_at: int = -1,
        die_at: int = -1,
        once: str = "",
    ) -> None:
        self.length, self.fail_at, self.die_at, self.once = length, fail_at, die_at, once
        self.life = 0
        self.observation_space = gymnasium.spaces.Box(-100.0, 100.0, (2,), np.float64)
        self.action_space: gymnasium.spaces.Space[Any] = gymnasium.spaces.Discrete(3)
        if continuous:
            self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float64], dict[str, Any]]:
        super().reset(seed=seed)
        self.x, self.t = float(self.np_random.normal()), 0
        return self._observe(), {"start": self.x}

    def step(self, action: Any) -> tuple[NDArray[np.float64], float, bool, bool, dict[str, Any]]:
        self.life += 1
        if self.life == self.fail_at:
            raise ArithmeticError("the walker stumbled")
        if self.life == self.die_at and not (self.once and Path(self.once).exists()):
            if self.once:
                Path(self.once).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        push = float(np.asarray(action).ravel()[0])
        self.x += 0.3 * push + 0.1 * float(self.np_random.normal())
        self.t += 1
        info: dict[str, Any] = {"cost": 1 + self.t % 2}
        return self._observe(), -self.x, self.x > 2.0, self.t >= self.length, info

    def double(self, number: int) -> int:
        return 2 * number

    def _observe(self) -> NDArray[np.float64]:
        return np.array([self.x, float(self.t)])
