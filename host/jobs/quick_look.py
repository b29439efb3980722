"""Shows a page that somebody looks at in colour, at low size, before anything else is known of it."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engines.registry import DEFAULT_ENGINE
from host.errors import IrodoriError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engines.base import ColorizeEngine
    from host.jobs.engine_room import EngineRoom
    from host.jobs.work import Work
    from host.pipeline.decode import DecodedPage
    from host.pipeline.job import PageJob

_LOG = logging.getLogger(__name__)


class QuickLook:
    """Thread-safe. The compact engine looks, whatever engine colours the page then.

    `send` takes what is to be shown for a computation: the picture's bytes and its type.
    """

    def __init__(self, room: EngineRoom, send: Callable[[Work, bytes, str], None]) -> None:
        self._room = room
        self._send = send
        self._apart: ColorizeEngine | None = None
        self._lock = threading.Lock()

    def show(self, work: Work, page: DecodedPage, job: PageJob, check: Callable[[], None]) -> None:
        """Send a first sight of the page, if a reader looks at it. What goes wrong is the page's own to say, later.

        Raises:
            what `check` raises.
        """
        if not work.is_looked_at:
            return
        try:
            self._show(work, page, job, check)
        except Exception as exc:  # noqa: BLE001 - it is an extra: the page goes on
            check()  # what ended it may have been the page's own end
            _LOG.warning("no quick look: %s", exc, exc_info=not isinstance(exc, IrodoriError))

    def release(self) -> None:
        """Give up the memory of an engine that nobody needs for now."""
        with self._lock:
            if self._apart is not None:
                self._apart.unload()
            self._apart = None

    def _show(self, work: Work, page: DecodedPage, job: PageJob, check: Callable[[], None]) -> None:
        from host.pipeline.encode import encode_page
        from host.pipeline.quick import quick_colours

        with self._engine(work.recipe.engine.id, check) as engine:
            picture = None if engine is None else quick_colours(page, job, engine)
        if picture is not None:
            self._send(work, *encode_page(picture, "jpeg"))
            work.was_shown = True

    @contextmanager
    def _engine(self, wanted: str, check: Callable[[], None]) -> Iterator[ColorizeEngine | None]:
        """Give the compact engine, loaded: the lane's own where it works there, else one that does not wait for it."""
        if wanted == DEFAULT_ENGINE and not self._room.is_anothers(wanted):
            with self._room.engine(wanted, check) as (engine, _):
                yield engine
            return
        with self._lock:
            self._apart = self._apart or self._room.engine_apart(DEFAULT_ENGINE)
            yield self._apart
