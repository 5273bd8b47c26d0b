"""A pointer to a named tuple of arrays, for kernels that call each other often.

By value, every call of a kernel would copy all arrays of a group; Numba's own reference
(``structref``) counts references with atomic operations, which cost more than a small kernel's
work. A pointer does neither. It must not outlive the call of the kernel that made it, which holds
the tuple.
"""

from __future__ import annotations

from typing import Any

import numba.extending
from numba.core import cgutils, types
from numba.core.typing.templates import AttributeTemplate

# Numba's own are not typed.
_extending: Any = numba.extending
_cgutils: Any = cgutils


class Reference(types.CPointer):
    """The type of a pointer to a named tuple; its fields are read as attributes."""

    def __init__(self, group: Any) -> None:
        super().__init__(group)  # type: ignore[no-untyped-call]
        self.name = f"Reference({group})"


_extending.register_model(Reference)(_extending.models.PointerModel)


@_extending.infer_getattr
class _Fields(AttributeTemplate):
    key = Reference

    def generic_resolve(self, reference: Any, name: str) -> Any:  # type: ignore[override]
        group = reference.dtype
        return group.types[group.fields.index(name)] if name in group.fields else None


@_extending.lower_getattr_generic(Reference)  # type: ignore[untyped-decorator]
def _load_field(context: Any, builder: Any, reference: Any, value: Any, name: str) -> Any:
    index = reference.dtype.fields.index(name)
    return builder.load(_cgutils.gep_inbounds(builder, value, 0, index))


def _refer(context: Any, group: Any) -> Any:
    """Point to a named tuple, which the calling kernel keeps on its stack."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _cgutils.alloca_once_value(builder, arguments[0])

    return Reference(group)(group), generate


reference: Any = _extending.intrinsic(_refer)
