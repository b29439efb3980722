"""Every first byte that MessagePack knows, by its specification: what it holds, cut off, and followed by one more."""

from __future__ import annotations

import msgpack
import pytest

from host.errors import FrameFault, TooLarge
from host.messaging import scan
from host.messaging.scan import count_values

NIL = b"\xc0"
LENGTHS = {1: (0, 5, 255), 2: (0, 5, 300), 4: (0, 5, 300)}
WHOLE = {
    **{first: (bytes([first]), 1) for first in (*range(0x80), *range(0xE0, 0x100), 0xC0, 0xC2, 0xC3)},
    **{0x80 + count: (bytes([0x80 + count]) + NIL * 2 * count, 1 + 2 * count) for count in range(16)},
    **{0x90 + count: (bytes([0x90 + count]) + NIL * count, 1 + count) for count in range(16)},
    **{0xA0 + size: (bytes([0xA0 + size]) + b"a" * size, 1) for size in range(32)},
    0xCA: (b"\xca" + bytes(4), 1),
    0xCB: (b"\xcb" + bytes(8), 1),
    **{0xCC + power: (bytes([0xCC + power]) + bytes(2**power), 1) for power in range(4)},
    **{0xD0 + power: (bytes([0xD0 + power]) + bytes(2**power), 1) for power in range(4)},
    **{0xD4 + power: (bytes([0xD4 + power, 9]) + bytes(2**power), 1) for power in range(5)},
}
# First byte: bytes of its length, bytes before the content, values for each of its length (0: bytes).
LONG = {
    0xC4: (1, 0, 0), 0xC5: (2, 0, 0), 0xC6: (4, 0, 0), 0xC7: (1, 1, 0), 0xC8: (2, 1, 0), 0xC9: (4, 1, 0),
    0xD9: (1, 0, 0), 0xDA: (2, 0, 0), 0xDB: (4, 0, 0), 0xDC: (2, 0, 1), 0xDD: (4, 0, 1),
    0xDE: (2, 0, 2), 0xDF: (4, 0, 2),
}  # fmt: skip


def long_ones() -> list[tuple[bytes, int]]:
    found = []
    for first, (width, before, each) in LONG.items():
        for length in LENGTHS[width]:
            content = NIL * length * each if each else b"a" * length
            head = bytes([first]) + length.to_bytes(width, "big") + b"\x09" * before
            found.append((head + content, 1 + length * each))
    return found


def test_every_head() -> None:
    for frame, values in (*WHOLE.values(), *long_ones()):
        assert count_values(frame) == values, frame[:9]
        msgpack.unpackb(frame, raw=True, strict_map_key=False, object_pairs_hook=list)
        for wrong in (frame[:-1], frame + NIL):
            with pytest.raises(FrameFault):
                count_values(wrong)
        assert count_values(b"\x92" + frame + frame) == 1 + 2 * values, frame[:9]


def test_the_one_byte_that_is_none() -> None:
    assert len(WHOLE) + len(LONG) == 255
    with pytest.raises(FrameFault):
        count_values(b"\xc1")


@pytest.mark.parametrize(("depth", "is_taken"), [(64, True), (65, False)])
def test_how_deep_a_frame_may_be(depth: int, *, is_taken: bool) -> None:
    frame = b"\x91" * depth + NIL
    if is_taken:
        assert count_values(frame) == depth + 1
        return
    with pytest.raises(FrameFault, match="too deep"):
        count_values(frame)


@pytest.mark.parametrize(("size", "is_taken"), [(8 << 20, True), ((8 << 20) + 1, False)])
def test_how_long_a_text_may_be(size: int, *, is_taken: bool) -> None:
    frame = b"\xdb" + size.to_bytes(4, "big") + bytes(size)
    assert count_values(b"\xc6" + frame[1:]) == 1
    if is_taken:
        assert count_values(frame) == 1
        return
    with pytest.raises(TooLarge, match="a text of"):
        count_values(frame)


@pytest.mark.parametrize("head", [b"\xdd", b"\xdf"])
def test_how_many_values_a_frame_may_have(head: bytes) -> None:
    each = 2 if head == b"\xdf" else 1
    most = (scan.ITEMS_MAX - 1) // each
    assert count_values(head + most.to_bytes(4, "big") + NIL * (each * most)) == 1 + each * most
    with pytest.raises(TooLarge):
        count_values(head + (most + 1).to_bytes(4, "big") + NIL * (each * (most + 1)))
