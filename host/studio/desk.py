"""The studio's tasks: one after the other, each with its progress, each to be cancelled, each with exactly one end."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host.errors import BadRequest, Busy, InternalError, IrodoriError, JobCancelled, NotFound, TooLarge
from host.messaging.messages import (
    Empty,
    StudioAccepted,
    StudioCancelled,
    StudioDone,
    StudioFailed,
    StudioProgress,
    StudioTask,
    WireError,
)
from host.supervised import SupervisedThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.messaging.messages import Message
    from host.studio.tools import Made, Tools

_LOG = logging.getLogger(__name__)
WAITING_MAX: Final = 8
DATA_MAX: Final = 60 * 2**20
"""The most bytes of a file that is sent: a frame of the wire holds little more."""
_STEP: Final = 0.01
_IDLE_S: Final = 60.0


@dataclass(slots=True)
class _Running:
    task: StudioTask
    told: float = -1.0


class Desk:
    """Thread-safe. Its thread begins with the first task.

    tools: makes what does the work, on the desk's thread: it imports heavy libraries. notify: hears of every task.
    """

    def __init__(self, tools: Callable[[], Tools], notify: Callable[[Message], None]) -> None:
        self._make_tools = tools
        self._tools: Tools | None = None
        self._notify = notify
        self._changed = threading.Condition()
        self._telling = threading.Lock()
        self._open: OrderedDict[str, _Running] = OrderedDict()
        self._under_way = ""
        self._thread: SupervisedThread | None = None
        self._closing = False

    def start(self, task: StudioTask) -> StudioAccepted:
        """Take in a task; it ends as `studio.done` or as `studio.failed`.

        Raises:
            BadRequest: a task of this id has not ended. Busy: too many wait.
        """
        with self._changed:
            if task.task_id in self._open:
                raise BadRequest("There is a task of this id already.", "Give every task an id of its own.")
            if self._closing or len(self._open) >= WAITING_MAX:
                raise Busy("Too many tasks wait.", "Let one end, or cancel one.")
            ahead = len(self._open)
            self._open[task.task_id] = _Running(task)
            if self._thread is None:
                self._thread = SupervisedThread(self._work, "studio", died=self._died, stopping=lambda: self._closing)
                self._thread.start()
            self._changed.notify_all()
        return StudioAccepted(ahead=ahead)

    def first(self, task_id: str) -> Empty:
        """Put a task before all others that wait.

        Raises:
            NotFound: there is no such task, or it has ended.
        """
        with self._changed:
            if task_id not in self._open:
                raise NotFound(f"There is no task {task_id[:64]!r}.", "It may have ended by now.", told=("task_gone",))
            self._open.move_to_end(task_id, last=False)
            if self._under_way in self._open:
                self._open.move_to_end(self._under_way, last=False)
        return Empty()

    def cancel(self, task_id: str) -> StudioCancelled:
        """End a task at once, whatever it is doing; what it still makes is dropped."""
        cancelled = self._end(task_id)
        if cancelled:
            self._notify(_failed(task_id, JobCancelled("The task was cancelled.")))
        return StudioCancelled(cancelled=cancelled)

    def close(self, timeout_s: float) -> bool:
        """Stop all work; return whether the thread has stopped. Nobody is told anything more."""
        with self._changed:
            self._closing = True
            self._open.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    @property
    def is_busy(self) -> bool:
        """Whether a task has not ended."""
        return bool(self._open)

    def _work(self) -> None:
        while (running := self._next()) is not None:
            self._do(running)
            del running

    def _next(self) -> _Running | None:
        """Wait for a task; None when closing. A page that was read is forgotten when nothing comes for a minute."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._closing or self._open, _IDLE_S) and self._tools is not None:
                self._tools.forget()
            self._changed.wait_for(lambda: self._closing or self._open)
            if self._closing:
                return None
            running = next(iter(self._open.values()))
            self._under_way = running.task.task_id
            return running

    def _do(self, running: _Running) -> None:
        task_id = running.task.task_id
        try:
            end: Message = _done(task_id, self._made(running))
        except IrodoriError as exc:
            _LOG.warning("studio, %s: %s: %s", running.task.tool, exc.code, exc.message)
            end = _failed(task_id, exc)
        except Exception as exc:  # noqa: BLE001 - no task stays without an end
            _LOG.exception("studio, %s failed", running.task.tool)
            end = _failed(task_id, InternalError(f"{running.task.tool}: {exc}"[:500], "The host's log says where."))
        self._settle(task_id, end)

    def _made(self, running: _Running) -> Made:
        def progress(fraction: float) -> None:
            with self._changed:
                if running.task.task_id not in self._open:
                    raise JobCancelled("The task was cancelled.")
            if fraction < running.told + _STEP:
                return
            running.told = min(1.0, fraction)
            with self._telling:
                if running.task.task_id in self._open:
                    self._notify(StudioProgress(task_id=running.task.task_id, fraction=running.told))

        if self._tools is None:
            self._tools = self._make_tools()
        made = self._tools.run(running.task, progress)
        if len(made.data) > DATA_MAX:
            raise TooLarge(
                f"It became {len(made.data) >> 20} MiB; at most {DATA_MAX >> 20} can be shown.",
                "Ask for something smaller, or use `irodori page`.",
                told=("made_too_large", f"{len(made.data) >> 20}", f"{DATA_MAX >> 20}"),
            )
        return made

    def _died(self, exc: BaseException) -> None:
        """Tell a task that ended the thread itself as failed; the next one goes on."""
        with self._changed:
            task_id = next(iter(self._open), None)
        if task_id is not None:
            self._settle(task_id, _failed(task_id, InternalError(f"{exc}"[:500], "The host's log says where.")))

    def _settle(self, task_id: str, end: Message) -> None:
        if self._end(task_id):
            self._notify(end)

    def _end(self, task_id: str) -> bool:
        with self._changed:
            ended = self._open.pop(task_id, None) is not None
        with self._telling:
            pass  # who is just telling progress of it has told it
        return ended


def _done(task_id: str, made: Made) -> StudioDone:
    return StudioDone(
        task_id=task_id, data=made.data, mime=made.mime, width=made.width, height=made.height, record=made.record
    )


def _failed(task_id: str, error: IrodoriError) -> StudioFailed:
    return StudioFailed(task_id=task_id, error=WireError(**error.wire()))
