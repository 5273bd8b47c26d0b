"""Proxies as files: skops archives of arrays and text, nothing that could run.

The trees are stored as arrays rather than as scikit-learn's objects: those hold node numbers that
scikit-learn follows without looking, so that a forged file crashes the process. Here nothing but
arrays and text is trusted, and every node number is checked.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from simhelm.core.fingerprint import fingerprint
from simhelm.core.problem import Parameter
from simhelm.simulators.proxy.forest import Forest
from simhelm.simulators.proxy.model import Proxy, ProxyOutput

# 2: parameters that are not active stand at their defaults; the problem's arguments.
FORMAT = 2
_LARGEST_FILE = 1_000_000_000
# Types beside those that skops trusts by itself (arrays, text, numbers): none.
TRUSTED: list[str] = []


def _skops() -> Any:
    try:
        import skops.io
    except ImportError as error:
        raise ImportError("proxies need skops: pip install 'simhelm[proxy]'") from error
    return skops.io


def save_proxy(proxy: Proxy, path: Path) -> None:
    """Write a proxy.

    Raises:
        ImportError: skops is missing.
    """
    about = {
        "format": FORMAT,
        "problem": proxy.problem,
        "space": proxy.space,
        "parameters": [dataclasses.asdict(parameter) for parameter in proxy.parameters],
        "outputs": [dataclasses.asdict(output) for output in proxy.outputs],
        "coverage": proxy.coverage,
        "arguments": dict(proxy.arguments),
    }
    arrays = {f.name: getattr(proxy.forest, f.name) for f in dataclasses.fields(Forest)}
    path.parent.mkdir(parents=True, exist_ok=True)
    _skops().dump({"about": json.dumps(about), **arrays}, path)


def load_proxy(path: Path) -> Proxy:
    """Read a proxy; nothing in the file is run.

    Raises:
        ValueError: no file, not a proxy, of another format, or with anything beyond arrays and
            text in it.
        ImportError: skops is missing.
    """
    io = _skops()
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    if path.stat().st_size > _LARGEST_FILE:
        raise ValueError(f"{path}: larger than {_LARGEST_FILE} bytes; is it a proxy?")
    try:
        found = io.load(path, trusted=TRUSTED)
    except Exception as error:  # whatever a forged or broken archive leads skops to
        raise ValueError(f"{path}: not a proxy that may be trusted: {error}") from error
    try:
        return dataclasses.replace(_proxy(found), sha256=fingerprint(path))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path}: not a proxy: {type(error).__name__}: {error}") from error


def _proxy(found: Any) -> Proxy:
    about = json.loads(found["about"])
    if about["format"] != FORMAT:
        raise ValueError(f"expected format {FORMAT}, got {about['format']!r}")
    return Proxy(
        problem=str(about["problem"]),
        space=str(about["space"]),
        parameters=tuple(_parameter(fields) for fields in about["parameters"]),
        outputs=tuple(ProxyOutput(**fields) for fields in about["outputs"]),
        coverage=float(about["coverage"]),
        arguments=dict(about["arguments"]),
        forest=Forest(**{f.name: found[f.name] for f in dataclasses.fields(Forest)}),
    )


def _parameter(fields: dict[str, Any]) -> Parameter:
    condition = fields["condition"]
    if condition is not None:
        condition = (condition[0], tuple(condition[1]))
    return Parameter(**{**fields, "choices": tuple(fields["choices"]), "condition": condition})
