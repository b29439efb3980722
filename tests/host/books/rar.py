"""RAR 5 archives of stored files, as the format's published description has them; nothing here packs real ones."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SIGNATURE = b"Rar!\x1a\x07\x01\x00"


def make_rar(path: Path, entries: Mapping[str, bytes]) -> Path:
    """Write an archive of these files."""
    blocks = [_block(1, 0, _number(0))]
    for name, data in entries.items():
        packed_name = name.encode()
        fields = b"".join(
            [
                *(_number(len(data)), _number(4), _number(len(data)), _number(0o100644)),
                struct.pack("<L", zlib.crc32(data)),
                *(_number(0), _number(1), _number(len(packed_name)), packed_name),
            ]
        )
        blocks.append(_block(2, 2, fields) + data)
    path.write_bytes(_SIGNATURE + b"".join(blocks) + _block(5, 0, _number(0)))
    return path


def _block(kind: int, flags: int, fields: bytes) -> bytes:
    body = _number(kind) + _number(flags) + fields
    sized = _number(len(body)) + body
    return struct.pack("<L", zlib.crc32(sized)) + sized


def _number(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
