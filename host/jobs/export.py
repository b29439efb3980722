"""A job's pages, in reading order, in one file: CBZ, ZIP or PDF.

Coloured pages go in as they were sent, skipped ones as they were captured; failed and cancelled ones are left out.
"""

from __future__ import annotations

import html
import io
import re
import secrets
import unicodedata
import zipfile
from typing import TYPE_CHECKING, Final

from host.errors import BadRequest, ImageInvalid, NotFound
from host.jobs.job import PageState
from host.messaging.messages import ExportResult
from host.store.blobs import suffix_of
from host.store.disk import disk_errors, sync_folder, write_synced

if TYPE_CHECKING:
    from pathlib import Path

    from host.jobs.job import ChapterJob, JobPage
    from host.messaging.messages import ExportFormat
    from host.store.results import ResultStore, StoredResult

_STEM_LENGTH: Final = 100
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_UNSAFE_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Windows gives these names to devices, whatever the suffix.
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
# ZIP knows no time before 1980; a fixed one makes equal chapters equal files.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def export_chapter(job: ChapterJob, kind: ExportFormat, results: ResultStore, folder: Path) -> ExportResult:
    """Write the file into the folder of exports, whole or not at all, in place of an older one of the same name.

    Raises:
        BadRequest: no page is done yet. NotFound: the cache has dropped a page. DiskFull, InternalError
    """
    pages = [page for page in job.in_reading_order() if page.state in (PageState.DONE, PageState.SKIPPED)]
    if not any(page.state is PageState.DONE for page in pages) and not (pages and job.ended):
        raise BadRequest("No page of this chapter is done yet.", "Export once pages have been coloured.")
    pictures = [_picture(page, results) for page in pages]
    content = _pdf(pictures) if kind == "pdf" else _archive(pictures, job, comic=kind == "cbz")
    path = folder / f"{safe_stem(f'{job.series} - {job.chapter}')}.{kind}"
    temporary = folder / f".{secrets.token_hex(8)}.part"
    with disk_errors("the exported chapter"):
        folder.mkdir(parents=True, exist_ok=True)
        write_synced(temporary, content)
        temporary.replace(path)
        sync_folder(folder)
    return ExportResult(path=str(path), bytes=len(content))


def safe_stem(text: str) -> str:
    """Return a file name without suffix that every system takes and that leads nowhere else."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", text))
    cut = plain.encode("utf-8", "ignore")[:_STEM_LENGTH].decode("utf-8", "ignore")
    stem = cut.strip(" .-_")
    if not stem:
        return "chapter"
    return f"_{stem}" if _RESERVED.fullmatch(stem) else stem


def _picture(page: JobPage, results: ResultStore) -> StoredResult:
    stored = results.get(page.key) if page.key is not None else None
    if stored is None:
        raise NotFound("The cache has dropped a page of this chapter.", "Colour the chapter again, then export.")
    return stored


def _archive(pictures: list[StoredResult], job: ChapterJob, *, comic: bool) -> bytes:
    buffer = io.BytesIO()
    digits = max(3, len(str(len(pictures))))
    # Pictures are compressed already.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for number, picture in enumerate(pictures, 1):
            name = f"{number:0{digits}}{suffix_of(picture.mime)}"
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), picture.image)
        if comic:
            archive.writestr(zipfile.ZipInfo("ComicInfo.xml", _EPOCH), _comic_info(job, len(pictures)))
    return buffer.getvalue()


def _comic_info(job: ChapterJob, pages: int) -> str:
    right_to_left = {"rtl": "YesAndRightToLeft", "ltr": "No"}.get(job.recipe.direction, "Unknown")
    facts = {"Series": job.series, "Number": job.chapter, "PageCount": str(pages), "Manga": right_to_left}
    plain = {name: html.escape(_UNSAFE_XML.sub("", text)) for name, text in facts.items() if text}
    rows = "".join(f"  <{name}>{text}</{name}>\n" for name, text in plain.items())
    return f'<?xml version="1.0" encoding="utf-8"?>\n<ComicInfo>\n{rows}</ComicInfo>\n'


def _pdf(pictures: list[StoredResult]) -> bytes:
    import img2pdf

    try:
        return bytes(img2pdf.convert([_for_pdf(picture) for picture in pictures]))
    except (img2pdf.ImageOpenError, img2pdf.AlphaChannelError, img2pdf.JpegColorspaceError) as exc:
        raise ImageInvalid(f"A page does not fit into a PDF: {exc}", "Export as CBZ instead.") from exc


def _for_pdf(picture: StoredResult) -> bytes:
    """Return a picture that a PDF can hold without loss: PNG and JPEG as they are, all others as PNG."""
    if picture.skip_reason is None and picture.mime in ("image/png", "image/jpeg"):
        return picture.image
    from host.pipeline.decode import decode_page
    from host.pipeline.encode import encode_page

    return encode_page(decode_page(picture.image).rgb, "png")[0]
