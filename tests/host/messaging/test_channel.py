"""Both directions of a wire whose ends fail: every end is told, and what a frame is owed is paid."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from host.errors import TooLarge
from host.messaging import framing
from host.messaging.channel import Channel, Ending
from host.messaging.framing import CHUNK_BYTES, Ack, Chunk, Splitter, decode_envelope, encode_envelope
from host.messaging.stdio import BadLength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.messaging.framing import Refused


class Wire:
    """Pipes that give what they are told, or raise it; what is written is kept, or refused."""

    def __init__(self) -> None:
        self.gives: SimpleQueue[bytes | Exception] = SimpleQueue()
        self.written: SimpleQueue[Chunk | Ack] = SimpleQueue()
        self.refuses: Exception | None = None

    def read_message(self) -> bytes:
        given = self.gives.get()
        if isinstance(given, Exception):
            raise given
        return given

    def write_message(self, payload: bytes) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.written.put(decode_envelope(payload))


class Stage:
    """A channel over such a wire, and what it tells."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.seconds = 100.0
        self.channel = Channel(self.wire, lambda: self.seconds)  # type: ignore[arg-type]
        self.frames: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
        self.faults: SimpleQueue[Refused] = SimpleQueue()
        self.ends: SimpleQueue[Ending] = SimpleQueue()

    def start(self) -> None:
        self.channel.start(lambda number, frame: self.frames.put((number, frame)), self.faults.put, self.ends.put)

    def end(self) -> Ending:
        return self.ends.get(timeout=20)


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.channel.outbox.close()
    made.wire.gives.put(EOFError())


@pytest.mark.parametrize(
    ("raised", "ending"),
    [
        (EOFError(), Ending("the input ended")),
        (BadLength("a length of 7"), Ending("a length of 7", status=2, announced=True)),
        (OSError("gone"), Ending("the input failed: gone")),
        (ValueError("a fault of ours"), Ending("the reader failed", status=1, announced=True)),
    ],
)
def test_each_way_in_which_the_input_ends_is_told(stage: Stage, raised: Exception, ending: Ending) -> None:
    stage.wire.gives.put(raised)
    stage.start()
    assert stage.end() == ending


@pytest.mark.parametrize(
    ("raised", "ending"),
    [
        (BrokenPipeError("nobody"), Ending("nobody reads the output: nobody")),
        (ValueError("a fault of ours"), Ending("the writer failed", status=1)),
    ],
)
def test_an_output_that_nobody_takes_is_told(stage: Stage, raised: Exception, ending: Ending) -> None:
    stage.wire.refuses = raised
    stage.start()
    stage.channel.outbox.put(b"frame")
    assert stage.end() == ending


def test_a_frame_that_breaks_a_rule_is_dropped_with_all_that_comes_of_it_and_its_credit_goes_back(
    stage: Stage,
) -> None:
    stage.start()
    without_beginning = encode_envelope(Chunk(id=3, q=1, n=2, d=b"end"))
    stage.wire.gives.put(without_beginning)
    assert stage.faults.get(timeout=20).frame_id == 3
    stage.wire.gives.put(without_beginning)  # what still comes of it is no news
    assert [stage.wire.written.get(timeout=20) for _ in range(2)] == [Ack(3, 1)] * 2
    stage.wire.gives.put(b"no JSON")
    assert stage.faults.get(timeout=20).frame_id == 0
    assert stage.frames.empty()


def test_how_long_nothing_was_heard_is_counted_from_the_last_envelope(stage: Stage) -> None:
    stage.seconds = 107.5
    assert stage.channel.silent_s() == 7.5
    stage.start()
    stage.wire.gives.put(encode_envelope(Ack(1, 0)))
    stage.wire.gives.put(EOFError())
    stage.end()
    assert stage.channel.silent_s() == 0.0


def test_a_closed_outbox_ends_the_writer_without_a_word(stage: Stage) -> None:
    others = set(threading.enumerate())
    stage.start()
    stage.channel.outbox.close()
    for thread in set(threading.enumerate()) - others:
        if thread.name == "writer":
            thread.join(20)
            assert not thread.is_alive()
    assert stage.ends.empty()


def begun_and_ended(number: int) -> list[bytes]:
    """Return the two envelopes of a frame."""
    chunks = list(Splitter().split(bytes([number]) * (CHUNK_BYTES + 1)))
    return [encode_envelope(structs.replace(chunk, id=number)) for chunk in chunks]


def test_a_frame_that_begins_sends_away_the_stalest_where_too_many_are_unfinished(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a first chunk makes one more of them, so that others look for none."""
    monkeypatch.setattr(framing, "UNFINISHED_FRAMES", 2)
    stage.start()
    for number in (1, 2, 3):
        stage.wire.gives.put(begun_and_ended(number)[0])
    refused = stage.faults.get(timeout=20)
    assert (refused.frame_id, type(refused.error)) == (1, TooLarge)
    stage.wire.gives.put(begun_and_ended(2)[1])
    assert stage.frames.get(timeout=20)[0] == 2
    assert stage.faults.empty()


def test_what_waits_too_long_is_dropped_and_told_by_a_sweep(stage: Stage) -> None:
    stage.start()
    stage.wire.gives.put(begun_and_ended(1)[0])
    for envelope in begun_and_ended(2):
        stage.wire.gives.put(envelope)
    assert stage.frames.get(timeout=20)[0] == 2
    stage.seconds += framing.UNFINISHED_S - 0.1
    stage.channel.sweep()
    assert stage.faults.empty()
    stage.seconds += 0.2
    stage.channel.sweep()
    assert stage.faults.get(timeout=20).frame_id == 1


def test_a_chunk_that_cannot_be_read_is_owed_its_credit_and_the_rest_of_its_frame_is_ignored() -> None:
    stage = Stage()
    stage.wire.gives.put(b'{"t": "chunk", "id": 7, "q": 0, "n": 2, "z": 2, "c": 0, "d": "!"}')
    stage.wire.gives.put(encode_envelope(Chunk(id=7, q=1, n=2, d=b"b")))
    stage.start()
    assert stage.faults.get(timeout=20).frame_id == 7
    assert [stage.wire.written.get(timeout=20) for _ in range(2)] == [Ack(7, 0), Ack(7, 1)]
    stage.wire.gives.put(EOFError())
    stage.end()
    assert stage.faults.empty()
    assert stage.frames.empty()
