"""Layers 3 and 4 of the wire: MessagePack documents, and the shape of MessagePack-RPC messages.

What comes in is plain data: strings, numbers, bytes, lists and maps with string keys. Extension types, timestamps,
numbers that are not finite and deep nests are refused. A frame is measured before anything is made of it (`scan`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import msgpack
import msgspec

from host.errors import BadRequest, FrameFault, IrodoriError, TooLarge, UnknownMethod
from host.messaging.messages import METHODS, NOTIFICATIONS, Message
from host.messaging.scan import ITEMS_MAX, count_values, msgid_of

REQUEST: Final = 0
RESPONSE: Final = 1
NOTIFICATION: Final = 2
DEPTH_MAX: Final = 32
_MSGID_MAX: Final = 2**32 - 1
_VALUE_BYTES: Final = 120
_METHOD_OF: Final = {message: method for method, message in NOTIFICATIONS.items()}


@dataclass(frozen=True, slots=True)
class Request:
    """`[0, msgid, method, params]`."""

    msgid: int
    method: str
    params: dict[str, Any]
    cost: int = field(default=0, compare=False)
    """About how many bytes of memory it holds, where it was decoded."""


@dataclass(frozen=True, slots=True)
class Response:
    """`[1, msgid, error, result]`."""

    msgid: int
    error: dict[str, Any] | None
    result: Any


@dataclass(frozen=True, slots=True)
class Notification:
    """`[2, method, params]`."""

    method: str
    params: dict[str, Any]


class Unanswerable(Exception):
    """A request of which only the `msgid` can be read; it is owed an error all the same."""

    def __init__(self, msgid: int, error: IrodoriError) -> None:
        super().__init__(error.message)
        self.msgid = msgid
        self.error = error


def encode_request(request: Request) -> bytes:
    """Return the frame of a request; `params` may hold message structs."""
    return _pack([REQUEST, request.msgid, request.method, request.params])


def encode_result(msgid: int, result: object) -> bytes:
    """Return the frame of a response that succeeded.

    Raises:
        TypeError, OverflowError: `result` holds what the wire cannot carry.
    """
    return _pack([RESPONSE, msgid, None, result])


def encode_error(msgid: int, error: IrodoriError) -> bytes:
    """Return the frame of a response that failed; data that the wire cannot carry goes as text."""
    wire = error.wire()
    try:
        return _pack([RESPONSE, msgid, wire, None])
    except (TypeError, ValueError, OverflowError):
        data = {str(key): str(value) for key, value in error.data.items()}
        return _pack([RESPONSE, msgid, wire | {"data": data}, None])


def encode_notification(message: Message) -> bytes:
    """Return the frame of a notification; the type decides the method.

    Raises:
        KeyError: the type is no notification. TypeError: it holds what the wire cannot carry.
    """
    return _pack([NOTIFICATION, _METHOD_OF[type(message)], message])


def decode_message(frame: bytes) -> Request | Response | Notification:
    """Return the message in `frame`.

    Raises:
        FrameFault: not MessagePack, or no message at all. TooLarge: more values than a message may have.
        Unanswerable: a request with a `msgid` but of a wrong shape, too large or too deep.
    """
    values = _count(frame)
    document = _unpack(frame)
    if isinstance(document, list) and document and type(document[0]) is int:
        match document:
            case [0, int() as msgid, *rest] if _is_msgid(msgid):
                return _request(msgid, rest, len(frame) + _VALUE_BYTES * values)
            case [1, int() as msgid, (None | dict()) as error, result] if _is_msgid(msgid):
                return Response(msgid, error, result)
            case [2, str() as method, dict() as params]:
                require_plain(params)
                return Notification(method, params)
    raise FrameFault("the frame holds no MessagePack-RPC message")


def bind(request: Request) -> Any:
    """Return the checked parameters of the method that `request` names: a struct, or a map where keys are free.

    Raises:
        UnknownMethod, BadRequest.
    """
    method = METHODS.get(request.method)
    if method is None:
        raise UnknownMethod(f"there is no method {request.method[:100]!r}", "Update the host or the extension.")
    try:
        return msgspec.convert(request.params, method.params)
    except msgspec.ValidationError as fault:
        raise BadRequest(f"{request.method}: {fault}", "Send the parameters that docs/PROTOCOL.md lists.") from fault


def require_plain(value: object, depth: int = 0) -> None:
    """Check that `value` is plain data of finite numbers, at most 32 deep.

    Raises:
        FrameFault
    """
    if depth > DEPTH_MAX:
        raise FrameFault(f"the message is nested more than {DEPTH_MAX} deep")
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise FrameFault("a key of a map is not a string")
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            require_plain(item, depth + 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise FrameFault("a number is not finite")
    elif not (value is None or isinstance(value, (bool, int, str, bytes))):
        raise FrameFault("the message holds an extension type")


def _request(msgid: int, rest: list[Any], cost: int) -> Request:
    match rest:
        case [str() as method, dict() as params]:
            try:
                require_plain(params)
            except FrameFault as fault:
                raise Unanswerable(msgid, BadRequest(f"{method[:100]}: {fault.message}")) from fault
            return Request(msgid, method, params, cost)
    raise Unanswerable(msgid, BadRequest("a request is [0, msgid, method, params], and params is a map"))


def _is_msgid(value: int) -> bool:
    return not isinstance(value, bool) and 0 <= value <= _MSGID_MAX


def _pack(document: object) -> bytes:
    plain = msgspec.to_builtins(document, builtin_types=(bytes,))
    packed: bytes = msgpack.packb(plain, use_bin_type=True, unicode_errors="replace")
    return packed


def _count(frame: bytes) -> int:
    try:
        return count_values(frame)
    except IrodoriError as fault:
        msgid = msgid_of(frame)
        if msgid is None:
            raise
        error = fault if isinstance(fault, TooLarge) else BadRequest(fault.message)
        raise Unanswerable(msgid, error) from fault


def _unpack(frame: bytes) -> Any:
    try:
        return msgpack.unpackb(
            frame,
            raw=False,
            strict_map_key=True,
            max_array_len=ITEMS_MAX,
            max_map_len=ITEMS_MAX,
            max_ext_len=16,
        )
    except (ValueError, RecursionError, msgpack.UnpackException) as fault:
        raise FrameFault("the frame is not a MessagePack document") from fault
