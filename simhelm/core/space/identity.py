"""What tells one space of designs from another."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence

from simhelm.core.parameter import Parameter
from simhelm.core.space.parameters import of_parameters
from simhelm.core.space.serial import space_hash


def space_identity(parameters: Sequence[Parameter]) -> str:
    """The hash of the tree of designs, or of the parameters where they are no finite tree."""
    try:
        return space_hash(of_parameters(parameters))
    except ValueError:
        return hashlib.sha256(json.dumps([_as_json(p) for p in parameters]).encode()).hexdigest()


def _as_json(parameter: Parameter) -> dict[str, str]:
    fields = dataclasses.asdict(parameter)
    del fields["description"]
    return {name: repr(value) for name, value in sorted(fields.items())}
