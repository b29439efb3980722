"""Start the host as a browser would, and hear what it says first.

The wire is Chrome's length + JSON, our chunk envelope, and MessagePack inside; of the last this reads just enough,
because the installer knows the standard library only.
"""

from __future__ import annotations

import base64
import json
import struct
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from host.paths import EXTENSION_IDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROTOCOL: Final = 1
_START_LIMIT_S: Final = 20.0
_FRAME_LIMIT_BYTES: Final = 1_048_576


@dataclass(frozen=True, slots=True)
class Greeting:
    """What came of starting the host and closing its input at once.

    Attributes:
        ready: the parameters of `session.ready`, None if it never came first.
        stray: the first bytes on stdout that are no frame; empty as it should be.
        complaint: the last line of stderr, or why the host did not start.
    """

    ready: dict[str, Any] | None
    stray: bytes = b""
    complaint: str = ""


def greet(launcher: Path, environ: Mapping[str, str]) -> Greeting:
    """Start `launcher` with a browser's arguments and exactly this environment. Raises nothing; failures are told."""
    command = [str(launcher), f"chrome-extension://{EXTENSION_IDS[0]}/"]
    try:
        ended = subprocess.run(  # noqa: S603
            command, input=b"", capture_output=True, env=dict(environ), timeout=_START_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Greeting(None, complaint=f"did not end within {_START_LIMIT_S:.0f} s of its input's end")
    except OSError as exc:
        return Greeting(None, complaint=exc.strerror or str(exc))
    lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    complaint = lines[-1] if lines else f"exit status {ended.returncode}, no word on stderr"
    documents, stray = _split(ended.stdout)
    return Greeting(_ready(documents), stray, complaint)


def _split(output: bytes) -> tuple[list[dict[str, Any]], bytes]:
    documents: list[dict[str, Any]] = []
    while output:
        length = struct.unpack("=I", output[:4])[0] if len(output) >= 4 else 0
        body = output[4 : 4 + length]
        if not 0 < length <= _FRAME_LIMIT_BYTES or len(body) < length:
            return documents, output[:80]
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return documents, output[:80]
        documents.append(document)
        output = output[4 + length :]
    return documents, b""


def _ready(documents: list[dict[str, Any]]) -> dict[str, Any] | None:
    try:
        kind, method, params = unpack(base64.b64decode(documents[0]["d"], validate=True))
    except (LookupError, TypeError, ValueError):
        return None
    return params if kind == 2 and method == "session.ready" and isinstance(params, dict) else None


def unpack(packed: bytes) -> Any:
    """Return the MessagePack document, without extension types.

    Raises:
        ValueError: It is no such document.
    """
    try:
        value, end = _value(packed, 0)
    except (IndexError, struct.error, TypeError, RecursionError) as exc:
        raise ValueError("not MessagePack") from exc
    if end != len(packed):
        raise ValueError("not one MessagePack document")
    return value


_CONSTANTS: Final[dict[int, Any]] = {0xC0: None, 0xC2: False, 0xC3: True}
_NUMBERS: Final = dict(
    zip(range(0xCA, 0xD4), (">f", ">d", ">B", ">H", ">I", ">Q", ">b", ">h", ">i", ">q"), strict=True)
)
_LENGTHS: Final = {
    **{code: ("bin", form) for code, form in zip((0xC4, 0xC5, 0xC6), (">B", ">H", ">I"), strict=True)},
    **{code: ("str", form) for code, form in zip((0xD9, 0xDA, 0xDB), (">B", ">H", ">I"), strict=True)},
    **{code: ("array", form) for code, form in zip((0xDC, 0xDD), (">H", ">I"), strict=True)},
    **{code: ("map", form) for code, form in zip((0xDE, 0xDF), (">H", ">I"), strict=True)},
}


def _value(packed: bytes, at: int) -> tuple[Any, int]:
    code, at = packed[at], at + 1
    if code in _CONSTANTS:
        return _CONSTANTS[code], at
    if code < 0x80 or code >= 0xE0:
        return (code if code < 0x80 else code - 0x100), at
    if code in _NUMBERS:
        form = _NUMBERS[code]
        return struct.unpack_from(form, packed, at)[0], at + struct.calcsize(form)
    if code in _LENGTHS:
        kind, form = _LENGTHS[code]
        return _sized(packed, at + struct.calcsize(form), kind, struct.unpack_from(form, packed, at)[0])
    if code >= 0xC0:
        raise ValueError(f"MessagePack type {code:#x} is not for this wire")
    if code >= 0xA0:
        return _sized(packed, at, "str", code & 0x1F)
    return _sized(packed, at, "array" if code >= 0x90 else "map", code & 0x0F)


def _sized(packed: bytes, at: int, kind: str, length: int) -> tuple[Any, int]:
    if length > len(packed) - at:
        raise ValueError("MessagePack document ends early")
    if kind in {"str", "bin"}:
        taken = packed[at : at + length]
        return (taken.decode() if kind == "str" else taken), at + length
    items = []
    for _ in range(length if kind == "array" else 2 * length):
        item, at = _value(packed, at)
        items.append(item)
    return (items if kind == "array" else dict(zip(items[::2], items[1::2], strict=True))), at
