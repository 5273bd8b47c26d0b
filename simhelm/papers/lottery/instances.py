"""The problems of the lottery, small enough that their optimum is known."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import inspect
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import final

from simhelm.core.did_you_mean import did_you_mean
from simhelm.core.errors import ConfigurationError
from simhelm.core.problem import Config, Metrics, Problem, Value
from simhelm.core.subspace import Subspace
from simhelm.experiments.atomic_write import atomic_write
from simhelm.papers.exhaustive import ExhaustiveTable, evaluate_everything, read_optimum, read_table
from simhelm.simulators.accelerator.problem import Accelerator
from simhelm.simulators.dram.problem import DramController
from simhelm.simulators.dram.workloads import WORKLOADS
from simhelm.version import __version__

log = logging.getLogger(__name__)

POWERS = (1, 2, 4, 8, 16, 32, 64, 128)
# 9792 designs.
DRAM_KEPT: Mapping[str, tuple[Value, ...]] = {
    "RequestBufferSize": POWERS[:4],
    "RefreshMaxPostponed": (1, 8),
    "RefreshMaxPulledin": (8,),
    "MaxActiveTransactions": POWERS,
}
_QUICK_DRAM: Mapping[str, tuple[Value, ...]] = {
    **DRAM_KEPT,
    "RequestBufferSize": (2, 8),
    "RefreshMaxPostponed": (8,),
    "SchedulerBuffer": ("Bankwise", "Shared"),
    "MaxActiveTransactions": (4, 128),
}
_QUICK_ACCELERATOR: Mapping[str, tuple[Value, ...]] = {
    "rows": (8, 32, 64),
    "cols": (8, 32),
    "filter_kib": (64,),
    "ifmap_kib": (8, 64),
    "ofmap_kib": (8, 64),
    "bandwidth_bytes_per_cycle": (16,),
}
REQUESTS, QUICK_REQUESTS = 2000, 200
# Domain -> the workload for choosing settings, and that of the report.
DEFAULTS = {"dram": ("random", "mixed"), "accelerator": ("mobilenet_v2", "resnet18")}


@final
class Tabulated(Problem):
    """A problem all of whose designs were evaluated before, so that searching it is quick."""

    def __init__(self, table: ExhaustiveTable) -> None:
        problem = table.problem
        self.description = problem.description
        self._names = [parameter.name for parameter in problem.parameters]
        self._places = {self._key(config): place for place, config in enumerate(table.configs)}
        self._table = table

    def _key(self, config: Mapping[str, Value]) -> tuple[Value | None, ...]:
        return tuple(config.get(name) for name in self._names)

    def evaluate(self, config: Config, *, seed: int, budget: int | None = None) -> Metrics:
        """What the table says."""
        self.check_config(config)
        return self._table.metrics(self._places[self._key(config)])


@dataclasses.dataclass(frozen=True)
class Instance:
    """A domain and a workload.

    Attributes:
        domain: ``"dram"`` or ``"accelerator"``.
        workload: a generated trace, or a network (a name or a file).
        folder: where tables of all designs are kept.
        quick: a smaller space, and a shorter trace.
    """

    domain: str
    workload: str
    folder: Path
    quick: bool = False

    def problem(self) -> Problem:
        """The simulator.

        Raises:
            ConfigurationError: unknown domain or workload.
        """
        try:
            if self.domain == "accelerator":
                whole = Accelerator([self.workload])
                return Subspace(whole, _QUICK_ACCELERATOR) if self.quick else whole
            if self.domain == "dram" and self.workload in WORKLOADS:
                requests = QUICK_REQUESTS if self.quick else REQUESTS
                dram = DramController([self.workload], requests=requests)
                return Subspace(dram, _QUICK_DRAM if self.quick else DRAM_KEPT)
        except ValueError as error:
            raise ConfigurationError(str(error)) from error
        if self.domain == "dram":
            raise ConfigurationError(
                f"workload: expected one of {WORKLOADS}, got {self.workload!r}"
                + did_you_mean(self.workload, WORKLOADS)
            )
        raise ConfigurationError(
            f"domain: expected one of {sorted(DEFAULTS)}, got {self.domain!r}"
            + did_you_mean(self.domain, DEFAULTS)
        )

    def table(self) -> ExhaustiveTable:
        """Every design, from the folder where it holds this table already."""
        problem, path = self.problem(), self.path()
        if path.exists():
            return read_table(problem, path)
        log.info("evaluating all designs of %s, %s, for the optimum", self.domain, self.workload)
        table = evaluate_everything(problem)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as part:
            table.write(part)
        return table

    def optimum(self) -> float:
        """The smallest loss, without reading more of the table than that."""
        path = self.path()
        return read_optimum(self.problem(), path) if path.exists() else self.table().optimum

    @functools.lru_cache(maxsize=64)  # noqa: B019 - instances are few and small
    def path(self) -> Path:
        """The table's file, named by what its numbers depend on: code, space, workload."""
        problem = self.problem()
        whole = problem.whole if isinstance(problem, Subspace) else problem
        digest = hashlib.sha256(__version__.encode())
        for source in sorted(Path(inspect.getfile(type(whole))).parent.rglob("*.py")):
            digest.update(source.read_bytes())
        setting = [[dataclasses.asdict(p) for p in problem.parameters], problem.full_budget]
        digest.update(json.dumps(setting).encode())
        if Path(self.workload).is_file():
            digest.update(Path(self.workload).read_bytes())
        name = f"{self.domain}-{Path(self.workload).stem}-{digest.hexdigest()[:16]}.parquet"
        return self.folder / name


@functools.lru_cache(maxsize=4)
def opened(instance: Instance) -> tuple[Problem, float]:
    """The problem to search, and its smallest loss; kept by the process.

    The closed forms of the accelerator are as quick as a table, and need less memory.
    """
    if instance.domain == "accelerator":
        return instance.problem(), instance.optimum()
    table = instance.table()
    return Tabulated(table), table.optimum
