"""All blocks of a vector of environments together."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from simhelm.envs.vector.batch import Batch
from simhelm.envs.vector.block import MakeEnv
from simhelm.envs.vector.block_proxy import BlockProxy, LocalProxy


class WorkerGroup:
    """The proxies of a vector in the order of its environments, and one batch for all of them.

    Args:
        proxies: who holds the environments.
        dismiss: called at the end of :meth:`close`.

    Raises:
        EnvironmentFailed: an environment could not be made.
        ValueError: environments with different spaces.
    """

    def __init__(
        self, proxies: Sequence[BlockProxy], dismiss: Callable[[], None] = lambda: None
    ) -> None:
        self._proxies, self._dismiss = list(proxies), dismiss
        self.num_envs = sum(proxy.count for proxy in proxies)
        self._is_open = True
        try:
            self.observation_space, self.action_space, self.metadata = self._agreed_spaces()
            self.batch = Batch.empty(self.observation_space, self.num_envs)
        except BaseException:
            self.close()
            raise
        self._parts = [self.batch.part(proxy.first, proxy.count) for proxy in self._proxies]

    def reset(
        self,
        seeds: Sequence[int | None],
        options: Sequence[Any],
        mask: Sequence[bool] | None = None,
    ) -> Batch:
        """Restart the environments where ``mask`` is set, all for None."""
        chosen = [True] * self.num_envs if mask is None else list(mask)
        for proxy in self._proxies:
            mine = slice(proxy.first, proxy.first + proxy.count)
            proxy.start_reset(seeds[mine], options[mine], chosen[mine])
        return self._finish()

    def start_step(self, actions: NDArray[Any]) -> None:
        """Order a step with actions of shape (n, ...)."""
        if len(actions) != self.num_envs:
            raise ValueError(f"actions: expected {self.num_envs}, got {len(actions)}")
        for proxy in self._proxies:
            proxy.start_step(actions[proxy.first : proxy.first + proxy.count])

    def finish_step(self) -> Batch:
        """Wait for the step; the batch is valid until the next call."""
        return self._finish()

    def ask(self, indices: Iterable[int], name: str, *arguments: Any) -> list[Any]:
        """Call a method of :class:`EnvBlock` for some environments, one after the other."""
        answers = []
        for index in indices:
            proxy = next(k for k in self._proxies if k.first <= index < k.first + k.count)
            answers.append(proxy.ask(name, index - proxy.first, *arguments))
        return answers

    def close(self) -> None:
        """Let everything go; again is harmless."""
        if not self._is_open:
            return
        self._is_open = False
        for proxy in self._proxies:
            with contextlib.suppress(OSError):
                proxy.close()
        self._dismiss()

    def _agreed_spaces(self) -> Any:
        # All answers are taken before one may raise, so that none is left under way.
        found = [self._outcome(proxy.spaces) for proxy in self._proxies]
        for item in found:
            if isinstance(item, Exception):
                raise item
        for spaces in found[1:]:
            if spaces[:2] != found[0][:2]:
                raise ValueError(
                    f"environments differ in their spaces: {found[0][:2]} and {spaces[:2]}"
                )
        return found[0]

    def _finish(self) -> Batch:
        found = [
            self._outcome(proxy.finish, part)
            for proxy, part in zip(self._proxies, self._parts, strict=True)
        ]
        for item in found:
            if isinstance(item, Exception):
                raise item
        self.batch.ends.clear()
        for proxy, part in zip(self._proxies, self._parts, strict=True):
            self.batch.infos[proxy.first : proxy.first + proxy.count] = part.infos
            self.batch.ends.update({proxy.first + k: end for k, end in part.ends.items()})
        return self.batch

    @staticmethod
    def _outcome(function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Exception as error:
            return error


def local_group(makers: Sequence[MakeEnv], autoreset: AutoresetMode) -> WorkerGroup:
    """All environments in this process."""
    return WorkerGroup([LocalProxy(makers, autoreset, "this process")])


def shares(total: int, parts: int) -> list[range]:
    """``total`` environments dealt to ``parts`` workers in order, sizes differing by one at most.

    Workers without any get an empty range.
    """
    edges = np.linspace(0, total, parts + 1).round().astype(int).tolist()
    return [range(low, high) for low, high in itertools.pairwise(edges)]
