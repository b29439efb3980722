"""Write the golden vectors of the wire: `python tests/vectors/make.py`.

Made with msgpack, json, base64 and zlib alone; neither codec of the project takes part.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from zlib import crc32

import msgpack

HERE = Path(__file__).parent
CHUNK_BYTES = 196_608
FRAME_BYTES = 67_108_864
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")


def pattern(size: int) -> bytes:
    """Return `size` bytes: byte i is (31 * i + 7) modulo 256."""
    return bytes((31 * i + 7) & 255 for i in range(size))


def chunks(frame: bytes, frame_id: int, size: int = CHUNK_BYTES) -> list[dict[str, Any]]:
    """Return the envelopes of a frame, cut into pieces of `size` bytes."""
    pieces = [frame[start : start + size] for start in range(0, len(frame), size)] or [b""]
    envelopes: list[dict[str, Any]] = []
    for q, piece in enumerate(pieces):
        head = {"z": len(frame), "c": crc32(frame)} if q == 0 else {}
        data = base64.b64encode(piece).decode()
        envelopes.append({"t": "chunk", "id": frame_id, "q": q, "n": len(pieces), **head, "d": data})
    return envelopes


def as_json(value: Any) -> Any:
    """Spell bytes as {"$bytes": base64}."""
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value


def vector(
    name: str, message: list[Any], first_id: int = 1, piece: int = CHUNK_BYTES, exact: bool = True
) -> dict[str, Any]:
    frame = msgpack.packb(message, use_bin_type=True)
    return {
        "name": name,
        "message": as_json(message),
        "exact": exact and piece == CHUNK_BYTES,
        "frame_hex": frame.hex(),
        "first_id": first_id,
        "envelopes": chunks(frame, first_id, piece),
    }


LIMITS = {"chunk_bytes": CHUNK_BYTES, "window_chunks": 8, "frame_bytes": FRAME_BYTES}
READY = {
    "protocol": [1, 1],
    "host_version": "0.1.0",
    "pid": 4711,
    "log_path": "/home/aki/irodori/host.log",
    "limits": LIMITS,
}
PAGE = {"page_id": "p-001", "index": 0, "sha256": "9f" * 32, "visible": True, "width": 1200, "height": 1800}
CHAPTER = {"series": "色の話", "chapter": "第1話", "direction": "rtl", "pages": [PAGE], "references": ["r" * 64]}
ERROR = {"code": "E_IMAGE", "message": "not an image", "hint": "Reload the page.", "retryable": False}
MESSAGES = [
    vector("ready", [2, "session.ready", READY]),
    vector(
        "hello", [0, 1, "session.hello", {"protocol": [1, 1], "extension_version": "0.1.0", "browser": "Chrome 156"}]
    ),
    vector("ping without parameters", [0, 2, "session.ping", {}], first_id=2),
    vector("pong with a float", [1, 2, None, {"uptime_s": 12.625, "busy": False, "queue_depth": 0}], first_id=3),
    vector("whole float, which JavaScript spells as an integer", [1, 2, None, {"uptime_s": 12.0}], exact=False),
    vector("error", [1, 3, ERROR, None], first_id=4),
    vector("chapter with Japanese names", [0, 4, "pipeline.run_chapter", CHAPTER], first_id=5),
    vector("page with bytes", [0, 5, "page.put", {"job_id": "j-1", "page_id": "p-001", "image": PNG}], first_id=6),
    vector("empty bytes and an empty list", [2, "x.y", {"image": b"", "list": [], "map": {}}], first_id=7),
    vector(
        "integers at every width",
        [
            2,
            "x.y",
            {
                "n": [
                    0,
                    127,
                    128,
                    255,
                    256,
                    65535,
                    65536,
                    2**32 - 1,
                    2**32,
                    2**53 - 1,
                    -1,
                    -32,
                    -33,
                    -128,
                    -129,
                    -32768,
                    -32769,
                    -(2**31),
                    -(2**31) - 1,
                ]
            },
        ],
    ),
    vector("text at every width", [2, "x.y", {"s": ["", "a" * 31, "a" * 32, "a" * 255, "a" * 256, "ä€😀"]}]),
    vector("bytes of 255 and 256", [2, "x.y", {"b": [pattern(255), pattern(256)]}]),
    vector("largest id and msgid", [0, 2**32 - 1, "session.ping", {}], first_id=2**53 - 1),
    vector("three chunks, cut smaller than a sender would", [2, "x.y", {"image": pattern(250)}], first_id=9, piece=100),
    vector("one byte a chunk", [0, 6, "session.ping", {}], first_id=10, piece=1),
]


def large(name: str, image_bytes: int, first_id: int) -> dict[str, Any]:
    frame = msgpack.packb([2, "x.y", {"image": pattern(image_bytes)}], use_bin_type=True)
    envelopes = []
    for envelope in chunks(frame, first_id):
        data = envelope.pop("d").encode()
        envelopes.append(envelope | {"d_length": len(data), "d_sha256": hashlib.sha256(data).hexdigest()})
    message = [2, "x.y", {"image": {"$pattern": image_bytes}}]
    digest = hashlib.sha256(frame).hexdigest()
    return {"name": name, "message": message, "frame_sha256": digest, "first_id": first_id, "envelopes": envelopes}


HEAD = len(msgpack.packb([2, "x.y", {"image": bytes(70_000)}])) - 70_000
LARGE = [
    large("exactly one full chunk", CHUNK_BYTES - HEAD, 1),
    large("one byte more than a chunk", CHUNK_BYTES - HEAD + 1, 2),
    large("exactly three full chunks", 3 * CHUNK_BYTES - HEAD, 3),
    large("a page of 8 MB", 8_000_000, 4),
]

GOOD = msgpack.packb([0, 7, "session.ping", {}])
OTHER = msgpack.packb([0, 8, "session.ping", {}])


def one(frame_id: int = 7, **changes: Any) -> dict[str, Any]:
    """Return a frame of one chunk with some keys changed, or left out where the value is None."""
    envelope = chunks(GOOD, frame_id)[0] | changes
    return {key: value for key, value in envelope.items() if value is not None}


def three(frame_id: int = 7) -> list[dict[str, Any]]:
    """Return a frame of three chunks."""
    return chunks(GOOD, frame_id, -(-len(GOOD) // 3))


def case(
    name: str,
    envelopes: list[Any],
    faults: list[tuple[int, str]] | None = None,
    frames: list[bytes] | None = None,
    acks: list[tuple[int, int]] | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "envelopes": envelopes,
        "faults": [{"id": frame_id, "code": code} for frame_id, code in faults or []],
        "frames_hex": [frame.hex() for frame in frames or []],
        "acks": [{"id": frame_id, "q": q} for frame_id, q in acks or []],
    }


def raw(text: str) -> dict[str, str]:
    return {"$raw": text}


FAULT = [(7, "E_FRAME")]
UNKNOWN = [(0, "E_FRAME")]
ALL_THREE = [(7, 0), (7, 1), (7, 2)]
a, b, c = three()
x, y, z = three(8)
FAULTS = [
    case("one chunk", [one()], frames=[GOOD]),
    case("three chunks", [a, b, c], frames=[GOOD], acks=ALL_THREE),
    case(
        "two frames interleaved",
        [a, x, b, y, z, c],
        frames=[GOOD, GOOD],
        acks=[(7, 0), (8, 0), (7, 1), (8, 1), (8, 2), (7, 2)],
    ),
    case("unknown keys are ignored", [one(extra=[1, {"deep": None}])], frames=[GOOD]),
    case(
        "the head repeated in a later chunk",
        [a, b | {"z": len(GOOD), "c": crc32(GOOD)}, c],
        frames=[GOOD],
        acks=ALL_THREE,
    ),
    case("acknowledgement of what was never sent", [{"t": "ack", "id": 99, "q": 0}, one()], frames=[GOOD]),
    case("not JSON", [raw("{"), one()], UNKNOWN, [GOOD]),
    case("not UTF-8 text of an object", [raw('"chunk"'), one()], UNKNOWN, [GOOD]),
    case("a list", [raw("[]"), one()], UNKNOWN, [GOOD]),
    case("null", [raw("null")], UNKNOWN),
    case("a number", [raw("17")], UNKNOWN),
    case("NaN", [raw('{"t":"ack","id":1,"q":NaN}')], UNKNOWN),
    case("two documents", [raw(json.dumps(one()) + "{}")], UNKNOWN),
    case(
        "nested five thousand deep",
        [raw('{"t":"chunk","x":' + "[" * 5_000 + "]" * 5_000 + "}"), one()],
        UNKNOWN,
        [GOOD],
    ),
    case("an empty object", [raw("{}")], UNKNOWN),
    case("unknown t", [one(t="chunks"), one()], FAULT, [GOOD]),
    case("t is missing", [one(t=None)], FAULT),
    case("t is a number", [one(t=1)], FAULT),
    case("id is missing", [one(id=None)], UNKNOWN),
    case("id is 0", [one(0)], UNKNOWN),
    case("id is negative", [one(-1)], UNKNOWN),
    case("id is a fraction", [raw(json.dumps(one()).replace('"id": 7', '"id": 7.5'))], UNKNOWN),
    case("id is a boolean", [one(id=True)], UNKNOWN),
    case("id is text", [one(id="7")], UNKNOWN),
    case("id is huge", [raw(json.dumps(one()).replace('"id": 7', '"id": ' + "9" * 400))], UNKNOWN),
    case("q is missing", [one(q=None)], FAULT),
    case("q is negative", [one(q=-1)], FAULT),
    case("q is not below n", [one(q=1)], FAULT),
    case("n is 0", [one(n=0)], FAULT),
    case("n is missing", [one(n=None)], FAULT),
    case("n is text", [one(n="1")], FAULT),
    case("d is missing", [one(d=None)], FAULT),
    case("d is a number", [one(d=1)], FAULT),
    case("d lacks its padding", [one(d="YQ")], FAULT),
    case("d has a foreign character", [one(d="YQ=!")], FAULT),
    case("d is of the alphabet for addresses", [one(d="_-__")], FAULT),
    case("d has white space", [one(d="YQ ==")], FAULT),
    case("z is missing", [one(z=None)], FAULT),
    case("z is negative", [one(z=-1)], FAULT),
    case("z is text", [one(z="9")], FAULT),
    case("c is missing", [one(c=None)], FAULT),
    case("c is wrong", [one(c=crc32(GOOD) ^ 1), one()], FAULT, [GOOD]),
    case("c is over 32 bits", [one(c=2**32)], FAULT),
    case("z says more than comes", [one(z=len(GOOD) + 1)], FAULT),
    case("z says less than comes", [one(z=len(GOOD) - 1)], FAULT),
    case("z takes more chunks than n", [one(z=CHUNK_BYTES + 1)], FAULT),
    case("z is too little for n chunks", [a | {"n": len(GOOD) + 1}], FAULT, acks=[(7, 0)]),
    case("z over the limit", [one(z=FRAME_BYTES + 1, n=342)], [(7, "E_TOO_LARGE")], acks=[(7, 0)]),
    case("a frame starts with chunk 1", [b, one(8)], FAULT, [GOOD], [(7, 1)]),
    case("a chunk is skipped, its rest ignored", [a, c, c, one(8)], FAULT, [GOOD], [(7, 0), (7, 2), (7, 2)]),
    case("a chunk comes twice", [a, b, b, c], FAULT, acks=[(7, 0), (7, 1), (7, 1), (7, 2)]),
    case("chunk 0 comes twice", [a, a, b, c], FAULT, acks=[(7, 0), (7, 0), (7, 1), (7, 2)]),
    case("n changes", [a, b | {"n": 4}], FAULT, acks=[(7, 0), (7, 1)]),
    case("a later chunk contradicts z", [a, b | {"z": 1}], FAULT, acks=[(7, 0), (7, 1)]),
    case("bad base64 in the middle", [a, b | {"d": "?"}, c, one(8)], FAULT, [GOOD], ALL_THREE),
    case("a dropped frame begun anew", [a, c, a, b, c], FAULT, [GOOD], [(7, 0), (7, 2), *ALL_THREE]),
    case(
        "one of two interleaved frames is dropped",
        [a, x, c, y, z],
        FAULT,
        [GOOD],
        [(7, 0), (8, 0), (7, 2), (8, 1), (8, 2)],
    ),
    case(
        "more bytes than z in the middle",
        [a, b | {"d": base64.b64encode(bytes(100)).decode()}, c],
        FAULT,
        acks=ALL_THREE,
    ),
    case("an acknowledgement without q", [{"t": "ack", "id": 7}, one()], UNKNOWN, [GOOD]),
    case("an acknowledgement of a fraction", [{"t": "ack", "id": 7, "q": 0.5}], UNKNOWN),
    case(
        "a chunk over the limit",
        [one(d={"$base64_pattern": CHUNK_BYTES + 1}, z=CHUNK_BYTES + 1, n=2), one(8)],
        [(7, "E_TOO_LARGE")],
        [GOOD],
        [(7, 0)],
    ),
]


def main() -> None:
    for name, vectors in (("messages", MESSAGES), ("large", LARGE), ("faults", FAULTS)):
        lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in vectors)
        (HERE / f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
