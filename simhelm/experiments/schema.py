"""The strict form of a run file: what may stand in it, and what a mistake is answered with."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import pydantic

from simhelm.core.errors import ConfigurationError
from simhelm.core.validation import explained

# A run file is a page; anything much larger is a mistake or an attack.
_LARGEST_FILE = 1_000_000


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("expected one line of printable text")
    return text


Text = Annotated[str, pydantic.AfterValidator(_printable)]


class Strict(pydantic.BaseModel):
    """The base of every table: unknown keys and other types are refused, nothing changes later."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)


class NamedTable(Strict):
    """A table that names a thing; its other keys are that thing's arguments."""

    model_config = pydantic.ConfigDict(extra="allow")

    @property
    def arguments(self) -> dict[str, Any]:
        """The keys beside the declared ones."""
        return dict(self.model_extra or {})


def load_table(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ConfigurationError: no file, far too large, or not TOML.
    """
    if not path.is_file():
        raise ConfigurationError(f"{path}: no such file")
    if path.stat().st_size > _LARGEST_FILE:
        raise ConfigurationError(f"{path}: larger than {_LARGEST_FILE} bytes; is it a run file?")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # TOML, UTF-8 or a number of 5,000 digits
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from error


def checked_arguments(
    function: Callable[..., Any],
    given: Mapping[str, Any],
    where: str,
    *,
    skip: tuple[str, ...] = (),
    folder: Path = Path(),
) -> dict[str, Any]:
    """Check keyword arguments against the annotations of a function or class before calling it.

    Args:
        skip: parameters that the caller fills in itself.
        folder: where relative paths start; arguments whose annotation has a Path are made
            absolute.

    Returns:
        Every argument that is not skipped: the given ones, and the defaults of the others.

    Raises:
        ConfigurationError: unknown name (with the nearest), or wrong type.
    """
    called = inspect.getattr_static(function, "__init__") if inspect.isclass(function) else function
    hints = get_type_hints(called)
    parameters = inspect.signature(function).parameters
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    fields: dict[str, Any] = {}
    for name, parameter in parameters.items():
        if name in skip or parameter.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[name] = (hints.get(name, Any), default)
    rules = pydantic.ConfigDict(
        extra="allow" if open_ended else "forbid", strict=True, arbitrary_types_allowed=True
    )
    model: Any = pydantic.create_model("Arguments", __config__=rules, **fields)
    checked = validated(model, dict(given), where)
    values = {name: getattr(checked, name) for name in (*fields, *(checked.model_extra or {}))}
    return {
        name: _absolute(value, folder, where) if _is_path(hints.get(name), value) else value
        for name, value in values.items()
    }


def _is_path(hint: Any, value: Any) -> bool:
    return isinstance(value, (str, Path)) and "Path" in str(hint)


def _absolute(value: str | Path, folder: Path, where: str) -> str:
    try:
        return str((folder / value).resolve())
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"{where}: {value!r} cannot be a path: {error}") from error


Model = TypeVar("Model", bound=pydantic.BaseModel)


def validated(model: type[Model], table: dict[str, Any], where: str) -> Model:
    """A table as its model.

    Raises:
        ConfigurationError: with what was expected, what was found and the nearest valid name.
    """
    try:
        return model.model_validate(table)
    except pydantic.ValidationError as error:
        raise ConfigurationError(explained(model, error, where)) from None
