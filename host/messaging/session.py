"""A session with one extension: ready, hello, requests and their answers, and the end.

The host speaks first. The session ends with the input, with the parent, after 90 s of silence, when told to stop, or
by a `session.bye` of either side; a malformed frame never ends it.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Thread, current_thread
from typing import Any, Final, Protocol

from msgspec import structs

from host import __version__
from host.errors import BadRequest, FrameFault, InternalError, IrodoriError, TooLarge, UnknownMethod, VersionMismatch
from host.messaging.calls import Calls, response
from host.messaging.channel import Channel, Ending
from host.messaging.framing import CHUNK_BYTES, FRAME_BYTES, WINDOW_CHUNKS, Refused
from host.messaging.messages import (
    PROTOCOL_RANGE,
    Hello,
    JobDone,
    Limits,
    Message,
    PageDone,
    PageFailed,
    PagePreview,
    PageSkipped,
    Pong,
    SessionBye,
    SessionFault,
    SessionReady,
    Welcome,
)
from host.messaging.rpc import (
    Notification,
    Request,
    Unanswerable,
    decode_message,
    encode_error,
    encode_notification,
)
from host.paths import state_paths

SILENCE_S: Final = 90.0
CLOSE_S: Final = 0.4
_OPENING_S: Final = 0.3
_LOOK_S: Final = 0.5
_OF_A_JOB: Final = (PagePreview, PageDone, PageSkipped, PageFailed, JobDone)
_log: Final = logging.getLogger(__name__)

Notify = Callable[[Message], None]
"""Sends a notification; the type decides the method.

