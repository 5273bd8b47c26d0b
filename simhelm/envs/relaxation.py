"""What the environments over sequences of linear systems share."""

from __future__ import annotations

import abc
import copy
import operator
from collections.abc import Sequence
from typing import Any, Literal, SupportsIndex

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from simhelm.envs.baseline import Baseline
from simhelm.envs.rendering.screen import Screen
from simhelm.envs.rendering.solves import Solves
from simhelm.envs.resets import reset_mask, seed_list
from simhelm.simulators.linear import (
    DEFAULT_OMEGAS,
    SolveResult,
    SystemSequence,
    check_omegas,
    solve_group,
)

Floats = NDArray[np.float64]
ActionKind = Literal["discrete", "continuous"]


class OmegaChoice:
    """How an action becomes a relaxation factor.

    Args:
        action: ``"discrete"`` (an index into ``omegas``) or ``"continuous"`` (a number in
            [-1, 1], linear from the lowest to the highest of ``omegas``).
        omegas: shape (d,), ascending values in (0, 2); None for 20 values from 1 to 1.95.
    """

    def __init__(self, action: ActionKind, omegas: list[float] | None) -> None:
        if action not in ("discrete", "continuous"):
            raise ValueError(f"action: expected 'discrete' or 'continuous', got {action!r}")
        self.omegas: Floats = DEFAULT_OMEGAS if omegas is None else check_omegas(omegas)
        if (np.diff(self.omegas) <= 0.0).any():
            raise ValueError(f"omegas: expected ascending values, got {omegas!r}")
        self.continuous = action == "continuous"

    def space(self) -> gymnasium.spaces.Space[Any]:
        """The action space."""
        if self.continuous:
            return gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)
        return gymnasium.spaces.Discrete(self.omegas.size)

    def omega(self, action: Any) -> float:
        """The relaxation factor of an action.

        Raises:
            TypeError: not an index, for discrete actions.
            ValueError: an index out of range, or a number that is not finite.
        """
        if self.continuous:
            number = float(np.asarray(action).ravel()[0])
            if not np.isfinite(number):
                raise ValueError(f"action: expected a number in [-1, 1], got {action!r}")
            low, high = float(self.omegas[0]), float(self.omegas[-1])
            return low + (high - low) * 0.5 * (min(1.0, max(-1.0, number)) + 1.0)
        index = operator.index(action)
        if not 0 <= index < self.omegas.size:
            raise ValueError(
                f"action: expected an index in 0 ... {self.omegas.size - 1}, got {action!r}"
            )
        return float(self.omegas[index])

    def action(self, omega: float) -> Any:
        """The action whose factor is nearest to omega."""
        if not self.continuous:
            return int(np.abs(self.omegas - omega).argmin())
        low, high = float(self.omegas[0]), float(self.omegas[-1])
        share = (omega - low) / (high - low) if high > low else 0.5
        return np.array([min(1.0, max(-1.0, 2.0 * share - 1.0))], dtype=np.float32)


def _observe(sequence: SystemSequence) -> Floats:
    """The current context; the middle of its range once all systems are solved."""
    low, high = sequence.context_bounds
    done = sequence.position >= sequence.length
    return np.array([0.5 * (low + high) if done else sequence.current().context])


def _loss(sequence: SystemSequence, result: SolveResult) -> int:
    """Iterations; a solve that failed costs the cap, however early it stopped."""
    return result.iterations if result.converged else sequence.stopping.max_iterations


def _describe(sequence: SystemSequence, omega: float, result: SolveResult) -> dict[str, Any]:
    info: dict[str, Any] = {
        "omega": omega,
        "iterations": result.iterations,
        "loss": _loss(sequence, result),
        "cost": result.work,
        "end_reason": result.end_reason.label,
    }
    if not result.converged:
        info["failure"] = result.end_reason.label
    return info


