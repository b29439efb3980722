"""A figure followed over pages: who is taken for it, where nobody is, how sure, and which pixels are its."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from engines.embed.base import Embedder, EmbedderInfo
from engines.geometry import Box, Size
from engines.segment.base import Pointing, Segmenter
from host.cli.page.tracks import RECORD, track_figure
from host.errors import BadRequest
from host.palettes.figures import people_of
from host.palettes.likeness import SURE
from host.pipeline.analysis.shipped import shipped_reader
from host.pipeline.records.masks import PageMaps
from host.pipeline.records.page_meta import Character, Panel
from host.studio.page import read_page
from host.studio.track import Sighting, mask_of_sightings, people_on, sightings, somebody_at
from tests.host.studio.pages import studio_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from host.palettes.sightings import SeenFigure
    from host.studio.page import StudioPage

PAGE = Path(__file__).parents[2] / "pages" / "figures-en.webp"
LEFT, RIGHT = Box(0, 0, 100, 200), Box(100, 0, 200, 200)


class Shades(Embedder):
    """Tells figures by how light they are: the likeness of two falls with the angle between their shades."""

    info = EmbedderInfo("shades", "1", 2, floor=0.0)

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


def at(there: StudioPage, x: int, y: int) -> SeenFigure:
    return somebody_at(there, people_on(there, Shades()), x, y)


def who(shade: int) -> SeenFigure:
    return at(page((HERO, shade, 1)), 20, 20)


def seen_on(there: StudioPage) -> list[Sighting]:
    return sightings(people_on(there, Shades()), who(100))


def test_in_each_panel_the_likest_is_taken_in_reading_order() -> None:
    there = page(
        (HERO, 90, 1), (Box(55, 10, 95, 90), 200, 1), (Box(110, 10, 150, 90), 150, 0), (Box(155, 10, 195, 90), 104, 0),
    )  # fmt: skip
    seen = seen_on(there)
    assert [(one.panel, one.figures, one.box) for one in seen] == [(1, (3,), Box(155, 10, 195, 90)), (2, (0,), HERO)]
    assert seen[0].likeness > seen[1].likeness > SURE


@pytest.mark.parametrize(("shade", "found"), [(100, [True]), (160, [False]), (255, [])])
def test_what_is_only_like_them_is_not_sure_and_a_stranger_is_nobody(shade: int, found: list[bool]) -> None:
    assert [one.is_sure for one in seen_on(page((HERO, shade, 1)))] == found


def test_heads_that_are_too_small_are_not_looked_at_and_those_outside_of_panels_are() -> None:
    assert seen_on(page()) == []
    assert seen_on(page((Box(10, 10, 33, 90), 100, 1))) == []
    (alone,) = seen_on(page((Box(10, 10, 34, 34), 100, None)))
    assert (alone.panel, alone.is_sure, alone.likeness) == (None, True, 1.0)


def test_a_place_means_who_is_drawn_there_else_the_smallest_box_around_it() -> None:
    there = page((Box(10, 10, 90, 190), 100, 1), (Box(70, 30, 130, 90), 200, 0))
    assert at(there, 80, 40).panel == 0
    assert at(there, 12, 12).panel == 1
    there.maps.characters[:] = 0
    assert at(there, 80, 40).panel == 0
    with pytest.raises(BadRequest, match="Nobody stands there") as told:
        at(there, 150, 195)
    assert told.value.hint == "Those who do stand at: 50,100; 100,60."


def test_the_mask_is_theirs_by_analysis_or_by_a_segmenter_where_that_finds_something() -> None:
    there = page((HERO, 100, 1), (Box(55, 10, 95, 90), 200, 1))
    seen = [Sighting(panel=2, figures=(0,), box=HERO, likeness=1.0, is_sure=True)]
    mask = mask_of_sightings(there, seen)
    assert mask[10:90, 10:50].all()
    assert mask.sum() == HERO.area
    outlined = mask_of_sightings(there, seen, Half())
    assert outlined[10:50, 10:50].all()
    assert outlined.sum() == HERO.area // 2
    assert np.array_equal(mask_of_sightings(there, seen, Blind()), mask)


class Half(Segmenter):
    """Finds the upper half of a box."""

    def segment(self, rgb: NDArray[np.uint8], pointing: Pointing) -> NDArray[np.bool_]:
        found = np.zeros(rgb.shape[:2], np.bool_)
        assert pointing.box is not None
        left, top, right, bottom = pointing.box
        found[top : (top + bottom) // 2, left:right] = True
        return found


class Blind(Segmenter):
    """Finds nothing."""

    def segment(self, rgb: NDArray[np.uint8], pointing: Pointing) -> NDArray[np.bool_]:
        assert pointing.box == HERO
        return np.zeros(rgb.shape[:2], np.bool_)


@pytest.mark.usefixtures("irodori_home")
def test_by_command_a_figure_is_found_again_on_its_own_page_and_in_grey(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = read_page(PAGE, shipped_reader())
    person = people_of(there.meta, there.maps.characters)[0]
    at = f"{round(person.point[0] * there.meta.size.width)},{round(person.point[1] * there.meta.size.height)}"
    with Image.open(PAGE) as picture:
        picture.convert("L").save(tmp_path / "grey.png")
        Image.new("L", picture.size, 255).save(tmp_path / "blank.png")
        size = picture.size[::-1]
    track_figure(PAGE, [tmp_path / "grey.png", tmp_path / "blank.png"], tmp_path / "out", at, None, "auto")
    record = json.loads((tmp_path / "out" / RECORD).read_text("utf-8"))
    own, grey, blank = record["pages"]
    assert max(one["likeness"] for one in own["seen"]) == pytest.approx(1, abs=1e-3)
    for one in (own, grey):
        assert list(person.indices) in [where["figures"] for where in one["seen"] if where["is_sure"]]
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
