"""Calibration of mode constants to target shares, alone or together with a town's structure."""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from simhelm.core.checks import whole_number
from simhelm.core.description import made_with
from simhelm.core.end_reason import EndReason
from simhelm.core.problem import (
    Config,
    Description,
    Metrics,
    Output,
    Parameter,
    Value,
    Watch,
    WatchedProblem,
    go_on,
)
from simhelm.simulators.transport.modes import (
    BASE_MODE,
    MODES,
    RIDE_HAIL,
    mode_vector,
    target_shares,
)
from simhelm.simulators.transport.network import Floats
from simhelm.simulators.transport.result import TransportResult
from simhelm.simulators.transport.scenario import Scenario
from simhelm.simulators.transport.simulation import Backend, WatchShares, simulate
from simhelm.simulators.transport.towns import grid_town, ring_radial_town

CAR = MODES.index(BASE_MODE)
FREE_MODES = tuple(mode for mode in MODES if mode != BASE_MODE)

# The benchmark shares in the public code of Chhatre et al., "Parallel Bayesian Optimization of
# Agent-based Transportation Simulation" (LOD 2022), percent.
PAPER_SHARES = {
    "bike": 0.0,
    "car": 64.85671192,
    "walk": 6.938159879,
    "ride_hail": 5.027652086,
    "ride_hail_pooled": 5.22875817,
    "drive_transit": 5.982905983,
    "walk_transit": 5.982905983,
    "ride_hail_transit": 5.982905983,
}
# Constants whose shares are the reachable target: which shares these are, depends on the town.
HIDDEN_CONSTANTS = {
    "bike": -2.5,
    "walk": 1.0,
    "ride_hail": 0.5,
    "ride_hail_pooled": 1.0,
    "drive_transit": 3.0,
    "walk_transit": 0.5,
    "ride_hail_transit": 2.0,
}
_TOWNS: dict[str, Callable[..., Scenario]] = {"grid": grid_town, "rings": ring_radial_town}
# Seeds of the runs that make targets, far from those that studies use by habit.
_TARGET_SEEDS = range(900_000_001, 900_000_005)
_L1 = Output("l1", "percentage points", 0.0, 200.0, "share error")

Target = Literal["reachable", "paper"] | Mapping[str, float]


class ModeChoice(WatchedProblem):
    """Seven mode constants (car's is 0) so that realised shares meet a target.

    The objective is the L1 distance in percentage points (0 to 200) between the target and the
    realised shares of the last day. The learning curve has a point a day.

    Args:
        target: ``"reachable"`` (the mean shares of four runs with hidden constants), ``"paper"``,
            or shares in percent by mode that add up to 100.
        town: ``"grid"`` or ``"rings"``, or a scenario of your own.
        persons: of the town's population (not used with a scenario).
        days: of a complete evaluation.
        bound: constants lie in [-bound, bound] dollars.
        backend: ``"embedded"`` or ``"sumo"``, see :func:`simulate`.
    """

    cites = ("chhatre2022", "train2009", "lopez2018")

    def __init__(
        self,
        target: Target = "reachable",
        town: str | Scenario = "grid",
        persons: int = 10_000,
        days: int = 12,
        bound: float = 10.0,
        backend: Backend = "embedded",
    ) -> None:
        arguments = made_with(locals())
        self.scenario = _scenario(town, persons)
        self._backend = _checked(backend)
        self._given = _given(target)
        self.description = Description(
            name="ModeChoice",
            parameters=_constants(bound),
            outputs=(_L1, *_shares()),
            objective="l1",
            worst_objective=200.0,
            work_unit="simulated days",
            full_budget=whole_number("days", days),
            # Embedded it is a function; SUMO is a process, which a study has to be able to end.
            pure=backend == "embedded",
            arguments=arguments,
        )

    @functools.cached_property
    def targets(self) -> Floats:
        """Target shares in percent in the order of ``MODES``."""
        if self._given is not None:
            return self._given
        runs = [self._simulate(HIDDEN_CONSTANTS, self.full_budget, seed) for seed in _TARGET_SEEDS]
        failed = [run for run in runs if not run.end_reason.succeeded]
        if failed:
            raise RuntimeError(f"no target: {failed[0].end_reason.value} {failed[0].details}")
        shares: Floats = np.mean([run.realised[-1] for run in runs], axis=0)
        return _percent(shares)

    def evaluate(
        self, config: Config, *, seed: int, budget: int | None = None, watch: Watch = go_on
    ) -> Metrics:
        """Simulate ``budget`` days (all for None)."""
        self.check_config(config)
        days = self.full_budget if budget is None else whole_number("budget", budget)
        targets = self.targets

        def follow(day: int, shares: Floats) -> bool:
            return watch(day + 1.0, float(np.abs(shares - targets).sum()))

        run = self._simulate(constants_of(config), days, seed, follow)
        if not run.end_reason.succeeded:
            return Metrics.failure(run.end_reason, cost=float(run.days), details=run.details)
        values = {"l1": float(np.abs(run.realised[-1] - targets).sum()), **_share_values(run)}
        return Metrics(values, EndReason.COMPLETED, float(run.days))

    def _simulate(
        self,
        constants: Mapping[str, float],
        days: int,
        seed: int,
        watch: WatchShares | None = None,
    ) -> TransportResult:
        return simulate(
            self.scenario, constants, iterations=days, seed=seed, watch=watch,
            backend=self._backend,
        )  # fmt: skip


