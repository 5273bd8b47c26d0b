"""What every bandit shares: acting, learning late or in order, and saving its state."""

from __future__ import annotations

import abc
import dataclasses
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simhelm.core.compiled import compiled_as_written

Floats = NDArray[np.float64]


# Squares of losses must be representable.
_LARGEST_LOSS = 1e100


@dataclasses.dataclass(frozen=True)
class Choice:
    """A decision that waits for its loss: the arm and what the learner needs to remember."""

    arm: int
    memory: tuple[Any, ...] = ()


class Bandit(abc.ABC):
    """Chooses one of ``d`` arms a round and learns from the loss of the chosen arm alone.

    Args:
        arm_values: shape (d,), what the arms stand for (relaxation factors, say), ascending
            order not required.
        seed: an integer, or a ``numpy.random.Generator`` that the bandit draws from.

    Losses lie in [0, 1e100]; smaller is better. Several decisions may be in flight:
    ``act`` leaves a ticket in ``last_ticket``, and ``learn(loss, ticket)`` settles it.
    """

    needs_context: ClassVar[bool] = False
    # What to cite: keys of references.toml.
    cites: ClassVar[tuple[str, ...]] = ()
    # Attributes (numbers and arrays) that make up the state beside pending choices and the rng.
    _state_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, arm_values: ArrayLike, *, seed: int | np.random.Generator = 0) -> None:
        self.arm_values: Floats = np.asarray(arm_values, dtype=np.float64)
        if self.arm_values.ndim != 1 or self.arm_values.size < 1:
            raise ValueError(
                f"arm_values: expected a list of at least one number, got {arm_values!r}"
            )
        if not np.isfinite(self.arm_values).all():
            raise ValueError("arm_values: expected finite numbers")
        self.rng = np.random.default_rng(seed)
        # Bandits inside this one; they keep no tickets and draw from the same generator.
        self._parts: tuple[Bandit, ...] = ()
        self.last_ticket = -1
        self._pending: dict[int, Choice] = {}

    @property
    def arms(self) -> int:
        """Number of arms d."""
        return self.arm_values.size

    def act(self, context: float | None = None) -> int:
        """Choose an arm for a round with the given context; returns its index.

        Raises:
            ValueError: a contextual bandit got no finite context.
        """
        if self.needs_context and (context is None or not math.isfinite(context)):
            raise ValueError(
                f"{type(self).__name__}.act: expected a finite context, got {context!r}"
            )
        choice = self._choose(0.0 if context is None else float(context))
        self.last_ticket += 1
        self._pending[self.last_ticket] = choice
        return choice.arm

    def learn(self, loss: float, ticket: int | None = None) -> None:
        """Settle a decision with its loss.

        Args:
            loss: in [0, 1e100].
            ticket: ``last_ticket`` after the ``act`` in question; may be left out while only one
                decision is open.

        Raises:
            ValueError: a loss that is negative or not finite, or an unknown or ambiguous ticket.
        """
        if not 0.0 <= loss <= _LARGEST_LOSS:
            raise ValueError(
                f"loss: expected a number in [0, {_LARGEST_LOSS}], got {loss!r}; charge a failed "
                "run a penalty, such as its iteration cap"
            )
        self._update(self._pending.pop(self._settled(ticket)), float(loss))

    def forget(self, ticket: int) -> None:
        """Drop an open decision whose loss will never be known."""
        del self._pending[self._settled(ticket)]

    def _settled(self, ticket: int | None) -> int:
        if ticket is None:
            if len(self._pending) != 1:
                raise ValueError(
                    f"learn: {len(self._pending)} decisions are open, so a ticket is needed; "
                    "open tickets: " + (", ".join(map(str, self._pending)) or "none, act first")
                )
            return next(iter(self._pending))
        if ticket not in self._pending:
            raise ValueError(f"ticket: expected one of {list(self._pending)}, got {ticket!r}")
        return ticket

    @abc.abstractmethod
    def _choose(self, context: float) -> Choice: ...

    @abc.abstractmethod
    def _update(self, choice: Choice, loss: float) -> None: ...

    def state_dict(self) -> dict[str, Any]:
        """Everything that future decisions depend on, as JSON-able values.

        Loading it into a bandit made with the same arguments continues bit for bit.
        """
        return {
            **self._numbers(),
            "last_ticket": self.last_ticket,
            "pending": [
                [ticket, choice.arm, _plain(choice.memory)]
                for ticket, choice in self._pending.items()
            ],
            "rng": _plain(self.rng.bit_generator.state),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned.

        Raises:
            ValueError: keys or array shapes that do not fit this bandit.
        """
        numbers = dict(state)
        missing = {"last_ticket", "pending", "rng"} - set(numbers)
        if missing:
            raise ValueError(f"{type(self).__name__} state: the keys {sorted(missing)} are missing")
        last_ticket, pending, rng = (numbers.pop(key) for key in ("last_ticket", "pending", "rng"))
        self._set_numbers(numbers)
        self.last_ticket = int(last_ticket)
        self._pending = {
            int(ticket): Choice(int(arm), tuple(memory)) for ticket, arm, memory in pending
        }
        self.rng.bit_generator.state = rng

    def _numbers(self) -> dict[str, Any]:
        numbers = {name: _plain(getattr(self, name)) for name in self._state_names}
        return {**numbers, "parts": [part._numbers() for part in self._parts]}

    def _set_numbers(self, numbers: Mapping[str, Any]) -> None:
        expected = {*self._state_names, "parts"}
        if set(numbers) != expected or len(numbers["parts"]) != len(self._parts):
            raise ValueError(
                f"{type(self).__name__} state: expected the keys {sorted(expected)} and "
                f"{len(self._parts)} parts, got {sorted(numbers)}"
            )
        for name in self._state_names:
            setattr(self, name, _like(name, getattr(self, name), numbers[name]))
        for part, own in zip(self._parts, numbers["parts"], strict=True):
            part._set_numbers(own)


class ContextualBandit(Bandit):
    """A bandit whose choice depends on one number that is seen before each round.

    Args:
        context_bounds: (low, high); contexts outside are treated as the nearer bound, because
            polynomials are worthless outside their interval.
    """

    needs_context = True

    def __init__(
        self,
        arm_values: ArrayLike,
        *,
        context_bounds: tuple[float, float],
        seed: int | np.random.Generator = 0,
    ) -> None:
        super().__init__(arm_values, seed=seed)
        low, high = context_bounds
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise ValueError(f"context_bounds: expected finite low <= high, got {context_bounds}")
        self.context_bounds = (float(low), float(high))

    def _unit_context(self, context: float) -> float:
        """The context mapped to [-1, 1]; 0 where the bounds coincide."""
        return to_unit(context, *self.context_bounds)


def to_unit(value: float, low: float, high: float) -> float:
    """Map [low, high] to [-1, 1], clipping; 0 for an empty interval."""
    if high <= low:
        return 0.0
    return min(1.0, max(-1.0, 2.0 * (value - low) / (high - low) - 1.0))


def sample_index(probabilities: Floats, rng: np.random.Generator) -> int:
    """The first i with u <= p_0 + ... + p_i, u uniform on [0, sum p): one draw from ``rng``."""
    return int(_first_beyond(probabilities, rng.random()))


@compiled_as_written
def _first_beyond(p: Floats, share: float) -> int:
    total = 0.0
    for i in range(p.size):
        total += p[i]
    target = share * total
    total = 0.0
    for i in range(p.size):
        total += p[i]
        if total >= target:
            return i
    return p.size - 1


def check_discount(discount: float) -> float:
    """The discount if it is in (0, 1], else ValueError."""
    if not 0.0 < discount <= 1.0:
        raise ValueError(
            f"discount: expected a factor in (0, 1], 1 for a steady sequence, got {discount!r}"
        )
    return float(discount)


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _like(name: str, present: Any, loaded: Any) -> Any:
    if not isinstance(present, np.ndarray):
        return type(present)(loaded)
    array = np.asarray(loaded, dtype=present.dtype)
    if array.shape != present.shape:
        raise ValueError(f"{name}: expected shape {present.shape}, got {array.shape}")
    return array
