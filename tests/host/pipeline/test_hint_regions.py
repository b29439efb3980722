"""The region of a dot of colour, told before the dot is set: what composition then colours."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from engines.oklab import srgb_to_oklab
from engines.segment.regions import Regions
from host.corrections import ColourHint
from host.pipeline.analysis.shipped import shipped_reader
from host.pipeline.compose.field import colour_field
from host.pipeline.compose.hints import region_on
from host.pipeline.decode import decode_page
from host.pipeline.drawing import Drawing
from host.pipeline.generation.masks import bind_tone
from host.pipeline.hint_regions import HintRegions
from host.pipeline.pointed import Pointer
from host.pipeline.prepare import outline_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.segment.base import Pointing
    from host.pipeline.analysis.reader import PageReader, PageReading
    from host.pipeline.decode import DecodedPage

RED = (201, 42, 42)


def png(rgb: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".png", rgb)[1])


def asked(regions: HintRegions, encoded: bytes, point: tuple[float, float]) -> tuple[str, NDArray[np.bool_], float]:
    found = regions.at(hashlib.sha256(encoded).hexdigest(), encoded, point)
    return found.by, region_on(found.outlines, decode_page(encoded).size), found.share


def drawn(height: int = 360) -> NDArray[np.uint8]:
    """Return a page with a ring in the middle of its first 360 rows."""
    page = np.full((height, 480, 3), 255, np.uint8)
    cv2.circle(page, (240, 180), 120, (0, 0, 0), 4)
    cv2.circle(page, (240, 180), 40, (0, 0, 0), 4)
    return page


class Counting:
    """A reader that notes how often it is asked."""

    def __init__(self) -> None:
        self.read_pages = 0
        self._reader = shipped_reader()

    def read(self, page: DecodedPage, *asked: object) -> PageReading:
        self.read_pages += 1
        return self._reader.read(page, *asked)  # type: ignore[arg-type]


@pytest.fixture
def reader() -> Counting:
    return Counting()


@pytest.fixture
def regions(reader: PageReader) -> HintRegions:
    return HintRegions(lambda: reader, Pointer())


def test_the_ring_that_is_clicked_is_told_with_its_hole_and_its_share(regions: HintRegions) -> None:
    by, mask, share = asked(regions, png(drawn()), (0.5 + 80 / 480, 0.5))
    assert by == "lines"
    assert (mask[180, 320], mask[180, 240], mask[20, 20]) == (True, False, False)
    assert share == pytest.approx(mask.mean(), abs=0.02)


def test_a_place_that_is_moved_on_the_same_page_reads_nothing_anew(regions: HintRegions, reader: Counting) -> None:
    page = png(drawn())
    masks = [asked(regions, page, point)[1] for point in ((0.5, 0.5), (0.02, 0.02), (0.999, 1.0))]
    assert [bool(mask[180, 240]) for mask in masks] == [True, False, False]
    assert reader.read_pages == 1
    asked(regions, png(drawn()[:, ::-1][:, :400]), (0.1, 0.1))
    assert reader.read_pages == 2


def test_in_a_strip_the_piece_that_is_clicked_alone_is_read(regions: HintRegions, reader: Counting) -> None:
    strip = np.full((14_400, 480, 3), 255, np.uint8)
    for top in (0, 7_200, 14_040):
        strip[top : top + 360] = drawn()
    by, mask, _ = asked(regions, png(strip), (0.5 + 80 / 480, (7_200 + 180) / 14_400))
    assert (by, bool(mask[7_380, 320]), bool(mask[7_380, 240]), bool(mask[180, 320])) == ("lines", True, False, False)
    assert not mask[:7_000].any()
    assert not mask[8_000:].any()
    assert reader.read_pages == 1


class Disc(Regions):
    """Finds a disc where the page has a ring."""

    def segment(self, rgb: NDArray[np.uint8], pointing: Pointing) -> NDArray[np.bool_]:
        mask = np.zeros(rgb.shape[:2], np.uint8)
        cv2.circle(mask, pointing.inside[0], 30, 1, -1)
        return mask.view(np.bool_)


def test_a_network_says_it_where_there_is_one(reader: PageReader) -> None:
    by, mask, share = asked(HintRegions(lambda: reader, Pointer(segmenter=Disc())), png(drawn()), (0.25, 0.25))
    assert (by, bool(mask[90, 120]), bool(mask[90, 160])) == ("network", True, False)
    assert share == pytest.approx(np.pi * 30**2 / (360 * 480), rel=0.1)


@pytest.mark.parametrize(
    ("name", "point"),
    [("panels-ja.jpg", (0.65, 0.385)), ("panels-en.webp", (0.3, 0.1)), ("figures-en.webp", (0.5, 0.35))],
)
def test_what_is_told_is_what_a_hint_then_colours(
    name: str, point: tuple[float, float], pages: Path, regions: HintRegions
) -> None:
    encoded = (pages / name).read_bytes()
    told = asked(regions, encoded, point)[1]
    page = decode_page(encoded)
    reading = shipped_reader().read(page, "auto")
    facts = {
        "tone": bind_tone(reading.maps, reading.masks), "panels": [outline_of(one) for one in reading.meta.panels],
    }  # fmt: skip
    grey = srgb_to_oklab(np.full((64, 64, 3), 128, np.uint8))
    hint = ColourHint(points=(point,), rgb=RED)
    fields = [
        colour_field(page, reading.masks.protect, grey, drawing=Drawing(hints=hints, **facts)).chroma
        for hints in ((), (hint,))
    ]
    changed = np.abs(fields[1] - fields[0]).max(axis=0) > 0.02
    there = cv2.resize(told.view(np.uint8), changed.shape[::-1], interpolation=cv2.INTER_AREA).astype(bool)
    around = cv2.dilate(there.view(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    assert changed.sum() > 50
    assert (changed & ~around).sum() <= 0.01 * changed.sum()
