"""Networks by name, or from CSV, JSON and ONNX files."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simhelm.core.did_you_mean import did_you_mean
from simhelm.simulators.accelerator.layers import NETWORKS, Layer
from simhelm.simulators.accelerator.onnx_layers import read_onnx


def load_network(name: str) -> tuple[Layer, ...]:
    """A network by its name in ``NETWORKS``, or from a file.

    A CSV file has the columns ``name, m, n, k`` and as it likes ``repeats, inputs``; a JSON file
    a list of objects with these keys; of an ONNX model the convolutions and matrix products are
    read (see :func:`simhelm.simulators.accelerator.onnx_layers.read_onnx`).

    Raises:
        ValueError: neither a known name nor a file of this form; the message says which line.
        ImportError: an ONNX model, and onnx is not installed.
        OSError: the file cannot be read.
    """
    if name in NETWORKS:
        return NETWORKS[name]()
    path = Path(name)
    if path.suffix == ".onnx":
        return read_onnx(path)
    if path.suffix not in (".csv", ".json"):
        raise ValueError(
            f"network: expected one of {sorted(NETWORKS)} or a .csv, .json or .onnx file, "
            f"got {name!r}{did_you_mean(name, NETWORKS)}"
        )
    rows = _csv_rows(path) if path.suffix == ".csv" else _json_rows(path)
    if not rows:
        raise ValueError(f"{path}: holds no layer")
    return tuple(_layer(f"{path}, layer {place}", row) for place, row in enumerate(rows, 1))


def _csv_rows(path: Path) -> list[Mapping[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, skipinitialspace=True))


def _json_rows(path: Path) -> list[Mapping[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: not JSON: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{path}: expected a list of objects, one a layer")
    return rows


def _layer(where: str, row: Mapping[str, Any]) -> Layer:
    known = [field.name for field in dataclasses.fields(Layer)]
    for key in row:
        if key not in known:
            raise ValueError(
                f"{where}: unknown column {key!r}; expected {known}{did_you_mean(str(key), known)}"
            )
    try:
        numbers = {key: int(row[key]) for key in known[1:] if row.get(key) not in (None, "")}
        return Layer(str(row["name"]), **numbers)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{where}: expected name, m, n, k as whole numbers: {error}") from error
