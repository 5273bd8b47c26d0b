"""Small pieces of Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

_ROLE = re.compile(r":(?:class|func|meth|mod|data|attr):`~?([^`]+)`")
_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns):$", flags=re.MULTILINE)
_SECTION_TITLES = {"Args": "Arguments", "Raises": "Errors"}
_ITEM = re.compile(r"^    (\S[^:\n]*): ", flags=re.MULTILINE)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; vertical bars and line breaks in cells are made harmless."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines) + "\n"


def docstring(thing: object) -> str:
    """A docstring as Markdown: roles become code, sections of arguments become lists."""
    text = _ROLE.sub(lambda match: f"`{match[1].rpartition('.')[2]}`", inspect.getdoc(thing) or "")
    first, *rest = _SECTION.split(text)
    parts = [first.strip()]
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        parts.append(f"**{_SECTION_TITLES.get(title, title)}**\n\n{_items(body)}")
    return "\n\n".join(parts) + "\n"


def _items(body: str) -> str:
    listed = _ITEM.sub(lambda match: f"- `{match[1]}`: ", body.strip("\n"))
    # What is not indented any more is text again.
    return re.sub(r"\n\n(?=\S)", "\n\n", listed).strip()


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
