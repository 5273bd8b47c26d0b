"""Old import paths that users may hold; each leads to the module that took its place."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType

MOVED = {
    "simhelm.compiled": "simhelm.core.compiled",
    "simhelm.simulators.cancellation": "simhelm.core.cancellation",
    "simhelm.simulators.end_reason": "simhelm.core.end_reason",
    "simhelm.simulators.problem": "simhelm.core.problem",
    "simhelm.simulators.space": "simhelm.core.space",
    "simhelm.simulators.subspace": "simhelm.core.subspace",
    "simhelm.calibration.cli": "simhelm.cli",
    "simhelm.calibration.coefficients": "simhelm.simulators.transport.coefficients",
    "simhelm.calibration.errors": "simhelm.core.errors",
    "simhelm.calibration.identifiability": "simhelm.evidence.identifiability",
    "simhelm.calibration.testing": "simhelm.testing",
    "simhelm.calibration.training": "simhelm.control.training",
    "simhelm.calibration.tuner": "simhelm.control.tuner",
}


class _Redirect(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers an old name with the module of the new one, the same object."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if new_name(fullname) else None

    def exec_module(self, module: ModuleType) -> None:
        new = new_name(module.__name__)
        assert new is not None, "find_spec answers moved names only"
        sys.modules[module.__name__] = importlib.import_module(new)


def new_name(name: str) -> str | None:
    """What an old dotted name is called today; None if it has not moved."""
    for old, new in MOVED.items():
        if name == old or name.startswith(f"{old}."):
            return new + name.removeprefix(old)
    return None


def first_name(name: str) -> str:
    """The name that a module had before it moved: what is recorded goes by that."""
    for old, new in MOVED.items():
        if name == new or name.startswith(f"{new}."):
            return old + name.removeprefix(new)
    return name


def redirect_old_names() -> None:
    """Make the old names importable; again is harmless."""
    if not any(isinstance(finder, _Redirect) for finder in sys.meta_path):
        sys.meta_path.append(_Redirect())
