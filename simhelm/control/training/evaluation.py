"""Policies and baselines on the same test episodes, with intervals."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from simhelm.agents.policy import Policy
from simhelm.control.environments import chosen_baselines
from simhelm.control.training.rollout import Begin, EpisodeResult, run_episodes
from simhelm.core.errors import ConfigurationError
from simhelm.envs.baseline import Baseline
from simhelm.evidence import Estimate, middle, resamples, verdict_sentence

Floats = NDArray[np.float64]
_LEARNED = ("policy", "pooled")
# Columns of what _numbers gives.
_COST, _REWARD = 2, 3
_DRAWS = 2_000


@dataclasses.dataclass(frozen=True)
class EvaluationRow:
    """One contender on the test episodes, with 95 % bootstrap intervals over the episodes.

    Attributes:
        who, kind: name, and policy, pooled, rule, fixed, random or oracle.
        episodes: how many.
        median, p90: of what is judged: the final error, or minus the sum of rewards.
        maximum: the worst episode.
        failure_rate: share of episodes that failed or missed the tolerance.
        cost: mean simulator work units of an episode.
        mean_reward: mean sum of rewards.
    """

    who: str
    kind: str
    episodes: int
    median: Estimate
    p90: Estimate
    maximum: float
    failure_rate: Estimate
    cost: Estimate
    mean_reward: Estimate


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """All contenders.

    Attributes:
        judged: ``"error"``, or ``"loss"`` (minus the sum of rewards).
        tolerance: of the error, None if none was stated.
        rows: policies first, then baselines in the environment's order.
        verdict: a sentence computed from the same episodes; learning pays where the interval of
            the difference from the best baseline, episode by episode, is above 0.
    """

    judged: str
    tolerance: float | None
    rows: list[EvaluationRow]
    verdict: str


def evaluate(
    env: gymnasium.Env[Any, Any],
    policies: Mapping[str, Policy],
    seeds: range,
    *,
    tolerance: float | None = None,
    baselines: Sequence[str] | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, name: None,
) -> Evaluation:
    """Play the same episodes with every policy and every baseline.

    Args:
        env: the environment.
        policies: by name; of several, a row of all their episodes together is added.
        seeds: of the episodes.
        tolerance: an episode whose final error is larger counts as failed.
        baselines: names of some; None for all that the environment has.
        progress: called with (contenders done, contenders in all, name).

    Raises:
        ConfigurationError: a policy that does not fit, an unknown baseline, a tolerance where
            the environment tells no error.
    """
    env.reset(seed=0)
    inner: Any = env.unwrapped
    known: Mapping[str, Baseline] = inner.baselines() if hasattr(inner, "baselines") else {}
    contenders: dict[str, tuple[str, Begin]] = {}
    for name, policy in policies.items():
        _check_fit(env, name, policy)
        contenders[name] = "policy", functools.partial(_act_of, policy)
    for name in known if baselines is None else chosen_baselines(baselines, known):
        contenders[name] = known[name].kind, _beginning(env, name)
    results: dict[str, tuple[str, list[EpisodeResult]]] = {}
    for name, (kind, begin) in contenders.items():
        progress(len(results), len(contenders), name)
        results[name] = kind, run_episodes(env, begin, seeds)
    return summarise(results, tolerance)


def _act_of(policy: Policy, seed: int) -> Callable[[Any], Any]:
    return policy.act


def _beginning(env: gymnasium.Env[Any, Any], name: str) -> Begin:
    """A baseline may keep a state, so every episode asks the environment for a fresh one."""

    def begin(seed: int) -> Callable[[Any], Any]:
        env.action_space.seed(seed)
        inner: Any = env.unwrapped
        policy = inner.baselines()[name].policy
        return lambda observation: policy()

    return begin


def summarise(
    results: Mapping[str, tuple[str, list[EpisodeResult]]], tolerance: float | None
) -> Evaluation:
    """The table of results by name, each with its kind."""
    every = [result for _, group in results.values() for result in group]
    has_error = all(result.error is not None for result in every)
    if tolerance is not None and not has_error:
        raise ConfigurationError("--tolerance: this environment tells no error in its last info")
    judged = "error" if has_error else "loss"
    groups = {name: (kind, [group]) for name, (kind, group) in results.items()}
    learned = [group for kind, group in results.values() if kind == "policy"]
    if len(learned) > 1:
        groups[f"all {len(learned)} policies"] = "pooled", learned
        groups = dict(sorted(groups.items(), key=lambda item: item[1][0] not in _LEARNED))
    tables = {name: _table(each, judged, tolerance) for name, (_, each) in groups.items()}
    rows = [_row(name, kind, tables[name]) for name, (kind, _) in groups.items()]
    return Evaluation(judged, tolerance, rows, _verdict(rows, tables, tolerance))


def _check_fit(env: gymnasium.Env[Any, Any], name: str, policy: Policy) -> None:
    size = math.prod(env.observation_space.shape or ())
    space = env.action_space
    is_discrete = isinstance(space, gymnasium.spaces.Discrete)
    actions = int(space.n) if isinstance(space, gymnasium.spaces.Discrete) else space.shape
    has = int(policy.network.layout[-1]) if policy.is_discrete else policy.action_shape
    if policy.observation_size != size or policy.is_discrete != is_discrete or actions != has:
        raise ConfigurationError(
            f"{name}: the policy maps {policy.observation_size} numbers to "
            f"{'one of ' if policy.is_discrete else ''}{has} actions, the environment has "
            f"{size} and {'one of ' if is_discrete else ''}{actions}"
        )


def _table(groups: list[list[EpisodeResult]], judged: str, tolerance: float | None) -> Floats:
    """Numbers of every episode, shape (trainings, episodes, 4)."""
    return np.array([[_numbers(r, judged, tolerance) for r in group] for group in groups])


def _row(name: str, kind: str, table: Floats) -> EvaluationRow:
    """One row; trainings are resampled together with their episodes' seeds."""
    value, failed, cost, reward = np.moveaxis(table, 2, 0)
    return EvaluationRow(
        name,
        kind,
        value.size,
        _bootstrap(value, np.median),
        _bootstrap(value, _p90),
        float(value.max()),
        _bootstrap(failed, np.mean),
        _bootstrap(cost, np.mean),
        _bootstrap(reward, np.mean),
    )


