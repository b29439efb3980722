"""Cutting and joining: whatever comes, it ends in a frame, in silence, or in a typed refusal."""

from __future__ import annotations

import json
import random
from zlib import crc32

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from host.errors import FrameFault, TooLarge
from host.messaging import framing
from host.messaging.framing import (
    CHUNK_BYTES,
    FRAME_BYTES,
    Ack,
    Chunk,
    Reassembler,
    Refused,
    Splitter,
    chunk_count,
    decode_envelope,
    encode_envelope,
)

CODES = {"E_FRAME", "E_TOO_LARGE"}
INTEGERS = st.integers(-3, 5) | st.sampled_from([CHUNK_BYTES, FRAME_BYTES, FRAME_BYTES + 1, 2**53, 2**64, 10**30])
VALUES = INTEGERS | st.text(max_size=8) | st.booleans() | st.none() | st.floats() | st.lists(st.none(), max_size=2)
BASE64 = st.sampled_from(["", "YQ==", "YWI=", "YWJj", "YWJ", "YW=j", "_-__"]) | st.text("YWJj=", max_size=8)
ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "t": st.sampled_from(["chunk", "ack", "chunks"]) | VALUES,
        **dict.fromkeys(("id", "q", "n", "z", "c"), VALUES),
        "d": BASE64 | VALUES,
    },
)


def cut(frame: bytes, frame_id: int, size: int) -> list[Chunk]:
    pieces = [frame[start : start + size] for start in range(0, len(frame), size)] or [b""]
    head = {"z": len(frame), "c": crc32(frame)}
    return [
        Chunk(id=frame_id, q=q, n=len(pieces), d=piece, **(head if q == 0 else {})) for q, piece in enumerate(pieces)
    ]


def feed(payloads: list[bytes]) -> tuple[list[bytes], list[str]]:
    """Return the frames and the codes of the refusals that a receiver of `payloads` gets."""
    reassembler, frames, codes = Reassembler(), [], []
    for now, payload in enumerate(payloads):
        try:
            envelope = decode_envelope(payload)
            frame = reassembler.feed(envelope, now) if isinstance(envelope, Chunk) else None
        except Refused as refused:
            codes.append(refused.error.code)
            reassembler.drop(refused.frame_id)
        else:
            frames += [frame] if frame is not None else []
    return frames, codes


@given(st.binary(max_size=300))
@example(b"")
@example(b"\xff\xfe")
@example(b'{"t":' * 3000)
def test_any_bytes_are_an_envelope_or_refused(payload: bytes) -> None:
    outcome: object
    try:
        outcome = decode_envelope(payload)
    except Refused as refused:
        outcome = refused.error
    assert isinstance(outcome, Chunk | Ack | FrameFault | TooLarge)


@given(st.lists(ENVELOPES, max_size=12))
def test_any_envelopes_end_in_frames_or_refusals(envelopes: list[dict[str, object]]) -> None:
    frames, codes = feed([json.dumps(envelope).encode() for envelope in envelopes])
    assert set(codes) <= CODES
    assert len(frames) + len(codes) <= len(envelopes)


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5), st.integers(1, 20), st.randoms(use_true_random=False))
def test_interleaved_frames_come_out_whole(frames: list[bytes], size: int, chance: random.Random) -> None:
    waiting = [cut(frame, number, size) for number, frame in enumerate(frames, 1)]
    payloads = []
    while any(waiting):
        payloads.append(encode_envelope(chance.choice([chunks for chunks in waiting if chunks]).pop(0)))
    received, codes = feed(payloads)
    assert codes == []
    assert sorted(received) == sorted(frames)


