"""The library of style references."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from host.errors import DiskFull, ImageInvalid, InternalError, NotFound
from host.paths import state_paths
from host.store.palette import palette_of
from host.store.store import Store
from host.store_records import ReferenceAdd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray


def blocks(*colours: tuple[int, int, int], side: int = 40) -> NDArray[np.uint8]:
    """Return squares of the colours side by side, on white gutters."""
    picture = np.full((side + 20, len(colours) * (side + 10) + 10, 3), 255, np.uint8)
    for place, colour in enumerate(colours):
        left = 10 + place * (side + 10)
        picture[10 : 10 + side, left : left + side] = colour
    return picture


def png(rgb: NDArray[np.uint8], level: int = 1) -> bytes:
    return bytes(cv2.imencode(".png", rgb[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, level])[1])


RED, GREEN, BLUE = (200, 30, 40), (40, 160, 60), (30, 60, 190)


@pytest.fixture
def store(irodori_home: Path) -> Iterator[Store]:
    opened = Store.open(state_paths(), cache_limit_mib=16, spool_limit_mib=16)
    yield opened
    opened.close()


def test_a_reference_comes_back_with_thumbnail_and_palette(store: Store) -> None:
    picture = blocks(RED, GREEN, side=400)
    added = store.references.add(ReferenceAdd(image=png(picture), name="Cover", series="S", source_url="https://x/y"))
    assert (added.width, added.height) == (830, 420)
    with Image.open(io.BytesIO(added.thumbnail)) as thumbnail:
        assert max(thumbnail.size) == 256
    for colour in (RED, GREEN):
        assert any(np.abs(np.subtract(entry.rgb, colour)).max() < 12 for entry in added.palette)
    assert 0.8 < sum(entry.share for entry in added.palette) <= 1
    assert store.references.list() == [added]
    assert store.references.encoded(added.reference_id) == png(picture)
    assert (store.references.pixels(added.reference_id) == picture).all()


def test_the_same_pixels_are_the_same_reference_and_new_facts_replace_old_ones(store: Store) -> None:
    first = store.references.add(ReferenceAdd(image=png(blocks(RED)), name="One", series="S"))
    again = store.references.add(ReferenceAdd(image=png(blocks(RED), level=9), name="Two", character="C"))
    assert again.reference_id == first.reference_id
    assert (again.name, again.series, again.character) == ("Two", "S", "C")
    assert len(store.references.list()) == 1


def test_references_are_listed_by_series_and_removed_by_id(store: Store) -> None:
    one = store.references.add(ReferenceAdd(image=png(blocks(RED)), series="S"))
    two = store.references.add(ReferenceAdd(image=png(blocks(GREEN)), series="T"))
    assert store.references.list("T") == [two]
    store.references.remove(one.reference_id)
    assert store.references.list() == [two]
    for stranger in (
        one.reference_id,
        "../references",
        "",
        "/",
        two.reference_id + "/",
        two.reference_id.upper() + "x",
    ):
        with pytest.raises(NotFound):
            store.references.remove(stranger)
    assert store.references.list() == [two]


def test_what_is_no_picture_is_refused(store: Store) -> None:
    with pytest.raises(ImageInvalid):
        store.references.add(ReferenceAdd(image=b"no picture"))
    assert store.references.list() == []


@pytest.mark.parametrize("lost", ["facts.json", "thumbnail.webp"])
def test_what_is_lost_beside_the_picture_is_made_anew_from_it(store: Store, lost: str) -> None:
    added = store.references.add(ReferenceAdd(image=png(blocks(RED, BLUE))))
    file = state_paths().references / added.reference_id / lost
    file.unlink()
    assert store.references.list() == [added]
    assert file.exists()


def test_damaged_facts_are_made_anew_and_a_damaged_picture_is_left_out(store: Store) -> None:
    added = store.references.add(ReferenceAdd(image=png(blocks(RED, BLUE))))
    other = store.references.add(ReferenceAdd(image=png(blocks(GREEN)), name="other"))
    folder = state_paths().references / added.reference_id
    (folder / "facts.json").write_bytes(b"{")
    assert added in store.references.list()
    (folder / "facts.json").write_bytes(b"{")
    (folder / "picture").write_bytes(b"{")
    assert store.references.list() == [other]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[" * 100_000, b'{"a":' * 100_000, b'{"name": "\xff"}', b'{"width": -1, "height": 5, "palette": []}',
        b'{"width": 9, "height": 9, "palette": [{"rgb": [0, 0, 99999999999999999999999], "share": 0}]}',
        b'{"width": 9, "height": 9, "palette": [], "name": "' + b"x" * 5000 + b'"}', b" " * ((1 << 18) + 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("lost", ["facts.json", "thumbnail.webp"])
def test_hostile_content_beside_the_picture_is_made_anew_from_it(store: Store, lost: str, content: bytes) -> None:
    added = store.references.add(ReferenceAdd(image=png(blocks(RED, BLUE))))
    (state_paths().references / added.reference_id / lost).write_bytes(content)
    assert store.references.list() == [added]
    assert store.references.list() == [added]


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: path.symlink_to(path.name)])
@pytest.mark.parametrize("lost", ["facts.json", "thumbnail.webp"])
def test_what_is_no_file_beside_the_picture_gives_way(store: Store, lost: str, make: Callable[[Path], None]) -> None:
    added = store.references.add(ReferenceAdd(image=png(blocks(RED, BLUE))))
    file = state_paths().references / added.reference_id / lost
    file.unlink()
    make(file)
    assert store.references.list() == [added]
    assert file.is_file()


@pytest.mark.parametrize("content", [b"", b"{", png(blocks(GREEN)), None])
def test_a_damaged_picture_is_replaced_where_it_is_added_again_and_keeps_its_names(
    store: Store, content: bytes | None
) -> None:
    added = store.references.add(ReferenceAdd(image=png(blocks(RED, BLUE)), name="Cover", series="S"))
    picture = state_paths().references / added.reference_id / "picture"
    picture.unlink()
    if content is not None:
        picture.write_bytes(content)
    assert store.references.add(ReferenceAdd(image=png(blocks(RED, BLUE)))) == added
    assert (store.references.pixels(added.reference_id) == blocks(RED, BLUE)).all()


def test_references_whose_picture_is_gone_are_not_listed(store: Store) -> None:
    added = store.references.add(ReferenceAdd(image=png(blocks(RED, BLUE))))
    (state_paths().references / added.reference_id / "picture").unlink()
    assert store.references.list() == []
    with pytest.raises(NotFound):
        store.references.get(added.reference_id)


@pytest.mark.slow
def test_a_large_reference_is_brought_down_for_work(store: Store) -> None:
    added = store.references.add(ReferenceAdd(image=png(np.full((3000, 2000, 3), 90, np.uint8))))
    height, width, _ = store.references.pixels(added.reference_id).shape
    assert height * width <= 1.01 * 2**20
    assert abs(height / width - 1.5) < 0.01


def test_the_palette_leaves_paper_and_ink_out(store: Store) -> None:
    picture = blocks(RED, GREEN, BLUE)
    picture[30:34] = 0
    palette = palette_of(picture)
    assert 3 <= len(palette) <= 8
    assert sum(entry.share for entry in palette) < 0.8
    assert not any(min(entry.rgb) > 245 or max(entry.rgb) < 12 for entry in palette)
    assert [entry.share for entry in palette] == sorted((entry.share for entry in palette), reverse=True)


def test_a_blank_picture_has_a_palette_all_the_same() -> None:
    (entry,) = palette_of(np.full((30, 30, 3), 255, np.uint8))
    assert entry.rgb == (255, 255, 255)
    assert entry.share == 1.0


@pytest.mark.slow
@settings(max_examples=40)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_every_picture_has_one_palette_whose_shares_fit(height: int, width: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    palette = palette_of(picture)
    assert 1 <= len(palette) <= 8
    assert 0 < sum(entry.share for entry in palette) <= 1
    assert palette_of(picture) == palette


def test_series_names_are_data_and_nothing_else(store: Store) -> None:
    added = store.references.add(ReferenceAdd(image=png(blocks(RED)), series="../../x", name="a\x00b/c"))
    assert store.references.list("../../x") == [added]


@pytest.mark.parametrize("fault", [DiskFull("It is full.", "Make room."), InternalError("It broke.", "")])
def test_a_picture_that_the_disk_does_not_take_is_held_for_now_where_that_is_asked_for(
    fault: Exception, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise fault

    references = store.references
    monkeypatch.setattr(references, "_create", refuse)
    asked = ReferenceAdd(image=png(blocks(RED)), name="Cover")
    with pytest.raises(type(fault)):
        references.add(asked)
    held = references.add(asked, for_now=True)
    assert (held.name, held.width, held.height) == ("Cover", 60, 60)
    assert references.get(held.reference_id) == held
    assert (references.pixels(held.reference_id) == blocks(RED)).all()
