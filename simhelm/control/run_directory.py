"""The directory of a run, written so that a half-written one is never taken for done."""

from __future__ import annotations

import dataclasses
import importlib.metadata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from simhelm.control.configuration import SteeringConfig, parse_config
from simhelm.control.steering import Entrant, Episode, seeds_of
from simhelm.control.summary import SummaryRow, as_records, from_records, summarise
from simhelm.core.errors import DirectoryError
from simhelm.core.fingerprint import fingerprint
from simhelm.experiments.atomic_write import atomic_write, write_json
from simhelm.experiments.directory import Layout, read_json
from simhelm.experiments.provenance import versions
from simhelm.experiments.schema import Strict

CONFIG, PROVENANCE = "config.json", "provenance.json"
ROUNDS, SUMMARY = "rounds.parquet", "summary.json"
REPORT = "report.html"
LAYOUT = Layout("steering run", CONFIG, (SUMMARY,))


class Provenance(Strict):
    """Where the numbers of a run come from.

    Attributes:
        loss_name: what the loss counts.
        remarks: what a reader should know of the environment.
        seeds: for each repeat, the environment's seed and the learners' SeedSequence.
        versions: of simhelm, its libraries, Python and the machine.
    """

    loss_name: str
    remarks: list[str]
    seeds: list[dict[str, Any]]
    versions: dict[str, str | None]


@dataclasses.dataclass(frozen=True, eq=False)
class FinishedRun:
    """A complete run directory, read back."""

    path: Path
    config: SteeringConfig
    provenance: Provenance
    summary: list[SummaryRow]

    @property
    def loss_name(self) -> str:
        """What the loss counts."""
        return self.provenance.loss_name

    def rounds(self) -> pyarrow.Table:
        """All rounds: policy, kind, repeat, round, context, setting, loss, cost, end_reason.

        Raises:
            DirectoryError: the file is missing or damaged.
        """
        try:
            return pyarrow.parquet.read_table(self.path / ROUNDS)
        except (OSError, pyarrow.ArrowException) as error:
            raise DirectoryError(f"{self.path / ROUNDS}: cannot be read: {error}") from error


def write_run(
    path: Path,
    config: SteeringConfig,
    episodes: list[tuple[Entrant, int, Episode]],
    *,
    loss_name: str,
    remarks: tuple[str, ...],
) -> FinishedRun:
    """Write provenance, rounds and, last, the summary."""
    provenance = Provenance(
        loss_name=loss_name,
        remarks=list(remarks),
        seeds=[_seeds(config, repeat) for repeat in range(config.repeats)],
        versions=versions(),
    )
    write_json(path / PROVENANCE, provenance.model_dump(mode="json"))
    with atomic_write(path / ROUNDS) as part:
        pyarrow.parquet.write_table(_table(episodes), part)
    write_json(path / SUMMARY, as_records(summarise(episodes)))
    return read_run(path)


def stored_config(path: Path) -> SteeringConfig:
    """The configuration of a run, complete or not.

    Raises:
        DirectoryError: it cannot be read.
    """
    try:
        return parse_config(read_json(path / CONFIG)["config"], where=str(path / CONFIG))
    except (ValueError, TypeError, KeyError) as error:
        raise DirectoryError(f"{path}: damaged or written by another version: {error}") from error


def read_run(path: Path) -> FinishedRun:
    """Read a complete run.

    Raises:
        DirectoryError: no run there, an incomplete one, or damaged files.
    """
    if not (path / CONFIG).is_file():
        raise DirectoryError(f"{path}: no {CONFIG} here, so this is not a run directory")
    if not (path / SUMMARY).is_file():
        raise DirectoryError(f"{path}: the run did not finish; run the same command again")
    if not (path / ROUNDS).is_file():
        raise DirectoryError(f"{path / ROUNDS}: missing; run the same command with --overwrite")
    config = stored_config(path)
    try:
        summary = from_records(read_json(path / SUMMARY, list))
        provenance = Provenance.model_validate(read_json(path / PROVENANCE))
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise DirectoryError(f"{path}: damaged or written by another version: {error}") from error
    return FinishedRun(path, config, provenance, summary)


def identity_of(config: SteeringConfig) -> dict[str, Any]:
    """What makes two runs the same: configuration, input files, version of simhelm."""
    arguments = config.environment.arguments.values()
    files = [Path(value) for value in arguments if isinstance(value, str) and Path(value).is_file()]
    return {
        "config": config.model_dump(mode="json"),
        "inputs": {str(file): fingerprint(file) for file in files},
        "simhelm": importlib.metadata.version("simhelm"),
    }


def _seeds(config: SteeringConfig, repeat: int) -> dict[str, Any]:
    environment, learner = seeds_of(config.seed, repeat)
    return {
        "environment": environment,
        "learner": {"entropy": config.seed, "spawn_key": list(learner.spawn_key)},
    }


def _table(episodes: Iterable[tuple[Entrant, int, Episode]]) -> pyarrow.Table:
    batches = []
    for entrant, repeat, episode in episodes:
        count = len(episode.loss)
        batches.append(
            pyarrow.table(
                {
                    "policy": pyarrow.repeat(entrant.name, count).dictionary_encode(),
                    "kind": pyarrow.repeat(entrant.kind, count).dictionary_encode(),
                    "repeat": pyarrow.repeat(pyarrow.scalar(repeat, pyarrow.int32()), count),
                    "round": pyarrow.array(range(count), pyarrow.int32()),
                    "context": episode.context,
                    "setting": episode.setting,
                    "loss": episode.loss,
                    "cost": episode.cost,
                    "end_reason": pyarrow.array(episode.end_reason).dictionary_encode(),
                }
            )
        )
    return pyarrow.concat_tables(batches).unify_dictionaries()
