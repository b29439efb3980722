"""What the board tells waits for its one listener, and no more of it than memory should hold."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from host.books import inbox as module
from host.books.inbox import Inbox
from host.messaging.messages import JobDone, PageDone

if TYPE_CHECKING:
    import pytest


def page(name: str, size: int = 5) -> PageDone:
    done = {"mime": "image/png", "width": 1, "height": 1, "cached": False, "runmeta": {}}
    return PageDone(job_id="j", page_id=name, image=bytes(size), **done)


def end() -> JobDone:
    return JobDone(job_id="j", done=0, skipped=0, failed=0, cancelled=0, duration_ms=0)


def sending(inbox: Inbox, *messages: object) -> threading.Thread:
    def send() -> None:
        for message in messages:
            inbox(message)  # type: ignore[arg-type]

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


def test_messages_come_out_in_the_order_in_which_they_came_in() -> None:
    inbox = Inbox()
    sending(inbox, page("a"), end(), page("b")).join(20)
    assert [getattr(inbox.get(1), "page_id", "end") for _ in range(3)] == ["a", "end", "b"]
    assert inbox.get(0.01) is None


def test_who_waits_for_a_message_gets_it_when_it_comes() -> None:
    inbox = Inbox()
    threading.Timer(0.05, inbox, (page("late"),)).start()
    message = inbox.get(20)
    assert isinstance(message, PageDone)
    assert message.page_id == "late"


def test_others_wait_while_it_is_full_of_pictures_and_go_on_when_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IMAGE_BYTES_MAX", 9)
    inbox = Inbox()
    sending(inbox, page("a"), page("b")).join(20)  # ten bytes: full only now
    third = sending(inbox, end(), page("c"))
    third.join(0.1)
    assert third.is_alive()
    inbox.get(1)
    third.join(20)
    assert not third.is_alive()
    assert [inbox.get(1) is not None for _ in range(3)] == [True] * 3


def test_the_listener_itself_never_waits_and_nobody_does_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IMAGE_BYTES_MAX", 0)
    inbox = Inbox()
    for name in "ab":
        inbox(page(name))  # this thread is the one that listens
    waiting = sending(inbox, page("c"))
    waiting.join(0.1)
    assert waiting.is_alive()
    inbox.close()
    waiting.join(20)
    assert not waiting.is_alive()