Any thread may call it. It returns at once, save that an image waits while 64 MiB are queued for a peer that does not
take them; it never waits on the dispatcher, nor once the session closes. What is sent while a short request is handled
goes out after its response. The notifications that end a page or a job keep their order within the job.
"""


class Service(Protocol):
    """What answers requests."""

    def handle(self, method: str, params: Any) -> object:
        """Answer a request; raises `IrodoriError`.

        Args:
            method: a key of METHODS other than `session.ping`. params: of the method's type there, checked.

        Returns:
            What METHODS says: a struct, a list or a map. For `session.hello` a `Welcome`; the session sets its
            `protocol`. Methods of the lane `short` come one at a time, those of `pages` and `long` beside them.
        """

    def load(self) -> tuple[bool, int]:
        """Return whether work is under way, and how many pages wait; at once."""

    def close(self, timeout_s: float) -> None:
        """Cancel everything and leave no partial file, within `timeout_s`."""


class Session:
    """Owns a channel until the end.

    Args:
        channel: not yet started. open_service: imports and opens what answers requests; called on the dispatcher
            thread once `session.ready` has been written. If it fails, every request is answered with that error.
    """

    def __init__(self, channel: Channel, open_service: Callable[[Notify], Service]) -> None:
        self._channel = channel
        self._open_service = open_service
        self._calls = Calls(channel.outbox, self._handle, self._open)
        self._endings: SimpleQueue[Ending] = SimpleQueue()
        self._opened = Event()
        self._service: Service | None = None
        self._failure: IrodoriError | None = None
        self._began = time.monotonic()
        self._parent = os.getppid()

    def run(self) -> int:
        """Speak first, serve, and return the exit status: 0, or 2 after a length prefix that no message can have."""
        self._notify(_ready())
        self._channel.start(self._on_frame, self._on_fault, self._endings.put)
        self._channel.outbox.flush(_LOOK_S)
        self._calls.start()
        ending = self._watch()
        _log.info("the session ends: %s", ending.reason)
        self._close(ending)
        return ending.status

    def stop(self, reason: str) -> None:
        """End the session; safe in a signal handler."""
        self._endings.put(Ending(reason, announced=True))

    def _watch(self) -> Ending:
        while True:
            try:
                return self._endings.get(timeout=_LOOK_S)
            except Empty:
                self._channel.sweep()
            if self._channel.silent_s() > SILENCE_S:
                return Ending(f"nothing was heard for {SILENCE_S:.0f} s", announced=True)
            if sys.platform != "win32" and os.getppid() != self._parent:
                return Ending("the parent process is gone")

    def _close(self, ending: Ending) -> None:
        outbox = self._channel.outbox
        if ending.announced:
            outbox.put(encode_notification(SessionBye(reason=ending.reason)))
        outbox.close()
        if self._opened.wait(_OPENING_S) and self._service is not None:
            closing = Thread(target=self._service.close, args=(CLOSE_S,), name="closing", daemon=True)
            closing.start()
            closing.join(CLOSE_S + 0.1)
        outbox.flush(0.1)

    def _open(self) -> None:
        try:
            self._service = self._open_service(self._notify)
        except IrodoriError as error:
            self._failure = error
            _log.error("the service did not open: %s", error.message)
        except BaseException:  # noqa: BLE001 - whatever it is, every request is answered with it
            self._failure = InternalError("the host could not start its service", "The host's log says why.")
            _log.exception("the service did not open")
        finally:
            self._opened.set()

    def _handle(self, method: str, params: Any) -> object:
        if isinstance(params, Hello):
            return self._hello(params)
        return self._require_service().handle(method, params)

    def _hello(self, hello: Hello) -> Welcome:
        version = common_version(hello.protocol)
        _log.info("hello from extension %s in %s", hello.extension_version[:100], hello.browser[:200])
        welcome = self._require_service().handle("session.hello", hello)
        if not isinstance(welcome, Welcome):
            raise TypeError("session.hello is answered with a Welcome")
        return structs.replace(welcome, protocol=version, host_version=__version__)

    def _require_service(self) -> Service:
        self._opened.wait()
        if self._service is None:
            raise self._failure or InternalError("the host has no service")
        return self._service

    def _ping(self) -> Pong:
        busy, depth = self._service.load() if self._service is not None else (False, 0)
        return Pong(uptime_s=time.monotonic() - self._began, busy=busy, queue_depth=depth)

    def _notify(self, message: Message) -> None:
        frame = encode_notification(message)
        if len(frame) > FRAME_BYTES:
            raise TooLarge(f"a notification of {len(frame)} bytes; a frame takes {FRAME_BYTES}")
        stream = message.job_id if isinstance(message, _OF_A_JOB) else None
        self._channel.outbox.notify(frame, stream, patient=not self._calls.is_dispatcher(current_thread()))

    def _on_frame(self, frame_id: int, frame: bytes) -> None:
        try:
            message = decode_message(frame)
        except Unanswerable as fault:
            self._channel.outbox.put(encode_error(fault.msgid, fault.error))
        except (FrameFault, TooLarge) as error:
            self._on_fault(Refused(error, frame_id))
        else:
            if isinstance(message, Request):
                self._on_request(message, message.cost)
            elif isinstance(message, Notification):
                self._on_notification(message, frame_id)
            else:
                self._on_fault(Refused(FrameFault("a response to a request that the host never made"), frame_id))

    def _on_request(self, request: Request, size: int) -> None:
        if request.method == "session.ping":
            self._channel.outbox.put(response(request.msgid, request.method, self._ping))
            return
        try:
            self._calls.submit(request, size)
        except BadRequest as error:
            self._channel.outbox.put(encode_error(request.msgid, error))

    def _on_notification(self, notification: Notification, frame_id: int) -> None:
        if notification.method == "session.bye":
            self._endings.put(Ending("the extension said goodbye"))
        else:
            error = UnknownMethod(f"the host takes no notification {notification.method[:100]!r}")
            self._on_fault(Refused(error, frame_id))

    def _on_fault(self, refused: Refused) -> None:
        error = refused.error
        _log.warning("frame %d is dropped: %s: %s", refused.frame_id, error.code, error.message)
        fault = SessionFault(id=refused.frame_id, code=error.code, message=error.message)
        self._channel.outbox.put(encode_notification(fault))


def common_version(theirs: tuple[int, int]) -> int:
    """Return the highest protocol version that both sides speak.

    Raises:
        VersionMismatch: there is none; the hint names the side to update. BadRequest: `theirs` is no range.
    """
    lowest, highest = theirs
    if lowest > highest:
        raise BadRequest(f"protocol [{lowest}, {highest}] is no range", "Send [lowest, highest].")
    if lowest <= PROTOCOL_RANGE[1] and PROTOCOL_RANGE[0] <= highest:
        return min(highest, PROTOCOL_RANGE[1])
    older = "the extension" if highest < PROTOCOL_RANGE[0] else "the host (the Irodori programs on this computer)"
    raise VersionMismatch(
        f"the extension speaks protocol {lowest} to {highest}, the host {PROTOCOL_RANGE[0]} to {PROTOCOL_RANGE[1]}",
        f"Update {older}.",
        host=list(PROTOCOL_RANGE),
        extension=[lowest, highest],
    )


def _ready() -> SessionReady:
    return SessionReady(
        protocol=PROTOCOL_RANGE,
        host_version=__version__,
        pid=os.getpid(),
        log_path=str(state_paths().log_file),
        limits=Limits(chunk_bytes=CHUNK_BYTES, window_chunks=WINDOW_CHUNKS, frame_bytes=FRAME_BYTES),
    )
