"""A book is told to the board, its bytes are sent as they are wanted, and every page ends once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from host.books.book import Book, BookPage, UnreadablePage
from host.books.inbox import Inbox
from host.books.run import AHEAD, PageEnd, Progress, Style, colour_book
from host.corrections import ColourHint, Corrections
from host.errors import Busy, HashMismatch
from host.messaging.messages import (
    CancelResult,
    JobAccepted,
    JobCancel,
    JobDone,
    JobProgress,
    Message,
    Options,
    PageAccepted,
    PageDone,
    PageFailed,
    PagePut,
    PageSkipped,
    RunChapter,
    WireError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

JOB = "the job"


class Board:
    """Ends a page once it has its bytes, as a test says; `ends` by page ids, done for those that are not in it."""

    def __init__(self, inbox: Inbox, *, here: Sequence[str] = (), most: int = 10**6) -> None:
        self.inbox, self.here, self.most = inbox, here, most
        self.asked: list[RunChapter] = []
        self.put_ids: list[str] = []
        self.cancelled: list[str] = []
        self.refuse: dict[str, list[Exception]] = {}
        self.ends: dict[str, Callable[[str], list[Message]]] = {}
        self.waiting: list[str] = []

    def run_chapter(self, request: RunChapter) -> JobAccepted:
        self.asked.append(request)
        for page in request.pages:
            if page.page_id in self.here:
                self.tell(done(page.page_id, cached=True))
        need = [page.page_id for page in request.pages if page.page_id not in self.here]
        if not need:
            self.tell(over())
        return JobAccepted(job_id=JOB, need=need)

    def put(self, request: PagePut) -> PageAccepted:
        assert request.job_id == JOB
        for fault in self.refuse.get(request.page_id, [])[:1]:
            self.refuse[request.page_id].pop(0)
            if isinstance(fault, Busy):
                self.release()
            raise fault
        self.put_ids.append(request.page_id)
        self.waiting.append(request.page_id)
        if len(self.waiting) >= self.most or len(self.put_ids) + len(self.cancelled) + len(self.here) == self.count:
            self.release()
        return PageAccepted(accepted=True)

    @property
    def count(self) -> int:
        return len(self.asked[0].pages)

    def cancel(self, request: JobCancel) -> CancelResult:
        self.cancelled += request.page_ids or []
        if len(self.put_ids) + len(self.cancelled) + len(self.here) == self.count:
            self.release()
        return CancelResult(cancelled=list(request.page_ids or []))

    def release(self) -> None:
        for page_id in self.waiting:
            for message in self.ends.get(page_id, lambda one: [done(one)])(page_id):
                self.tell(message)
        self.waiting.clear()
        if len(self.put_ids) + len(self.cancelled) + len(self.here) == self.count:
            self.tell(over())

    def tell(self, message: Message) -> None:
        self.inbox(message)


def done(page_id: str, *, cached: bool = False, job: str = JOB) -> PageDone:
    return PageDone(
        job_id=job, page_id=page_id, image=b"image " + page_id.encode(), mime="image/png", width=1, height=1,
        cached=cached, runmeta={"of": page_id},
    )  # fmt: skip


def over(job: str = JOB) -> JobDone:
    return JobDone(job_id=job, done=0, skipped=0, failed=0, cancelled=0, duration_ms=0)


def unreadable() -> bytes:
    raise UnreadablePage("it is damaged")


def book(count: int, *broken: int, direction: Any = "rtl") -> Book:
    pages = [
        BookPage(f"{number}.png", unreadable if number in broken else (lambda number=number: b"page %d" % number))
        for number in range(count)
    ]
    return Book("Rain Town", tuple(pages), (), frozenset(), direction=direction)


def ends(events: list[Progress | PageEnd]) -> list[tuple[str, str]]:
    return [(one.page.name, one.verdict) for one in events if isinstance(one, PageEnd)]


def run(of: Book, style: Style | None = None, **facts: Any) -> tuple[list[Progress | PageEnd], Board]:
    inbox = Inbox()
    board = Board(inbox, **facts)
    return list(colour_book(of, style or Style(), board, inbox)), board


def test_a_book_is_asked_for_with_all_that_is_wished() -> None:
    hint = ColourHint(points=((0.5, 0.5),), rgb=(1, 2, 3))
    style = Style(
        references=("r1", "r2"),
        engine="toy",
        options=Options(seed=7),
        corrections={"1.png": Corrections(hints=(hint,))},
    )
    _, board = run(book(2), style)
    (asked,) = board.asked
    assert (asked.series, asked.chapter, asked.direction) == ("Rain Town", "", "rtl")
    assert (asked.references, asked.engine, asked.options) == (["r1", "r2"], "toy", Options(seed=7))
    assert [(one.page_id, one.index, one.sha256) for one in asked.pages] == [
        (f"{at}", at, hashlib.sha256(b"page %d" % at).hexdigest()) for at in range(2)
    ]
    assert [list(one.hints or ()) for one in asked.pages] == [[], [hint]]


@pytest.mark.parametrize(
    ("style", "facts"),
    [
        (Style(), ("Rain Town", "rtl")),
        (Style(series="Snow Town"), ("Snow Town", "rtl")),
        (Style(direction="ltr"), ("Rain Town", "ltr")),
        (Style(series="x" * 5000), ("x" * 4096, "rtl")),
    ],
)
def test_the_style_goes_before_what_the_book_says(style: Style, facts: tuple[str, str]) -> None:
    _, board = run(book(1), style)
    assert (board.asked[0].series, board.asked[0].direction) == facts


def test_pages_end_as_the_board_tells() -> None:
    inbox = Inbox()
    board = Board(inbox, here=["0"])
    error = WireError(code="E_OUT_OF_MEMORY", message="no memory", hint="Close others.", retryable=True)
    progress = JobProgress(job_id=JOB, page_id="3", stage="pass2", fraction=0.5, eta_s=3.0)
    board.ends = {
        "1": lambda one: [PageSkipped(job_id=JOB, page_id=one, reason="blank")],
        "2": lambda one: [PageFailed(job_id=JOB, page_id=one, error=error)],
        "3": lambda one: [progress, done(one), progress, done(one)],
        "4": lambda one: [done(one, job="another"), over("another"), done(one)],
    }
    events = list(colour_book(book(5), Style(), board, inbox))
    assert ends(events) == [
        ("0.png", "cached"), ("1.png", "skipped"), ("2.png", "failed"), ("3.png", "coloured"), ("4.png", "coloured")
    ]  # fmt: skip
    by_name = {one.page.name: one for one in events if isinstance(one, PageEnd)}
    assert (by_name["0.png"].image, by_name["0.png"].mime, by_name["0.png"].runmeta) == (
        b"image 0", "image/png", {"of": "0"}
    )  # fmt: skip
    assert by_name["1.png"].reason == "blank"
    assert by_name["2.png"].error == {
        "code": "E_OUT_OF_MEMORY", "message": "no memory", "hint": "Close others.", "retryable": True
    }  # fmt: skip
    told = [one for one in events if isinstance(one, Progress)]
    assert [(one.page.name, one.fraction_01, one.eta_s) for one in told] == [("3.png", 0.5, 3.0)]
    assert board.put_ids == ["1", "2", "3", "4"]


def test_the_board_holds_the_bytes_of_a_few_pages_at_most() -> None:
    inbox = Inbox()
    board = Board(inbox, most=AHEAD)
    events = colour_book(book(2 * AHEAD + 1), Style(), board, inbox)
    next(events)
    assert len(board.put_ids) == AHEAD
    next(events)
    assert len(board.put_ids) == AHEAD + 1
    rest = [*events]
    assert len(board.put_ids) == 2 * AHEAD + 1
    assert len(ends(rest)) == 2 * AHEAD - 1


def test_a_page_that_cannot_be_read_is_no_page_of_the_job() -> None:
    events, board = run(book(3, 1))
    assert ends(events) == [("1.png", "failed"), ("0.png", "coloured"), ("2.png", "coloured")]
    (failed,) = [one for one in events if isinstance(one, PageEnd) and one.verdict == "failed"]
    assert failed.error == {
        "code": "E_IMAGE", "message": "The page cannot be read: it is damaged.", "hint": "", "retryable": False
    }  # fmt: skip
    assert [one.page_id for one in board.asked[0].pages] == ["0", "2"]
    events, board = run(book(2, 0, 1))
    assert ends(events) == [("0.png", "failed"), ("1.png", "failed")]
    assert not board.asked


def test_a_board_that_is_busy_gets_the_page_again() -> None:
    inbox = Inbox()
    board = Board(inbox)
    board.refuse = {"2": [Busy("full"), Busy("full")]}
    events = list(colour_book(book(4), Style(), board, inbox))
    assert board.put_ids == ["0", "1", "2", "3"]
    assert ends(events) == [(f"{at}.png", "coloured") for at in range(4)]


def test_a_page_that_changed_while_it_was_read_is_told_and_the_others_go_on() -> None:
    inbox = Inbox()
    board = Board(inbox)
    board.refuse = {"1": [HashMismatch("The bytes are others.")]}
    events = list(colour_book(book(3), Style(), board, inbox))
    assert board.cancelled == ["1"]
    assert sorted(ends(events)) == [("0.png", "coloured"), ("1.png", "failed"), ("2.png", "coloured")]
    (failed,) = [one for one in events if isinstance(one, PageEnd) and one.verdict == "failed"]
    assert failed.error["message"].startswith(
        "The page cannot be read: changed while it was read: The bytes are others."
    )


def test_what_the_job_ends_without_was_cancelled() -> None:
    inbox = Inbox()
    board = Board(inbox)
    board.ends = {"1": lambda _: [], "0": lambda _: []}
    events = list(colour_book(book(3), Style(), board, inbox))
    assert ends(events) == [("2.png", "coloured"), ("0.png", "failed"), ("1.png", "failed")]
    assert {one.error["code"] for one in events if isinstance(one, PageEnd) and one.error} == {"E_CANCELLED"}
