"""Pages as a chapter's file takes them: rows of a strip, and documents that hold pictures alone."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from host.books.chapter_file import Chapter, Picture, Written, notes, slice_of, write_chapter
from host.errors import ImageInvalid

if TYPE_CHECKING:
    from pathlib import Path

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
