"""How much a MessagePack document would make, counted before anything is made of it.

A container's header says how many items follow, so that a few bytes announce millions and each byte of a frame can be
an object. The scanner walks heads alone, skips what texts and bytes hold, and stops at the first bound that is passed.
Format: https://github.com/msgpack/msgpack/blob/master/spec.md
"""

from __future__ import annotations

from typing import Final

from host.errors import FrameFault, TooLarge

ITEMS_MAX: Final = 500_000
"""Values in a frame, keys of maps too; a chapter of 5000 pages, the most that is taken, has some 100,000."""
NESTING_MAX: Final = 64
"""Of the whole message; what a message may be is less and checked later, this only bounds the way there."""
TEXT_BYTES_MAX: Final = 8 << 20
"""In one text; pictures are bytes, and may fill the frame."""
_HEAD_BYTES: Final = 12
_MSGID_MAX: Final = 2**32 - 1
_UNSIGNED: Final = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
_CUT: Final = "the frame is not a MessagePack document"
# What stands behind a first byte: bytes of its own, then bytes that give a length.
_FIXED: Final = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2,
                 0xD2: 4, 0xD3: 8, 0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17}  # fmt: skip
_BINARY: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_TEXT: Final = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_EXTENSION: Final = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_LIST: Final = {0xDC: 2, 0xDD: 4}
_MAP: Final = {0xDE: 2, 0xDF: 4}


def count_values(frame: bytes) -> int:
    """Return how many values a frame holds.

    It is one document then, of at most `ITEMS_MAX` values, nested at most `NESTING_MAX` deep.

    Time and memory: one step and one small number a value, none for what is behind the bound.

    Raises:
        TooLarge: more values, or a longer text. FrameFault: deeper, cut off, or followed by something else.
    """
    at, items, size = 0, 0, len(frame)
    left = [1]  # values that are still to come, for each open container
    while left:
        if not left[-1]:
            left.pop()
            continue
        left[-1] -= 1
        items += 1
        if items > ITEMS_MAX:
            raise TooLarge(f"the frame holds more than {ITEMS_MAX} values")
        if at >= size:
            raise FrameFault(_CUT)
        at, children = _head(frame, at)
        if at > size or children > size - at:
            raise FrameFault(_CUT)
        if children:
            if items + children > ITEMS_MAX:
                raise TooLarge(f"the frame holds more than {ITEMS_MAX} values")
            left.append(children)
            if len(left) > NESTING_MAX + 1:
                raise FrameFault("the message is nested too deep")
    if at != size:
        raise FrameFault(_CUT)
    return items


def msgid_of(frame: bytes) -> int | None:
    """Return the `msgid` of a frame that begins as a request does; None for any other."""
    if frame[:2] != b"\x94\x00" or len(frame) < _HEAD_BYTES:
        return None
    first = frame[2]
    if first < 0x80:
        return first
    width = _UNSIGNED.get(first)
    msgid = int.from_bytes(frame[3 : 3 + width]) if width is not None else _MSGID_MAX + 1
    return msgid if msgid <= _MSGID_MAX else None


def _head(frame: bytes, at: int) -> tuple[int, int]:
    """Return where the value's own bytes end, and how many values it holds."""
    first = frame[at]
    at += 1
    if first < 0x80 or first >= 0xE0:
        return at, 0
    if first < 0x90:
        return at, 2 * (first & 0x0F)
    if first < 0xA0:
        return at, first & 0x0F
    if first < 0xC0:
        return at + (first & 0x1F), 0
    if first in _FIXED:
        return at + _FIXED[first], 0
    return _long(frame, first, at)


def _long(frame: bytes, first: int, at: int) -> tuple[int, int]:
    for kinds in (_BINARY, _TEXT, _EXTENSION, _LIST, _MAP):
        if first not in kinds:
            continue
        end = at + kinds[first]
        length = int.from_bytes(frame[at:end])
        if kinds is _TEXT and TEXT_BYTES_MAX < length <= len(frame) - end:
            raise TooLarge(f"a text of {length} bytes; at most {TEXT_BYTES_MAX} are allowed")
        if kinds is _LIST or kinds is _MAP:
            return end, length * (2 if kinds is _MAP else 1)
        return end + length + (1 if kinds is _EXTENSION else 0), 0
    raise FrameFault(_CUT)
