"""How numerical parts are compiled, the same in every room."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile at first call, without the GIL, cached on disk where that is possible and safe.

    Fused multiply-add is allowed; reordering of sums is not, so that results do not depend on
    the vector width the compiler chooses.
    """
    return _compiled(function)


def compiled_in_place(function: Function) -> Function:
    """As :func:`compiled`, for small kernels that call each other and make no array.

    Numba counts references to arrays at every call, with atomic operations that cost more than
    the work of such a kernel. Here it does not; it refuses to compile one that makes an array.
    """
    return _compiled(function, _nrt=False)


def compiled_as_written(function: Function) -> Function:
    """As :func:`compiled_in_place`, every operation rounded as it is written.

    Multiply-adds are fused where the code says so only. Copies of one expression, of which the
    compiler makes one for single numbers and one for vectors, then give the same bits.
    """
    return _compiled(function, _nrt=False, fastmath=False)


def inlined_as_written(function: Function) -> Function:
    """As :func:`compiled_as_written`, and made a part of whatever compiled function calls it."""
    return _compiled(function, _nrt=False, fastmath=False, forceinline=True)


def _compiled(function: Function, **more: Any) -> Function:
    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "numpy",
        "fastmath": {"contract"},
        **more,
    }
    try:
        kernel: Any = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # nowhere to write a cache: an image without a home directory, say
        kernel = None
    if kernel is None or not _depends_on_room(kernel):
        kernel = numba.njit(**options)(function)
    result: Function = kernel
    return result


def _depends_on_room(kernel: Any) -> bool:
    """Make a kernel's cache entry stale after a change anywhere in its room.

    Numba looks at the kernel's own file only, and would run an old copy of a kernel that this
    one calls from another file. Kernels call others of their own room only, so that an edit in
    one domain costs no other domain its cache. The stamp is reached through private attributes,
    for want of public ones; where they are missing this says False, and the kernel goes uncached.
    """
    file = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
    if not (hasattr(file, "_source_stamp") and hasattr(file, "_load_index")):
        return False
    stamp = _digest(domain_of(kernel.py_func.__module__), Path(kernel.py_func.__code__.co_filename))
    file._source_stamp = (file._source_stamp, stamp)  # type: ignore[union-attr]
    file._load_index = _or_empty(file._load_index)  # type: ignore[union-attr]
    return True


def _or_empty(load: Callable[[], dict[Any, Any]]) -> Callable[[], dict[Any, Any]]:
    """An index that names types which are gone is stale; Numba would stop with an error."""

    def load_or_empty() -> dict[Any, Any]:
        try:
            return load()
        except (AttributeError, ImportError):
            return {}

    return load_or_empty


def domain_of(module: str) -> str:
    """What may call each other's kernels: ``simhelm.simulators.nbody``, say, and all within."""
    return ".".join(module.split(".")[:3])


@functools.cache
def _digest(room: str, file: Path) -> str:
    """Of all source files of a room, which is a folder or a single file; and of this one."""
    folder = Path(__file__).parents[2].joinpath(*room.split("."))
    files = sorted(folder.rglob("*.py")) if folder.is_dir() else [file]
    digest = hashlib.sha256()
    for path in (Path(__file__), *files):
        digest.update(path.read_bytes())
    return digest.hexdigest()
