"""A real application at toy size: real store, real pipeline, an engine of known speed."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from msgspec import structs

from engines.testing.stepped import SteppedEngine
from host.application import Application
from host.errors import JobCancelled
from host.messaging.messages import JobDone, Message, Page, PageDone, PagePut, RunChapter
from host.paths import state_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.base import ColorizeEngine, ColorizeRequest, ColorizeResult, OnStep
    from engines.info import EngineInfo


class Watched(SteppedEngine):
    """Counts its calls and can be stopped at a step, or made to fail."""

    def __init__(self, step_s: float = 0.0, steps: int = 2, engine_id: str = "stepped") -> None:
        super().__init__(step_s, steps, engine_id)
        self.calls = 0
        self.gate = threading.Event()
        self.gate.set()
        self.began = threading.Event()
        self.stopped = threading.Event()
        self.failure: Exception | None = None
        self.preview: NDArray[np.uint8] | None = None

    def colorize(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        self.calls += 1
        self.began.set()
        if self.failure is not None:
            raise self.failure
        if self.preview is not None:
            on_step(1, 100, self.preview)
        try:
            while not self.gate.wait(0.01):
                on_step(1, 100)
            return super().colorize(request, on_step)
        except JobCancelled:
            self.stopped.set()
            raise


class Engines:
    """The engines of a test, as `engines.registry` gives them."""

    def __init__(self, *engines: ColorizeEngine) -> None:
        self._engines = {engine.info.id: engine for engine in engines}

    def infos(self) -> tuple[EngineInfo, ...]:
        return tuple(engine.info for engine in self._engines.values())

    def get(self, engine_id: str) -> ColorizeEngine:
        return self._engines[engine_id]


class Listener:
    """Takes notifications as the extension would."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._changed = threading.Condition()

    def __call__(self, message: Message) -> None:
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def of(self, kind: type[Message], **facts: object) -> list[Any]:
        with self._changed:
            return [
                message
                for message in self.messages
                if isinstance(message, kind) and all(getattr(message, key) == value for key, value in facts.items())
            ]

    def wait(self, kind: type[Message], count: int = 1, timeout_s: float = 60.0, **facts: object) -> list[Any]:
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self.of(kind, **facts)) >= count, timeout_s)
        assert arrived, f"{count} x {kind.__name__} did not come; got {[type(one).__name__ for one in self.messages]}"
        return self.of(kind, **facts)

    def end_of(self, job_id: str) -> JobDone:
        return self.wait(JobDone, job_id=job_id)[0]


def page_bytes(number: int, height: int = 120, width: int = 80) -> bytes:
    """Return an encoded page of its own, with a panel and lines."""
    page = np.full((height, width), 255, np.uint8)
    cv2.rectangle(page, (6, 6), (width - 7, height - 7), 0, 2)
    cv2.circle(page, (width // 2, height // 2), width // 4, 160, -1)
    cv2.circle(page, (width // 2, height // 2), width // 4, 0, 2)
    page[8 + number % (height - 20), 10 : width - 10] = number % 200
    page[10, 10 + number % (width - 20)] = (number // 7) % 200
    page[12, 10:20] = [(number >> bit) & 1 for bit in range(10)]
    return bytes(cv2.imencode(".png", page)[1])


def sha256(encoded: bytes) -> str:
    return hashlib.sha256(encoded).hexdigest()


class Reader:
    """What the extension does with an application: asks for chapters, sends bytes."""

    def __init__(self, application: Application, listener: Listener) -> None:
        self.application = application
        self.board = application.board
        self.listener = listener
        self.encoded: dict[str, bytes] = {}

    def chapter(self, numbers: list[int], **facts: Any) -> RunChapter:
        pages = []
        for index, number in enumerate(numbers):
            page_id = f"p{index}"
            self.encoded[page_id] = page_bytes(number)
            pages.append(Page(page_id=page_id, index=index, sha256=sha256(self.encoded[page_id])))
        given = {"series": "S", "chapter": "1", "direction": "auto", "references": []} | facts
        return RunChapter(pages=pages, **given)

    def run(self, numbers: list[int], **facts: Any) -> str:
        """Ask for a chapter and send what is needed; return the job's id."""
        return self._send(self.chapter(numbers, **facts))

    def run_encoded(self, pictures: list[bytes]) -> str:
        """Ask for a chapter of these pictures and send them; return the job's id."""
        self.encoded = {f"p{index}": encoded for index, encoded in enumerate(pictures)}
        pages = [
            Page(page_id=page_id, index=index, sha256=sha256(encoded))
            for index, (page_id, encoded) in enumerate(self.encoded.items())
        ]
        return self._send(RunChapter(series="S", chapter="1", direction="auto", references=[], pages=pages))

    def run_corrected(self, numbers: list[int], name: str, *own: Any) -> dict[str, PageDone]:
        """Colour pages, each with what it has of its own under a name of the wire's page; return how each was done."""
        asked = self.chapter(numbers)
        pages = [structs.replace(page, **{name: value}) for page, value in zip(asked.pages, own, strict=True)]
        job_id = self._send(structs.replace(asked, pages=pages))
        assert self.listener.end_of(job_id).done == len(numbers)
        return {one.page_id: one for one in self.listener.of(PageDone, job_id=job_id)}

    def _send(self, chapter: RunChapter) -> str:
        accepted = self.board.run_chapter(chapter)
        for page_id in accepted.need:
            self.put(accepted.job_id, page_id)
        return accepted.job_id

    def put(self, job_id: str, page_id: str) -> None:
        self.board.put(PagePut(job_id=job_id, page_id=page_id, image=self.encoded[page_id]))


@pytest.fixture
def engine() -> Watched:
    return Watched()


@pytest.fixture
def open_reader(irodori_home: Path, engine: Watched) -> Iterator[Callable[..., Reader]]:
    opened: list[Application] = []

    def open_one(**explicit: Any) -> Reader:
        listener = Listener()
        settings = {"default_engine": "stepped"} | explicit
        application = Application.open(state_paths(), listener, explicit=settings, engines=Engines(engine))
        opened.append(application)
        return Reader(application, listener)

    yield open_one
    for application in opened:
        application.close(2.0)


@pytest.fixture
def reader(open_reader: Callable[..., Reader]) -> Reader:
    return open_reader()


def eventually(condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    """Wait for a condition that nothing announces."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return condition()


def done(listener: Listener, job_id: str) -> set[str]:
    return {message.page_id for message in listener.of(PageDone, job_id=job_id)}
