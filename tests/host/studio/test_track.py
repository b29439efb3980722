"""A figure followed over pages: who is taken for it, where nobody is, how sure, and which pixels are its."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from engines.embed.base import Embedder, EmbedderInfo
from engines.geometry import Box, Size
from engines.segment.regions import Regions
from host.cli.page.tracks import RECORD, track_figure
from host.errors import BadRequest
from host.pipeline.analysis.shipped import shipped_reader
from host.pipeline.records.masks import PageMaps
from host.pipeline.records.page_meta import Character, Panel
from host.studio.page import read_page
from host.studio.track import Sighting, figure_at, look_of, mask_of_sightings, sightings
from tests.host.studio.pages import studio_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from host.studio.page import StudioPage

PAGE = Path(__file__).parents[2] / "pages" / "figures-en.webp"
LEFT, RIGHT = Box(0, 0, 100, 200), Box(100, 0, 200, 200)


class Shades(Embedder):
    """Tells figures by how light they are: the likeness of two falls with the angle between their shades."""

    info = EmbedderInfo("shades", "1", 2, floor=0.9)

    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        angles = np.array([one.mean() / 255 * np.pi / 2 for one in pictures])
        return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)


def page(*figures: tuple[Box, int, int | None]) -> StudioPage:
    """Return a page of two panels with figures of one shade each: their boxes, shades and panels."""
    base, rgb, labels = studio_page(), np.full((200, 200, 3), 255, np.uint8), np.zeros((200, 200), np.uint8)
    characters = []
    for index, (box, shade, panel) in enumerate(figures):
        rgb[box.top : box.bottom, box.left : box.right] = shade
        labels[box.top : box.bottom, box.left : box.right] = index + 1
        characters.append(Character(box=box, index=index, panel=panel, depth_01=0.5))
    nothing = np.zeros((200, 200), np.uint8)
    meta = base.meta.model_copy(
        update={
            "size": Size(200, 200),
            "panels": (Panel(box=RIGHT, order=0, score=1.0), Panel(box=LEFT, order=1, score=1.0)),
            "characters": tuple(characters),
        }
    )
    masks = replace(base.masks, **dict.fromkeys(("balloons", "lettering", "gutters"), np.zeros((200, 200), np.bool_)))
    return replace(
        base,
        rgb=rgb,
        meta=meta,
        masks=masks,
        maps=PageMaps(panels=nothing, characters=labels, depth=nothing, tone=nothing),
    )


HERO = Box(10, 10, 50, 90)


def look(shade: int) -> NDArray[np.float32]:
    return look_of(page((HERO, shade, 1)), page((HERO, shade, 1)).meta.characters[0], Shades())


def test_in_each_panel_the_likest_is_taken_in_reading_order() -> None:
    there = page(
        (Box(10, 10, 50, 90), 90, 1), (Box(55, 10, 95, 90), 200, 1), (Box(110, 10, 150, 90), 140, 0),
        (Box(155, 10, 195, 90), 110, 0),
    )  # fmt: skip
    seen = sightings(there, look(100), Shades())
    assert [(one.panel, one.figure, one.box) for one in seen] == [(1, 3, Box(155, 10, 195, 90)), (2, 0, HERO)]
    assert seen[0].likeness == pytest.approx(np.cos(10 / 255 * np.pi / 2), abs=1e-3)


@pytest.mark.parametrize(("other", "is_sure"), [(105, False), (200, True)])
def test_whom_another_resembles_as_much_is_not_sure(other: int, *, is_sure: bool) -> None:
    there = page((HERO, 100, 1), (Box(55, 10, 95, 90), other, 1))
    (seen,) = sightings(there, look(100), Shades())
    assert (seen.figure, seen.is_sure, seen.likeness) == (0, is_sure, 1.0)


def test_nobody_is_taken_for_somebody_else_and_the_smallest_are_not_looked_at() -> None:
    assert sightings(page((HERO, 255, 1)), look(0), Shades()) == []
    assert sightings(page((Box(10, 10, 33, 90), 100, 1)), look(100), Shades()) == []
    assert sightings(page(), look(100), Shades()) == []
    (alone,) = sightings(page((Box(10, 10, 34, 34), 100, None)), look(100), Shades())
    assert (alone.panel, alone.is_sure) == (None, True)


def test_a_place_means_the_figure_whose_pixels_are_there_else_the_smallest_around_it() -> None:
    there = page((Box(10, 10, 90, 190), 100, 1), (Box(30, 30, 60, 60), 200, 1))
    assert figure_at(there, 40, 40).index == 1
    assert figure_at(there, 12, 12).index == 0
    there.maps.characters[:] = 0
    assert figure_at(there, 40, 40).index == 1
    with pytest.raises(BadRequest, match="No figure stands there") as told:
        figure_at(there, 150, 150)
    assert "0, 1" in told.value.hint


def test_the_mask_is_the_figure_s_by_analysis_or_by_a_segmenter_where_that_finds_something() -> None:
    there = page((HERO, 100, 1), (Box(55, 10, 95, 90), 200, 1))
    seen = [Sighting(panel=2, figure=0, box=HERO, likeness=1.0, is_sure=True)]
    mask = mask_of_sightings(there, seen)
    assert mask[10:90, 10:50].all()
    assert mask.sum() == HERO.area
    cv2.circle(there.rgb, (30, 50), 10, (0, 0, 0), 1)
    outlined = mask_of_sightings(there, seen, Regions())
    assert outlined[50, 30]
    assert not outlined[:, 55:].any()

    class Blind(Regions):
        def segment(self, rgb: NDArray[np.uint8], pointing: object) -> NDArray[np.bool_]:
            return np.zeros(rgb.shape[:2], np.bool_)

    assert np.array_equal(mask_of_sightings(there, seen, Blind()), mask)


@pytest.mark.usefixtures("irodori_home")
def test_by_command_a_figure_is_found_again_on_its_own_page_and_in_grey(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figure = max(read_page(PAGE, shipped_reader()).meta.characters, key=lambda one: one.box.area)
    at = f"{(figure.box.left + figure.box.right) // 2},{(figure.box.top + figure.box.bottom) // 2}"
    with Image.open(PAGE) as picture:
        picture.convert("L").save(tmp_path / "grey.png")
        Image.new("L", picture.size, 255).save(tmp_path / "blank.png")
        size = picture.size[::-1]
    track_figure(PAGE, [tmp_path / "grey.png", tmp_path / "blank.png"], tmp_path / "out", at, None, "auto")
    record = json.loads((tmp_path / "out" / RECORD).read_text("utf-8"))
    own, grey, blank = record["pages"]
    assert max(one["likeness"] for one in own["seen"]) == pytest.approx(1, abs=1e-3)
    assert record["figure"] in {one["figure"] for one in own["seen"]}
    assert record["figure"] in {one["figure"] for one in grey["seen"]}
    assert (blank["seen"], blank["mask"]) == ([], None)
    assert (record["embedder"], record["segmenter"]) == ("compact", "analysis")
    with Image.open(tmp_path / "out" / grey["mask"]) as mask:
        assert np.asarray(mask).shape == size
        assert np.asarray(mask).any()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "001-figures-en.mask.png", "002-grey.mask.png", RECORD,
    ]  # fmt: skip
    assert "blank.png: not seen" in capsys.readouterr().err
    with pytest.raises(BadRequest, match="is not on the page"):
        track_figure(PAGE, [], tmp_path / "out", "99999,1", None, "auto")
