"""LTX-2: the real pipelines on random weights of a toy's size; chunks, two stages, cancel, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.base import ModelInvalid, ModelMissing
from engines.motion.ltx2 import Ltx2, Shot
from engines.motion.registry import motion_folder, open_motion
from tests.engines.toys.ltx2 import build_folder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")  # what the libraries say of each other
RGB = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
SHOT = Shot(words="she turns", frames=12, height=64, width=64, steps=2, chunk=9, overlap=1)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_folder(tmp_path_factory.mktemp("models") / "ltx2", upsampler=True)


@pytest.fixture(scope="module")
def single(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy without what the second stage needs."""
    folder = tmp_path_factory.mktemp("models") / "single"
    folder.mkdir()
    for part in toy.iterdir():
        if part.name != "latent_upsampler":
            (folder / part.name).symlink_to(part)
    return folder


def test_a_film_of_two_chunks_has_all_its_frames_and_tells_how_far_it_is(single: Path) -> None:
    network, told = Ltx2(single), []
    assert (network.grid_px, network.grid_frames) == (32, 8)
    film = np.stack(list(network.film(RGB, SHOT, told.append)))
    assert (film.shape, film.dtype) == ((12, 64, 64, 3), np.uint8)
    assert told == [0.25, 0.5, 0.75, 1.0]
    again = np.stack(list(network.film(RGB, SHOT, told.append)))
    assert np.array_equal(film, again)
    network.unload()


def test_what_a_chunk_goes_on_from_counts(single: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second chunk begins with the first one's last frames, as many as whole latents hold."""
    from engines.motion import ltx2

    asked: list[tuple[np.ndarray, np.ndarray | None]] = []
    made = ltx2._conditions

    def noted(begins: np.ndarray, last: np.ndarray | None) -> list[object]:
        asked.append((begins, last))
        return made(begins, last)

    monkeypatch.setattr(ltx2, "_conditions", noted)
    last = RGB[::-1].copy()
    shot = Shot(words="x", frames=20, height=64, width=64, steps=1, chunk=17, overlap=3, last=last)
    film = np.stack(list(Ltx2(single).film(RGB, shot, lambda _: None)))
    assert len(film) == 20
    (first, none), (second, end) = asked
    assert np.array_equal(first, RGB)
    assert none is None
    assert np.array_equal(second, film[8:17])  # nine frames: two latents, the least that hold three
    assert np.array_equal(np.asarray(end), last)


def test_two_stages_give_the_size_that_was_asked_for(toy: Path) -> None:
    network, told = Ltx2(toy), []
    assert network.grid_px == 64
    frames = list(network.film(RGB, Shot(frames=9, height=64, width=128, steps=2, chunk=9, overlap=1), told.append))
    assert [one.shape for one in frames] == [(64, 128, 3)] * 9
    assert told == pytest.approx([0.3, 0.6, 0.6 + 0.4 / 3, 0.6 + 0.8 / 3, 1.0])


def test_it_ends_between_two_steps_and_goes_on_with_another_film(single: Path) -> None:
    class Enough(Exception):
        """The reader's wish."""

    network, told = Ltx2(single), []

    def stop(share: float) -> None:
        told.append(share)
        if share >= 0.75:
            raise Enough

    frames = network.film(RGB, SHOT, stop)
    got = [next(frames) for _ in range(9)]  # the first chunk is there before the second one is begun
    assert told == [0.25, 0.5]
    with pytest.raises(Enough):
        next(frames)
    assert len(got) == 9
    assert len(list(network.film(RGB, SHOT, lambda _: None))) == 12


def test_what_is_no_such_model_is_refused(tmp_path: Path, single: Path) -> None:
    with pytest.raises(ModelMissing):
        Ltx2(tmp_path)
    index = tmp_path / "model_index.json"
    for content in ("{", "[]", json.dumps({"_class_name": "Flux2Pipeline"})):
        index.write_text(content)
        with pytest.raises(ModelInvalid):
            Ltx2(tmp_path)
    index.write_text(json.dumps({"_class_name": "LTX2Pipeline"}))
    with pytest.raises(ModelMissing, match="transformer"):
        Ltx2(tmp_path)
    for part in single.iterdir():
        if part.is_dir():
            (tmp_path / part.name).mkdir()
    with pytest.raises(ModelInvalid, match="cannot be loaded"):
        _ = Ltx2(tmp_path).grid_px


def test_the_models_folder_is_looked_through(tmp_path: Path, single: Path) -> None:
    assert motion_folder(tmp_path) is None
    with pytest.raises(ModelMissing, match="no LTX-2"):
        open_motion(tmp_path)
    for name, index in (("a", "{"), ("b", '{"_class_name": "Flux2Pipeline"}'), ("c", "[]")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model_index.json").write_text(index)
    assert motion_folder(tmp_path) is None
    (tmp_path / "owner").mkdir()
    (tmp_path / "owner" / "ltx2").symlink_to(single)
    assert motion_folder(tmp_path) == tmp_path / "owner" / "ltx2"
    (tmp_path / "own").symlink_to(single)
    assert open_motion(tmp_path).name == "own"
