"""A chapter's pages, in reading order, in one file: CBZ, ZIP, PDF or EPUB. All exports end here.

Coloured pages go in as they were made, all others as they were. A page is numbered by its place in the chapter, so
that one of which nothing can be had leaves a gap that shows. Pages are read one at a time.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass, field
from itertools import count, islice
from typing import TYPE_CHECKING, Any, Final, cast

from host.books.comic_info import made, xml_text
from host.books.epub_file import EpubFile
from host.books.pack import pack
from host.books.scratch import Scratch
from host.errors import ImageInvalid, IrodoriError
from host.picture_types import suffix_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import IO, BinaryIO

    from host.vocabulary import Direction, ExportFormat, OutputFormat

    _Numbered = Iterator[tuple[int, "Picture"]]
    _Check = Callable[[], None]

_LOG = logging.getLogger(__name__)
_PDF_DIRECTIONS: Final = {"rtl": "/R2L", "ltr": "/L2R"}
PDF_PART_PAGES: Final = 16
_EPUB_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded page; `is_coloured` where it was made here, else it is as it was."""

    image: bytes
    mime: str
    is_coloured: bool


@dataclass(frozen=True, slots=True)
class Chapter:
    """What goes into the file. `pages`: gives each page's picture when it is its turn; None: nothing can be had."""

    series: str
    chapter: str
    direction: Direction
    pages: Sequence[Callable[[], Picture | None]]


@dataclass(slots=True)
class Written:
    """What a file holds: pages by their numbers, from 1.

    as_they_were: pages without a new picture. missing: pages that are not in it.
    """

    bytes: int = 0
    coloured: list[int] = field(default_factory=list)
    as_they_were: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)


def write_chapter(
    chapter: Chapter,
    kind: ExportFormat,
    target: Path,
    told: Callable[[int, int], None] = lambda _done, _total: None,
    check: Callable[[], None] = lambda: None,
) -> Written:
    """Write the file to `target`, a temporary one of the caller's.

    told: hears after every page how many of how many are done. check: is asked before every page, and while what they
    are in is written; what it raises ends the writing.

    Raises:
        ImageInvalid: a coloured page does not fit into a PDF. What reading a page or `check` raises. OSError
    """
    written = Written()
    numbered = _pictures(chapter, written, told, check)
    WRITERS[kind](chapter, numbered, written, target, check)
    written.bytes = target.stat().st_size
    return written


def slice_of(picture: Picture, rows: tuple[int, int]) -> Picture:
    """Return those rows of a picture, from the first to before the last, as far as it has them; without loss.

    Raises:
        ImageInvalid: it has none of them, or is no picture.
    """
    return _encoded_again(picture, "webp_lossless" if picture.mime == "image/webp" else "png", rows)


def _encoded_again(picture: Picture, kind: OutputFormat, rows: tuple[int, int | None] = (0, None)) -> Picture:
    """Return those rows of a picture in another format; without `rows` all of them."""
    from host.pipeline.decode import decode_page
    from host.pipeline.encode import encode_page

    rgb = decode_page(picture.image).rgb[slice(*rows)]
    if rgb.size == 0:
        raise ImageInvalid(f"A strip has no rows {rows[0]} to {rows[1]}.", "Colour the chapter again, then export.")
    image, mime = encode_page(rgb, kind)
    return Picture(image, mime, picture.is_coloured)


def _pictures(chapter: Chapter, written: Written, told: Callable[[int, int], None], check: _Check) -> _Numbered:
    for number, read in enumerate(chapter.pages, 1):
        check()
        picture = read()
        if picture is None:
            written.missing.append(number)
        else:
            (written.coloured if picture.is_coloured else written.as_they_were).append(number)
            yield number, picture
        told(number, len(chapter.pages))


def _write_cbz(chapter: Chapter, numbered: _Numbered, written: Written, target: Path, _check: _Check) -> None:
    pack(target, _entries(chapter, numbered, written, comic=True))


def _write_zip(chapter: Chapter, numbered: _Numbered, written: Written, target: Path, _check: _Check) -> None:
    pack(target, _entries(chapter, numbered, written, comic=False))


def _entries(chapter: Chapter, numbered: _Numbered, written: Written, *, comic: bool) -> Iterator[tuple[str, bytes]]:
    digits = max(3, len(str(len(chapter.pages))))
    for number, picture in numbered:
        yield f"{number:0{digits}}{suffix_of(picture.mime)}", picture.image
    if comic:
        yield "ComicInfo.xml", _comic_info(chapter, written)


def _comic_info(chapter: Chapter, written: Written) -> bytes:
    facts = {
        "Series": chapter.series,
        "Number": chapter.chapter,
        "Notes": notes(written),
        "PageCount": str(len(written.coloured) + len(written.as_they_were)),
    }
    return made(facts, chapter.direction)


def notes(written: Written) -> str:
    """Return which pages are not in colour and which are not there, in words; empty where all are coloured."""
    words = (("As they were", written.as_they_were), ("Missing", written.missing))
    return " ".join(f"{word}: {', '.join(map(str, numbers))}." for word, numbers in words if numbers)