def _numbers(
    result: EpisodeResult, judged: str, tolerance: float | None
) -> tuple[float, float, float, float]:
    error = result.error
    value = -result.total_reward if judged == "loss" or error is None else error
    missed = tolerance is not None and not value <= tolerance
    # An error that is no number is the worst there is; the largest double keeps tables finite.
    value = value if math.isfinite(value) else float(np.finfo(np.float64).max)
    return value, float(bool(result.failure) or missed), result.cost, result.total_reward


def _p90(values: Floats, axis: int | None = None) -> Any:
    # The nearest measured value: between 1e-9 and 1 there is no sense in interpolating.
    return np.quantile(values, 0.9, axis=axis, method="higher")


def _bootstrap(values: Floats, statistic: Callable[..., Any]) -> Estimate:
    """Resamples seeds (columns) and trainings (rows), both with replacement.

    The generator is fixed, so that contenders meet the same resamples of the same seeds.
    """
    rows, columns = values.shape
    rng = np.random.default_rng(0)
    seeds = resamples(columns, rng, _DRAWS)[:, np.newaxis, :]
    runs = resamples(rows, rng, _DRAWS)[:, :, np.newaxis]
    drawn = statistic(values[runs, seeds].reshape(_DRAWS, -1), axis=1)
    return Estimate(float(statistic(values.ravel())), *middle(drawn, "nearest"))


def _verdict(
    rows: list[EvaluationRow], tables: Mapping[str, Floats], tolerance: float | None
) -> str:
    """Against the best baseline that is no oracle, chosen in hindsight: its advantage."""
    learned = [row for row in rows if row.kind in _LEARNED]
    rivals = [row for row in rows if row.kind in ("fixed", "rule", "random")]
    if not learned or not rivals:
        return "No verdict: a policy and a baseline are both needed for one."
    ours = learned[-1]
    if tolerance is None:
        best = max(rivals, key=lambda row: row.mean_reward.value)
        differences = tables[ours.who][:, :, _REWARD] - tables[best.who][:, :, _REWARD]
        judged, pair, gained = "reward", (ours.mean_reward, best.mean_reward), "difference"
        rival = "the best baseline in hindsight that is no oracle"
    else:
        safe = [row for row in rivals if row.failure_rate.value <= ours.failure_rate.value]
        if not safe:
            return (
                f"{ours.who} misses the tolerance in {_text(ours.failure_rate)} of the episodes, "
                "less often than every baseline that is no oracle; mean cost "
                f"{_text(ours.cost)}."
            )
        best = min(safe, key=lambda row: row.cost.value)
        differences = tables[best.who][:, :, _COST] - tables[ours.who][:, :, _COST]
        judged, pair, gained = "cost", (ours.cost, best.cost), "saved"
        rival = (
            "the cheapest baseline in hindsight that misses the tolerance no more often and is no "
            "oracle"
        )
    gain = _bootstrap(differences, np.mean)
    return (
        f"{verdict_sentence(gain.low, gain.high, 'these episodes')}: mean {judged} "
        f"{_text(pair[0])} of {ours.who}, {_text(pair[1])} of {best.who}, {rival}; {gained}, "
        f"episode by episode: {_text(gain)}."
    )


def _text(estimate: Estimate) -> str:
    return f"{estimate.value:.4g} [{estimate.low:.4g}, {estimate.high:.4g}]"


def cells(row: EvaluationRow, judged: str) -> dict[str, str]:
    """The row as text."""
    return {
        "who": row.who,
        "kind": row.kind,
        "episodes": str(row.episodes),
        f"median {judged}": _text(row.median),
        f"p90 {judged}": _text(row.p90),
        "maximum": f"{row.maximum:.4g}",
        "failure rate": _text(row.failure_rate),
        "mean cost": _text(row.cost),
        "mean reward": _text(row.mean_reward),
    }