class TransportStructure(WatchedProblem):
    """Mode constants together with what they cannot make up for: fleet, roads, value of time.

    The loss is the L1 distance of shares in percentage points, plus the relative error of link
    volumes in percent (sum of absolute differences over the sum of targets), plus the mean
    relative error in percent of the time by car and the wait for ride hail. Targets are means of
    four runs of a hidden truth: a fleet of 70 for 10,000 persons, capacity factor 1, value of time
    factor 1.25, and hidden constants. All factors and the fleet default to mid-range.

    Args:
        town, persons, days, bound: as of :class:`ModeChoice`.
    """

    cites = ("chhatre2022", "train2009", "lopez2018")

    def __init__(
        self, town: str = "grid", persons: int = 10_000, days: int = 12, bound: float = 10.0
    ) -> None:
        arguments = made_with(locals())
        self.scenario = _scenario(town, persons)
        scale = persons / 10_000
        low, high, self.true_fleet = (max(1, round(n * scale)) for n in (30, 200, 70))
        high = max(high, low + 1)
        self.description = Description(
            name="TransportStructure",
            parameters=(
                *_constants(bound),
                Parameter("fleet", "integer", (low + high) // 2, low, high, description="cabs"),
                Parameter(
                    "road_capacity", "float", 1.1, 0.6, 1.6, description="factor on all roads"
                ),
                Parameter("value_of_time", "float", 1.25, 0.5, 2.0, description="factor"),
            ),
            outputs=(
                Output("loss", "1", 0.0, 1000.0, "sum of the errors below"),
                _L1,
                Output("volume_error", "%", 0.0, 400.0, "of link volumes"),
                Output("time_error", "%", 0.0, 400.0, "of time by car and wait for ride hail"),
                *_shares(),
            ),
            objective="loss",
            worst_objective=1e4,
            work_unit="simulated days",
            full_budget=whole_number("days", days),
            pure=True,
            arguments=arguments,
        )

    def truth(self) -> dict[str, Value]:
        """The hidden configuration that made the targets."""
        return {
            **HIDDEN_CONSTANTS,
            "fleet": self.true_fleet,
            "road_capacity": 1.0,
            "value_of_time": 1.25,
        }

    @functools.cached_property
    def targets(self) -> _Observed:
        """What was observed in the town."""
        runs = [
            _observe(self._simulate(self.truth(), self.full_budget, seed)) for seed in _TARGET_SEEDS
        ]
        return _Observed(
            *(np.mean([getattr(run, f.name) for run in runs], axis=0) for f in _FIELDS)
        )

    def evaluate(
        self, config: Config, *, seed: int, budget: int | None = None, watch: Watch = go_on
    ) -> Metrics:
        """Simulate ``budget`` days (all for None)."""
        self.check_config(config)
        days = self.full_budget if budget is None else whole_number("budget", budget)
        targets = self.targets

        # Within a run only shares are watched: the loss less the other two errors.
        def follow(day: int, shares: Floats) -> bool:
            return watch(day + 1.0, float(np.abs(shares - targets.shares).sum()))

        run = self._simulate(config, days, seed, follow)
        if not run.end_reason.succeeded:
            return Metrics.failure(run.end_reason, cost=float(run.days))
        errors = targets.errors(_observe(run))
        values = {"loss": sum(errors.values()), **errors, **_share_values(run)}
        return Metrics(values, EndReason.COMPLETED, float(run.days))

    def _simulate(
        self,
        config: Mapping[str, Value],
        days: int,
        seed: int,
        watch: WatchShares | None = None,
    ) -> TransportResult:
        scenario = dataclasses.replace(
            self.scenario,
            fleet=int(config["fleet"]),
            road_capacity_factor=float(config["road_capacity"]),
            value_of_time_factor=float(config["value_of_time"]),
        )
        return simulate(scenario, constants_of(config), iterations=days, seed=seed, watch=watch)


@dataclasses.dataclass(frozen=True)
class _Observed:
    """Observations of a day: shares (8,), volumes (links,), minutes by car and of waiting (2,)."""

    shares: Floats
    volumes: Floats
    minutes: Floats

    def errors(self, other: _Observed) -> dict[str, float]:
        """How far other observations are from these."""
        volume = np.abs(other.volumes - self.volumes).sum() / max(1.0, self.volumes.sum())
        minutes = np.abs(other.minutes - self.minutes) / np.maximum(0.1, self.minutes)
        return {
            "l1": float(np.abs(other.shares - self.shares).sum()),
            "volume_error": float(100.0 * volume),
            "time_error": float(100.0 * minutes.mean()),
        }


_FIELDS = dataclasses.fields(_Observed)


def _observe(run: TransportResult) -> _Observed:
    minutes = np.array([run.minutes[-1, CAR], run.waits[-1, RIDE_HAIL]])
    return _Observed(run.realised[-1], run.volumes[-1].astype(np.float64), minutes)


def constants_of(config: Mapping[str, Value]) -> dict[str, float]:
    """The mode constants in a configuration."""
    return {mode: float(config[mode]) for mode in FREE_MODES}


def _constants(bound: float) -> tuple[Parameter, ...]:
    return tuple(
        Parameter(mode, "float", 0.0, -bound, bound, unit="$", description="mode constant")
        for mode in FREE_MODES
    )


def _shares() -> tuple[Output, ...]:
    return tuple(Output(f"share_{mode}", "%", 0.0, 100.0, "realised share") for mode in MODES)


def _share_values(run: TransportResult) -> dict[str, float]:
    return {f"share_{mode}": share for mode, share in run.shares().items()}


def _checked(backend: Backend) -> Backend:
    if backend not in typing.get_args(Backend):
        raise ValueError(f"backend: expected 'embedded' or 'sumo', got {backend!r}")
    return backend


def _given(target: Target) -> Floats | None:
    if isinstance(target, Mapping):
        return target_shares(target)
    if target == "paper":
        shares = mode_vector("paper", PAPER_SHARES)
        return _percent(shares)
    if target != "reachable":
        raise ValueError(f"target: expected 'reachable', 'paper' or shares, got {target!r}")
    return None


def _percent(shares: Floats) -> Floats:
    """Scaled to a sum of 100."""
    scaled: Floats = 100.0 * shares / shares.sum()
    return scaled


def _scenario(town: str | Scenario, persons: int) -> Scenario:
    if isinstance(town, Scenario):
        return town
    if town not in _TOWNS:
        raise ValueError(f"town: expected one of {sorted(_TOWNS)} or a Scenario, got {town!r}")
    return _TOWNS[town](persons=whole_number("persons", persons))
