"""A prompt from its submission to its picture: what the socket says, and where it says nothing, the history."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from engines.base import EngineOutOfMemory, EngineRemoteFailed, EngineUnavailable
from engines.colorize.comfyui import follow
from engines.colorize.comfyui.client import LOOK
from engines.colorize.comfyui.graph import OUTPUT_NODE
from engines.colorize.comfyui.socket import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURES = {"outputs": {OUTPUT_NODE: {"images": [{"filename": "1.png"}, {"filename": "2.png"}]}}}


class Server:
    """Answers by a script: `events` over the socket, `records` when the history is asked."""

    def __init__(self, events: list[Any], records: list[Any], *, is_open: bool = True, queued: bool = True) -> None:
        self.is_open = is_open
        self.queued = queued
        self.cancelled: list[str] = []
        self.asked = 0
        self.now_s = 100.0
        self.waited: list[float] = []
        self._events: Iterator[Any] = iter(events)
        self._records: Iterator[Any] = iter(records)

    def submit(self, graph: Any) -> str:
        return f"prompt of {graph}"

    def cancel(self, prompt_id: str) -> None:
        self.cancelled.append(prompt_id)

    def picture(self, image: Any) -> bytes:
        return str(image["filename"]).encode()

    def history(self, prompt_id: str) -> Any:
        assert prompt_id == "prompt of graph"
        self.asked += 1
        return next(self._records, None)

    def is_queued(self, prompt_id: str) -> bool:
        return self.queued

    def next_event(self, prompt_id: str, timeout_s: float) -> Event | None:
        assert prompt_id == "prompt of graph"
        self.now_s += timeout_s
        self.waited.append(timeout_s)
        if len(self.waited) > 500:
            raise AssertionError("it waits for ever")
        return next(self._events, None)

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what follows a prompt of four steps on a server, and notes what was told of it."""

    def run(server: Server, told: list[Any] | None = None, passes: tuple[int, ...] = (4,)) -> bytes:
        clock = SimpleNamespace(monotonic=lambda: server.now_s, sleep=server.sleep)
        monkeypatch.setattr(follow, "time", clock)
        heard = told if told is not None else []
        on_step = lambda step, steps, preview=None: heard.append((step, steps, preview is not None))  # noqa: E731
        return follow.picture_of(server, server, "graph", passes, on_step)  # type: ignore[arg-type]

    return run


def test_the_first_picture_of_the_output_is_the_page_once_the_socket_says_so(followed: Any) -> None:
    server, told = Server([Event("other"), Event("finished")], [PICTURES]), list[Any]()
    assert followed(server, told) == b"1.png"
    assert (server.asked, server.cancelled) == (1, [])
    assert told == [(0, 4, False), (0, 4, False), (4, 4, False)]


def test_steps_of_the_sampler_alone_are_told_and_never_fall(followed: Any) -> None:
    jpeg = bytes(cv2.imencode(".jpg", np.full((8, 8, 3), 90, np.uint8))[1])
    events = [
        Event("progress", 1, 4), Event("progress", 9, 20), Event("progress", 3, 4), Event("progress", 2, 4),
        Event("preview", image=jpeg), Event("preview", image=b"none"), Event("progress", 7, 4), Event("finished"),
    ]  # fmt: skip
    told: list[Any] = []
    followed(Server(events, [PICTURES]), told)
    assert [step for step, _, _ in told] == [1, 1, 3, 3, 3, 3, 4, 4]
    assert [at for at, (_, _, shown) in enumerate(told) if shown] == [4]


@pytest.mark.parametrize(("first", "second"), [(4, 4), (4, 2), (2, 5)])
def test_steps_go_on_over_the_samplers_of_a_graph(followed: Any, first: int, second: int) -> None:
    passes = [*(Event("progress", at + 1, first) for at in range(first)),
              *(Event("progress", at + 1, second) for at in range(second))]  # fmt: skip
    told: list[Any] = []
    followed(Server([*passes, Event("finished")], [PICTURES]), told, (first, second))
    assert [step for step, _, _ in told][: first + second] == list(range(1, first + second + 1))
    assert {steps for _, steps, _ in told} == {first + second}


