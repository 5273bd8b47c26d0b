"""Running ZigZag: one process and one directory an evaluation, a time limit, a cache."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import math
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simhelm.core.checks import whole_number
from simhelm.core.end_reason import EndReason
from simhelm.simulators.accelerator.layers import Layer
from simhelm.simulators.accelerator.model import DRAM_PJ_PER_BYTE, Design
from simhelm.simulators.accelerator.zigzag import worker
from simhelm.simulators.accelerator.zigzag.tables import (
    hardware_table,
    mapping_table,
    workload_table,
)
from simhelm.simulators.executable.limits import without_job
from simhelm.simulators.executable.process import Limits, run_process

_FORMAT = 1
_GRACE = 5.0
_LOG_BYTES = 1 << 20
# One product's result as the worker wrote it.
Found = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class ZigZagResult:
    """A network on a design, by ZigZag.

    Attributes:
        end_reason: COMPLETED; TIMEOUT; INFEASIBLE where a layer has no valid mapping; EXIT or
            SIGNAL where ZigZag failed. Numbers are zeros then.
        details: a sentence on a failure.
        cycles: with waiting, every layer the larger of ZigZag's cycles and the roofline's.
        energy_pj: multiplications, buffers, DRAM.
        dram_bytes: from and to the DRAM.
        roofline_won: a layer: whether its cycles are the roofline's, because ZigZag's were fewer
            than the multipliers or the DRAM allow.
        evaluated: products that ZigZag was run for; the others were cached.
    """

    end_reason: EndReason
    details: str = ""
    cycles: int = 0
    energy_pj: float = 0.0
    dram_bytes: float = 0.0
    roofline_won: tuple[bool, ...] = ()
    evaluated: int = 0


class ZigZag:
    """ZigZag with its settings.

    Layers are matrix products to it; a convolution's inputs come from DRAM as often as they are
    in a window, which the closed forms spare.

    Args:
        time_limit: seconds for all layers of one evaluation; what is done by then is cached.
        cache: a directory for results of single products; "" for none.
        optimise: what its search minimises: ``"EDP"``, ``"latency"`` or ``"energy"``.
        loop_factors: how finely it cuts loops; more takes longer and finds better orders.

    Raises:
        ImportError: ZigZag is not installed.
        ValueError: an argument outside its range.
    """

    def __init__(
        self,
        *,
        time_limit: float = 600.0,
        cache: str = "",
        optimise: str = "EDP",
        loop_factors: int = 4,
    ) -> None:
        if not (math.isfinite(time_limit) and time_limit > 0.0):
            raise ValueError(f"time_limit: expected a positive number of seconds, got {time_limit}")
        if optimise not in ("EDP", "latency", "energy"):
            raise ValueError(f"optimise: expected 'EDP', 'latency' or 'energy', got {optimise!r}")
        try:
            self.version = importlib.metadata.version("zigzag-dse")
        except importlib.metadata.PackageNotFoundError as error:
            raise ImportError(
                "this back end needs zigzag-dse: pip install 'simhelm[zigzag]'"
            ) from error
        self.time_limit = float(time_limit)
        self.cache = Path(cache) if cache else None
        self.optimise = optimise
        self.loop_factors = whole_number("loop_factors", loop_factors, least=2)

    def evaluate(self, design: Design, layers: Sequence[Layer]) -> ZigZagResult:
        """One design on a network.

        Raises:
            OSError: the process cannot be started, or the cache cannot be written.
        """
        jobs = {self._key(design, layer): layer for layer in layers}
        known = {key: found for key in jobs if (found := self._recall(key)) is not None}
        missing = {key: layer for key, layer in jobs.items() if key not in known}
        failure = None
        if missing:
            with tempfile.TemporaryDirectory(prefix="simhelm-zigzag-") as folder:
                failure = self._run(Path(folder), design, list(missing.values()))
                fresh = _read_results(Path(folder), list(missing))
            known |= fresh
            for key, found in fresh.items():
                self._remember(key, found)
        if failure is not None:
            return failure
        results = [(layer, known[self._key(design, layer)]) for layer in layers]
        return _summed(design, results, evaluated=len(missing))

    def _job(self, design: Design, layers: Sequence[Layer]) -> dict[str, Any]:
        return {
            "hardware": hardware_table(design),
            "mapping": mapping_table(design),
            "products": [workload_table(layer) for layer in layers],
            "optimise": self.optimise,
            "loop_factors": self.loop_factors,
        }

    def _run(self, folder: Path, design: Design, layers: list[Layer]) -> ZigZagResult | None:
        """ZigZag in a process of its own; what went wrong, if anything."""
        job = json.dumps(self._job(design, layers))
        (folder / worker.JOB).write_text(job, encoding="utf-8")
        outcome = run_process(
            [sys.executable, "-m", worker.__name__],
            directory=folder,
            # Its matrices are tiny: more threads only get in the way of other evaluations.
            environment={**without_job(os.environ), "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"},
            limits=Limits(self.time_limit, _GRACE, None, None, _LOG_BYTES),
        )
        failure = outcome.failure(folder / "stderr.log")
        return None if failure is None else ZigZagResult(failure[0], f"ZigZag: {failure[1]}")

    def _key(self, design: Design, layer: Layer) -> str:
        """What a result depends on."""
        job = json.dumps([_FORMAT, self.version, self._job(design, [layer])], sort_keys=True)
        return hashlib.sha256(job.encode()).hexdigest()

    def _recall(self, key: str) -> Found | None:
        if self.cache is None:
            return None
        try:
            found = json.loads((self.cache / f"{key}.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return found if isinstance(found, dict) else None

    def _remember(self, key: str, found: Found) -> None:
        if self.cache is None:
            return
        self.cache.mkdir(parents=True, exist_ok=True)
        # Several workers may write the same entry: each its own file, then a rename.
        part = self.cache / f"{key}.{os.getpid()}.part"
        part.write_text(json.dumps(found), encoding="utf-8")
        part.replace(self.cache / f"{key}.json")


def roofline_cycles(design: Design, layer: Layer) -> int:
    """The fewest cycles of one of a layer's products that the design allows.

    The multipliers are all busy, or every distinct input, weight and output passes the DRAM's port
    once (Williams, Waterman & Patterson, CACM 52(4), 2009).
    """
    macs = layer.m * layer.n * layer.k
    moved = (layer.inputs or layer.m * layer.k) + layer.n * (layer.k + layer.m)
    computing = -(-macs // (design.rows * design.cols))
    return max(computing, -(-moved // design.bandwidth_bytes_per_cycle))


def _read_results(folder: Path, keys: Sequence[str]) -> dict[str, Found]:
    """What the worker finished, all of it or some."""
    paths = {key: folder / worker.result_file(place) for place, key in enumerate(keys)}
    return {
        key: json.loads(path.read_text(encoding="utf-8"))
        for key, path in paths.items()
        if path.exists()
    }


def _summed(
    design: Design, results: Sequence[tuple[Layer, Found]], *, evaluated: int
) -> ZigZagResult:
    for layer, found in results:
        if "no_mapping" in found:
            details = f"layer {layer.name!r} has no valid mapping: {found['no_mapping']}"
            return ZigZagResult(EndReason.INFEASIBLE, details, evaluated=evaluated)
    floors = [roofline_cycles(design, layer) for layer, _ in results]
    mapped = [math.ceil(found["cycles"]) for _, found in results]
    repeats = [layer.repeats for layer, _ in results]
    dram_pj = math.fsum(layer.repeats * found["dram_energy_pj"] for layer, found in results)
    return ZigZagResult(
        EndReason.COMPLETED,
        cycles=sum(r * max(pair) for r, *pair in zip(repeats, mapped, floors, strict=True)),
        energy_pj=math.fsum(layer.repeats * found["energy_pj"] for layer, found in results),
        dram_bytes=dram_pj / DRAM_PJ_PER_BYTE,
        roofline_won=tuple(one < floor for one, floor in zip(mapped, floors, strict=True)),
        evaluated=evaluated,
    )
