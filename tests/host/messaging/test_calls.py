"""Requests on their threads: every one is answered once, whatever its handler does."""

from __future__ import annotations

import logging
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import pytest

from host.errors import BadRequest, NotFound
from host.messaging import calls as module
from host.messaging.calls import Calls, response
from host.messaging.framing import FRAME_BYTES
from host.messaging.rpc import Request, Response, decode_message

if TYPE_CHECKING:
    from collections.abc import Callable


class Answers:
    """What leaves: frames with the requests that were held meanwhile."""

    def __init__(self) -> None:
        self.sent: SimpleQueue[Response] = SimpleQueue()
        self.held = 0

    def hold(self) -> None:
        self.held += 1

    def release(self, frame: bytes) -> None:
        self.put(frame)

    def put(self, frame: bytes) -> None:
        message = decode_message(frame)
        assert isinstance(message, Response)
        self.sent.put(message)

    def next(self) -> Response:
        return self.sent.get(timeout=20)


def opened(handle: Callable[[str, Any], object], prepare: Callable[[], None] = lambda: None) -> tuple[Calls, Answers]:
    answers = Answers()
    calls = Calls(answers, handle, prepare)  # type: ignore[arg-type]
    calls.start()
    return calls, answers


def listing(msgid: int) -> Request:
    return Request(msgid, "engine.list", {})


def put(msgid: int) -> Request:
    return Request(msgid, "page.put", {"job_id": "j", "page_id": "p", "image": b"x"})


def search(msgid: int) -> Request:
    return Request(msgid, "cache.clear", {})


def test_a_request_is_answered_with_what_its_handler_gives_after_the_preparation() -> None:
    done: list[str] = []
    calls, answers = opened(lambda method, _: done.append(method) or ["it"], lambda: done.append("prepared"))
    calls.submit(listing(1), 10)
    assert answers.next() == Response(1, None, ["it"])
    calls.submit(listing(1), 10)  # its number is free again
    answers.next()
    assert done == ["prepared", "engine.list", "engine.list"]
    assert answers.held == 2


def raised(fault: BaseException) -> Callable[[], object]:
    def answer() -> object:
        raise fault

    return answer


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (raised(NotFound("gone")), "E_NOT_FOUND"),
        (raised(MemoryError()), "E_OUT_OF_MEMORY"),
        (raised(ValueError("ours")), "E_INTERNAL"),
        (raised(SystemExit(3)), "E_INTERNAL"),
        (object, "E_INTERNAL"),  # what the wire cannot carry
        (lambda: bytes(FRAME_BYTES), "E_TOO_LARGE"),
    ],
)
def test_each_way_in_which_an_answer_fails_is_an_error_of_the_wire(answer: Callable[[], object], code: str) -> None:
    message = decode_message(response(7, "cache.stats", answer))
    assert isinstance(message, Response)
    assert message.msgid == 7
    assert message.error is not None
    assert message.error["code"] == code
    assert message.result is None


def test_what_fails_around_a_secret_is_logged_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response(1, "secret.set", raised(RuntimeError("the keyring does not take hunter2")))
        assert "hunter2" not in caplog.text
        assert "secret.set failed: RuntimeError at" in caplog.text
        assert __file__ in caplog.text
        response(1, "cache.stats", raised(RuntimeError("the disk is full of hunter2")))
    assert "hunter2" in caplog.text


def test_unknown_methods_and_wrong_parameters_are_refused() -> None:
    calls, answers = opened(lambda _method, _params: None)
    calls.submit(Request(1, "no.such", {}), 1)
    error = answers.next().error
    assert error is not None
    assert error["code"] == "E_UNKNOWN_METHOD"
    calls.submit(Request(2, "page.put", {}), 1)
    error = answers.next().error
    assert error is not None
    assert error["code"] == "E_BAD_REQUEST"


def test_a_number_that_is_in_flight_is_refused_and_pages_go_on_beside_a_long_request() -> None:
    gate = threading.Event()

    def handle(method: str, _: Any) -> object:
        if method == "page.put":
            assert gate.wait(20)
        return {}

    calls, answers = opened(handle)
    calls.submit(put(1), 10)
    with pytest.raises(BadRequest, match="in flight"):
        calls.submit(listing(1), 10)
    calls.submit(listing(2), 10)
    assert answers.next().msgid == 2  # the short one did not wait for the page
    gate.set()
    assert answers.next().msgid == 1


def test_no_more_requests_are_taken_in_than_memory_should_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING_BYTES", 99)
    gate = threading.Event()
    calls, answers = opened(lambda _method, _params: gate.wait(20) and {})
    calls.submit(put(1), 60)
    calls.submit(put(2), 40)  # a hundred are waiting now
    third = threading.Thread(target=calls.submit, args=(listing(3), 1), daemon=True)
    third.start()
    third.join(0.1)
    assert third.is_alive()
    gate.set()
    third.join(20)
    assert not third.is_alive()
    assert {answers.next().msgid for _ in range(3)} == {1, 2, 3}


def test_the_dispatcher_knows_itself() -> None:
    found: list[bool] = []
    calls, answers = opened(lambda *_: found.append(calls.is_dispatcher(threading.current_thread())) or {})
    for number, request in enumerate((listing(1), put(2))):
        calls.submit(request, 1)
        answers.next()
        assert found[number] is (number == 0)
    assert not calls.is_dispatcher(threading.current_thread())
