"""The message types taken apart, for the pages that are generated from them."""

from __future__ import annotations

import dataclasses
import inspect
from dataclasses import dataclass
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from engines.info import Supports
from host import corrections, errors, palette_records, store_records
from host.messaging.wire import notifications, requests, studio, values
from host.messaging.wire import records as carried

_DECLARATIONS: Final = (values, corrections, store_records, palette_records, carried, requests, notifications, studio)
_BASES: Final = (values.Message, corrections.Corrections)


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a map on the wire; `hint` is its type, without the None of an optional key."""

    name: str
    hint: Any
    optional: bool
    default: Any


@dataclass(frozen=True, slots=True)
class Record:
    """A struct: its name, what it is, its keys."""

    name: str
    meaning: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A code of the wire and what it says."""

    code: str
    meaning: str
    retryable: bool


def records() -> tuple[Record, ...]:
    """Return every record of the wire, in the order of their declaration."""
    structs = (_record(kind) for module in _DECLARATIONS for kind in vars(module).values() if _is_of(module, kind))
    return (_facts(Supports), *structs)


def is_record(kind: object) -> bool:
    """Tell whether a type crosses the wire as a map with names for its keys: a struct, or the engines' own facts."""
    return inspect.isclass(kind) and (issubclass(kind, Struct) or dataclasses.is_dataclass(kind))


def error_codes() -> tuple[ErrorCode, ...]:
    """Return every code, in the order of their declaration."""
    kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, errors.IrodoriError)]
    return tuple(
        ErrorCode(kind.code, first_sentence(kind), kind.retryable) for kind in kinds if kind is not errors.IrodoriError
    )


def bare(hint: Any) -> tuple[Any, Meta | None]:
    """Return a type without its constraints, and the constraints."""
    if get_origin(hint) is Annotated:
        kind, *extras = get_args(hint)
        return kind, next((extra for extra in extras if isinstance(extra, Meta)), None)
    return hint, None


def choices(hint: Any) -> tuple[str, ...]:
    """Return the values of a `Literal`, and nothing for another type."""
    return get_args(hint) if get_origin(hint) is Literal else ()


def first_sentence(kind: type) -> str:
    """Return the docstring's first paragraph as one line."""
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def _is_of(module: ModuleType, kind: object) -> bool:
    if not inspect.isclass(kind) or kind in _BASES:
        return False
    return issubclass(kind, Struct) and kind.__module__ == module.__name__


def _record(kind: type[Struct]) -> Record:
    hints = get_type_hints(kind, include_extras=True)
    left_out = kind.__struct_config__.omit_defaults
    own = kind.__annotations__
    fields = sorted(msgspec.structs.fields(kind), key=lambda field: field.name not in own)
    keys = (Key(f.encode_name, _present(hints[f.name]), left_out and not f.required, _default(f)) for f in fields)
    return Record(kind.__name__, first_sentence(kind), tuple(keys))


def _facts(kind: type) -> Record:
    """Return a plain dataclass, all keys of which are always there."""
    hints = get_type_hints(kind, include_extras=True)
    return Record(kind.__name__, first_sentence(kind), tuple(Key(name, hints[name], False, None) for name in hints))


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return None if field.default is msgspec.NODEFAULT else field.default


def _present(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        return next(kind for kind in get_args(hint) if kind is not NoneType)
    return hint