class RelaxationEnv(gymnasium.Env[Floats, Any], abc.ABC):
    """Abstract: a sequence of linear systems, one solve a step, the factor as the action.

    Concrete environments are a constructor and a description.
    """

    metadata: dict[str, Any] = {"render_modes": []}
    # What a reader of the results should know of this environment, sentence by sentence.
    remarks: tuple[str, ...] = ()
    loss_name = "iterations"

    @abc.abstractmethod
    def __init__(
        self,
        sequence: SystemSequence,
        choice: OmegaChoice,
        screen: Screen,
        solves: Solves | None = None,
    ) -> None:
        self._screen = screen
        self.render_mode = screen.mode
        # What the picture remembers of earlier steps.
        self._solves = solves
        self.sequence = sequence
        self.choice = choice
        self.action_space = choice.space()
        low, high = sequence.context_bounds
        self.observation_space = gymnasium.spaces.Box(low, high, (1,), np.float64)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Back to the first system; random sequences are drawn anew."""
        super().reset(seed=seed)
        self.sequence.restart(self.np_random)
        if self._solves is not None:
            self._solves.restart()
        self._screen.refresh()
        return _observe(self.sequence), {}

    def step(self, action: Any) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Solve the current system with the action's factor."""
        omega = self.choice.omega(action)
        if self._solves is not None:
            self._solves.look()
        result = self.sequence.solve(omega)
        terminated = self.sequence.position >= self.sequence.length
        info = _describe(self.sequence, omega, result)
        if self._solves is not None:
            self._solves.record(omega, info["loss"])
        self._screen.refresh()
        return _observe(self.sequence), -float(info["loss"]), terminated, False, info

    def render(self) -> Any:
        """The picture, shape (height, width, 3), for ``rgb_array``."""
        return self._screen.render()

    def close(self) -> None:
        """Close the window, if there is one."""
        self._screen.close()

    @property
    def arm_values(self) -> Floats:
        """The factors that discrete actions stand for, shape (d,)."""
        return self.choice.omegas

    @property
    def episode_length(self) -> int:
        """Steps of an episode."""
        return self.sequence.length

    @property
    def is_random(self) -> bool:
        """Whether the seed of ``reset`` matters."""
        return self.sequence.is_random

    def action_losses(self) -> NDArray[np.int64]:
        """Iterations that every discrete action would need now, shape (d,); nothing moves."""
        return self.sequence.iteration_counts(self.choice.omegas)

    def baselines(self) -> dict[str, Baseline]:
        """Gauss-Seidel, every fixed factor, the cheapest factor a step, and theory's factor."""
        named = [self._fixed(omega, name) for omega, name in self._omega_names().items()]
        named.append(
            Baseline(
                "oracle (best factor a step)",
                "tries every factor of the grid on each system and plays the cheapest",
                lambda: self.choice.action(float(self.arm_values[self.action_losses().argmin()])),
                "oracle",
            )
        )
        if self.sequence.has_optimal_omega:
            named.append(
                Baseline(
                    "oracle (Young's factor)",
                    "the action nearest to the factor that Young's theory gives for each system",
                    lambda: self.choice.action(self.sequence.optimal_omega() or 1.0),
                    "oracle",
                )
            )
        return {baseline.name: baseline for baseline in named}

    def _omega_names(self) -> dict[float, str]:
        """Short names of the fixed factors, long ones where short ones would coincide."""
        omegas = self.arm_values.tolist()
        short = [f"omega={omega:g}" for omega in omegas]
        names = short if len(set(short)) == len(short) else [f"omega={o!r}" for o in omegas]
        return dict(zip(omegas, names, strict=True))

    def _fixed(self, omega: float, name: str) -> Baseline:
        action = self.choice.action(omega)
        if omega == 1.0:
            return Baseline(name, "Gauss-Seidel", lambda: action, "rule")
        return Baseline(name, f"relaxation factor {omega:g} throughout", lambda: action, "fixed")


class RelaxationVectorEnv(VectorEnv[Floats, Any, NDArray[Any]], abc.ABC):
    """Abstract: many independent sequences, all solved in one compiled call a step.

    Equal, step by step, to ``SyncVectorEnv`` over the scalar environment (next-step autoreset).
    """

    metadata: dict[str, Any] = {
        "render_modes": [],
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    @abc.abstractmethod
    def __init__(self, num_envs: int, env: RelaxationEnv) -> None:
        if num_envs < 1:
            raise ValueError(f"num_envs: expected at least 1, got {num_envs!r}")
        self.num_envs = num_envs
        # A shallow copy shares the matrix; all that changes in a sequence is rebound, not
        # written into.
        self.sequences = [copy.copy(env.sequence) for _ in range(num_envs)]
        self.choice = env.choice
        self.single_action_space = env.action_space
        self.single_observation_space = env.observation_space
        self.action_space = gymnasium.vector.utils.batch_space(
            self.single_action_space, self.num_envs
        )
        self.observation_space = gymnasium.vector.utils.batch_space(
            self.single_observation_space, self.num_envs
        )
        self._generators = [np.random.default_rng() for _ in self.sequences]
        self._ended = np.zeros(self.num_envs, dtype=np.bool_)
        self._started = False

    def reset(
        self,
        *,
        seed: SupportsIndex | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Floats, dict[str, Any]]:
        """Restart all sequences, or those of ``options["reset_mask"]``."""
        seeds = seed_list(seed, self.num_envs)
        mask = reset_mask(options, self.num_envs)
        for e in np.flatnonzero(mask):
            if seeds[e] is not None:
                self._generators[e] = np.random.default_rng(seeds[e])
            self.sequences[e].restart(self._generators[e])
        self._ended[mask] = False
        self._started = True
        return self._observations(), {}

    def step(
        self, actions: Any
    ) -> tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Solve every current system; sequences that ended before are restarted instead."""
        if not self._started:
            raise gymnasium.error.ResetNeeded("call reset before the first step")
        if len(actions) != self.num_envs:
            raise ValueError(f"actions: expected {self.num_envs}, got {len(actions)}")
        omegas = np.array([self.choice.omega(action) for action in actions])
        running = np.flatnonzero(~self._ended)
        results = self._solve(running, omegas)
        rewards = np.zeros(self.num_envs)
        terminated = np.zeros(self.num_envs, dtype=np.bool_)
        infos: dict[str, Any] = {}
        for e in np.flatnonzero(self._ended):
            self.sequences[e].restart(self._generators[e])
        for e, result in zip(running, results, strict=True):
            sequence = self.sequences[e]
            sequence.advance(result.x)
            info = _describe(sequence, float(omegas[e]), result)
            infos = self._add_info(infos, info, int(e))
            rewards[e] = -float(info["loss"])
            terminated[e] = sequence.position >= sequence.length
        self._ended = terminated.copy()
        truncated = np.zeros(self.num_envs, dtype=np.bool_)
        return self._observations(), rewards, terminated, truncated, infos

    def _solve(self, running: NDArray[np.intp], omegas: Floats) -> list[SolveResult]:
        if running.size == 0:
            return []
        return solve_group([self.sequences[e] for e in running], omegas[running])

    def _observations(self) -> Floats:
        return np.stack([_observe(sequence) for sequence in self.sequences])