@given(
    st.binary(min_size=1, max_size=80),
    st.integers(1, 20),
    st.lists(st.tuples(st.sampled_from(["drop", "twice", "swap", "flip"]), st.integers(0, 99)), max_size=4),
)
def test_a_damaged_frame_is_never_delivered_otherwise_than_it_was_sent(
    frame: bytes, size: int, damages: list[tuple[str, int]]
) -> None:
    payloads = [encode_envelope(chunk) for chunk in cut(frame, 1, size)]
    for kind, where in damages:
        index = where % len(payloads) if payloads else 0
        if kind == "drop":
            payloads[index : index + 1] = []
        elif kind == "twice":
            payloads[index:index] = payloads[index : index + 1]
        elif kind == "swap":
            payloads[index : index + 2] = reversed(payloads[index : index + 2])
        elif payloads:
            damaged = bytearray(payloads[index])
            damaged[where % len(damaged)] ^= 1 << where % 7
            payloads[index] = bytes(damaged)
    received, codes = feed(payloads)
    assert set(received) <= {frame}
    assert set(codes) <= CODES


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_splitter_cuts_at_the_limit_and_counts_from_1(size: int) -> None:
    splitter = Splitter()
    frame = random.Random(size).randbytes(size)
    first, second = list(splitter.split(frame)), list(splitter.split(frame))
    assert [chunk.id for chunk in first + second] == [1] * len(first) + [2] * len(second)
    assert len(first) == chunk_count(size)
    assert all(len(encode_envelope(chunk)) <= 1_048_576 for chunk in first)
    assert feed([encode_envelope(chunk) for chunk in first])[0] == [frame]


def test_the_largest_frame_passes_and_one_byte_more_does_not() -> None:
    frame = bytes(FRAME_BYTES)
    reassembler = Reassembler()
    assert [reassembler.feed(chunk, 0.0) for chunk in Splitter().split(frame)][-1] == frame
    with pytest.raises(Refused, match="at most 67108864"):
        reassembler.feed(next(Splitter().split(frame + b"x")), 0.0)


def test_an_announced_length_allocates_nothing() -> None:
    reassembler = Reassembler()
    for frame_id in range(1, 60):
        reassembler.feed(Chunk(id=frame_id, q=0, n=342, z=FRAME_BYTES, c=0, d=b"x"), 0.0)
    assert reassembler._held_bytes == 59


def test_an_unfinished_frame_is_dropped_after_30_s_without_a_chunk() -> None:
    reassembler = Reassembler()
    first, second, third = cut(b"abc", 1, 1)
    assert reassembler.feed(first, 0.0) is None
    assert reassembler.feed(second, 29.0) is None
    assert reassembler.sweep(58.9) == []
    (refused,) = reassembler.sweep(59.0)
    assert (refused.frame_id, refused.error.code) == (1, "E_FRAME")
    assert reassembler.feed(third, 60.0) is None
    assert reassembler.sweep(1000.0) == []


def test_the_stalest_frames_give_way_to_too_many() -> None:
    reassembler = Reassembler()
    for frame_id in range(1, 70):
        reassembler.feed(cut(b"ab", frame_id, 1)[0], float(frame_id) / 1000)
    refused = reassembler.sweep(1.0)
    assert [each.frame_id for each in refused] == [1, 2, 3, 4, 5]
    assert {each.error.code for each in refused} == {"E_TOO_LARGE"}
    assert reassembler.feed(cut(b"ab", 69, 1)[1], 1.0) == b"ab"


def test_a_frame_that_goes_on_is_fresher_than_one_that_began_after_it() -> None:
    reassembler = Reassembler()
    chunks = {frame_id: cut(b"abc", frame_id, 1) for frame_id in (1, 2)}
    reassembler.feed(chunks[1][0], 0.0)
    reassembler.feed(chunks[2][0], 1.0)
    reassembler.feed(chunks[1][1], 20.0)
    assert [each.frame_id for each in reassembler.sweep(31.0)] == [2]
    assert reassembler.feed(chunks[1][2], 32.0) == b"abc"