@pytest.mark.parametrize(
    ("is_open", "silent_for"),
    [(True, 10), (False, 2)],  # each 0.2 s, twice as long where nothing is listened to
)
def test_the_history_is_asked_where_the_socket_is_silent_and_sooner_where_it_is_lost(
    followed: Any, silent_for: int, *, is_open: bool
) -> None:
    server = Server([], [PICTURES], is_open=is_open)
    assert followed(server) == b"1.png"
    assert len(server.waited) in (silent_for, silent_for + 1)  # sums of fifths


def test_a_record_of_a_page_that_is_not_completed_tells_why(followed: Any) -> None:
    record = {"status": {"completed": False, "messages": [("execution_start", {}), ("execution_interrupted", {})]}}
    with pytest.raises(EngineRemoteFailed, match="Somebody interrupted"):
        followed(Server([Event("finished")], [record]))


@pytest.mark.parametrize(
    ("messages", "kind", "words"),
    [
        ([("execution_error", {"exception_message": "CUDA out of memory"})], EngineOutOfMemory, "ran out of memory"),
        ([("execution_error", {"exception_message": "x", "node_type": "VAE"})], EngineRemoteFailed, "failed in VAE: x"),
        ([("execution_cached", {}), ("execution_interrupted", {})], EngineRemoteFailed, "Somebody interrupted"),
        ([("execution_interrupted", {}), ("execution_error", {})], EngineRemoteFailed, "Somebody interrupted"),
        ([], EngineRemoteFailed, "without saying why"),
    ],
)
def test_what_a_record_says_is_told(messages: list[Any], kind: type[Exception], words: str) -> None:
    fault = follow._recorded_fault({"status": {"messages": messages}})
    assert type(fault) is kind
    assert words in fault.message
    assert follow._recorded_fault({}).hint == LOOK


@pytest.mark.parametrize(
    ("event", "kind", "words"),
    [
        (Event("failed", data={"exception_message": "allocation on device"}), EngineOutOfMemory, "ran out of memory"),
        (Event("failed"), EngineRemoteFailed, "failed in a node"),
        (Event("interrupted"), EngineRemoteFailed, "Somebody interrupted"),
    ],
)
def test_what_the_socket_says_ends_it_at_once_and_the_server_needs_no_cancel(
    followed: Any, event: Event, kind: type[Exception], words: str
) -> None:
    server = Server([event], [])
    with pytest.raises(kind, match=words):
        followed(server)
    assert (server.asked, server.cancelled) == (0, [])


def test_a_page_without_a_picture_is_a_fault(followed: Any) -> None:
    for record in ({}, {"outputs": {}}, {"outputs": {OUTPUT_NODE: {"images": []}}}, {"outputs": {"other": PICTURES}}):
        with pytest.raises(EngineRemoteFailed, match="finished without a picture"):
            followed(Server([Event("finished")], [record]))


def test_a_prompt_that_is_neither_queued_nor_recorded_is_waited_for_ten_seconds(followed: Any) -> None:
    server = Server([], [], queued=False)
    with pytest.raises(EngineUnavailable, match="no longer knows the page"):
        followed(server)
    assert 110.0 < server.now_s < 116.0
    assert server.cancelled == []


def test_one_that_is_queued_is_waited_for_however_long(followed: Any) -> None:
    server = Server([], [None] * 20 + [PICTURES])
    assert followed(server) == b"1.png"
    assert server.now_s > 130.0


def test_whoever_stops_it_cancels_the_prompt_though_the_server_does_not_hear_it(followed: Any) -> None:
    class Stop(Exception):
        pass

    def stop(*_: object) -> None:
        raise Stop

    for refuses in (False, True):
        server = Server([Event("other")], [])
        if refuses:
            server.cancel = lambda _: (_ for _ in ()).throw(EngineRemoteFailed("gone"))  # type: ignore[method-assign]
        with pytest.raises(Stop):
            follow.picture_of(server, server, "graph", (4,), stop)  # type: ignore[arg-type]
        assert server.cancelled == ([] if refuses else ["prompt of graph"])


def test_a_picture_is_red_green_and_blue_or_none() -> None:
    png = bytes(cv2.imencode(".png", np.full((2, 3, 3), (1, 2, 3), np.uint8))[1])
    picture = follow.decoded(png)
    assert picture is not None
    assert picture.shape == (2, 3, 3)
    assert picture[0, 0].tolist() == [3, 2, 1]
    assert follow.decoded(b"") is None
    assert follow.decoded(b"no picture") is None
