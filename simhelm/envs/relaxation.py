"""What the environments over sequences of linear systems share."""

from __future__ import annotations

import abc
import copy
from collections.abc import Callable
from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from simhelm.envs.baseline import Baseline
from simhelm.simulators.linear import SolveResult, SystemSequence, solve_group

Floats = NDArray[np.float64]
ActionKind = Literal["discrete", "continuous"]
OMEGA_LOW, OMEGA_HIGH, OMEGA_COUNT = 1.0, 1.95, 20


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
        default = np.linspace(OMEGA_LOW, OMEGA_HIGH, OMEGA_COUNT)
        self.omegas: Floats = default if omegas is None else np.asarray(omegas, dtype=np.float64)
        values = self.omegas
        if values.ndim != 1 or values.size < 1 or not (values > 0.0).all() or values.max() >= 2.0:
            raise ValueError(f"omegas: expected values in (0, 2), got {omegas!r}")
        if (np.diff(values) <= 0.0).any():
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
            ValueError: an index out of range, or a number that is not finite.
        """
        if self.continuous:
            number = float(np.asarray(action).ravel()[0])
            if not np.isfinite(number):
                raise ValueError(f"action: expected a number in [-1, 1], got {action!r}")
            low, high = float(self.omegas[0]), float(self.omegas[-1])
            return low + (high - low) * 0.5 * (min(1.0, max(-1.0, number)) + 1.0)
        index = int(action)
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

    Concrete environments build their sequence and document themselves.
    """

    metadata: dict[str, Any] = {"render_modes": []}
    # What a reader of the results should know of this environment, sentence by sentence.
    remarks: tuple[str, ...] = ()

    def __init__(self, sequence: SystemSequence, choice: OmegaChoice) -> None:
        self.sequence = sequence
        self.choice = choice
        self.action_space = choice.space()
        low, high = sequence.context_bounds
        self.observation_space = gymnasium.spaces.Box(low, high, (1,), np.float64)
        self.reward_range = (-float(sequence.stopping.max_iterations), 0.0)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Back to the first system; random sequences are drawn anew."""
        super().reset(seed=seed)
        self.sequence.restart(self.np_random)
        return _observe(self.sequence), {}

    def step(self, action: Any) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Solve the current system with the action's factor."""
        omega = self.choice.omega(action)
        result = self.sequence.solve(omega)
        terminated = self.sequence.position >= self.sequence.length
        info = _describe(self.sequence, omega, result)
        return _observe(self.sequence), -float(info["loss"]), terminated, False, info

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

    def action_costs(self) -> NDArray[np.int64]:
        """Iterations that every discrete action would need now, shape (d,); nothing moves."""
        return self.sequence.iteration_counts(self.choice.omegas)

    def baselines(self) -> dict[str, Baseline]:
        """Gauss-Seidel, every fixed factor, the cheapest factor a step, and theory's factor."""
        fixed = [
            Baseline(
                f"omega={omega:g}",
                "Gauss-Seidel" if omega == 1.0 else f"relaxation factor {omega:g} throughout",
                _constant(self.choice.action(omega)),
                "rule" if omega == 1.0 else "fixed",
            )
            for omega in self.choice.omegas.tolist()
        ]
        oracle = Baseline(
            "oracle (best factor a step)",
            "tries every factor of the grid on each system and plays the cheapest",
            lambda: self.choice.action(float(self.choice.omegas[self.action_costs().argmin()])),
            "oracle",
        )
        return {baseline.name: baseline for baseline in (*fixed, oracle)}


def _constant(action: Any) -> Callable[[], Any]:
    return lambda: action


class RelaxationVectorEnv(VectorEnv[Floats, Any, NDArray[Any]], abc.ABC):
    """Abstract: many independent sequences, all solved in one compiled call a step.

    Equal, step by step, to ``SyncVectorEnv`` over the scalar environment (next-step autoreset).
    """

    metadata: dict[str, Any] = {
        "render_modes": [],
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

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

    def reset(
        self,
        *,
        seed: int | list[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Floats, dict[str, Any]]:
        """Restart all sequences, or those of ``options["reset_mask"]``."""
        seeds: list[int | None]
        if isinstance(seed, int):
            seeds = [seed + e for e in range(self.num_envs)]
        else:
            seeds = [None] * self.num_envs if seed is None else list(seed)
        if len(seeds) != self.num_envs:
            raise ValueError(f"seed: expected {self.num_envs} seeds, got {len(seeds)}")
        everything = np.ones(self.num_envs, dtype=np.bool_)
        mask = (options or {}).get("reset_mask", everything)
        for e in np.flatnonzero(mask):
            if seeds[e] is not None:
                self._generators[e] = np.random.default_rng(seeds[e])
            self.sequences[e].restart(self._generators[e])
        self._ended[mask] = False
        return self._observations(), {}

    def step(
        self, actions: Any
    ) -> tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Solve every current system; sequences that ended before are restarted instead."""
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