def test_too_many_unfinished_bytes_drop_the_stalest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "UNFINISHED_BYTES", 10)
    reassembler = Reassembler()
    for frame_id in (1, 2, 3):
        reassembler.feed(cut(b"abcdefgh", frame_id, 4)[0], 0.0)
    assert [each.frame_id for each in reassembler.sweep(0.0)] == [1]
    assert reassembler._held_bytes == 8


@pytest.mark.parametrize(
    ("loose", "owed"),
    [
        ({"id": 3, "q": 0, "n": 2}, Ack(3, 0)),
        ({"id": 3, "q": 1, "n": 2}, Ack(3, 1)),
        ({"id": 3, "q": 0, "n": 1}, None),
        ({"id": 3, "q": 0, "n": 0}, None),
        ({"id": 3, "q": -1, "n": 2}, None),
        ({"id": 3, "q": 0, "n": True}, None),
        ({"id": 2**53 - 1, "q": 0, "n": 2}, Ack(2**53 - 1, 0)),
    ],
)
def test_a_chunk_that_cannot_be_read_is_acknowledged_where_it_would_be(loose: dict[str, int], owed: Ack | None) -> None:
    with pytest.raises(Refused) as refused:
        decode_envelope(json.dumps({"t": "chunk", "d": "no base64!", **loose}).encode())
    assert refused.value.frame_id == loose["id"]
    assert refused.value.owed == owed


@pytest.mark.parametrize("frame_id", [0, -1, 2**53, True, "3"])
def test_without_a_readable_id_nothing_is_owed(frame_id: object) -> None:
    with pytest.raises(Refused) as refused:
        decode_envelope(json.dumps({"t": "chunk", "d": "?", "id": frame_id, "q": 0, "n": 2}).encode())
    assert (refused.value.frame_id, refused.value.owed) == (0, None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"q": 2}, "chunk 2 of 3 where 1 of 3 is due"),
        ({"n": 4}, "chunk 1 of 4 where 1 of 3 is due"),
        ({"z": 4}, "contradicts"),
        ({"c": 1}, "contradicts"),
        ({"d": b"bcd"}, "more than the 3 bytes"),
    ],
)
def test_each_way_of_contradicting_chunk_0_drops_the_frame(changes: dict[str, object], words: str) -> None:
    reassembler = Reassembler()
    first, second, third = cut(b"abc", 1, 1)
    reassembler.feed(first, 0.0)
    with pytest.raises(Refused, match=words):
        reassembler.feed(structs.replace(second, **changes), 0.0)
    assert reassembler.feed(third, 0.0) is None
    assert reassembler._held_bytes == 0


def test_a_frame_that_ends_short_is_refused() -> None:
    reassembler = Reassembler()
    first, last = cut(b"ab", 1, 1)
    reassembler.feed(first, 0.0)
    with pytest.raises(Refused, match="1 bytes where 2 are announced"):
        reassembler.feed(structs.replace(last, d=b""), 0.0)


def test_of_the_last_thousand_frames_that_were_dropped_what_still_comes_is_ignored() -> None:
    reassembler = Reassembler()
    late = Chunk(id=1, n=2, q=1, d=b"late")
    reassembler.drop(1)
    for frame_id in range(2, 1025):
        reassembler.drop(frame_id)
    assert reassembler.feed(late, 0.0) is None
    reassembler.drop(1025)
    with pytest.raises(Refused):
        reassembler.feed(late, 0.0)


def test_a_frame_that_was_dropped_can_begin_anew_and_is_a_frame_like_others_then() -> None:
    reassembler = Reassembler()
    first, last = cut(b"ab", 1, 1)
    reassembler.drop(1)
    assert reassembler.feed(last, 0.0) is None
    assert reassembler.feed(first, 0.0) is None
    assert reassembler.feed(last, 0.0) == b"ab"
    with pytest.raises(Refused, match="whose chunk 0 has not come"):
        reassembler.feed(last, 0.0)
