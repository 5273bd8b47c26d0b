"""ActivitySim's coefficient files: constants read as a start, and written back calibrated.

A file has the columns ``coefficient_name``, ``value`` and ``constrain`` (T for coefficients that
must not be estimated) and may begin with comments (``#``). Everything but the values that change
is written back as it was read.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from simhelm.core.did_you_mean import did_you_mean

_NAME, _VALUE, _CONSTRAIN = "coefficient_name", "value", "constrain"


def read_coefficients(path: str | Path, names: Mapping[str, str]) -> dict[str, float]:
    """Values of coefficients, as constants by mode.

    Args:
        path: of a coefficient file.
        names: the coefficient's name by mode.

    Raises:
        ValueError: a column or a coefficient is missing or twice there, or no finite number.
    """
    file = _File(Path(path))
    return {mode: file.value(name) for mode, name in names.items()}


def write_coefficients(
    source: str | Path,
    target: str | Path,
    names: Mapping[str, str],
    constants: Mapping[str, float],
) -> None:
    """Copy a coefficient file with the constants of some modes in it.

    Args:
        source: a coefficient file.
        target: the file to write; it may be the source.
        names: the coefficient's name by mode.
        constants: finite values by mode, of modes in ``names``.

    Raises:
        ValueError: as :func:`read_coefficients`, or a coefficient is constrained, or a mode has
            no name.
    """
    file = _File(Path(source))
    for mode, value in constants.items():
        if mode not in names:
            raise ValueError(
                f"constants: {mode!r} has no coefficient; expected some of {sorted(names)}"
                + did_you_mean(mode, names)
            )
        file.change(names[mode], float(value))
    Path(target).write_text(file.text(), encoding="utf-8", newline="")


class _File:
    """Lines as they are, and where the coefficients' values stand in them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open(encoding="utf-8", newline="") as stream:
            self._lines = stream.read().splitlines(keepends=True)
        first = next((i for i, line in enumerate(self._lines) if _is_data(line)), None)
        header = [] if first is None else _cells(self._lines[first])
        missing = [column for column in (_NAME, _VALUE) if column not in header]
        if first is None or missing:
            raise ValueError(f"{path}: expected the columns {_NAME}, {_VALUE}; found {header}")
        self._header = header
        self._rows: dict[str, int] = {}
        for place in range(first + 1, len(self._lines)):
            if _is_data(self._lines[place]):
                self._add(place)

    def _add(self, place: int) -> None:
        cells = _cells(self._lines[place])
        if len(cells) < len(self._header):
            raise ValueError(
                f"{self._path}, line {place + 1}: expected {len(self._header)} cells, "
                f"got {len(cells)}"
            )
        name = cells[self._header.index(_NAME)]
        if name in self._rows:
            raise ValueError(f"{self._path}, line {place + 1}: {name!r} is there twice")
        self._rows[name] = place

    def _row(self, name: str) -> tuple[int, list[str]]:
        if name not in self._rows:
            raise ValueError(
                f"{self._path}: no coefficient {name!r}{did_you_mean(name, self._rows)}"
            )
        place = self._rows[name]
        return place, _cells(self._lines[place])

    def value(self, name: str) -> float:
        """The number of a coefficient."""
        place, cells = self._row(name)
        text = cells[self._header.index(_VALUE)]
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"{self._path}, line {place + 1}: expected a number, got {text!r}")
        return number

    def change(self, name: str, value: float) -> None:
        """Give a coefficient that may be estimated another number."""
        if not math.isfinite(value):
            raise ValueError(f"{name}: expected a finite number, got {value!r}")
        place, cells = self._row(name)
        fixed = cells[self._header.index(_CONSTRAIN)] if _CONSTRAIN in self._header else "F"
        if fixed.upper() in ("T", "TRUE"):
            raise ValueError(
                f"{self._path}, line {place + 1}: {name!r} is constrained; calibrate another, or "
                "set its constrain to F"
            )
        cells[self._header.index(_VALUE)] = repr(value)
        line = self._lines[place]
        self._lines[place] = _joined(cells) + line[len(line.rstrip("\r\n")) :]

    def text(self) -> str:
        """The file with its changes."""
        return "".join(self._lines)


def _is_data(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line.lstrip("\ufeff").rstrip("\r\n")]))]


def _joined(cells: Sequence[str]) -> str:
    quoted = (f'"{cell.replace(chr(34), 2 * chr(34))}"' if "," in cell else cell for cell in cells)
    return ",".join(quoted)
