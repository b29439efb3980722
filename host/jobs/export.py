"""Exports that the extension asks for: a job's pages, or pages by their results, as a file in the reader's folder.

Another file is never overwritten: the same bytes leave the file that is there, others get a number at their name.
"""

from __future__ import annotations

import filecmp
import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from host.books.chapter_file import Chapter, Picture, slice_of, write_chapter
from host.books.chapter_names import chapter_path
from host.books.whole_files import sweep_parts, temporary_in
from host.errors import BadRequest, NotFound
from host.jobs.chapter_job import PageState
from host.messaging.messages import ExportPage, ExportProgress, ExportResult
from host.picture_types import mime_of
from host.store.disk import disk_errors, sync_file, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from host.jobs.chapter_job import ChapterJob, JobPage
    from host.messaging.messages import ChapterExport, Message
    from host.store.store import Store
    from host.vocabulary import Direction

_LOG = logging.getLogger(__name__)
_HAS_RESULT: Final = (PageState.DONE, PageState.SKIPPED)


class Exporter:
    """Writes chapters into one folder.

    notify: hears how far an export is that has an id. check: is asked while it is written, with that id; what it raises
    ends the export, and nothing of the file stays.
    """

    def __init__(
        self, store: Store, folder: Path, notify: Callable[[Message], None], check: Callable[[str | None], None]
    ) -> None:
        self._results = store.results
        self._spool = store.spool
        self._folder = folder
        self._notify = notify
        self._check = check

    def export_job(self, job: ChapterJob, request: ChapterExport) -> ExportResult:
        """Write a job's pages.

        Raises:
            BadRequest: no page is done yet. NotFound: the cache has dropped a page. DiskFull, InternalError, and
            whatever `check` raises.
        """
        finished = [page for page in job.pages.values() if page.state in _HAS_RESULT]
        if not any(page.state is PageState.DONE for page in finished) and not (finished and job.ended):
            raise BadRequest(
                "No page of this chapter is done yet.", "Export once pages have been coloured.", told=("nothing_done",)
            )
        pages = [_page_of(number, page) for number, page in enumerate(job.in_reading_order(), 1)]
        return self._write(job.series, job.chapter, job.recipe.direction, pages, request)

    def export_pages(self, request: ChapterExport) -> ExportResult:
        """Write the pages that the request lists; first asks for the bytes that are lacking, unless it is `partial`.

        Raises:
            BadRequest: no page of it has a result. NotFound: the cache has dropped a page. DiskFull, InternalError, and
            whatever `check` raises.
        """
        pages = request.pages or []
        if not any(page.result_key for page in pages):
            raise BadRequest(
                "No page of this chapter is done yet.", "Export once pages have been coloured.", told=("nothing_done",)
            )
        lacking = [page.page_id for page in pages if page.result_key is None and not self._is_captured(page)]
        askable = {page.page_id for page in pages if page.sha256 is not None}
        need = [page_id for page_id in dict.fromkeys(lacking) if page_id in askable]  # slices share their page
        if need and not request.partial:
            return ExportResult(path="", bytes=0, need=need)
        return self._write(request.series, request.chapter, request.direction, pages, request)

    def _is_captured(self, page: ExportPage) -> bool:
        return page.sha256 is not None and self._spool.holds(page.sha256)

    def _write(
        self, series: str, chapter: str, direction: Direction, pages: Sequence[ExportPage], request: ChapterExport
    ) -> ExportResult:
        if direction == "auto":
            direction = self._direction_of(pages)
        content = Chapter(series, chapter, direction, [partial(self._picture, *each) for each in enumerate(pages, 1)])
        wanted = chapter_path(self._folder, series, chapter, request.format)
        settled: list[Path] = []
        check = partial(self._check, request.export_id)
        with disk_errors("the exported chapter"):
            sweep_parts(self._folder)
            with temporary_in(self._folder, lambda whole: settled.append(_settle(whole, wanted))) as temporary:
                written = write_chapter(content, request.format, temporary, self._told(request), check)
                sync_file(temporary)
                check()
            sync_folder(self._folder)
        if written.missing:
            _LOG.warning("pages of an exported chapter that are not in it: %s", written.missing)
        return ExportResult(
            path=str(settled[0]),
            bytes=written.bytes,
            coloured=len(written.coloured),
            as_they_were=written.as_they_were,
            missing=written.missing,
        )

    def _told(self, request: ChapterExport) -> Callable[[int, int], None]:
        def told(done: int, total: int) -> None:
            if request.export_id is not None:
                self._notify(ExportProgress(export_id=request.export_id, done=done, total=total))

        return told

    def _picture(self, number: int, page: ExportPage) -> Picture | None:
        """Return what stands for a page in the file; None where nothing of it was captured."""
        picture = self._whole_picture(number, page)
        return picture if picture is None or page.rows is None else slice_of(picture, page.rows)

    def _whole_picture(self, number: int, page: ExportPage) -> Picture | None:
        if page.result_key is not None:
            stored = self._results.get(page.result_key)
            if stored is None:
                raise _dropped(number)
            return Picture(stored.image, stored.mime, is_coloured=stored.skip_reason is None)
        captured = None if page.sha256 is None else self._spool.read(page.sha256)
        return None if captured is None else Picture(captured, mime_of(captured), is_coloured=False)

    def _direction_of(self, pages: Sequence[ExportPage]) -> Direction:
        """Return which way most of the coloured pages were read."""
        keys = [page.result_key for page in pages if page.result_key is not None]
        read = list(self._results.directions(keys).values())
        rtl, ltr = read.count("rtl"), read.count("ltr")
        return "auto" if rtl == ltr else "rtl" if rtl > ltr else "ltr"


def _dropped(number: int) -> NotFound:
    words = f"The cache has dropped page {number} of this chapter."
    return NotFound(words, "Colour the chapter again, then export.", told=("page_dropped", f"{number}"))


def _page_of(number: int, page: JobPage) -> ExportPage:
    if page.state in _HAS_RESULT and page.key is None:
        raise _dropped(number)
    key = page.key if page.state in _HAS_RESULT else None
    return ExportPage(page_id=page.page_id, sha256=page.sha256, result_key=key)


def _settle(temporary: Path, wanted: Path) -> Path:
    """Give a finished file its name, or the next free one; where the same bytes are there already, leave them."""
    number, path = 1, wanted
    while True:
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            if path.is_file() and filecmp.cmp(temporary, path, shallow=False):
                return path
            number += 1
            path = wanted.with_name(f"{wanted.stem} ({number}){wanted.suffix}")
        else:
            temporary.replace(path)
            return path
