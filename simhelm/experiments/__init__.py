"""What every kind of run shares: kinds, directories, locks, files, provenance, schema, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simhelm.core.lazy import lazy_names

if TYPE_CHECKING:
    from simhelm.experiments.terminal import print_table, progress_bar

__all__ = ["print_table", "progress_bar"]

__getattr__ = lazy_names(
    __name__,
    {
        "print_table": "simhelm.experiments.terminal",
        "progress_bar": "simhelm.experiments.terminal",
    },
)
