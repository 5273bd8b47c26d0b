"""Spaces as JSON in one canonical form, and their hashes: what tells one from another."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from simhelm.core.parameter import Parameter
from simhelm.core.space.nodes import Chain, Choice, Node, Nothing, Repeat, When
from simhelm.core.space.parameters import of_parameters
from simhelm.core.space.tree import Space

FORMAT = 1


def to_json(space: Space) -> str:
    """The canonical form: equal spaces give equal text."""
    table = {"format": FORMAT, "space": _table(space.root)}
    return json.dumps(table, sort_keys=True, separators=(",", ":"), allow_nan=False)


def from_json(text: str) -> Space:
    """The space of a text that :func:`to_json` made.

    Raises:
        ValueError: no such text.
    """
    try:
        table = json.loads(text)
        if table["format"] != FORMAT:
            raise ValueError(f"expected format {FORMAT}, got {table['format']!r}")
        return Space(_node(table["space"]))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a search space in JSON: {error!r}") from error


def space_hash(space: Space) -> str:
    """SHA-256 of the canonical form, 64 hexadecimal digits."""
    return hashlib.sha256(to_json(space).encode()).hexdigest()


def space_identity(parameters: Sequence[Parameter]) -> str:
    """The hash of the tree of designs, or of the parameters where they are no finite tree."""
    try:
        return space_hash(of_parameters(parameters))
    except ValueError:
        return hashlib.sha256(json.dumps([_described(p) for p in parameters]).encode()).hexdigest()


def _described(parameter: Parameter) -> dict[str, str]:
    fields = dataclasses.asdict(parameter)
    del fields["description"]
    return {name: repr(value) for name, value in sorted(fields.items())}


def _table(node: Node) -> dict[str, Any]:
    if isinstance(node, Choice):
        options = [[value, _table(part)] for value, part in node.options]
        return {
            "kind": "choice",
            "name": node.name,
            "options": options,
            "ordered": node.ordered,
            "shared": node.shared,
        }
    if isinstance(node, Chain):
        return {"kind": "sequence", "parts": [_table(part) for part in node.parts]}
    if isinstance(node, Repeat):
        part = _table(node.part)
        return {"kind": "repeat", "name": node.name, "part": part, "counts": list(node.counts)}
    if isinstance(node, When):
        values = list(node.values)
        return {"kind": "when", "name": node.name, "values": values, "part": _table(node.part)}
    return {"kind": "nothing"}


def _node(table: dict[str, Any]) -> Node:
    kind = table["kind"]
    if kind == "choice":
        options = tuple((value, _node(part)) for value, part in table["options"])
        return Choice(table["name"], options, table["ordered"], table["shared"])
    if kind == "sequence":
        return Chain(tuple(_node(part) for part in table["parts"]))
    if kind == "repeat":
        return Repeat(table["name"], _node(table["part"]), tuple(table["counts"]))
    if kind == "when":
        return When(table["name"], tuple(table["values"]), _node(table["part"]))
    if kind == "nothing":
        return Nothing()
    raise ValueError(f"unknown kind {kind!r} in a search space")
