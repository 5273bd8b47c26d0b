"""The directory of a run, written so that a half-written one is never taken for done."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from simhelm.calibration.errors import ConfigurationError, DirectoryError
from simhelm.calibration.schema import SteeringConfig, parse_config
from simhelm.calibration.steering import Entrant, Episode
from simhelm.calibration.summary import SummaryRow, as_records, from_records, summarise

CONFIG, PROVENANCE = "config.json", "provenance.json"
ROUNDS, SUMMARY = "rounds.parquet", "summary.json"
REPORT = "report.html"
_LIBRARIES = ("simhelm", "numpy", "scipy", "numba", "gymnasium", "pyarrow", "matplotlib")


@dataclasses.dataclass(frozen=True, eq=False)
class FinishedRun:
    """A complete run directory, read back."""

    path: Path
    config: SteeringConfig
    provenance: dict[str, Any]
    summary: list[SummaryRow]

    def rounds(self) -> pyarrow.Table:
        """All rounds: policy, kind, repeat, round, context, setting, loss, cost, end_reason."""
        return pyarrow.parquet.read_table(self.path / ROUNDS)


def is_finished(path: Path) -> bool:
    """Whether the directory holds a complete run (its summary is written last)."""
    return (path / SUMMARY).is_file()


def prepare_directory(path: Path, config: SteeringConfig, *, overwrite: bool) -> bool:
    """Make ready to write a run; False if the same run is there already, complete.

    Raises:
        ConfigurationError: the directory holds another run, or files that are not ours.
    """
    if path.exists() and not path.is_dir():
        raise ConfigurationError(f"{path}: expected a directory, found a file")
    if (path / CONFIG).is_file():
        before = _read_json(path / CONFIG)
        now = config.model_dump(mode="json")
        if before == now and is_finished(path):
            return overwrite
        if before != now and not overwrite:
            raise ConfigurationError(
                f"{path} holds a run of another configuration:\n{_difference(before, now)}\n"
                "choose another directory with --out, or replace it with --overwrite"
            )
    elif path.is_dir() and any(path.iterdir()):
        raise ConfigurationError(
            f"{path} is not empty and is not a run directory; choose another with --out"
        )
    path.mkdir(parents=True, exist_ok=True)
    (path / SUMMARY).unlink(missing_ok=True)
    _write_json(path / CONFIG, config.model_dump(mode="json"))
    return True


def write_run(
    path: Path, episodes: list[tuple[Entrant, int, Episode]], remarks: tuple[str, ...] = ()
) -> FinishedRun:
    """Write provenance, rounds and, last, the summary."""
    _write_json(path / PROVENANCE, {"remarks": list(remarks), "versions": _versions()})
    temporary = path / (ROUNDS + ".part")
    pyarrow.parquet.write_table(_table(episodes), temporary)
    temporary.replace(path / ROUNDS)
    _write_json(path / SUMMARY, as_records(summarise(episodes)))
    return read_run(path)


def read_run(path: Path) -> FinishedRun:
    """Read a complete run.

    Raises:
        DirectoryError: no run there, an incomplete one, or damaged files.
    """
    if not (path / CONFIG).is_file():
        raise DirectoryError(f"{path}: no {CONFIG} here, so this is not a run directory")
    if not is_finished(path):
        raise DirectoryError(f"{path}: the run did not finish; run the same command again")
    try:
        config = parse_config(_read_json(path / CONFIG), where=str(path / CONFIG))
        summary = from_records(_read_json(path / SUMMARY))
        provenance = _read_json(path / PROVENANCE)
    except (ConfigurationError, TypeError, OSError) as error:
        raise DirectoryError(f"{path}: damaged or written by another version: {error}") from error
    return FinishedRun(path, config, provenance, summary)


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


def _versions() -> dict[str, Any]:
    return {
        **{name: importlib.metadata.version(name) for name in _LIBRARIES},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "source revision": _revision(),
    }


def _revision() -> str | None:
    """The git revision of a source checkout, None for an installed package."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    lines = []
    for key in sorted({*before, *now}):
        if before.get(key) != now.get(key):
            lines.append(f"  - {key} = {json.dumps(before.get(key))}")
            lines.append(f"  + {key} = {json.dumps(now.get(key))}")
    return "\n".join(lines)


def _write_json(path: Path, value: Any) -> None:
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, allow_nan=False)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DirectoryError(f"{path}: cannot be read: {error}") from error
