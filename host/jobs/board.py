"""The requests about jobs: what is asked is checked here, decided by the scheduler and done by the stages."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from msgspec import structs

from host.corrections import Corrections, laid_over
from host.errors import BadRequest, NotFound
from host.jobs.cancelled_exports import CancelledExports
from host.jobs.chapter_job import ChapterJob
from host.jobs.engine_room import EngineRoom
from host.jobs.recipe import resolve
from host.jobs.scheduler import Scheduler
from host.jobs.stages import Stages
from host.messaging.messages import (
    CancelResult,
    Empty,
    Estimate,
    JobAccepted,
    JobStatus,
    Page,
    PageAccepted,
    RunChapter,
)
from host.pipeline.version import READING_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from engines.base import Device, EngineSource
    from host.jobs.chapter_job import JobPage
    from host.jobs.lane import Lane
    from host.jobs.retrieval import Memories
    from host.messaging.messages import (
        ChapterExport,
        ExportCancel,
        ExportResult,
        JobCancel,
        JobPrioritize,
        JobStatusQuery,
        Message,
        PageKeep,
        PagePut,
        RunPage,
    )
    from host.palettes.cast import Casts
    from host.pipeline.page import PagePipeline
    from host.settings import SettingsFile
    from host.store.store import Store
    from host.vocabulary import PageFormat


class JobBoard:
    """Thread-safe; every request but `settle_notes` is answered without waiting for a page.

    Attributes:
        engine_room: where the jobs' engine is, for what else needs one on the same lane.
    """

    def __init__(
        self,
        pipeline: Callable[[], PagePipeline],
        store: Store,
        engines: EngineSource,
        lane: Lane,
        device: Device,
        notify: Callable[[Message], None],
        settings: SettingsFile,
        exports: Path,
        memories: Memories | None = None,
        page_format: PageFormat | None = None,
        casts: Casts | None = None,
    ) -> None:
        """Open the board. page_format: what pages become; None: the setting `output_format` decides."""
        self._store = store
        self._engines = engines
        self._settings = settings
        self._memories = memories
        self._casts = casts
        self._page_format = page_format
        self._exports = exports
        self._cancelled_exports = CancelledExports()
        self._notify = notify
        self._scheduler = Scheduler(notify, store.spool)
        self.engine_room = EngineRoom(engines, lane, device, settings.current.idle_unload_s)
        self._stages = Stages(self._scheduler, pipeline, store, self.engine_room)

    def expect_pages(self) -> None:
        """Import what pages need beside the caller; no network is opened before there is a job."""
        self._stages.import_ahead()

    def run_chapter(self, request: RunChapter) -> JobAccepted:
        """Begin a chapter; cached pages are sent at once, those in `need` wait for their bytes.

        Raises:
            BadRequest: two pages of one id, or a hint that lies nowhere. NotFound: no such engine or reference.
            EngineNotAvailable, WeightsMissing
        """
        job = self._job(request)
        cached = self._find_cached(job)
        self._scheduler.add(job)
        for page in sorted(cached, key=lambda page: (not page.visible, page.index)):
            self._stages.send_cached((job, page), page.key or "")
        missing = [page for page in job.pages.values() if page not in cached]
        here = {page.sha256 for page in missing if page.sha256 in self._store.spool}
        for sha256 in here:
            self._scheduler.arrived(sha256)
        self._scheduler.announce(job)
        if missing:
            self._stages.warm(job.recipe.engine.id)
        return JobAccepted(job_id=job.job_id, need=[page.page_id for page in missing if page.sha256 not in here])

    def estimate(self, request: RunChapter) -> Estimate:
        """Tell what a chapter would cost; nothing is begun. Errors as `run_chapter`."""
        job = self._job(request)
        fresh = len(job.pages) - len(self._find_cached(job))
        seconds = self._store.history.seconds_a_page(job.recipe.engine.id)
        rounded = None if seconds is None else round(seconds * fresh, 1)
        return Estimate(cached=len(job.pages) - fresh, fresh=fresh, seconds=rounded)

    def run_page(self, request: RunPage) -> JobAccepted:
        """Begin one page; errors as `run_chapter` and, where its bytes come along, as `put`."""
        facts = structs.asdict(request)
        page = Page(**{name: facts[name] for name in Page.__struct_fields__})
        names = set(RunChapter.__struct_fields__) - {"pages"}
        chapter = RunChapter(pages=[page], **{name: facts[name] for name in names})
        if request.image is None:
            return self.run_chapter(chapter)
        self._store.spool.put(request.sha256, request.image)
        try:
            return self.run_chapter(chapter)
        finally:
            # Drops the bytes again where the request was refused.
            self._scheduler.arrived(request.sha256)

    def put(self, request: PagePut) -> PageAccepted:
        """Take in a page's bytes. A page that does not need them (any more) takes them without a word.

        Raises:
            NotFound: no such job or page. HashMismatch: other bytes than announced; the page still needs them.
            Busy: too many captured pages wait. DiskFull
        """
        page = self._page(request.job_id, request.page_id)
        if not page.ended:
            self._store.spool.put(page.sha256, request.image)
            self._scheduler.arrived(page.sha256)
        return PageAccepted(accepted=True)

    def prioritize(self, request: JobPrioritize) -> Empty:
        """Put pages first.

        Raises:
            NotFound: no such job or page.
        """
        job = self._scheduler.job(request.job_id)
        _require_pages(job, request.page_ids)
        self._scheduler.prioritize(job, request.page_ids, request.index, first=request.first)
        return Empty()

    def cancel(self, request: JobCancel) -> CancelResult:
        """Stop a job or some of its pages, whatever they are doing.

        Raises:
            NotFound: no such job or page.
        """
        job = self._scheduler.job(request.job_id)
        _require_pages(job, request.page_ids or ())
        return CancelResult(cancelled=self._scheduler.cancel(job, request.page_ids))

    def status(self, request: JobStatusQuery) -> list[JobStatus]:
        """Return one job's status, or those of all that are known, oldest first.

        Raises:
            NotFound: no such job.
        """
        if request.job_id is not None:
            return [self._scheduler.job(request.job_id).status()]
        return [job.status() for job in self._scheduler.jobs()]

    def export(self, request: ChapterExport) -> ExportResult:
        """Write a job's pages, or the listed ones, into one file; see `host.jobs.export`.

        Raises:
            BadRequest: not exactly one of both is named, or no page is done. NotFound: no such job, or a page that the
            cache has dropped. DiskFull. JobCancelled: by `cancel_export`; nothing was written.
        """
        if (request.job_id is None) == (request.pages is None):
            raise BadRequest("Export either a job or pages.", "Leave one of job_id and pages out.")
        from host.jobs.export import Exporter

        exporter = Exporter(self._store, self._exports, self._notify, self._check_export)
        if request.job_id is None:
            return exporter.export_pages(request)
        return exporter.export_job(self._scheduler.job(request.job_id), request)

    def cancel_export(self, request: ExportCancel) -> Empty:
        """Stop the export of this id, also one that is still to come; one that has ended stays as it is."""
        self._cancelled_exports.cancel(request.export_id)
        return Empty()

    def _check_export(self, export_id: str | None) -> None:
        self.check_open()
        self._cancelled_exports.check(export_id)

    def keep(self, request: PageKeep) -> PageAccepted:
        """Take in a page's bytes for an export; they stay while there is room.

        Raises:
            HashMismatch, Busy, DiskFull
        """
        spool = self._store.spool
        if not spool.holds(request.sha256):
            spool.put(request.sha256, request.image)
            spool.keep(request.sha256, spool.limit_bytes)
        return PageAccepted(accepted=True)

    def check_open(self) -> None:
        """Go on only if the host stays.

        Raises:
            JobCancelled: it is closing.
        """
        self._scheduler.check_open()

    def load(self) -> tuple[bool, int]:
        """Return whether a page is under way, and how many have not ended."""
        return self._scheduler.depth()

    def settle_notes(self) -> bool:
        """Wait until the pages that were told before are noted, as `SeriesNotes.settle`."""
        return self._stages.settle_notes()

    def close(self, timeout_s: float) -> bool:
        """Stop all work and wait for the threads; return whether they have stopped. Nobody is told anything more."""
        self._scheduler.close()
        return self._stages.close(timeout_s)

    def _job(self, request: RunChapter) -> ChapterJob:
        if len({page.page_id for page in request.pages}) < len(request.pages):
            raise BadRequest("Two pages have the same page_id.", "Give every page an id of its own.")
        recipe = resolve(
            request,
            self._settings.current,
            self._engines,
            self._store.references,
            self._memories,
            self._page_format,
            self._casts,
        )
        return ChapterJob(secrets.token_hex(8), request.series, request.chapter, recipe, request.pages)

    def _find_cached(self, job: ChapterJob) -> set[JobPage]:
        sources = self._store.sources.get(page.sha256 for page in job.pages.values())
        known = job.recipe.corrected([source.pixels_sha256 for source in sources.values()], Corrections())
        cached: set[JobPage] = set()
        for page in job.pages.values():
            source = sources.get(page.sha256)
            if source is not None and source.pixels_sha256 in known:
                below = known[source.pixels_sha256]
                page.key = job.recipe.key(source.pixels_sha256, laid_over(below, page.corrections))
                if self._store.results.has(page.key, READING_VERSION):
                    cached.add(page)
        return cached

    def _page(self, job_id: str, page_id: str) -> JobPage:
        job = self._scheduler.job(job_id)
        _require_pages(job, [page_id])
        return job.pages[page_id]


def _require_pages(job: ChapterJob, page_ids: Iterable[str]) -> None:
    for page_id in page_ids:
        if page_id not in job.pages:
            raise NotFound(
                "The job has no such page.",
                "Use the page ids of the request.",
                page_id=page_id[:128],
                told=("chapter_gone",),
            )
