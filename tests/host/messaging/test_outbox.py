"""The order on the wire: control before images, streams in turn and in order, credits."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from host.messaging import outbox as outbox_module
from host.messaging.framing import CHUNK_BYTES, WINDOW_CHUNKS, Ack, Chunk, Reassembler
from host.messaging.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


def image(name: str, chunks: int = 3) -> bytes:
    return name.encode() + bytes(chunks * CHUNK_BYTES - len(name))


def drain(outbox: Outbox, acknowledge: bool = True) -> Iterator[Chunk | Ack]:
    """Take all there is, giving each credit back at once."""
    while (envelope := outbox._next()) is not None:
        if acknowledge and isinstance(envelope, Chunk):
            outbox.acknowledged(Ack(envelope.id, envelope.q))
        yield envelope


def names(envelopes: Iterator[Chunk | Ack]) -> list[str]:
    """Return the beginning of each frame, once for every chunk of it."""
    frames: dict[int, str] = {}
    spelled = []
    for envelope in envelopes:
        assert isinstance(envelope, Chunk)
        if envelope.q == 0:
            frames[envelope.id] = envelope.d[:2].rstrip(b"\0").decode()
        spelled.append(frames[envelope.id])
    return spelled


def test_control_overtakes_images() -> None:
    outbox = Outbox()
    outbox.put(image("A"))
    outbox.put(b"c1")
    outbox.acknowledge(Ack(5, 0))
    taken = list(drain(outbox))
    assert [type(envelope) for envelope in taken] == [Chunk, Ack, Chunk, Chunk, Chunk]
    assert isinstance(taken[0], Chunk)
    assert taken[0].d == b"c1"


def test_images_of_different_streams_take_turns() -> None:
    outbox = Outbox()
    for name in "ABC":
        outbox.put(image(name), stream=name)
    assert names(drain(outbox)) == ["A", "B", "C"] * 3


def test_a_stream_keeps_its_order_also_for_its_small_frames() -> None:
    outbox = Outbox()
    outbox.put(image("A1"), stream="A")
    outbox.put(b"A2", stream="A")
    outbox.put(image("A3", 2), stream="A")
    outbox.put(b"A4", stream="A")
    outbox.put(b"B1", stream="B")
    assert names(drain(outbox)) == ["B1", "A1", "A1", "A1", "A2", "A3", "A3", "A4"]


def test_frames_are_counted_in_the_order_in_which_they_begin() -> None:
    outbox = Outbox()
    outbox.put(image("A"), stream="A")
    outbox.put(b"c1")
    ids = [envelope.id for envelope in drain(outbox) if isinstance(envelope, Chunk)]
    assert ids == sorted(ids)
    assert ids[0] == 1


def test_images_stop_at_eight_chunks_without_acknowledgement_and_control_does_not() -> None:
    outbox = Outbox()
    outbox.put(image("A", 20))
    sent = list(drain(outbox, acknowledge=False))
    assert len(sent) == WINDOW_CHUNKS
    outbox.put(b"c1")
    assert names(iter([outbox.take()])) == ["c1"]  # type: ignore[list-item]
    outbox.acknowledged(Ack(99, 0))
    assert outbox._next() is None
    outbox.acknowledged(Ack(sent[0].id, 3))
    outbox.acknowledged(Ack(sent[0].id, 3))
    assert isinstance(outbox._next(), Chunk)
    assert outbox._next() is None


def test_notifications_wait_for_the_response_of_a_held_request() -> None:
    outbox = Outbox()
    outbox.hold()
    outbox.notify(b"n1", patient=True)
    outbox.notify(image("N"), stream="N", patient=True)
    outbox.put(b"p1")
    outbox.release(b"r1")
    outbox.notify(b"n2", patient=True)
    assert names(drain(outbox)) == ["p1", "r1", "n1", "n2", "N", "N", "N"]


def test_a_patient_image_waits_for_room_and_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "WAITING_BYTES", CHUNK_BYTES)
    outbox = Outbox()
    outbox.put(image("A", 2), stream="A")
    outbox.notify(image("B", 2), stream="B", patient=False)
    outbox.notify(b"n1", patient=True)
    sender = threading.Thread(target=outbox.notify, args=(image("C"),), kwargs={"patient": True}, daemon=True)
    sender.start()
    sender.join(0.1)
    assert sender.is_alive()
    assert names(drain(outbox)) == ["n1", "A", "B", "A", "B"]
    outbox.put(b"c1")
    sender.join(10)
    assert not sender.is_alive()


def test_closing_lets_control_out_drops_images_and_frees_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "WAITING_BYTES", 0)
    outbox = Outbox()
    outbox.put(image("A"))
    sender = threading.Thread(target=outbox.notify, args=(image("B"),), kwargs={"patient": True}, daemon=True)
    sender.start()
    outbox.put(b"c1")
    outbox.close()
    sender.join(10)
    assert not sender.is_alive()
    assert names(iter([outbox.take()])) == ["c1"]  # type: ignore[list-item]
    assert outbox.take() is None


def test_flush_waits_until_control_is_written() -> None:
    outbox = Outbox()
    outbox.put(b"c1")
    assert not outbox.flush(0.01)
    outbox.take()
    assert not outbox.flush(0.01)
    threading.Thread(target=outbox.take, daemon=True).start()
    assert outbox.flush(10)
    outbox.close()


FRAMES = st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(1, 3 * CHUNK_BYTES)), max_size=8)


@given(FRAMES)
def test_every_frame_arrives_whole_and_in_the_order_of_its_stream(frames: list[tuple[Any, int]]) -> None:
    outbox, reassembler = Outbox(), Reassembler()
    sent: dict[Any, list[bytes]] = {}
    for number, (stream, size) in enumerate(frames):
        frame = bytes([number]) * size
        sent.setdefault(stream, []).append(frame)
        outbox.put(frame, stream)
    chunks = [envelope for envelope in drain(outbox) if isinstance(envelope, Chunk)]
    received = [frame for frame in (reassembler.feed(chunk, 0.0) for chunk in chunks) if frame is not None]
    assert sorted(received) == sorted(frame for group in sent.values() for frame in group)
    for stream in ("a", "b"):
        group = sent.get(stream, [])
        assert [frame for frame in received if frame in group] == group
    assert outbox._image_bytes == 0
    assert outbox._control_bytes == 0


def test_who_waits_for_credit_goes_on_when_it_comes_back() -> None:
    outbox = Outbox()
    outbox.put(image("A", WINDOW_CHUNKS + 1))
    sent = [outbox.take() for _ in range(WINDOW_CHUNKS)]
    taken: list[Chunk | Ack | None] = []
    writer = threading.Thread(target=lambda: taken.append(outbox.take()), daemon=True)
    writer.start()
    while not outbox._changed._waiters:  # type: ignore[attr-defined]
        writer.join(0.001)
    first = sent[0]
    assert isinstance(first, Chunk)
    outbox.acknowledged(Ack(first.id, first.q))
    writer.join(30)
    assert [one.q for one in taken if isinstance(one, Chunk)] == [WINDOW_CHUNKS]


def test_a_small_frame_after_an_image_of_its_stream_takes_no_credit_that_nobody_would_give_back() -> None:
    outbox = Outbox()
    for turn in range(2 * WINDOW_CHUNKS):
        outbox.put(image("A"), stream="job")
        outbox.put(f"{turn}".encode(), stream="job")
        taken = []
        while (envelope := outbox._next()) is not None:
            assert isinstance(envelope, Chunk)
            taken.append(envelope)
            if envelope.n > 1:  # what `owed_ack` says of the others: nothing
                outbox.acknowledged(Ack(envelope.id, envelope.q))
        assert [one.n for one in taken] == [3, 3, 3, 1]
    assert outbox._unacked == set()
    assert outbox._image_bytes == outbox._control_bytes == 0
