"""The kinds of text and numbers that the tables of an executable hold."""

from __future__ import annotations

import re
from typing import Annotated

import pydantic

STRICT = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)
_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_OURS = {"stdout.log", "stderr.log", "tmp"}


def _identifier(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w{0,63}", text, re.ASCII):
        raise ValueError("expected a name of letters, digits and _")
    return text


def local_name(text: str) -> str:
    """A path that cannot leave the trial's directory, whatever it is joined to."""
    parts = text.split("/")
    if not all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", part, re.ASCII) for part in parts):
        raise ValueError("expected a relative path of letters, digits, _, . and -")
    if any(set(part) == {"."} for part in parts) or parts[0] in _OURS:
        raise ValueError(f"expected a path inside the trial's directory, none of {sorted(_OURS)}")
    return text


def _found_name(text: str) -> str:
    """A local name in which ``*`` stands for what the simulator made up."""
    local_name(text.replace("*", "_"))
    return text


def _source(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("expected the path of a file")
    return text


def _argument(text: str) -> str:
    if "\0" in text:
        raise ValueError("expected text without NUL")
    return text


def _variable(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text, re.ASCII):
        raise ValueError("expected the name of an environment variable")
    return text


def _pattern(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"expected a regular expression: {error}") from error
    if groups != 1:
        raise ValueError(f"expected a regular expression with one group, got {groups}")
    return text


def _pointer(text: str) -> str:
    if text and not text.startswith("/"):
        raise ValueError("expected a JSON pointer such as /result/cost")
    return text


def parse_size(text: str) -> int:
    """Bytes of a size such as ``"500 MB"``.

    Raises:
        ValueError: not a size, or not positive.
    """
    match = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*([A-Za-z]{1,3})\s*", text, re.ASCII)
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"expected a size such as '500 MB' (units {', '.join(_UNITS)})")
    size = int(float(match[1]) * _UNITS[match[2]])
    if size < 1:
        raise ValueError("expected a positive size")
    return size


def _size(text: str) -> str:
    parse_size(text)
    return text


Identifier = Annotated[str, pydantic.AfterValidator(_identifier)]
LocalName = Annotated[str, pydantic.AfterValidator(local_name)]
FoundName = Annotated[str, pydantic.AfterValidator(_found_name)]
Source = Annotated[str, pydantic.AfterValidator(_source)]
Argument = Annotated[str, pydantic.AfterValidator(_argument)]
Variable = Annotated[str, pydantic.AfterValidator(_variable)]
Size = Annotated[str, pydantic.AfterValidator(_size)]
Seconds = Annotated[float, pydantic.Field(gt=0, allow_inf_nan=False)]
Pattern = Annotated[str, pydantic.AfterValidator(_pattern)]
Pointer = Annotated[str, pydantic.AfterValidator(_pointer)]
Number = Annotated[float, pydantic.Field(allow_inf_nan=False)]
