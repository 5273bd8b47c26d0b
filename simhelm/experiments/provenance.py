"""Where numbers come from: versions, digests of files, and what changed since."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

_LIBRARIES = (
    "simhelm", "numpy", "scipy", "numba", "gymnasium", "pyarrow", "matplotlib", "optuna", "cmaes",
)  # fmt: skip


def digest(document: Any) -> str:
    """The SHA-256 digest of a JSON-like document, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def installed(distribution: str) -> str | None:
    """The release of a distribution, None if it is not installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def versions() -> dict[str, str | None]:
    """Versions of simhelm, its libraries, Python and the machine."""
    return {
        **{name: importlib.metadata.version(name) for name in _LIBRARIES},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "source revision": _revision(),
    }


def _revision() -> str | None:
    """The git revision of a source checkout, None for an installed package."""
    root, git = Path(__file__).resolve().parents[2], shutil.which("git")
    if git is None or not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a constant command on our own folder
            [git, "-C", str(root), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def difference(before: Any, now: Any) -> str:
    """Two JSON-like values side by side where they differ, one line a leaf."""
    old, new = _flat(before), _flat(now)
    lines = []
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            lines.append(f"  - {key} = {json.dumps(old.get(key))}")
            lines.append(f"  + {key} = {json.dumps(new.get(key))}")
    return "\n".join(lines)


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries and lists as one dictionary with dotted keys."""
    if isinstance(value, list):
        value = {str(place): item for place, item in enumerate(value)}
    if not isinstance(value, dict):
        return {prefix: value}
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat |= _flat(item, f"{prefix}.{key}" if prefix else str(key))
    return flat
