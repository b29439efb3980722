"""A job's pages, in reading order, in one file: CBZ, ZIP or PDF.

Coloured pages go in as they were sent, all others as they were captured. A page is numbered by its place in the
chapter, so that one of which nothing was ever captured leaves a gap that shows.
"""

from __future__ import annotations

import hashlib
import html
import io
import logging
import re
import secrets
import unicodedata
from typing import TYPE_CHECKING, Final

from engines.geometry import Size
from host.books.names import same_name
from host.books.pack import pack
from host.errors import BadRequest, ImageInvalid, IrodoriError, NotFound
from host.jobs.chapter_job import PageState
from host.messaging.messages import ExportResult
from host.picture_types import mime_of, suffix_of
from host.store.disk import disk_errors, sync_folder, write_synced
from host.store.results import StoredResult

if TYPE_CHECKING:
    from pathlib import Path

    from host.jobs.chapter_job import ChapterJob, JobPage
    from host.store.results import ResultStore
    from host.store.spool import Spool
    from host.vocabulary import ExportFormat

_LOG = logging.getLogger(__name__)
_STEM_LENGTH: Final = 100
_DIGEST_LENGTH: Final = 8
_BETWEEN: Final = " - "
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_UNSAFE_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Windows gives these names to devices, whatever the suffix.
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def export_chapter(
    job: ChapterJob, kind: ExportFormat, results: ResultStore, spool: Spool, folder: Path
) -> ExportResult:
    """Write the file into the folder of exports, whole or not at all, in place of an older one of the same chapter.

    Raises:
        BadRequest: no page is done yet. NotFound: the cache has dropped a page. DiskFull, InternalError
    """
    finished = [page for page in job.pages.values() if page.state in (PageState.DONE, PageState.SKIPPED)]
    if not any(page.state is PageState.DONE for page in finished) and not (finished and job.ended):
        raise BadRequest("No page of this chapter is done yet.", "Export once pages have been coloured.")
    found = [(number, _picture(page, results, spool)) for number, page in enumerate(job.in_reading_order(), 1)]
    pictures = {number: picture for number, picture in found if picture is not None}
    if len(pictures) < len(found):
        _LOG.warning("%d pages of an exported chapter were never captured", len(found) - len(pictures))
    content = _pdf(pictures) if kind == "pdf" else _archive(pictures, job, comic=kind == "cbz")
    path = _place(folder, job.series, job.chapter, kind)
    temporary = folder / f".{secrets.token_hex(8)}.part"
    with disk_errors("the exported chapter"):
        folder.mkdir(parents=True, exist_ok=True)
        write_synced(temporary, content)
        temporary.replace(path)
        sync_folder(folder)
    return ExportResult(path=str(path), bytes=len(content))


def chapter_stem(series: str, chapter: str) -> str:
    """Return the one name of a chapter's file, without suffix; no other chapter has it.

    Where the title cannot be the name (cut, unsafe letters, unclear where the series ends), a digest of both ends it.
    """
    title = f"{series}{_BETWEEN}{chapter}" if chapter else series
    stem = safe_stem(title)
    if stem == title and _BETWEEN not in series and _BETWEEN not in chapter:
        return stem
    return f"{stem}~{_digest(series, chapter)}"


def _place(folder: Path, series: str, chapter: str, kind: ExportFormat) -> Path:
    """Return a chapter's file.

    Where another chapter's differs in case or composition of letters alone, which many file systems take for the same,
    the digest ends the name, from then on.
    """
    path = folder / f"{chapter_stem(series, chapter)}.{kind}"
    told = folder / f"{path.stem}~{_digest(series, chapter)}.{kind}"
    wanted = same_name(path.name)
    found = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    twins = any(name != path.name and same_name(name) == wanted for name in found)
    return told if twins or told.name in found else path


def _digest(series: str, chapter: str) -> str:
    whole = hashlib.sha256(f"{series}\0{chapter}".encode("utf-8", "surrogatepass")).hexdigest()
    return whole[:_DIGEST_LENGTH]


def safe_stem(text: str) -> str:
    """Return a file name without suffix that every system takes and that leads nowhere else."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", text))
    cut = plain.encode("utf-8", "ignore")[:_STEM_LENGTH].decode("utf-8", "ignore")
    stem = cut.strip(" .-_")
    if not stem:
        return "chapter"
    return f"_{stem}" if _RESERVED.fullmatch(stem) else stem


def _picture(page: JobPage, results: ResultStore, spool: Spool) -> StoredResult | None:
    """Return what stands for a page in the file; None where nothing of it was captured."""
    if page.state in (PageState.DONE, PageState.SKIPPED):
        stored = results.get(page.key) if page.key is not None else None
        if stored is None:
            raise NotFound("The cache has dropped a page of this chapter.", "Colour the chapter again, then export.")
        return stored
    captured = spool.read(page.sha256)
    if captured is None:
        return None
    return StoredResult(image=captured, mime=mime_of(captured), size=Size(0, 0), skip_reason="not_a_page")


def _archive(pictures: dict[int, StoredResult], job: ChapterJob, *, comic: bool) -> bytes:
    digits = max(3, len(str(len(job.pages))))
    entries = [(f"{number:0{digits}}{suffix_of(picture.mime)}", picture.image) for number, picture in pictures.items()]
    if comic:
        entries.append(("ComicInfo.xml", _comic_info(job, len(pictures)).encode()))
    buffer = io.BytesIO()
    pack(buffer, entries)
    return buffer.getvalue()


def _comic_info(job: ChapterJob, pages: int) -> str:
    right_to_left = {"rtl": "YesAndRightToLeft", "ltr": "No"}.get(job.recipe.direction, "Unknown")
    facts = {"Series": job.series, "Number": job.chapter, "PageCount": str(pages), "Manga": right_to_left}
    plain = {name: html.escape(_UNSAFE_XML.sub("", text)) for name, text in facts.items() if text}
    rows = "".join(f"  <{name}>{text}</{name}>\n" for name, text in plain.items())
    return f'<?xml version="1.0" encoding="utf-8"?>\n<ComicInfo>\n{rows}</ComicInfo>\n'


def _pdf(pictures: dict[int, StoredResult]) -> bytes:
    import img2pdf

    pages = [page for picture in pictures.values() if (page := _for_pdf_if_any(picture)) is not None]
    try:
        return bytes(img2pdf.convert(pages))
    except (img2pdf.ImageOpenError, img2pdf.AlphaChannelError, img2pdf.JpegColorspaceError) as exc:
        raise ImageInvalid(f"A page does not fit into a PDF: {exc}", "Export as CBZ instead.") from exc


def _for_pdf_if_any(picture: StoredResult) -> bytes | None:
    """Return a picture that a PDF can hold; None for captured bytes that are no picture."""
    try:
        return _for_pdf(picture)
    except IrodoriError as exc:
        if picture.size.height:
            raise
        _LOG.warning("a captured page does not fit into a PDF: %s", exc.message)
        return None


def _for_pdf(picture: StoredResult) -> bytes:
    """Return a picture that a PDF can hold without loss: PNG and JPEG as they are, all others as PNG."""
    if picture.skip_reason is None and picture.mime in ("image/png", "image/jpeg"):
        return picture.image
    from host.pipeline.decode import decode_page
    from host.pipeline.encode import encode_page

    return encode_page(decode_page(picture.image).rgb, "png")[0]
