"""`irodori export` in this process: a cache that holds what it is told to hold, small pages, real files."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from engines.geometry import Size
from host.application import Application
from host.books import whole_files
from host.books.book import BookPage, UnreadablePage
from host.books.chapter_file import WRITERS, Picture
from host.cli import export
from host.cli.export import Request, run
from host.errors import BadRequest, NotFound
from host.paths import state_paths
from host.pipeline.decode import decode_page
from host.store.results import StoredResult
from host.store.sources import Source

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("irodori_home")

ENDINGS = " or ".join(f".{kind}" for kind in WRITERS)


def picture(seed: int, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (24, 16, 3), np.uint8)).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def comic(tmp_path: Path) -> Path:
    """Return a folder with three pages, the last of which is no picture."""
    folder = tmp_path / "Rain Town"
    folder.mkdir()
    (folder / "1.png").write_bytes(picture(1))
    (folder / "2.jpg").write_bytes(picture(2, "JPEG"))
    (folder / "3.png").write_bytes(b"broken")
    return folder


def coloured(page: Path, seed: int, option: str = "") -> bytes:
    """Put a picture into the cache as a page's colour, and return it."""
    image = picture(seed, "WEBP")
    with Application.open(state_paths(), lambda _: None) as application:
        pixels = decode_page(page.read_bytes()).pixels_sha256
        key = hashlib.sha256(f"{pixels}{option}".encode()).hexdigest()
        result = StoredResult(
            image=image, mime="image/webp", size=Size(16, 24), runmeta={"pixels_sha256": pixels}, skip_reason=None
        )
        application.store.results.put(key, result)
    return image


