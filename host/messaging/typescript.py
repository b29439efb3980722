"""`extension/lib/protocol/messages.ts`, written from the message types."""

from __future__ import annotations

import json
from typing import Any, Final, get_args, get_origin

from host.messaging.framing import CHUNK_BYTES, FRAME_BYTES, UNFINISHED_S, WINDOW_CHUNKS
from host.messaging.messages import METHODS, NOTIFICATIONS, PROTOCOL_RANGE
from host.messaging.session import SILENCE_S
from host.messaging.shapes import Key, Record, bare, choices, error_codes, is_record, records
from host.messaging.stdio import MESSAGE_BYTES
from host.vocabulary import ExportFormat

_PLAIN: Final = {str: "string", int: "number", float: "number", bool: "boolean", bytes: "Uint8Array", Any: "unknown"}
_HEAD: Final = """\
/**
 * Every message of the wire. Generated from host/messaging/messages.py by `python -m host.messaging.generate`;
 * do not edit. A key with `?` may be left out.
 */
"""


def typescript() -> str:
    """Return the whole file."""
    parts = [_HEAD, _constants(), _codes(), *map(_interface, records()), _methods(), _notifications()]
    return "\n".join(parts)


def _constants() -> str:
    numbers = {
        "CHUNK_BYTES": CHUNK_BYTES,
        "WINDOW_CHUNKS": WINDOW_CHUNKS,
        "FRAME_BYTES": FRAME_BYTES,
        "MESSAGE_BYTES": MESSAGE_BYTES,
        "UNFINISHED_MS": round(UNFINISHED_S * 1000),
        "SILENCE_MS": round(SILENCE_S * 1000),
    }
    lines = [f"export const PROTOCOL_RANGE: readonly [number, number] = [{PROTOCOL_RANGE[0]}, {PROTOCOL_RANGE[1]}];"]
    lines += [f"export const {name} = {value:_};" for name, value in numbers.items()]
    formats = ", ".join(f'"{one}"' for one in get_args(ExportFormat))
    lines += [f"export const EXPORT_FORMATS = [{formats}] as const;"]
    return "\n".join(lines) + "\n"


def _codes() -> str:
    return "export type ErrorCode =\n" + "\n".join(f'  | "{error.code}"' for error in error_codes()) + ";\n"


def _interface(record: Record) -> str:
    if not record.keys:
        return f"/** {record.meaning} */\nexport type {record.name} = Record<string, never>;\n"
    lines = "\n".join(map(_key, record.keys))
    return f"/** {record.meaning} */\nexport interface {record.name} {{\n{lines}\n}}\n"


def _key(key: Key) -> str:
    return f"  {key.name}{'?' if key.optional else ''}: {_type(key.hint)};"


def _methods() -> str:
    lines = [
        f'  "{name}": {{ params: {_type(method.params)}; result: {_type(method.result)} }};'
        for name, method in METHODS.items()
    ]
    return "/** The requests that the host answers. */\nexport interface Methods {\n" + "\n".join(lines) + "\n}\n"


def _notifications() -> str:
    lines = [f"  {_quoted(name)}: {_type(message)};" for name, message in NOTIFICATIONS.items()]
    meaning = "/** What the host tells unasked; `session.bye` is also the extension's. */"
    return f"{meaning}\nexport interface Notifications {{\n" + "\n".join(lines) + "\n}\n"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _type(hint: Any) -> str:
    kind, _ = bare(hint)
    if values := choices(kind):
        return " | ".join(map(json.dumps, values))
    if kind in _PLAIN:
        return _PLAIN[kind]
    if is_record(kind):
        return str(kind.__name__)
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return f"Record<string, {_type(arguments[1])}>"
    if get_origin(kind) is tuple and arguments[-1] is not Ellipsis:
        return f"[{', '.join(map(_type, arguments))}]"
    if get_origin(kind) in (list, tuple):
        inner = _type(arguments[0])
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    raise TypeError(f"no TypeScript for {hint}")
