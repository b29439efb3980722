"""Pages as a chapter's file takes them: rows of a strip, and documents that hold pictures alone."""

from __future__ import annotations

import io
from datetime import datetime, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Self

import img2pdf
import numpy as np
import pikepdf
import pytest
from PIL import Image

from host.books.chapter_file import PDF_PART_PAGES, Chapter, Picture, Written, notes, slice_of, write_chapter
from host.books.volume import open_volumes
from host.errors import ImageInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from host.vocabulary import Direction, ExportFormat

PIXELS = np.random.default_rng(3).integers(0, 256, (90, 20, 3), np.uint8)


def picture(kind: str = "PNG", mime: str = "image/png", **options: object) -> Picture:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, kind, **options)  # type: ignore[arg-type]
    return Picture(buffer.getvalue(), mime, is_coloured=True)


def pixels_of(made: Picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(made.image)).convert("RGB"))


@pytest.mark.parametrize(
    ("rows", "first", "last"), [((0, 30), 0, 30), ((30, 90), 30, 90), ((80, 400), 80, 90), ((89, 90), 89, 90)]
)
def test_rows_of_a_strip_are_its_own_pixels(rows: tuple[int, int], first: int, last: int) -> None:
    cut = slice_of(picture(), rows)
    assert np.array_equal(pixels_of(cut), PIXELS[first:last])
    assert (cut.mime, cut.is_coloured) == ("image/png", True)


def test_rows_of_a_webp_are_a_webp_without_loss() -> None:
    cut = slice_of(picture("WEBP", "image/webp", lossless=True), (10, 20))
    assert cut.mime == "image/webp"
    assert np.array_equal(pixels_of(cut), PIXELS[10:20])


def test_rows_that_a_strip_has_not_are_said() -> None:
    with pytest.raises(ImageInvalid, match="no rows 90 to 100"):
        slice_of(picture(), (90, 100))


@pytest.mark.parametrize("kind", ["pdf", "epub"])
def test_a_document_of_no_picture_is_refused_and_other_bytes_are_missing_in_it(tmp_path: Path, kind: str) -> None:
    rubbish = partial(Picture, b"rubbish", "image/png", is_coloured=False)
    with pytest.raises(ImageInvalid, match="No page of it is a picture"):
        write_chapter(Chapter("S", "1", "auto", [rubbish]), kind, tmp_path / "a")  # type: ignore[arg-type]
    told: list[tuple[int, int]] = []
    pages = [rubbish, picture, lambda: None]
    written = write_chapter(Chapter("S", "1", "auto", pages), kind, tmp_path / "b", lambda *of: told.append(of))  # type: ignore[arg-type]
    assert (written.coloured, written.as_they_were, sorted(written.missing)) == ([2], [], [1, 3])
    assert written.bytes == (tmp_path / "b").stat().st_size
    assert told == [(1, 3), (2, 3), (3, 3)]


class Stopped(Exception):
    """What a check raises."""


@pytest.mark.parametrize(("kind", "asked"), [("cbz", 2), ("zip", 2), ("epub", 2), ("pdf", 5)])
def test_a_check_ends_the_writing_wherever_it_is(tmp_path: Path, kind: ExportFormat, asked: int) -> None:
    chapter, checks = Chapter("S", "1", "auto", [picture, picture]), list[None]()
    write_chapter(chapter, kind, tmp_path / "whole", check=lambda: checks.append(None))
    assert len(checks) >= asked  # before each page; for a PDF also as each is laid, and as the file is written
    for last in (*range(min(8, len(checks))), len(checks) - 1):
        left = iter(range(last))

        def check(left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Stopped

        with pytest.raises(Stopped):
            write_chapter(chapter, kind, tmp_path / "part", check=check)


class Later(datetime):
    """Years from now."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls(2060, 1, 2, tzinfo=tz)


@pytest.mark.parametrize("direction", ["rtl", "ltr", "auto"])
@pytest.mark.parametrize("kind", ["pdf", "epub"])
def test_a_document_keeps_its_direction_and_is_the_same_on_every_day(
    tmp_path: Path, kind: ExportFormat, direction: Direction, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for day in ("now", "later"):
        write_chapter(Chapter("S\udcff <&>", "1", direction, [picture]), kind, tmp_path / f"{day}.{kind}")
        made.append((tmp_path / f"{day}.{kind}").read_bytes())
        monkeypatch.setattr(img2pdf, "datetime", Later)
    assert made[0] == made[1]
    [book] = open_volumes(tmp_path / f"now.{kind}")
    assert (book.direction, len(book.pages)) == (direction, 1)
    assert np.array_equal(pixels_of(Picture(book.pages[0].read(), "", is_coloured=True)), PIXELS)
    book.close()


def test_a_pdf_has_its_series_and_number_as_its_title(tmp_path: Path) -> None:
    write_chapter(Chapter("Séries <&>", "7", "rtl", [picture]), "pdf", tmp_path / "a.pdf")
    with pikepdf.open(tmp_path / "a.pdf") as document:
        assert str(document.docinfo.Title) == "Séries <&> 7"


def test_a_pdf_of_many_pages_holds_few_of_them_in_memory_and_leaves_no_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IRODORI_HOME", str(tmp_path / "home"))
    laid: list[int] = []
    convert = img2pdf.convert
    monkeypatch.setattr(img2pdf, "convert", lambda pages, **how: (laid.append(len(pages)), convert(pages, **how))[1])
    widths = range(20, 20 + 2 * PDF_PART_PAGES + 3)
    written = write_chapter(Chapter("S", "1", "auto", [partial(blank, each) for each in widths]), "pdf", tmp_path / "a")
    assert written.coloured == list(range(1, len(widths) + 1))
    assert laid == [PDF_PART_PAGES, PDF_PART_PAGES, 3]
    with pikepdf.open(tmp_path / "a") as document:
        assert [int(next(iter(page.get_images().values())).Width) for page in document.pages] == list(widths)
    assert not list((tmp_path / "home").rglob("*.pdf"))


def blank(width: int) -> Picture:
    buffer = io.BytesIO()
    Image.new("RGB", (width, 30), (width, 0, 0)).save(buffer, "PNG")
    return Picture(buffer.getvalue(), "image/png", is_coloured=True)


def test_a_coloured_page_that_is_none_ends_the_document(tmp_path: Path) -> None:
    broken = partial(Picture, b"rubbish", "image/png", is_coloured=True)
    with pytest.raises(ImageInvalid):
        write_chapter(Chapter("S", "1", "auto", [broken]), "pdf", tmp_path / "a")


@pytest.mark.parametrize(
    ("as_they_were", "missing", "words"),
    [
        ([], [], ""),
        ([2, 3], [], "As they were: 2, 3."),
        ([], [4], "Missing: 4."),
        ([1], [2], "As they were: 1. Missing: 2."),
    ],
)
def test_what_is_not_in_colour_is_noted(as_they_were: list[int], missing: list[int], words: str) -> None:
    assert notes(Written(as_they_were=as_they_were, missing=missing)) == words
