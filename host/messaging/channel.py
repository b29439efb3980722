"""The threads of the wire: one reads envelopes and puts frames together, one writes what the outbox says."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final

from host.messaging.framing import Ack, Reassembler, Refused, decode_envelope, encode_envelope, owed_ack
from host.messaging.outbox import Outbox
from host.messaging.stdio import BadLength, Pipes

if TYPE_CHECKING:
    from collections.abc import Callable

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a channel or a session ends; an `announced` one is told to the peer by `session.bye`."""

    reason: str
    status: int = 0
    announced: bool = False


class Channel:
    """Frames over a pair of pipes, the same at both ends of the wire.

    Args:
        pipes: layer 1. clock: seconds, never falling.
    """

    def __init__(self, pipes: Pipes, clock: Callable[[], float] = time.monotonic) -> None:
        self.outbox = Outbox()
        self._pipes = pipes
        self._clock = clock
        self._reassembler = Reassembler()
        self._lock = Lock()
        self._heard = clock()

    def start(
        self,
        on_frame: Callable[[int, bytes], None],
        on_fault: Callable[[Refused], None],
        on_end: Callable[[Ending], None],
    ) -> None:
        """Start reading and writing.

        The three are called on the reader thread (`on_end` on the writer's too): a frame and its number, a frame
        that was dropped, and the end of the input or of a reader of our output.
        """
        self._on_frame, self._on_fault, self._on_end = on_frame, on_fault, on_end
        Thread(target=self._read, name="reader", daemon=True).start()
        Thread(target=self._write, name="writer", daemon=True).start()

    def silent_s(self) -> float:
        """Return how long ago the last envelope came."""
        return self._clock() - self._heard

    def sweep(self) -> None:
        """Drop the frames that wait for a chunk for too long; call it every second or so."""
        with self._lock:
            refused = self._reassembler.sweep(self._clock())
        for refusal in refused:
            self._on_fault(refusal)

    def _read(self) -> None:
        try:
            while True:
                payload = self._pipes.read_message()
                self._heard = self._clock()
                self._receive(payload)
                self.outbox.wait_for_room()
        except EOFError:
            self._on_end(Ending("the input ended"))
        except BadLength as fault:
            self._on_end(Ending(str(fault), status=2, announced=True))
        except OSError as fault:
            self._on_end(Ending(f"the input failed: {fault}"))
        except Exception:  # noqa: BLE001 - whatever it is, the session must hear that nobody reads any more
            _log.exception("the reader failed")
            self._on_end(Ending("the reader failed", status=1, announced=True))

    def _write(self) -> None:
        try:
            while (envelope := self.outbox.take()) is not None:
                self._pipes.write_message(encode_envelope(envelope))
        except OSError as fault:
            self._on_end(Ending(f"nobody reads the output: {fault}"))
        except Exception:  # noqa: BLE001 - or writes
            _log.exception("the writer failed")
            self._on_end(Ending("the writer failed", status=1))

    def _receive(self, payload: bytes) -> None:
        try:
            envelope = decode_envelope(payload)
            if isinstance(envelope, Ack):
                self.outbox.acknowledged(envelope)
                return
            self._owe(owed_ack(envelope))
            with self._lock:
                frame = self._reassembler.feed(envelope, self._clock())
        except Refused as refusal:
            self._refuse(refusal)
        else:
            if frame is not None:
                self._on_frame(envelope.id, frame)
            elif envelope.q == 0:
                self.sweep()

    def _refuse(self, refusal: Refused) -> None:
        self._owe(refusal.owed)
        if refusal.frame_id:
            with self._lock:
                self._reassembler.drop(refusal.frame_id)
        self._on_fault(refusal)

    def _owe(self, ack: Ack | None) -> None:
        if ack is not None:
            self.outbox.acknowledge(ack)
