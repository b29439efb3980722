"""`irodori page animate`: what cannot be written is said first; a network's film, with a picture of its beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from host.cli.page.films import Network, film_page
from host.errors import BadRequest, EngineNotAvailable, WeightsMissing
from host.studio.animate import Motion

if TYPE_CHECKING:
    from pathlib import Path


def test_a_film_that_nothing_here_writes_is_refused_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking() -> None:
        raise EngineNotAvailable("there is no av", "Install it.")

    monkeypatch.setattr("host.studio.film._av", lacking)
    with pytest.raises(EngineNotAvailable, match="no av"):
        film_page(tmp_path / "none.png", tmp_path / "out.webm", Motion(), "auto")
    with pytest.raises(BadRequest, match="There is no"):
        film_page(tmp_path / "none.png", tmp_path / "out.gif", Motion(), "auto")  # needs no such library
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    rgb = np.full((240, 320, 3), 255, np.uint8)
    cv2.rectangle(rgb, (20, 20), (299, 219), (0, 0, 0), 4)
    cv2.circle(rgb, (160, 120), 60, (40, 60, 200), -1)
    path = tmp_path / "page.png"
    cv2.imwrite(str(path), rgb)
    return path


def test_the_first_frame_is_kept_as_a_picture(picture: Path, tmp_path: Path) -> None:
    motion = Motion(seconds=0.25, rate=8, longest_px=128)
    film_page(picture, tmp_path / "out.gif", motion, "auto", tmp_path / "out.webp")
    with Image.open(tmp_path / "out.gif") as film, Image.open(tmp_path / "out.webp") as poster:
        assert (getattr(film, "n_frames"), film.size) == (2, poster.size)  # noqa: B009 - Pillow's types lack it
    with pytest.raises(BadRequest):
        film_page(picture, tmp_path / "other.gif", motion, "auto", tmp_path / "poster.txt")
    assert not (tmp_path / "other.gif").exists()


@pytest.mark.filterwarnings("ignore")  # what the libraries say of each other
def test_a_network_s_film_is_opened_by_another_program(picture: Path, tmp_path: Path, irodori_home: Path) -> None:
    av = pytest.importorskip("av")
    pytest.importorskip("diffusers")
    from tests.engines.toys.ltx2 import build_folder

    del irodori_home
    toy = build_folder(tmp_path / "ltx2")
    motion = Motion(seconds=0.5, rate=20, longest_px=64)
    film_page(picture, tmp_path / "out.mp4", motion, "auto", None, Network(folder=toy, words="rain", steps=1))
    with av.open(str(tmp_path / "out.mp4")) as film:
        frames = list(film.decode(video=0))
    assert len(frames) == 10
    assert max(frames[0].width, frames[0].height) == 64
    with pytest.raises(WeightsMissing):
        film_page(picture, tmp_path / "no.mp4", motion, "auto", None, Network(folder=tmp_path))
    assert not (tmp_path / "no.mp4").exists()
