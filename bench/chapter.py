"""A chapter of drawn pages and a host to colour it, for the benchmarks of jobs."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.registry import EngineRegistry
from host.application import Application
from host.messaging.messages import JobDone, Message, Page, PageDone, PageFailed, PagePut, RunChapter
from host.paths import StatePaths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from engines.base import ColorizeEngine


class Chapters:
    """Colours chapters on a home of its own; None is the engine that ships."""

    def __init__(self, home: Path, engine: ColorizeEngine | None = None) -> None:
        self._ended = threading.Event()
        self.failed: list[str] = []
        self.done = 0
        paths = StatePaths(home / "config", home / "data", home / "cache", home / "logs")
        explicit = {} if engine is None else {"default_engine": engine.info.id}
        engines = None if engine is None else EngineRegistry(more=(engine,))
        self.application = Application.open(paths, self._hear, explicit=explicit, engines=engines)

    def run(self, pages: Sequence[bytes], indices: Iterable[int] | None = None, in_view: int | None = None) -> None:
        """Colour pages, or those of some indices, and wait for the last one; the one in view is sent first."""
        self._ended.clear()
        rows = [
            Page(
                page_id=f"p{index}",
                index=index,
                sha256=hashlib.sha256(pages[index]).hexdigest(),
                visible=index == in_view,
            )
            for index in (range(len(pages)) if indices is None else indices)
        ]
        board = self.application.board
        accepted = board.run_chapter(RunChapter(series="S", chapter="1", direction="ltr", references=[], pages=rows))
        for page_id in sorted(accepted.need, key=lambda one: one != f"p{in_view}"):
            board.put(PagePut(job_id=accepted.job_id, page_id=page_id, image=pages[int(page_id[1:])]))
        self._ended.wait()

    def _hear(self, message: Message) -> None:
        if isinstance(message, PageFailed):
            self.failed.append(message.error.message)
        elif isinstance(message, PageDone):
            self.done += 1
        elif isinstance(message, JobDone):
            self._ended.set()


def drawn_page(number: int, height: int = 1800, width: int = 1200) -> bytes:
    """Return an encoded page of four panels with tones and figures; every number gives another."""
    random = np.random.default_rng(number)
    page = np.full((height, width), 255, np.uint8)
    line = max(1, width // 300)
    for row in range(2):
        for column in range(2):
            left, top = width * (2 + 49 * column) // 100, height * (2 + 49 * row) // 100
            right, bottom = left + width * 45 // 100, top + height * 45 // 100
            page[top:bottom, left:right] = int(random.integers(150, 230))
            for _ in range(6):
                centre = (int(random.integers(left, right)), int(random.integers(top, bottom)))
                radius = int(random.integers(width // 60 + 1, width // 8 + 2))
                inside = page[top:bottom, left:right]
                place = (centre[0] - left, centre[1] - top)
                cv2.circle(inside, place, radius, int(random.integers(60, 250)), -1)
                cv2.circle(inside, place, radius, 0, line)
            cv2.rectangle(page, (left, top), (right, bottom), 0, 2 * line)
    return bytes(cv2.imencode(".png", page)[1])
