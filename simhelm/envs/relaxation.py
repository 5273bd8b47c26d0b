"""What the environments over sequences of linear systems share."""

from __future__ import annotations

import abc
import copy
from collections.abc import Sequence
from typing import Any, Literal

import gymnasium
import numpy as np
from numpy.typing import NDArray

from simhelm.core.checks import whole_number
from simhelm.envs.actions import continuous_action, discrete_action
from simhelm.envs.baseline import Baseline
from simhelm.envs.rendering.screen import Screen
from simhelm.envs.rendering.solves import Solves
from simhelm.envs.resets import check_options, require_reset
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
        self._box = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)
        self._discrete = gymnasium.spaces.Discrete(self.omegas.size)

    def space(self) -> gymnasium.spaces.Space[Any]:
        """The action space."""
        return self._box if self.continuous else self._discrete

    def omega(self, action: Any) -> float:
        """The relaxation factor of an action.

        Raises:
            TypeError, ValueError: no such action, see :mod:`simhelm.envs.actions`.
        """
        if self.continuous:
            share = 0.5 * (float(continuous_action(self._box, action)[0]) + 1.0)
            low, high = float(self.omegas[0]), float(self.omegas[-1])
            return low + (high - low) * share
        return float(self.omegas[discrete_action(self._discrete, action)])

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
        self._started = False
        self.sequence = sequence
        self.choice = choice
        self.action_space = choice.space()
        low, high = sequence.context_bounds
        self.observation_space = gymnasium.spaces.Box(low, high, (1,), np.float64)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Back to the first system; random sequences are drawn anew."""
        check_options(options)
        super().reset(seed=seed)
        self._started = True
        self.sequence.restart(self.np_random)
        if self._solves is not None:
            self._solves.restart()
        self._screen.refresh()
        return _observe(self.sequence), {}

    def step(self, action: Any) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Solve the current system with the action's factor."""
        require_reset(self._started and self.sequence.position < self.sequence.length)
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


class SequenceBatch:
    """Many independent sequences, all solved in one compiled call a step.

    Args:
        env: the sequence and what actions mean.
        count: at least 1.
    """

    def __init__(self, env: RelaxationEnv, count: int) -> None:
        # A shallow copy shares the matrix; all that changes in a sequence is rebound, not
        # written into.
        self.sequences = [copy.copy(env.sequence) for _ in range(whole_number("num_envs", count))]
        self.choice = env.choice
        self.action_space, self.observation_space = env.action_space, env.observation_space

    def __len__(self) -> int:
        return len(self.sequences)

    def checked(self, actions: Sequence[Any]) -> Floats:
        """The factors, shape (count,)."""
        return np.array([self.choice.omega(action) for action in actions])

    def restart(self, index: int, seed: int | None, rng: np.random.Generator) -> None:
        """Back to the first system; random sequences are drawn from the generator."""
        self.sequences[index].restart(rng)

    def step(
        self, which: NDArray[np.intp], actions: Floats
    ) -> tuple[Floats, NDArray[np.bool_], dict[str, NDArray[Any]], NDArray[np.object_]]:
        """Solve the current system of the chosen sequences, as an ``EpisodeBatch`` does."""
        chosen = [self.sequences[index] for index in which]
        results = solve_group(chosen, actions)
        for sequence, result in zip(chosen, results, strict=True):
            sequence.advance(result.x)
        losses = [_loss(*pair) for pair in zip(chosen, results, strict=True)]
        labels = np.array([result.end_reason.label for result in results], dtype=object)
        columns = {
            "omega": actions,
            "iterations": np.array([result.iterations for result in results]),
            "loss": np.array(losses),
            "cost": np.array([result.work for result in results]),
            "end_reason": labels,
        }
        converged = np.array([result.converged for result in results])
        ends = np.array([sequence.position >= sequence.length for sequence in chosen])
        return -columns["loss"].astype(np.float64), ends, columns, np.where(converged, "", labels)

    def observations(self) -> Floats:
        """Contexts, shape (count, 1)."""
        return np.stack([_observe(sequence) for sequence in self.sequences])
