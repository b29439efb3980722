"""The threads that bring pages along.

stage: decode … director. lane: the engine. finish: compose … send. cached-page-sender: what the cache has already.
look: a first sight of what a reader looks at, while the others are busy.

Each holds one page at a time; what stands between them is bounded by the scheduler. Every step runs inside
`_attempt`, where a cancel ends.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from engines.malloc_trim import keep_one_small_heap, return_free_memory
from host.errors import HashMismatch, InternalError, IrodoriError, JobCancelled
from host.jobs.looks import Looks
from host.jobs.quick_look import QuickLook
from host.jobs.series_notes import SeriesNotes
from host.jobs.work import LARGE_PIXELS
from host.picture_types import mime_of
from host.pipeline.prepared import SkippedPage, without_engine_s_maps
from host.pipeline.version import READING_VERSION
from host.store.results import StoredResult
from host.store.sources import Source
from host.supervised import SupervisedThread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from host.corrections import Corrections
    from host.jobs.chapter_job import Waiting
    from host.jobs.engine_room import EngineRoom
    from host.jobs.scheduler import Scheduler
    from host.jobs.work import Work
    from host.pipeline.page import PagePipeline
    from host.pipeline.prepared import PreparedPage
    from host.store.store import Store

_LOG = logging.getLogger(__name__)
# Of the page: how much more or less of it may be protected before its colour is another.
_SAME_SHARE: Final = 1e-3


class Stages:
    """`pipeline` makes the pipeline on the stage thread, when the first page needs it: it imports heavy libraries."""

    def __init__(
        self, scheduler: Scheduler, pipeline: Callable[[], PagePipeline], store: Store, engine_room: EngineRoom
    ) -> None:
        keep_one_small_heap()
        self._scheduler = scheduler
        self._make_pipeline = pipeline
        self._made: PagePipeline | None = None
        self._making = threading.Lock()
        self._store = store
        self._engine_room = engine_room
        self._notes = SeriesNotes(store)
        self._quick_look = QuickLook(engine_room, scheduler.preview, scheduler.right_of_way)
        self._looks = Looks(scheduler, self._pipeline, store, self._quick_look)
        self._cached: SimpleQueue[tuple[Waiting, str] | None] = SimpleQueue()
        loops = {
            "stage": self._stage,
            "lane": self._lane,
            "finish": self._finish,
            "cached-page-sender": self._send_cached_pages,
        }
        self._held: dict[str, Work] = {}
        self._told_unkept = False
        self._threads = [
            SupervisedThread(loop, name, died=partial(self._died, name), stopping=lambda: scheduler.closing)
            for name, loop in loops.items()
        ]
        self._threads.append(self._looks.thread)
        for thread in self._threads:
            thread.start()
        self._importing: threading.Thread | None = None
        self._warming: threading.Thread | None = None

    def send_cached(self, waiting: Waiting, key: str) -> None:
        """Let the sender of cached pages send a page whose result is in the cache."""
        self._cached.put((waiting, key))

    def settle_notes(self) -> bool:
        """Wait until the pages that were told before are noted; see `SeriesNotes.settle`."""
        return self._notes.settle()

    def import_ahead(self) -> None:
        """Import what pages need, beside the caller, once: whoever opens the popup is about to colour."""
        if self._importing is None:
            self._importing = self._beside(self._import_ahead, "import")

    def warm(self, engine_id: str) -> None:
        """Load libraries and the engine, once, while the first pages are still on their way here."""
        if self._warming is None:
            self._warming = self._beside(partial(self._warm, engine_id), "warm")

    def close(self, timeout_s: float) -> bool:
        """Wait for the threads after the scheduler was closed; return whether all have stopped."""
        self._cached.put(None)
        deadline = time.monotonic() + timeout_s
        # The warming ones too: a process that ends while native code runs on a thread of it is aborted.
        threads = [*self._threads, *filter(None, [self._importing, self._warming])]
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _stage(self) -> None:
        while (work := self._scheduler.take()) is not None:
            self._attempt(work, self._prepare)
            del work

    def _lane(self) -> None:
        while not self._scheduler.closing:
            work = self._scheduler.take_prepared(self._engine_room.idle_s)
            if work is not None:
                self._attempt(work, self._colour)
            else:
                self._engine_room.release_idle()
                self._quick_look.release()
            del work
        self._engine_room.close()

    def _finish(self) -> None:
        while (work := self._scheduler.take_coloured()) is not None:
            self._attempt(work, self._complete)
            del work

    def _send_cached_pages(self) -> None:
        while (sending := self._cached.get()) is not None and not self._scheduler.closing:
            with self._notes.telling():
                sent = []
                while sending is not None and not self._scheduler.closing:
                    self._send(*sending)
                    sent.append(sending[0])
                    sending = None if self._cached.empty() else self._cached.get()
                self._notes.came_from_cache(sent)  # once all are on screen

    @staticmethod
    def _beside(work: Callable[[], None], name: str) -> threading.Thread:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

    def _import_ahead(self) -> None:
        try:
            import host.pipeline.quick  # noqa: F401 - the first sight of a page comes from there

            self._pipeline()
        except Exception as exc:  # noqa: BLE001 - the first page will say it to the reader
            _LOG.info("the pipeline was not made ahead: %s", exc)

    def _warm(self, engine_id: str) -> None:
        try:
            self._pipeline()
            with self._engine_room.engine(engine_id, self._scheduler.check_open):
                _LOG.info("%s is loaded", engine_id)
        except Exception as exc:  # noqa: BLE001 - the first page will say it to the reader
            _LOG.info("%s was not loaded ahead: %s", engine_id, exc)

    def _pipeline(self) -> PagePipeline:
        with self._making:
            if self._made is None:
                self._made = self._make_pipeline()
            return self._made

    def _died(self, name: str, exc: BaseException) -> None:
        """End the page that a thread had in hand; every page, where it died between pages and may do so again."""
        work, error = self._held.pop(name, None), _ours(exc)
        if work is not None:
            self._scheduler.fail(work, error)
        else:
            self._scheduler.fail_all(error)

    def _attempt(self, work: Work, step: Callable[[Work], None]) -> None:
        name = threading.current_thread().name
        self._held[name] = work
        self._end(work, step)
        del self._held[name]

    def _end(self, work: Work, step: Callable[[Work], None]) -> None:
        try:
            self._scheduler.check(work)
            step(work)
        except JobCancelled:
            self._scheduler.abandon(work)
        except IrodoriError as exc:
            self._scheduler.fail(work, exc)
        except BaseException as exc:  # noqa: BLE001 - a page ends, whatever happened
            self._scheduler.fail(work, _ours(exc))
        finally:
            return_free_memory()

    def _prepare(self, work: Work) -> None:
        pipeline = self._pipeline()
        tick = self._scheduler.tick(work)
        tick("decode", 0.0)
        encoded = self._store.spool.read(work.sha256)
        if encoded is None:
            self._scheduler.check(work)
            raise HashMismatch("The page's bytes have gone.", "Start the chapter again.")
        check = partial(self._scheduler.check, work)
        page = pipeline.decode(encoded, check)
        work.large = page.size.pixels > LARGE_PIXELS
        self._store.sources.put(work.sha256, Source(page.pixels_sha256, page.size))
        pixels = page.pixels_sha256
        known = work.recipe.corrected([pixels], work.corrections).get(pixels)
        if known is not None and not self._begin(work, pixels, known):
            return
        job = work.recipe.page_job(work.corrections, check)
        if self._scheduler.may_look(work):
            self._quick_look.show(work.waiting, work.recipe.engine.id, page, job, check)
        read = pipeline.read(page, job, tick)
        wanted = work.corrections if isinstance(read, SkippedPage) else read.job.corrections
        undone = () if isinstance(read, SkippedPage) or read.job.rewording is None else read.job.rewording.failed
        if (known is None or undone) and not self._begin(work, pixels, wanted, undone):
            return
        if work.earlier is not None and _says_the_same(read, work.earlier):
            self._confirm(work, work.earlier)
            return
        if isinstance(read, SkippedPage):
            if work.recipe.cast is not None:
                work.recipe.cast.pass_over(pixels)
            self._keep(work, _verdict(encoded, read))
        else:
            self._scheduler.hand_to_lane(work, read)

    def _begin(self, work: Work, pixels_sha256: str, corrections: Corrections, undone: Sequence[str] = ()) -> bool:
        """Note what identifies a page's result; False where that is under way or here already."""
        key = work.recipe.key(pixels_sha256, corrections, undone)
        if not self._scheduler.claim(work, key):
            return False
        stored = self._store.results.get(key)
        if stored is not None and stored.reading_version == READING_VERSION:
            self._tell_cached(work, stored)
            return False
        work.earlier = stored
        return True

    def _colour(self, work: Work) -> None:
        prepared = work.prepared
        duplicate = work.recipe.duplicates.find(prepared) if prepared is not None else None
        if duplicate is not None:
            work.prepared, coloured = duplicate
            self._scheduler.hand_to_finish(work, coloured)
            return
        check = partial(self._scheduler.check, work)
        with self._engine_room.engine(work.recipe.engine.id, check) as (engine, waited):
            # While we waited for the lane, the other host may have coloured this very page.
            stored = self._store.results.get(_key(work)) if waited else None
            if stored is not None and stored.reading_version != READING_VERSION:
                stored = None
            if stored is None:
                if prepared is None:
                    raise JobCancelled("The page was cancelled.")
                tick, watch = self._scheduler.tick(work), partial(self._watch, work)
                colour = partial(self._pipeline().colour, prepared, engine, tick, watch)
                coloured = self._engine_room.run_with_memory(engine, colour)
                if work.wanted:
                    work.recipe.duplicates.remember(prepared, coloured)
                work.prepared = without_engine_s_maps(prepared)
        if stored is not None:
            self._tell_cached(work, stored)
        else:
            self._scheduler.hand_to_finish(work, coloured)

    def _watch(self, work: Work, step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
        work.step = step, steps
        # An early step shows less than the quick look did.
        if preview is not None and (not work.was_shown or step * 2 >= steps):
            from host.pipeline.encode import encode_page

            self._scheduler.preview(work.waiting, *encode_page(preview, "jpeg"))

    def _complete(self, work: Work) -> None:
        prepared, coloured = work.prepared, work.coloured
        if prepared is None or coloured is None:
            raise JobCancelled("The page was cancelled.")
        finished = self._pipeline().finish(prepared, coloured, self._scheduler.tick(work))
        runmeta = finished.runmeta.model_dump(mode="json")
        stored = StoredResult(image=finished.image, mime=finished.mime, size=finished.size, runmeta=runmeta)
        with self._notes.telling():
            self._keep(work, stored, partial(_learn, prepared, _key(work), finished.runmeta.result_sha256))
            self._notes.coloured(work, prepared, coloured, finished)

    def _tell_cached(self, work: Work, stored: StoredResult) -> None:
        with self._notes.telling():
            self._scheduler.deliver(work, stored, cached=True)
            self._notes.came_from_cache(work.waiting)

    def _keep(self, work: Work, result: StoredResult, kept: Callable[[], None] | None = None) -> None:
        """Commit a result, then tell it: a host that dies in between loses nothing.

        One that cannot be kept is told all the same: it is coloured.
        """
        key = _key(work)
        try:
            is_kept = self._store.results.put(key, result, replace=work.earlier is not None)
        except IrodoriError as exc:
            self._scheduler.deliver(work, self._unkept(result, exc), cached=False)
            return
        if is_kept:
            if kept is not None:
                kept()
            self._scheduler.deliver(work, result, cached=False)
            return
        # Another host was faster. What it learned from may differ; its picture is the page's from now on.
        # Or there is none, because the cache is smaller than this one picture.
        stored = self._store.results.get(key)
        self._scheduler.deliver(work, stored or result, cached=stored is not None)

    def _confirm(self, work: Work, earlier: StoredResult) -> None:
        """Tell what other rules made of a page, and note that these would make the same."""
        result = replace(earlier, runmeta={**earlier.runmeta, "reading_version": READING_VERSION})
        try:
            self._store.results.put(_key(work), result)
        except IrodoriError as exc:
            _LOG.warning("a result is not noted as read anew: %s", exc)
        self._tell_cached(work, result)

    def _unkept(self, result: StoredResult, exc: IrodoriError) -> StoredResult:
        """Return a result that the cache cannot take; the first picture of those says so to the reader."""
        _LOG.warning("a result is not kept: %s", exc)
        if self._told_unkept or result.skip_reason is not None:
            return result
        self._told_unkept = True
        notes = [*result.runmeta.get("notes", ()), f"Pages are not kept in the cache: {exc.words}"]
        return replace(result, runmeta={**result.runmeta, "notes": notes})

    def _send(self, waiting: Waiting, key: str) -> None:
        """Send a page from the cache; it ends, whatever happens."""
        try:
            stored = self._store.results.get(key)
            if stored is None:
                raise HashMismatch("The page's cached picture was damaged.", "Start the chapter again.")
            self._scheduler.deliver_page(waiting, stored, cached=True)
        except IrodoriError as exc:
            self._scheduler.fail_page(waiting, exc)
        except BaseException as exc:  # noqa: BLE001 - as said
            self._scheduler.fail_page(waiting, _ours(exc))


def _learn(prepared: PreparedPage, key: str, result_sha256: str) -> None:
    """Let later pages of the series find this one; not one that learned itself, for a copy's copy fades."""
    learned = any(use.origin == "page" for use in prepared.meta.references)
    if prepared.memory_entry is not None and prepared.job.memory is not None and not learned:
        prepared.job.memory.learn(prepared.memory_entry, key, result_sha256)


def _says_the_same(read: PreparedPage | SkippedPage, earlier: StoredResult) -> bool:
    """Tell whether a page would become what is kept of it: the same verdict, or coloured in the same places."""
    if isinstance(read, SkippedPage) or earlier.skip_reason is not None:
        return isinstance(read, SkippedPage) and read.reason == earlier.skip_reason
    if read.meta.kind != earlier.runmeta.get("kind"):
        return False
    from host.pipeline.decode import is_grey

    if read.pieces:  # which of them have colour of their own is in no record
        return is_grey(read.page.rgb)
    measured = earlier.runmeta.get("verdicts")
    before = measured.get("protected_share") if isinstance(measured, dict) else None
    now = float(read.request.protect.mean())
    return isinstance(before, (int, float)) and abs(now - before) <= _SAME_SHARE


def _verdict(encoded: bytes, skipped: SkippedPage) -> StoredResult:
    return StoredResult(
        image=encoded,
        mime=mime_of(encoded),
        size=skipped.meta.size,
        runmeta={"page_meta": skipped.meta.model_dump(mode="json"), "reading_version": READING_VERSION},
        skip_reason=skipped.reason,
    )


def _key(work: Work) -> str:
    if work.key is None:
        raise InternalError("A page went on without its key.")
    return work.key


def _ours(exc: BaseException) -> InternalError:
    _LOG.error("a page failed for a reason of ours", exc_info=exc)
    return InternalError(f"Something went wrong inside ({type(exc).__name__}).", "The log has the details.")
