"""Any design problem as an environment: one action is one design, one step is one episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from simhelm.core.problem import Problem, Value
from simhelm.core.space import from_action, to_action, to_box
from simhelm.envs.actions import continuous_action
from simhelm.envs.baseline import Baseline
from simhelm.envs.rendering.designs import has_picture, picture_of
from simhelm.envs.rendering.screen import Screen, metadata
from simhelm.envs.resets import check_options, require_reset
from simhelm.simulators.registry import load_problem

# Seeds handed to simulators: the range of a non-negative 32-bit integer.
_SEEDS = 2**31


class DesignEnv(gymnasium.Env[NDArray[np.float64], NDArray[np.float32]]):
    """A one-step environment around a :class:`~simhelm.core.problem.Problem`.

    ## Description
    Choose a whole design, have it simulated once, end. All kinds of parameters are mapped to one
    box, so that every agent for continuous actions applies.

    ## Action space
    ``Box(-1, 1, (p,), float32)``, one number a parameter in the problem's order: -1 is the low
    end of the range (or the first choice), 1 the high end; logarithmic and integer parameters
    are mapped accordingly; a number whose parameter is inactive is ignored.

    ## Observation space
    ``Box((q,), float64)``, the problem's q outputs in their units, clipped to their declared
    ranges: zeros (or the nearest legal value) at the start and after a failed simulation.

    ## Reward
    The objective, negated if it is to be minimised. A failed simulation earns that of
    ``problem.worst_objective``, which bounds the reward from below; the upper bound is the
    problem's optimum.

    ## Episode start and end
    Every episode draws a fresh simulation seed from the environment's generator. The first step
    ends the episode with ``terminated``.

    ## Info
    After the step: ``config`` (the design), ``cost`` (simulator work units), ``end_reason``, and
    for a failed simulation ``failure`` (its short name) and ``details``.

    ## Arguments
    ``problem``: the problem. ``budget``: what to spend on an evaluation, None for all.
    ``render_mode``: ``"human"`` (a window), ``"rgb_array"`` (pixels) of the design's outcome, or
    None; only for problems with a picture, as ``metadata`` says.

    ## Version history
    The version is the problem's; v0 of DesignEnv itself: first release.
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(
        self, problem: Problem, *, budget: int | None = None, render_mode: str | None = None
    ) -> None:
        self.problem = problem
        self.budget = budget
        self._shown: dict[str, Value] | None = None
        if has_picture(problem):
            self.metadata = metadata(fps=1)
            self._screen = Screen(render_mode, self._draw)
        else:
            self._screen = Screen(render_mode)
        self.render_mode = render_mode
        self.action_space: gymnasium.spaces.Box = to_box(problem.parameters)  # type: ignore[assignment]
        self._low = np.array([output.low for output in problem.outputs])
        self._high = np.array([output.high for output in problem.outputs])
        self.observation_space = gymnasium.spaces.Box(self._low, self._high, dtype=np.float64)
        self._seed = 0
        self._running = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float64], dict[str, Any]]:
        """Start an episode: a new simulation seed."""
        check_options(options)
        super().reset(seed=seed)
        self._running = True
        self._seed = int(self.np_random.integers(_SEEDS))
        self._shown = None
        self._screen.refresh()
        return self._observation({}), {}

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], float, bool, bool, dict[str, Any]]:
        """Simulate the design and end the episode."""
        require_reset(self._running)
        config = self.config_of(continuous_action(self.action_space, action))
        self._running = False
        metrics = self.problem.evaluate(config, seed=self._seed, budget=self.budget)
        info: dict[str, Any] = {
            "config": config,
            "cost": metrics.cost,
            "end_reason": metrics.end_reason.label,
        }
        if not metrics.succeeded:
            info["failure"] = metrics.end_reason.label
            info["details"] = metrics.details
        reward = float(self.problem.score(metrics))
        self._shown = config
        self._screen.refresh()
        return self._observation(metrics.values), reward, True, False, info

    def render(self) -> Any:
        """The picture, shape (height, width, 3), for ``rgb_array``: the design is simulated again.

        Before the first step of an episode it shows the system that no design was made for.
        """
        return self._screen.render()

    def close(self) -> None:
        """Close the window, if there is one."""
        self._screen.close()

    def _draw(self) -> Any:
        draw = picture_of(self.problem.name)
        return draw(self.problem, self._shown, self._seed, self.budget)

    def config_of(self, action: NDArray[np.floating[Any]]) -> dict[str, Value]:
        """The design that an action stands for (numbers outside [-1, 1] are clipped)."""
        return from_action(self.problem.parameters, action)

    def action_of(self, config: Mapping[str, Value]) -> NDArray[np.float32]:
        """The action that stands for a design; parameters left out are set to their default."""
        return to_action(self.problem.parameters, config)

    def baselines(self) -> dict[str, Baseline]:
        """The rule of thumb, a random design, and the oracle where theory gives one."""
        default = self.action_of(self.problem.default_config())
        named = [
            Baseline("rule of thumb", "every parameter at its default", lambda: default),
            Baseline("random", "a design drawn uniformly", self.action_space.sample, "random"),
        ]
        oracle = self.problem.oracle_config()
        if oracle is not None:
            best = self.action_of(oracle)
            named.append(
                Baseline("oracle", "the optimum that theory gives", lambda: best, "oracle")
            )
        return {baseline.name: baseline for baseline in named}

    def _observation(self, values: Mapping[str, float]) -> NDArray[np.float64]:
        numbers = [values.get(output.name, 0.0) for output in self.problem.outputs]
        observation: NDArray[np.float64] = np.clip(np.array(numbers), self._low, self._high)
        return observation


def make_design_env(
    problem: str, *, budget: int | None = None, render_mode: str | None = None, **arguments: Any
) -> DesignEnv:
    """The design environment of a registered problem; ``arguments`` go to the problem."""
    made = load_problem(problem)(**arguments)
    return DesignEnv(made, budget=budget, render_mode=render_mode)
