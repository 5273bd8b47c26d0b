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
    if kernel is None or not _depends_on_package(kernel):
        kernel = numba.njit(**options)(function)
    result: Function = kernel
    return result


def _depends_on_package(kernel: Any) -> bool:
    """Make a kernel's cache entry stale after a change anywhere in the package.

    Numba looks at the kernel's own file only, and would run an old copy of a kernel that this
    one calls from another file. The stamp is reached through its private attributes, for want
    of public ones; where they are missing this says False, and the kernel goes uncached.
    """
    file = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
    if not hasattr(file, "_source_stamp"):
        return False
    file._source_stamp = (file._source_stamp, _package_stamp())  # type: ignore[union-attr]
    return True


@functools.cache
def _package_stamp() -> str:
    """A digest of names, sizes and times of change of all source files of the package."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        status = path.stat()
        digest.update(f"{path.name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
