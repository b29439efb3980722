"""Shows a page that somebody looks at in colour, at low size, before anything else is known of it."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engines.onnx_runtime import before_others
from engines.registry import DEFAULT_ENGINE
from host.errors import IrodoriError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engines.base import ColorizeEngine
    from host.jobs.chapter_job import Waiting
    from host.jobs.engine_room import EngineRoom
    from host.jobs.right_of_way import RightOfWay
    from host.pipeline.decode import DecodedPage
    from host.pipeline.job import PageJob

_LOG = logging.getLogger(__name__)


class QuickLook:
    """Thread-safe. The compact engine looks, whatever engine colours the page then, and never waits for the lane.

    `send` takes what is to be shown to those that wait for a page: the picture's bytes and its type.
    """

    def __init__(
        self, room: EngineRoom, send: Callable[[Iterable[Waiting], bytes, str], None], right_of_way: RightOfWay
    ) -> None:
        self._room = room
        self._right_of_way = right_of_way
        self._send = send
        self._apart: ColorizeEngine | None = None
        self._lock = threading.Lock()

    def show(
        self,
        waiting: Iterable[Waiting],
        engine_id: str,
        page: DecodedPage,
        job: PageJob,
        check: Callable[[], None],
    ) -> None:
        """Send a first sight of a page that `engine_id` is to colour. What goes wrong is the page's own to say, later.

        Raises:
            what `check` raises.
        """
        try:
            self._show(waiting, engine_id, page, job)
        except Exception as exc:  # noqa: BLE001 - it is an extra: the page goes on
            check()  # what ended it may have been the page's own end
            _LOG.warning("no quick look: %s", exc, exc_info=not isinstance(exc, IrodoriError))

    def release(self) -> None:
        """Give up the memory of an engine that nobody needs for now."""
        with self._lock:
            if self._apart is not None:
                self._apart.unload()
            self._apart = None

    def _show(self, waiting: Iterable[Waiting], engine_id: str, page: DecodedPage, job: PageJob) -> None:
        from host.pipeline.encode import encode_page
        from host.pipeline.quick import quick_colours

        with self._right_of_way.hurry(), self._engine(engine_id) as engine, before_others():
            picture = None if engine is None else quick_colours(page, job, engine)
        if picture is not None:
            self._send(waiting, *encode_page(picture, "jpeg"))
            for _, shown in waiting:
                shown.was_shown = True

    @contextmanager
    def _engine(self, wanted: str) -> Iterator[ColorizeEngine | None]:
        """Give the compact engine, loaded: the lane's own where it works there, else one apart. One look at a time."""
        with self._lock:
            shared = self._room.shared_engine(wanted) if wanted == DEFAULT_ENGINE else None
            if shared is None:
                self._apart = self._apart or self._room.engine_apart(DEFAULT_ENGINE)
            yield shared or self._apart
