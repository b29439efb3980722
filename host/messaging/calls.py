"""Requests on their threads: short ones in order on the dispatcher, pages in order on another, long ones on a pool.

Whatever happens while a request is handled, exactly one response leaves.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any, Final

from host.errors import BadRequest, InternalError, IrodoriError, OutOfMemory, TooLarge
from host.messaging.framing import FRAME_BYTES
from host.messaging.messages import METHODS
from host.messaging.rpc import Request, bind, encode_error, encode_result
from host.supervised import SupervisedThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.messaging.outbox import Outbox

POOL_THREADS: Final = 2
WAITING_BYTES: Final = 64 * 1024 * 1024
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Call:
    request: Request
    size: int


class Calls:
    """Runs requests and sends their responses.

    Args:
        outbox: where responses go. handle: answers a method with its checked parameters; may raise anything.
        prepare: runs on the dispatcher thread before its first request.
    """

    def __init__(self, outbox: Outbox, handle: Callable[[str, Any], object], prepare: Callable[[], None]) -> None:
        self._outbox = outbox
        self._handle = handle
        self._prepare = prepare
        self._lanes: dict[str, SimpleQueue[_Call]] = {lane: SimpleQueue() for lane in ("short", "pages", "long")}
        self._room = Condition()
        self._in_flight: set[int] = set()
        self._waiting_bytes = 0
        self._prepared = False
        self._dispatcher = SupervisedThread(self._dispatch, "dispatcher")

    def start(self) -> None:
        """Start the threads."""
        self._dispatcher.start()
        for lane in ("pages",) + ("long",) * POOL_THREADS:
            SupervisedThread(self._work, lane, (self._lanes[lane],)).start()

    def is_dispatcher(self, thread: Thread) -> bool:
        """Return whether `thread` is the dispatcher, which never waits for the peer."""
        return thread is self._dispatcher

    def submit(self, request: Request, size: int) -> None:
        """Queue a request whose frame has `size` bytes; wait while 64 MiB of requests are queued.

        Raises:
            BadRequest: a request of the same `msgid` has not been answered yet.
        """
        with self._room:
            if request.msgid in self._in_flight:
                raise BadRequest(f"msgid {request.msgid} is in flight already", "Count the requests of a session.")
            self._in_flight.add(request.msgid)
            self._room.wait_for(lambda: self._waiting_bytes <= WAITING_BYTES)
            self._waiting_bytes += size
        method = METHODS.get(request.method)
        self._lanes[method.lane if method is not None else "short"].put(_Call(request, size))

    def _dispatch(self) -> None:
        if not self._prepared:
            self._prepared = True
            self._prepare()
        while True:
            call = self._lanes["short"].get()
            self._outbox.hold()
            self._outbox.release(self._run(call))

    def _work(self, lane: SimpleQueue[_Call]) -> None:
        while True:
            self._outbox.put(self._run(lane.get()))

    def _run(self, call: _Call) -> bytes:
        request = call.request
        try:
            return response(request.msgid, request.method, lambda: self._handle(request.method, bind(request)))
        except BaseException as fault:  # noqa: BLE001 - an error that cannot be told is told as ours
            _log.error("%s could not be answered as it should", request.method[:100], exc_info=fault)
            return encode_error(request.msgid, InternalError("the host failed", "The host's log says where."))
        finally:
            with self._room:
                self._in_flight.discard(request.msgid)
                self._waiting_bytes -= call.size
                self._room.notify_all()


def response(msgid: int, method: str, answer: Callable[[], object]) -> bytes:
    """Return the frame that answers a request: the result of `answer`, or the error that it ended in."""
    began = time.monotonic()
    try:
        frame = encode_result(msgid, answer())
        if len(frame) > FRAME_BYTES:
            raise TooLarge(f"the answer to {method} has {len(frame)} bytes; a frame takes {FRAME_BYTES}")
    except IrodoriError as error:
        _log.warning("%s: %s: %s", method[:100], error.code, error.message)
        return encode_error(msgid, error)
    except MemoryError:
        return encode_error(msgid, OutOfMemory(f"memory did not suffice for {method}", "Close other programs."))
    except BaseException as fault:  # noqa: BLE001 - also SystemExit of a library: no request stays unanswered
        _log_fault(method, fault)
        return encode_error(msgid, InternalError(f"{method} failed inside the host", "The host's log says where."))
    _log.debug("%s answered in %.0f ms", method, 1000 * (time.monotonic() - began))
    return frame


def _log_fault(method: str, fault: BaseException) -> None:
    """Log a fault of ours; around secrets without its text, which might quote them."""
    if method.startswith("secret."):
        where = fault.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        line = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where is not None else "?"
        _log.error("%s failed: %s at %s", method, type(fault).__name__, line)
    else:
        _log.error("%s failed", method, exc_info=fault)
