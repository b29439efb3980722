"""Colour a book through the job board, as the extension colours a chapter: ask, send what is lacking, listen."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from msgspec import structs

from host.books.book import UnreadablePage
from host.corrections import Corrections
from host.errors import Busy, HashMismatch
from host.messaging.messages import (
    JobCancel,
    JobDone,
    JobProgress,
    Options,
    Page,
    PageDone,
    PageFailed,
    PagePut,
    PageSkipped,
    RunChapter,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from host.books.book import Book, BookPage
    from host.books.inbox import Inbox
    from host.messaging.messages import CancelResult, JobAccepted, Message, PageAccepted
    from host.vocabulary import Direction

AHEAD: Final = 6  # pages whose bytes the board holds at most: enough to keep every stage busy
_LISTEN_S: Final = 0.5

Verdict = Literal["coloured", "cached", "skipped", "failed"]


class Board(Protocol):
    """What of the job board a book needs."""

    def run_chapter(self, request: RunChapter) -> JobAccepted: ...  # noqa: D102
    def put(self, request: PagePut) -> PageAccepted: ...  # noqa: D102
    def cancel(self, request: JobCancel) -> CancelResult: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Style:
    """How a book is to be coloured; `references` are ids of the store; corrections go by pages' names.

    series: whose palette the pages wear; empty: that of the book's name.
    """

    references: tuple[str, ...] = ()
    engine: str | None = None
    direction: Direction = "auto"
    options: Options = field(default_factory=Options)
    corrections: Mapping[str, Corrections] = field(default_factory=dict)
    series: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a page is, 0..1, and how long the rest of the book takes, where that is known."""

    page: BookPage
    fraction_01: float
    eta_s: float | None


@dataclass(frozen=True, slots=True)
class PageEnd:
    """A page's one end. `image` and `mime` for coloured and cached; `reason` for skipped; `error` for failed."""

    page: BookPage
    verdict: Verdict
    image: bytes = b""
    mime: str = ""
    reason: str = ""
    error: dict[str, Any] = field(default_factory=dict)
    runmeta: dict[str, Any] = field(default_factory=dict)


def colour_book(book: Book, style: Style, board: Board, inbox: Inbox) -> Iterator[Progress | PageEnd]:
    """Yield how the book goes; every page ends once. Leave the iteration early only to close the board.

    Raises:
        BadRequest, NotFound, EngineNotAvailable, WeightsMissing: the board refuses the book.
    """
    readable: list[tuple[int, BookPage, str]] = []
    for index, page in enumerate(book.pages):
        try:
            readable.append((index, page, hashlib.sha256(page.read()).hexdigest()))
        except UnreadablePage as exc:
            yield _unreadable(page, str(exc))
    if readable:
        yield from _Conversation(book, readable, style, board, inbox).hold()


class _Conversation:
    """One job: which pages are open, which still have to be sent, which the board is at work on."""

    def __init__(
        self, book: Book, readable: list[tuple[int, BookPage, str]], style: Style, board: Board, inbox: Inbox
    ) -> None:
        self._board = board
        self._inbox = inbox
        self._pages = {str(index): page for index, page, _ in readable}
        request = RunChapter(
            series=(style.series or book.name)[:4096],
            chapter="",
            direction=book.direction if style.direction == "auto" else style.direction,
            pages=[
                Page(
                    page_id=str(index),
                    index=index,
                    sha256=sha256,
                    **structs.asdict(style.corrections.get(page.name, Corrections())),
                )
                for index, page, sha256 in readable
            ],
            references=list(style.references),
            engine=style.engine,
            options=style.options,
        )
        accepted = board.run_chapter(request)
        self._job_id = accepted.job_id
        self._to_send = deque(accepted.need)
        self._open = set(self._pages)
        self._sent: set[str] = set()

    def hold(self) -> Iterator[Progress | PageEnd]:
        """Send and listen until the job is done."""
        while True:
            yield from self._send()
            message = self._inbox.get(_LISTEN_S)
            if isinstance(message, JobDone) and message.job_id == self._job_id:
                yield from (self._end(page_id, _CANCELLED) for page_id in sorted(self._open))
                return
            event = self._event(message)
            if event is not None:
                yield event

    def _send(self) -> Iterator[PageEnd]:
        while self._to_send and len(self._sent & self._open) < AHEAD:
            page_id = self._to_send.popleft()
            if page_id not in self._open:
                continue
            try:
                image = self._pages[page_id].read()
                self._board.put(PagePut(job_id=self._job_id, page_id=page_id, image=image))
            except Busy:
                self._to_send.appendleft(page_id)
                return
            except (UnreadablePage, HashMismatch) as exc:
                self._board.cancel(JobCancel(job_id=self._job_id, page_ids=[page_id]))
                yield self._end(page_id, _unreadable(self._pages[page_id], f"changed while it was read: {exc}").error)
            self._sent.add(page_id)

    def _event(self, message: Message | None) -> Progress | PageEnd | None:
        if not isinstance(message, JobProgress | PageDone | PageSkipped | PageFailed):
            return None
        page_id = message.page_id
        if message.job_id != self._job_id or page_id not in self._open:
            return None
        page = self._pages[page_id]
        if isinstance(message, JobProgress):
            return Progress(page, message.fraction, message.eta_s)
        if isinstance(message, PageFailed):
            error = {name: getattr(message.error, name) for name in ("code", "message", "hint", "retryable")}
            return self._end(page_id, error)
        self._open.discard(page_id)
        if isinstance(message, PageSkipped):
            return PageEnd(page, "skipped", reason=message.reason)
        verdict: Verdict = "cached" if message.cached else "coloured"
        return PageEnd(page, verdict, message.image, message.mime, runmeta=message.runmeta)

    def _end(self, page_id: str, error: dict[str, Any]) -> PageEnd:
        self._open.discard(page_id)
        return PageEnd(self._pages[page_id], "failed", error=error)


_CANCELLED: Final = {"code": "E_CANCELLED", "message": "The page was cancelled.", "hint": "", "retryable": True}


def _unreadable(page: BookPage, reason: str) -> PageEnd:
    error = {"code": "E_IMAGE", "message": f"The page cannot be read: {reason}.", "hint": "", "retryable": False}
    return PageEnd(page, "failed", error=error)
