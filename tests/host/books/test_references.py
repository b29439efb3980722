"""References that are named on the command line."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from host.books import references as module
from host.books.references import read_references
from host.errors import BadRequest

if TYPE_CHECKING:
    from pathlib import Path

RED = (200, 30, 30)


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_picture_in_colour_is_taken_as_it_is(tmp_path: Path) -> None:
    path = saved(tmp_path / "red.png", Image.new("RGB", (60, 40), RED))
    assert read_references([path]) == ([("red.png", path.read_bytes())], [])


def test_one_without_colour_is_left_out_and_said_and_none_at_all_is_refused(tmp_path: Path) -> None:
    red = saved(tmp_path / "red.png", Image.new("RGB", (60, 40), RED))
    grey = saved(tmp_path / "grey.png", Image.new("RGB", (60, 40), (130, 125, 128)))
    kept, said = read_references([grey, red])
    assert [name for name, _ in kept] == ["red.png"]
    assert said == ["The reference grey.png has no colour to take; it is left out."]
    with pytest.raises(BadRequest, match=r"The reference grey\.png has no colour to take"):
        read_references([grey])


@pytest.mark.parametrize(
    ("spread", "count", "has_colour"), [(12, 256, False), (13, 256, True), (90, 25, False), (90, 200, True)]
)
def test_a_little_colour_is_colour(tmp_path: Path, spread: int, count: int, *, has_colour: bool) -> None:
    """Of 256 by 256 pixels; two in a thousand, 131, are enough."""
    pixels = np.full((256, 256, 3), 100, np.uint8)
    pixels.reshape(-1, 3)[: count if count < 256 else None, 0] = 100 + spread
    red = saved(tmp_path / "a.png", Image.new("RGB", (9, 9), RED))
    path = saved(tmp_path / "some.png", Image.fromarray(pixels))
    assert ("some.png" in [name for name, _ in read_references([red, path])[0]]) == has_colour


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: os.mkfifo(path), "is no file"),
        (lambda path: None, "cannot be read"),
        (lambda path: path.write_bytes(b""), "the file is empty"),
        (lambda path: path.write_bytes(b"no picture"), "it is no picture, or damaged"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n cut"), "it is no picture, or damaged"),
    ],
)
def test_what_is_no_reference_is_said_before_any_page_is_worked_on(tmp_path: Path, make, words: str) -> None:
    path = tmp_path / "it.png"
    make(path)
    with pytest.raises(BadRequest, match=words) as refused:
        read_references([path])
    assert str(path) in refused.value.message
    assert refused.value.hint


def test_files_and_pictures_that_are_too_large_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "red.png", Image.new("RGB", (60, 40), RED))
    monkeypatch.setattr(module, "_BYTES_MAX", path.stat().st_size)
    read_references([path])
    monkeypatch.setattr(module, "_BYTES_MAX", path.stat().st_size - 1)
    with pytest.raises(BadRequest, match="over 64 MiB"):
        read_references([path])
    monkeypatch.undo()
    monkeypatch.setattr(module, "_PIXELS_MAX", 60 * 40)
    read_references([path])
    monkeypatch.setattr(module, "_PIXELS_MAX", 60 * 40 - 1)
    with pytest.raises(BadRequest, match="60 x 40 pixels"):
        read_references([path])
    monkeypatch.undo()

    def none_left(data: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(module, "_opened", none_left)
    with pytest.raises(BadRequest, match="too large for the memory"):
        read_references([path])


def test_an_animation_gives_its_first_picture_and_what_is_clear_is_white(tmp_path: Path) -> None:
    red, blue = Image.new("RGBA", (60, 40), (*RED, 255)), Image.new("RGBA", (60, 40), (0, 0, 255, 255))
    red.paste((0, 0, 0, 0), (0, 0, 30, 40))
    path = saved(tmp_path / "moves.gif", red, save_all=True, append_images=[blue])
    [(_, data)] = read_references([path])[0]
    picture = opened(data)
    if getattr(picture, "n_frames", 1) > 1:
        picture.seek(0)
    shown = picture.convert("RGB")
    assert shown.getpixel((45, 20)) == pytest.approx(RED, abs=12)
    assert min(shown.getpixel((10, 20))) > 240  # type: ignore[type-var]


def test_a_picture_that_the_store_does_not_take_is_brought_to_one_that_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SIDE_PX", 100)
    monkeypatch.setattr(module, "_is_taken", lambda data: False)
    for mode in ("RGB", "P"):
        path = saved(tmp_path / f"large-{mode}.png", Image.new("RGB", (900, 450), RED).convert(mode))
        [(_, data)] = read_references([path])[0]
        picture = opened(data)
        assert picture.format == "PNG"
        assert picture.width <= 200
        assert picture.width == 2 * picture.height
        assert picture.getpixel((50, 20)) == pytest.approx(RED, abs=4)
