"""Palettes on their way: a page's own, part of what identifies its result, told in its record, never lost silently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec import structs

from host.corrections import FigurePalette, corrections_of
from host.errors import BadRequest
from host.messaging.messages import Page, PageDone, RunPage

if TYPE_CHECKING:
    from tests.host.jobs.conftest import Reader

pytestmark = pytest.mark.slow

RED = FigurePalette(point=(0.5, 0.5), hair=(200, 80, 80))
BLUE = FigurePalette(point=(0.5, 0.5), hair=(80, 80, 200))


def test_another_palette_is_another_page_and_the_same_one_comes_from_the_cache(reader: Reader) -> None:
    assert not reader.run_corrected([1], "palettes", (RED,))["p0"].cached
    done = reader.run_corrected([1, 1, 1], "palettes", (RED,), (BLUE,), ())
    assert [done[page_id].cached for page_id in ("p0", "p1", "p2")] == [True, False, False]
    assert len(done["p2"].runmeta["palettes"]) == 0


def test_a_palette_that_cannot_be_laid_is_told_and_the_page_comes_all_the_same(reader: Reader) -> None:
    plain, done = (reader.run_corrected([1], "palettes", own)["p0"] for own in ((), (RED,)))
    (record,) = done.runmeta["palettes"]
    assert {name: record[name] for name in ("point", "hair", "skin", "clothes")} == {
        "point": [0.5, 0.5],
        "hair": [200, 80, 80],
        "skin": None,
        "clothes": None,
    }
    assert "does not tell hair, skin and clothes apart" in record["fault"]
    assert done.image == plain.image


def test_palettes_come_along_with_a_single_page(reader: Reader) -> None:
    (page,) = reader.chapter([1]).pages
    image = reader.encoded["p0"]
    accepted = reader.board.run_page(RunPage(page_id="p0", sha256=page.sha256, image=image, palettes=(RED,)))
    reader.listener.end_of(accepted.job_id)
    (done,) = reader.listener.of(PageDone)
    assert done.runmeta["palettes"][0]["hair"] == [200, 80, 80]


def test_palettes_cross_the_wire_as_they_are() -> None:
    page = Page(
        page_id="p",
        index=0,
        sha256="0" * 64,
        palettes=(
            RED,
            structs.replace(BLUE, skin=(1, 2, 3)),
        ),
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(page), type=Page) == page


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"hair": [1, 2, 3]}, "point"),
        ({"point": [0.5, 1.5], "hair": [1, 2, 3]}, r"point\[1\]"),
        ({"point": [0.5], "hair": [1, 2, 3]}, "point"),
        ({"point": [0.5, 0.5], "skin": [1, 2, 256]}, r"skin\[2\]"),
        ({"point": [0.5, 0.5], "clothes": [1, 2]}, "clothes"),
    ],
)
def test_a_palette_that_is_none_is_refused_with_the_place_of_the_fault(facts: dict[str, Any], words: str) -> None:
    page = {"page_id": "p", "index": 0, "sha256": "0" * 64, "palettes": [facts]}
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(page, Page)


@pytest.mark.parametrize(
    ("palette", "words"),
    [
        (FigurePalette(point=(0.5, float("nan")), hair=(1, 2, 3)), "nowhere"),
        (FigurePalette(point=(0.5, 0.5)), "no colour"),
    ],
)
def test_a_palette_of_nowhere_or_of_no_colour_is_refused(palette: FigurePalette, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        corrections_of(Page(page_id="p", index=0, sha256="0" * 64, palettes=(palette,)))
