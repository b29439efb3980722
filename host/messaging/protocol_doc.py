"""`docs/PROTOCOL.md`, written from the message types and from the prose beside this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

from host.messaging.framing import CHUNK_BYTES, FRAME_BYTES, UNFINISHED_S, WINDOW_CHUNKS
from host.messaging.messages import METHODS, NOTIFICATIONS, PROTOCOL_RANGE
from host.messaging.session import SILENCE_S
from host.messaging.shapes import Key, Record, bare, choices, error_codes, is_record, records
from host.messaging.stdio import MESSAGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msgspec import Meta, Struct

_PROSE: Final = Path(__file__).with_name("protocol.md")
_WHEN: Final = {"short": "in order", "pages": "in order of pages", "long": "beside others"}
_PLAIN: Final = {str: "text", int: "integer", float: "number", bool: "boolean", bytes: "bytes", Any: "anything"}


def protocol_page() -> str:
    """Return the whole page: the prose, with the numbers and the tables put where it asks for them."""
    values = {
        "version": f"{PROTOCOL_RANGE[1]}",
        "message_bytes": f"{MESSAGE_BYTES:,}",
        "chunk_bytes": f"{CHUNK_BYTES:,}",
        "frame_bytes": f"{FRAME_BYTES:,}",
        "window_chunks": str(WINDOW_CHUNKS),
        "unfinished_s": f"{UNFINISHED_S:.0f}",
        "silence_s": f"{SILENCE_S:.0f}",
        "methods": _methods(),
        "notifications": _notifications(),
        "records": "\n\n".join(_record(record) for record in records() if record.keys),
        "errors": _errors(),
    }
    page = _PROSE.read_text(encoding="utf-8")
    for name, value in values.items():
        page = page.replace(f"{{{{{name}}}}}", value)
    return page


def _methods() -> str:
    rows = [
        (
            f"`{name}`",
            _type(method.params),
            _type(method.result),
            _WHEN[method.lane] if name != "session.ping" else "at once",
        )
        for name, method in METHODS.items()
    ]
    return _table(("method", "params", "result", "runs"), rows)


def _notifications() -> str:
    rows = [(f"`{name}`", _type(kind), _keys(kind)) for name, kind in NOTIFICATIONS.items()]
    return _table(("method", "params", "keys"), rows)


def _keys(kind: type[Struct]) -> str:
    record = next(record for record in records() if record.name == kind.__name__)
    return ", ".join(f"`{key.name}{'?' if key.optional else ''}`" for key in record.keys)


def _record(record: Record) -> str:
    rows = [(f"`{key.name}`", _type(key.hint), _presence(key)) for key in record.keys]
    return f"### {record.name}\n\n{record.meaning}\n\n" + _table(("key", "type", "present"), rows)


def _presence(key: Key) -> str:
    if not key.optional:
        return "always"
    if isinstance(key.default, bytes):
        return "optional, else none"
    return "optional" if key.default is None else f"optional, else `{json.dumps(key.default)}`"


def _errors() -> str:
    rows = [(f"`{error.code}`", error.meaning, "yes" if error.retryable else "no") for error in error_codes()]
    return _table(("code", "meaning", "retryable"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _type(hint: Any) -> str:
    kind, limits = bare(hint)
    return _name(kind) + (_limits(limits) if limits is not None else "")


def _name(kind: Any) -> str:
    if values := choices(kind):
        return ", ".join(f"`{value}`" for value in values)
    if kind in _PLAIN:
        return _PLAIN[kind]
    if is_record(kind):
        name = kind.__name__
        return "`{}`" if name == "Empty" else f"[{name}](#{name.lower()})"
    arguments = get_args(kind)
    if get_origin(kind) is tuple and arguments[-1] is not Ellipsis:
        return f"[{', '.join(map(_type, arguments))}]"
    if get_origin(kind) in (list, tuple):
        return f"list of {_type(arguments[0])}"
    if get_origin(kind) is dict:
        return "map"
    raise TypeError(f"no words for {kind}")


def _limits(limits: Meta) -> str:
    if limits.pattern is not None:
        return f" like `{limits.pattern}`"
    if limits.ge is not None:
        return f" {limits.ge} to {limits.le}" if limits.le is not None else f" from {limits.ge}"
    low, high = limits.min_length, limits.max_length
    return f" of {low} to {high}" if low is not None else f" of at most {high}"
