"""Layer 2 of the wire: frames cut into envelopes and put together again. No I/O, no threads, no clock of its own."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeGuard
from zlib import crc32

from msgspec import Meta, Struct, ValidationError
from msgspec.json import Decoder, Encoder

from host.errors import FrameFault, IrodoriError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK_BYTES: Final = 196_608
WINDOW_CHUNKS: Final = 8
FRAME_BYTES: Final = 67_108_864
UNFINISHED_S: Final = 30.0
UNFINISHED_FRAMES: Final = 64
UNFINISHED_BYTES: Final = 2 * FRAME_BYTES
_REMEMBERED: Final = 1024
_SAFE_INTEGER: Final = 2**53 - 1

FrameId = Annotated[int, Meta(ge=1, le=_SAFE_INTEGER)]
Position = Annotated[int, Meta(ge=0, le=FRAME_BYTES)]


class Chunk(Struct, tag_field="t", tag="chunk", frozen=True, omit_defaults=True, kw_only=True):
    """A piece of a frame; `z` (bytes of the whole) and `c` (its CRC-32) stand in piece 0."""

    id: FrameId
    q: Position
    n: Annotated[int, Meta(ge=1, le=FRAME_BYTES)]
    z: Annotated[int, Meta(ge=0, le=_SAFE_INTEGER)] | None = None
    c: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None
    d: bytes


class Ack(Struct, tag_field="t", tag="ack", frozen=True):
    """A piece of a frame with n > 1 has been consumed."""

    id: FrameId
    q: Position


class Refused(Exception):
    """An envelope that breaks the rules.

    Attributes:
        error: what is wrong. frame_id: the frame it belongs to, 0 where that cannot be read. owed: the
            acknowledgement that gives the sender its credit back, where the envelope spent one.
    """

    def __init__(self, error: IrodoriError, frame_id: int = 0, owed: Ack | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.frame_id = frame_id
        self.owed = owed


_decoder: Final[Decoder[Chunk | Ack]] = Decoder(Chunk | Ack)
_loose_decoder: Final = Decoder(dict[str, Any])
_encoder: Final = Encoder()


def encode_envelope(envelope: Chunk | Ack) -> bytes:
    """Return the JSON of an envelope."""
    return _encoder.encode(envelope)


def decode_envelope(payload: bytes) -> Chunk | Ack:
    """Return the envelope that `payload` spells.

    Raises:
        Refused: not JSON, not an object, an unknown `t`, a wrong type or range, bad base64.
    """
    try:
        envelope = _decoder.decode(payload)
    except (ValueError, RecursionError) as fault:
        raise _refusal(payload, fault) from fault
    if isinstance(envelope, Chunk) and len(envelope.d) > CHUNK_BYTES:
        error = TooLarge(f"a chunk of {len(envelope.d)} bytes; at most {CHUNK_BYTES} are allowed")
        raise Refused(error, envelope.id, owed_ack(envelope))
    return envelope


def owed_ack(chunk: Chunk) -> Ack | None:
    """Return the acknowledgement of `chunk`; a frame of one chunk gets none."""
    return Ack(chunk.id, chunk.q) if chunk.n > 1 else None


def _refusal(payload: bytes, fault: Exception) -> Refused:
    error = FrameFault(f"not an envelope: {fault}" if isinstance(fault, ValidationError) else "not a JSON envelope")
    try:
        loose = _loose_decoder.decode(payload)
    except (ValueError, RecursionError):
        return Refused(error)
    frame_id, q, n = (loose.get(key) for key in ("id", "q", "n"))
    if loose.get("t") == "ack" or not _is_count(frame_id) or not frame_id:
        return Refused(error)
    owed = Ack(frame_id, q) if _is_count(q) and _is_count(n) and n > 1 else None
    return Refused(error, frame_id, owed)


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= _SAFE_INTEGER


class Splitter:
    """Cuts frames into chunks and counts them from 1, in the order in which they begin."""

    def __init__(self) -> None:
        self._frames = 0

    def split(self, frame: bytes) -> Iterator[Chunk]:
        """Yield the chunks of `frame`; its number is taken when the first is asked for."""
        self._frames += 1
        frame_id, n = self._frames, chunk_count(len(frame))
        view = memoryview(frame)
        for q in range(n):
            piece = bytes(view[q * CHUNK_BYTES : (q + 1) * CHUNK_BYTES])
            if q:
                yield Chunk(id=frame_id, q=q, n=n, d=piece)
            else:
                yield Chunk(id=frame_id, q=0, n=n, z=len(frame), c=crc32(frame), d=piece)


def chunk_count(size: int) -> int:
    """Return how many chunks a frame of `size` bytes takes."""
    return max(1, -(-size // CHUNK_BYTES))


@dataclass(slots=True)
class _Unfinished:
    n: int
    size: int
    crc: int
    touched: float
    chunks: int = 0
    held: bytearray = field(default_factory=bytearray)


class Reassembler:
    """Puts chunks together; whatever it is fed ends in a frame, in silence, or in `Refused`."""

    def __init__(self) -> None:
        self._unfinished: OrderedDict[int, _Unfinished] = OrderedDict()
        self._dropped: OrderedDict[int, None] = OrderedDict()
        self._held_bytes = 0

    def feed(self, chunk: Chunk, now: float) -> bytes | None:
        """Take a chunk and return the frame that it completes.

        The rest of a dropped frame is ignored, until a chunk 0 begins it anew.

        Args:
            now: seconds of a clock that never falls.

        Raises:
            Refused: wrong `q`, `n`, `z` or `c`, or over a limit; the frame is dropped.
        """
        frame = self._unfinished.get(chunk.id)
        if frame is None and chunk.q and chunk.id in self._dropped:
            return None
        try:
            if frame is None:
                frame = self._begin(chunk, now)
            self._append(frame, chunk, now)
            if frame.chunks < frame.n:
                return None
            return self._finish(chunk.id, frame)
        except IrodoriError as error:
            self.drop(chunk.id)
            raise Refused(error, chunk.id) from error

    def drop(self, frame_id: int) -> None:
        """Forget what has come of a frame, and ignore what still comes."""
        frame = self._unfinished.pop(frame_id, None)
        if frame is not None:
            self._held_bytes -= len(frame.held)
        self._dropped[frame_id] = None
        while len(self._dropped) > _REMEMBERED:
            self._dropped.popitem(last=False)

    def sweep(self, now: float) -> list[Refused]:
        """Drop the frames without a new chunk for 30 s, and the stalest ones while too much is held.

        `now` is of the same clock as that of `feed`; the refusals are returned for the peer to be told.
        """
        refused = []
        while self._unfinished:
            frame_id, frame = next(iter(self._unfinished.items()))
            if now - frame.touched >= UNFINISHED_S:
                error: IrodoriError = FrameFault(f"no new chunk for {UNFINISHED_S:.0f} s; the frame is unfinished")
            elif len(self._unfinished) > UNFINISHED_FRAMES or self._held_bytes > UNFINISHED_BYTES:
                error = TooLarge("too many unfinished frames; the stalest is dropped")
            else:
                break
            self.drop(frame_id)
            refused.append(Refused(error, frame_id))
        return refused

    def _begin(self, chunk: Chunk, now: float) -> _Unfinished:
        if chunk.q != 0:
            raise FrameFault(f"chunk {chunk.q} of a frame whose chunk 0 has not come")
        if chunk.z is None or chunk.c is None:
            raise FrameFault("chunk 0 lacks z or c")
        if chunk.z > FRAME_BYTES:
            raise TooLarge(f"a frame of {chunk.z} bytes; at most {FRAME_BYTES} are allowed")
        if not chunk_count(chunk.z) <= chunk.n <= max(1, chunk.z):
            raise FrameFault(f"{chunk.z} bytes do not make {chunk.n} chunks")
        frame = _Unfinished(chunk.n, chunk.z, chunk.c, now)
        self._dropped.pop(chunk.id, None)
        self._unfinished[chunk.id] = frame
        return frame

    def _append(self, frame: _Unfinished, chunk: Chunk, now: float) -> None:
        if chunk.q != frame.chunks or chunk.n != frame.n:
            raise FrameFault(f"chunk {chunk.q} of {chunk.n} where {frame.chunks} of {frame.n} is due")
        if chunk.q and (chunk.z not in (None, frame.size) or chunk.c not in (None, frame.crc)):
            raise FrameFault("a later chunk contradicts z or c of chunk 0")
        if len(frame.held) + len(chunk.d) > frame.size:
            raise FrameFault(f"more than the {frame.size} bytes announced")
        frame.chunks += 1
        frame.held += chunk.d
        frame.touched = now
        self._held_bytes += len(chunk.d)
        self._unfinished.move_to_end(chunk.id)

    def _finish(self, frame_id: int, frame: _Unfinished) -> bytes:
        if len(frame.held) != frame.size:
            raise FrameFault(f"{len(frame.held)} bytes where {frame.size} are announced")
        whole = bytes(frame.held)
        if crc32(whole) != frame.crc:
            raise FrameFault("the CRC-32 does not match")
        del self._unfinished[frame_id]
        self._held_bytes -= len(frame.held)
        return whole