def exported(comic: Path, target: Path, **wishes: object) -> dict[str, bytes]:
    """Export a folder, and return what is in the archive."""
    assert run(Request(inputs=(comic,), output=target, **wishes)) == 0  # type: ignore[arg-type]
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_pages_in_colour_and_others_as_they_were(
    comic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = coloured(comic / "1.png", 11)
    target = tmp_path / "out.cbz"
    held = exported(comic, target, chapter="3", direction="rtl")
    assert list(held) == ["001.webp", "002.jpg", "003.bin", "ComicInfo.xml"]
    assert held["001.webp"] == image
    assert held["002.jpg"] == (comic / "2.jpg").read_bytes()
    assert held["003.bin"] == b"broken"
    facts = held["ComicInfo.xml"].decode()
    for fact in ("<Series>Rain Town<", "<Number>3<", "<Notes>As they were: 2, 3.<", "YesAndRightToLeft"):
        assert fact in facts
    said = capsys.readouterr().err.splitlines()
    assert said == [f"{target}: 1 of 3 pages in colour", "  2: 2.jpg, as it was", "  3: 3.png, as it was"]


def test_of_two_colours_the_one_that_was_given_last_is_taken(comic: Path, tmp_path: Path) -> None:
    coloured(comic / "1.png", 11, "one way")
    later = coloured(comic / "1.png", 12, "another")
    assert exported(comic, tmp_path / "out.zip")["001.webp"] == later


def test_a_page_whose_pixels_are_known_is_not_decoded_for_them(
    comic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = coloured(comic / "1.png", 11)
    with Application.open(state_paths(), lambda _: None) as application:
        pixels = decode_page((comic / "1.png").read_bytes()).pixels_sha256
        encoded = hashlib.sha256((comic / "1.png").read_bytes()).hexdigest()
        application.store.sources.put(encoded, Source(pixels, Size(16, 24)))
    (comic / "2.jpg").unlink()
    (comic / "3.png").unlink()
    monkeypatch.setattr("host.pipeline.decode.decode_page", None)
    assert exported(comic, tmp_path / "out.cbz")["001.webp"] == image


@pytest.mark.parametrize(("given", "expected"), [("Other", "<Series>Other<"), ("", ""), (None, "<Series>Rain Town<")])
def test_the_series_is_the_given_one_else_the_folders(
    given: str | None, expected: str, comic: Path, tmp_path: Path
) -> None:
    coloured(comic / "1.png", 11)
    facts = exported(comic, tmp_path / "out.cbz", series=given)["ComicInfo.xml"].decode()
    assert expected in facts
    assert ("<Series>" in facts) == bool(expected)


def comic_info(manga: str) -> str:
    return f"<ComicInfo><Series>S</Series><Manga>{manga}</Manga></ComicInfo>"


@pytest.mark.parametrize(
    ("told", "asked", "expected"),
    [
        (["YesAndRightToLeft"], "auto", "YesAndRightToLeft"),
        (["YesAndRightToLeft"], "ltr", "No"),
        (["YesAndRightToLeft", "No"], "auto", "Unknown"),
        (["No", "No"], "auto", "No"),
        ([], "auto", "Unknown"),
    ],
)
def test_which_way_it_is_read_is_asked_for_or_what_all_volumes_say(
    told: list[str], asked: str, expected: str, comic: Path, tmp_path: Path
) -> None:
    coloured(comic / "1.png", 11)
    volumes = []
    for number, manga in enumerate(told):
        volumes.append(tmp_path / f"v{number}.cbz")
        with zipfile.ZipFile(volumes[-1], "w") as archive:
            archive.write(comic / "1.png", "1.png")
            archive.writestr("ComicInfo.xml", comic_info(manga))
    target = tmp_path / "out.cbz"
    inputs = tuple(volumes) or (comic / "1.png",)
    assert run(Request(inputs=inputs, output=target, direction=asked)) == 0  # type: ignore[arg-type]
    with zipfile.ZipFile(target) as archive:
        facts = archive.read("ComicInfo.xml").decode()
    assert f"<Manga>{expected}</Manga>" in facts


def test_without_a_page_in_colour_nothing_is_written(comic: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.cbz"
    with pytest.raises(NotFound) as told:
        run(Request(inputs=(comic,), output=target))
    assert (told.value.message, told.value.hint) == (
        "No page of this is coloured yet.",
        "Colour it first: irodori colorize.",
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Rain Town", "irodori-home"]


@pytest.mark.parametrize("name", ["out.cbr", "out", "cbz"])
def test_a_file_of_no_known_kind_is_refused_unless_the_kind_is_said(name: str, comic: Path, tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as told:
        run(Request(inputs=(comic,), output=tmp_path / name))
    assert told.value.message == f"{tmp_path / name} has no suffix of an export."
    assert told.value.hint == f"Name a {ENDINGS}, or give --format."
    coloured(comic / "1.png", 11)
    assert "001.webp" in exported(comic, tmp_path / name, format="cbz")


def test_a_suffix_in_capitals_is_known_and_a_given_kind_goes_before_it(comic: Path, tmp_path: Path) -> None:
    coloured(comic / "1.png", 11)
    assert "ComicInfo.xml" in exported(comic, tmp_path / "OUT.CBZ")
    assert run(Request(inputs=(comic / "1.png",), output=tmp_path / "out.zip", format="pdf")) == 0
    assert (tmp_path / "out.zip").read_bytes().startswith(b"%PDF")


def test_a_folder_is_no_file_to_write(comic: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out.cbz"
    folder.mkdir()
    with pytest.raises(BadRequest) as told:
        run(Request(inputs=(comic,), output=folder))
    assert told.value.message == f"{folder} is a folder."
    assert told.value.hint == f"Name a file that ends in {ENDINGS}."


def test_what_an_earlier_run_left_half_written_is_swept(comic: Path, tmp_path: Path) -> None:
    coloured(comic / "1.png", 11)
    left = tmp_path / f"{whole_files._PREFIX}old{whole_files._SUFFIX}"
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    exported(comic, tmp_path / "out.cbz")
    assert not left.exists()


@pytest.mark.parametrize("can_be_had", [True, False])
def test_a_page_that_cannot_be_read_goes_in_as_far_as_it_can_be_had(can_be_had: bool) -> None:
    def unreadable() -> bytes:
        raise UnreadablePage("its checksum is another one")

    page = BookPage("1.png", unreadable, (lambda: picture(1)) if can_be_had else unreadable)
    with Application.open(state_paths(), lambda _: None) as application:
        found = export._picture(application.store, {}, page)
    assert found == (Picture(picture(1), "image/png", is_coloured=False) if can_be_had else None)
