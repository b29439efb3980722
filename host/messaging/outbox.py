"""What waits to be written, and what goes next. No I/O.

Three rules decide the order on the wire:

1. Control traffic (frames of one chunk, acknowledgements) goes before images, and needs no credit.
2. Frames of one stream never overtake each other, so a job's `job.done` comes after its last page.
   Streams take turns chunk by chunk, so a small image never waits for a whole large one.
3. While a request is held, notifications wait for its response: nobody hears of a job before its id.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from threading import Condition
from typing import TYPE_CHECKING, Final

from host.messaging.framing import WINDOW_CHUNKS, Ack, Chunk, Splitter, chunk_count

if TYPE_CHECKING:
    from collections.abc import Iterator

WAITING_BYTES: Final = 64 * 1024 * 1024
CONTROL_BYTES: Final = 16 * 1024 * 1024
_ENVELOPE_BYTES: Final = 64


@dataclass(slots=True)
class _Begun:
    """A frame of several chunks on its way."""

    chunks: Iterator[Chunk]
    left: int


class Outbox:
    """A thread-safe queue of outgoing frames. Any thread puts; one thread takes."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._splitter = Splitter()
        self._control: deque[bytes | Ack] = deque()
        self._streams: OrderedDict[object, deque[bytes]] = OrderedDict()
        self._begun: dict[object, _Begun] = {}
        self._unacked: set[tuple[int, int]] = set()
        self._held: list[tuple[bytes, object]] | None = None
        self._image_bytes = 0
        self._control_bytes = 0
        self._writing = False
        self._closed = False

    def put(self, frame: bytes, stream: object = None) -> None:
        """Queue a frame; those of one `stream` keep their order, None stands for a stream of its own."""
        with self._changed:
            self._queue(frame, stream)
            self._changed.notify_all()

    def notify(self, frame: bytes, stream: object = None, *, patient: bool) -> None:
        """Queue a notification; a `patient` caller with an image first waits until less than 64 MiB are queued."""
        with self._changed:
            if patient and chunk_count(len(frame)) > 1:
                self._changed.wait_for(lambda: self._image_bytes <= WAITING_BYTES or self._closed)
            if self._held is None:
                self._queue(frame, stream)
                self._changed.notify_all()
            else:
                self._image_bytes += len(frame)
                self._held.append((frame, stream))

    def acknowledge(self, ack: Ack) -> None:
        """Queue the acknowledgement of a chunk that has been consumed."""
        with self._changed:
            self._add_control(ack)
            self._changed.notify_all()

    def acknowledged(self, ack: Ack) -> None:
        """Take the credit back that `ack` returns; one that nobody waits for is ignored."""
        with self._changed:
            self._unacked.discard((ack.id, ack.q))
            self._changed.notify_all()

    def hold(self) -> None:
        """Keep notifications back until `release`."""
        with self._changed:
            self._held = []

    def release(self, response: bytes) -> None:
        """Queue a response, then the notifications that were kept back for it."""
        with self._changed:
            self._queue(response, None)
            held, self._held = self._held or [], None
            for frame, stream in held:
                self._image_bytes -= len(frame)
                self._queue(frame, stream)
            self._changed.notify_all()

    def wait_for_room(self) -> None:
        """Wait until less than 16 MiB of control traffic are queued: a peer that does not read is not read from.

        Images do not count: they wait for acknowledgements, which must be read.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._control_bytes <= CONTROL_BYTES or self._closed)

    def take(self) -> Chunk | Ack | None:
        """Return what is to be written next, waiting for it; None after `close`, once all control is out."""
        with self._changed:
            self._writing = False
            self._changed.notify_all()
            while (envelope := self._next()) is None and not self._closed:
                self._changed.wait()
            self._writing = envelope is not None
            return envelope

    def flush(self, timeout_s: float) -> bool:
        """Wait until all control traffic has been written; return whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._control and not self._writing, timeout_s)

    def close(self) -> None:
        """Drop the images, let control traffic out, and let nobody wait any more."""
        with self._changed:
            self._closed = True
            self._streams.clear()
            self._begun.clear()
            self._changed.notify_all()

    def _queue(self, frame: bytes, stream: object) -> None:
        waiting = self._streams.get(stream)
        if waiting is None and chunk_count(len(frame)) == 1:
            self._add_control(frame)
        elif not self._closed:
            self._image_bytes += len(frame)
            key = object() if stream is None else stream
            self._streams.setdefault(key, deque()).append(frame)

    def _add_control(self, item: bytes | Ack) -> None:
        self._control.append(item)
        self._control_bytes += _cost(item)

    def _next(self) -> Chunk | Ack | None:
        if self._control:
            item = self._control.popleft()
            self._control_bytes -= _cost(item)
            return item if isinstance(item, Ack) else next(self._splitter.split(item))
        if self._streams and len(self._unacked) < WINDOW_CHUNKS:
            return self._next_of(next(iter(self._streams)))
        return None

    def _next_of(self, stream: object) -> Chunk:
        frames = self._streams[stream]
        self._streams.move_to_end(stream)
        begun = self._begun.get(stream)
        if begun is None:
            begun = self._begun[stream] = _Begun(self._splitter.split(frames[0]), chunk_count(len(frames[0])))
        chunk = next(begun.chunks)
        begun.left -= 1
        self._image_bytes -= len(chunk.d)
        self._unacked.add((chunk.id, chunk.q))
        if not begun.left:
            self._end_frame(stream)
        return chunk

    def _end_frame(self, stream: object) -> None:
        del self._begun[stream]
        frames = self._streams[stream]
        frames.popleft()
        while frames and chunk_count(len(frames[0])) == 1:
            self._image_bytes -= len(frames[0])
            self._add_control(frames.popleft())
        if not frames:
            del self._streams[stream]


def _cost(item: bytes | Ack) -> int:
    return _ENVELOPE_BYTES + (0 if isinstance(item, Ack) else len(item))