class _Checked:
    """What a library reads a page from or writes a document to, at work for minutes: it asks first whether to go on."""

    def __init__(self, inner: IO[bytes], check: _Check) -> None:
        self._inner = inner
        self._check = check

    def read(self) -> bytes:
        self._check()
        return self._inner.read()

    def write(self, data: bytes) -> int:
        self._check()
        return self._inner.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _write_pdf(chapter: Chapter, numbered: _Numbered, written: Written, target: Path, check: _Check) -> None:
    """Write pages, title and direction; without a date, so that the same pages give the same file."""
    from pikepdf import Dictionary, Job, Name

    scratch = Scratch()
    try:
        parts = [{"file": str(part)} for part in _pdf_parts(numbered, written, scratch, check)]
        _require_some(parts)
        # Pages that a document takes from another are copied into memory; a job of QPDF leaves them on disk.
        laid = {"empty": "", "pages": parts, "keepFilesOpen": "n", "outputFile": str(target)}
        with Job(laid).create_pdf() as document:
            title = xml_text(" ".join(filter(None, [chapter.series, chapter.chapter])))
            if title:
                document.docinfo[Name.Title] = title
            if chapter.direction in _PDF_DIRECTIONS:
                document.Root.ViewerPreferences = Dictionary(Direction=Name(_PDF_DIRECTIONS[chapter.direction]))
            with target.open("wb") as file:
                document.save(cast("BinaryIO", _Checked(file, check)), linearize=True, deterministic_id=True)
    finally:
        scratch.close()


def _pdf_parts(numbered: _Numbered, written: Written, scratch: Scratch, check: _Check) -> Iterator[Path]:
    """Yield documents of some pages each, which lie on disk: of a whole chapter memory may not suffice."""
    import img2pdf

    fitting, numbers = (page for _, page in _fitting(numbered, written, _for_pdf)), count()
    while pages := [_Checked(io.BytesIO(page), check) for page in islice(fitting, PDF_PART_PAGES)]:
        part = scratch.path / f"{next(numbers)}.pdf"
        try:
            with part.open("wb") as file:
                img2pdf.convert(pages, outputstream=file, engine=img2pdf.Engine.pikepdf, nodate=True)
        except (img2pdf.ImageOpenError, img2pdf.AlphaChannelError, img2pdf.JpegColorspaceError) as exc:
            raise ImageInvalid(f"A page does not fit into a PDF: {exc}", "Export as CBZ instead.") from exc
        yield part


def _write_epub(chapter: Chapter, numbered: _Numbered, written: Written, target: Path, _check: _Check) -> None:
    with EpubFile(target, chapter.series, chapter.chapter, chapter.direction) as epub:
        for number, page in _fitting(numbered, written, _for_epub):
            epub.add(number, page)
        _require_some(written.coloured or written.as_they_were)


def _require_some(pages: Sequence[object]) -> None:
    if not pages:
        raise ImageInvalid("No page of it is a picture, and a document holds nothing else.", "Export as CBZ instead.")


def _fitting(numbered: _Numbered, written: Written, fit: Callable[[Picture], bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the pages that a document can hold; the others are noted as missing."""
    for number, picture in numbered:
        page = _if_any(picture, fit)
        if page is None:
            written.as_they_were.remove(number)
            written.missing.append(number)
        else:
            yield number, page


def _if_any(picture: Picture, fit: Callable[[Picture], bytes]) -> bytes | None:
    """Return a picture that a document can hold; None for bytes of a page as it was that are no picture."""
    try:
        return fit(picture)
    except IrodoriError as exc:
        if picture.is_coloured:
            raise
        _LOG.warning("a page as it was does not fit into a document: %s", exc.message)
        return None


def _for_epub(picture: Picture) -> bytes:
    """Return a picture of the types that every reader of EPUB shows, as it is, or as PNG."""
    from host.pipeline.decode import decode_page
    from host.pipeline.encode import encode_page

    if picture.mime in _EPUB_TYPES and picture.is_coloured:
        return picture.image
    rgb = decode_page(picture.image).rgb  # also tells what is no picture
    return picture.image if picture.mime in _EPUB_TYPES else encode_page(rgb, "png")[0]


def _for_pdf(picture: Picture) -> bytes:
    """Return a picture that a PDF can hold without loss: our PNG and JPEG as they are, all others as PNG."""
    if picture.is_coloured and picture.mime in ("image/png", "image/jpeg"):
        return picture.image
    return _encoded_again(picture, "png").image


WRITERS: Final[dict[ExportFormat, Callable[[Chapter, _Numbered, Written, Path, _Check], None]]] = {
    "cbz": _write_cbz,
    "pdf": _write_pdf,
    "zip": _write_zip,
    "epub": _write_epub,
}
"""A writer for each format. Pages come one at a time, numbered; `written` is whole once the last one came.

What goes on after that asks `check`.
"""
