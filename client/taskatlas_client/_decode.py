"""JSON to dataclasses: fields the client does not know are ignored, so that the server may add some."""

from __future__ import annotations

import dataclasses
import types
from datetime import datetime
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from taskatlas_client._errors import MalformedResponseError

T = TypeVar("T")


def decode(kind: type[T], value: object) -> T:
    """Read a JSON value as `kind`.

    Args:
        kind: A dataclass, a built-in type, `datetime`, or a `list`, `dict`, `Literal` or union of these.
        value: What `json.loads` gave.

    Raises:
        MalformedResponseError: The value is not of that kind; the message names the field.
    """
    return cast("T", _read(kind, value, "$"))


def _read(kind: Any, value: Any, path: str) -> object:
    if kind is Any:
        return value
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(cast("type[Any]", kind), value, path)
    if kind is datetime:
        return _read_time(value, path)
    origin = get_origin(kind)
    if origin is not None:
        return _read_generic(origin, get_args(kind), value, path)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _mismatch(getattr(kind, "__name__", str(kind)), value, path)
    return cast("object", value)


def _read_generic(origin: Any, arguments: tuple[Any, ...], value: Any, path: str) -> object:
    if origin is list:
        items = cast("list[Any]", _expect(list, value, path))
        return [_read(arguments[0], item, f"{path}[{index}]") for index, item in enumerate(items)]
    if origin is dict:
        entries = _object(value, path)
        return {key: _read(arguments[1], item, f"{path}.{key}") for key, item in entries.items()}
    if origin in (Union, types.UnionType):
        return _read_union(arguments, value, path)
    if origin is Literal:
        if value not in arguments:
            raise _mismatch(f"one of {', '.join(map(str, arguments))}", value, path)
        return cast("object", value)
    raise TypeError(f"cannot decode {origin}")


def _read_union(members: tuple[Any, ...], value: Any, path: str) -> object:
    if value is None and type(None) in members:
        return None
    kinds = [member for member in members if member is not type(None)]
    for kind in kinds[:-1]:
        try:
            return _read(kind, value, path)
        except MalformedResponseError:
            continue
    return _read(kinds[-1], value, path)


def _read_dataclass(kind: type[Any], value: Any, path: str) -> object:
    entries = _object(value, path)
    arguments: dict[str, object] = {}
    for name, hint, required in _fields(kind):
        said = name.removesuffix("_")  # `class_`, because Python keeps the word for itself
        if said in entries:
            arguments[name] = _read(hint, entries[said], f"{path}.{said}")
        elif required:
            raise MalformedResponseError(f"{path}.{said} is missing")
    return kind(**arguments)


@cache
def _fields(kind: type[Any]) -> list[tuple[str, Any, bool]]:
    hints = get_type_hints(kind)
    missing = dataclasses.MISSING
    return [
        (field.name, hints[field.name], field.default is missing and field.default_factory is missing)
        for field in dataclasses.fields(kind)
    ]


def _read_time(value: Any, path: str) -> datetime:
    text = _expect(str, value, path)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _mismatch("an RFC 3339 time", value, path) from None


def _expect(kind: type[T], value: Any, path: str) -> T:
    if not isinstance(value, kind):
        raise _mismatch(kind.__name__, value, path)
    return value


def _object(value: Any, path: str) -> dict[str, Any]:
    return cast("dict[str, Any]", _expect(dict, value, path))


def _mismatch(wanted: str, value: Any, path: str) -> MalformedResponseError:
    return MalformedResponseError(f"{path} should be {wanted} and is {value!r:.80}")
