"""The kind of a page, and panels that have colour of their own."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from engines.detect.base import Detection
from engines.geometry import Box
from host.pipeline.analysis.own_colour import colour_of
from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.decode import decode_page
from tests.host.pipeline.drawn import PANELS, Told, decoded, manga_page

pytestmark = pytest.mark.slow

READER = TwoOpinionReader()
PAGES = Path(__file__).parents[2] / "pages"


def painted(box):
    """Return a manga page, RGB, one of whose panels is painted."""
    page = np.dstack([manga_page()] * 3)
    left, top, right, bottom = box
    rows, columns = np.mgrid[0 : bottom - top - 8, 0 : right - left - 8]
    inside = page[top + 4 : bottom - 4, left + 4 : right - 4]
    colours = np.dstack([200 - rows % 120, 60 + columns % 130, 90 + (rows + columns) % 100]).astype(np.uint8)
    inside[:] = np.where(inside == 0, inside, colours)
    return page


def read(rgb, form="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, form, quality=80)
    return READER.read(decode_page(buffer.getvalue()), "ltr")


@pytest.mark.parametrize("tint", [(1.0, 1.0, 1.0), (1.0, 0.9, 0.75)])
def test_one_coloured_panel_is_kept_and_the_rest_is_coloured(tint):
    page = painted(PANELS[0])
    reading = read(np.clip(page * np.array(tint), 0, 255).astype(np.uint8), "JPEG")
    assert reading.meta.kind == "story"
    assert [panel.coloured for panel in reading.meta.panels] == [True, False, False, False]
    left, top, right, bottom = PANELS[0]
    assert reading.masks.coloured[top + 8 : bottom - 8, left + 8 : right - 8].all()
    assert not reading.masks.coloured[:, 520:].any()
    assert reading.masks.protect[top + 8 : bottom - 8, left + 8 : right - 8].all()
    assert "coloured" in reading.meta.masks


def test_a_tinted_scan_has_no_coloured_panel():
    grey = manga_page().astype(np.float64)[..., None] / 255
    sepia = np.array([60, 40, 30]) + (np.array([244, 228, 196]) - [60, 40, 30]) * grey
    reading = read(sepia.astype(np.uint8), "JPEG")
    assert reading.meta.kind == "story"
    assert not any(panel.coloured for panel in reading.meta.panels)
    assert reading.masks.coloured is None


def test_a_page_of_coloured_panels_is_coloured_although_its_paper_is_white():
    page = painted(PANELS[0])
    for box in PANELS[1:]:
        left, top, right, bottom = box
        page[top:bottom, left:right] = painted(box)[top:bottom, left:right]
    assert read(page).meta.kind == "already_coloured"


def test_grey_to_the_last_pixel_has_no_colour():
    assert colour_of(np.dstack([manga_page()] * 3)) is None


def print_page(blocks: int) -> np.ndarray:
    """Return a page of pictures and small print of several sizes, without a balloon."""
    page = np.full((1400, 1000), 255, np.uint8)
    for row in range(blocks):
        left, top = 40 + 480 * (row % 2), 60 + 130 * (row // 2)
        cv2.rectangle(page, (left, top), (left + 90, top + 90), 120, -1)
        for line in range(1 if row % 3 else 4):
            words = "only today for you and me"[: 20 + line]
            at = (left + 105, top + 16 + 24 * line)
            cv2.putText(page, words, at, cv2.FONT_HERSHEY_DUPLEX, 0.62, 0, 1, cv2.LINE_AA)
    return page


def test_small_print_beside_pictures_without_a_balloon_is_no_story_page():
    assert READER.read(decoded(print_page(20)), "auto").meta.kind == "advertisement"


def test_a_story_page_with_captions_is_never_an_advertisement():
    page = manga_page()
    for row in range(6):
        cv2.putText(page, "much later that evening,", (80, 90 + 30 * row), 0, 0.7, 0, 2, cv2.LINE_AA)
    assert READER.read(decoded(page), "auto").meta.kind == "story"


def test_a_picture_under_a_large_title_is_a_cover():
    page = np.full((1400, 1000), 205, np.uint8)
    rng = np.random.default_rng(1)
    for _ in range(60):
        centre = tuple(int(place) for place in rng.integers([50, 500], [950, 1350]))
        cv2.circle(page, centre, int(rng.integers(20, 120)), int(rng.integers(0, 160)), 5)
    for place, letter in enumerate("IRODORI"):
        cv2.putText(page, letter, (110 + 112 * place, 230), cv2.FONT_HERSHEY_DUPLEX, 3.6, 0, 12, cv2.LINE_AA)
    title = Detection("text", Box(105, 140, 890, 240), 0.8)
    picture = Detection("panel", Box(0, 0, 1000, 1400), 0.8)
    speaking = Detection("balloon", Box(400, 900, 600, 1000), 0.8)
    assert TwoOpinionReader(Told(picture, title)).read(decoded(page), "auto").meta.kind == "cover"
    assert TwoOpinionReader(Told(picture)).read(decoded(page), "auto").meta.kind == "splash"
    assert TwoOpinionReader(Told(picture, title, speaking)).read(decoded(page), "auto").meta.kind == "splash"


def sold_at(page: np.ndarray) -> np.ndarray:
    """Return a grey page, RGB, with a site's name in red all over it and a blue banner at its foot."""
    height, width = page.shape
    picture = Image.fromarray(np.dstack([page] * 3))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(width / 28)
    for number, top in enumerate(range(90, height - 200, 120)):
        draw.text((30 + 130 * number % (width // 2), top), "SCAN-SITE.EXAMPLE", (200, 30, 30), font)
    draw.rectangle((0, height - 120, width, height), (30, 90, 220))
    draw.text((30, height - 85), "READ AT SCAN-SITE.EXAMPLE", (250, 240, 40), font)
    return np.array(picture)


def test_a_site_s_name_and_banner_make_no_coloured_page_and_stay_as_they_are():
    rgb = sold_at(manga_page())
    reading = read(rgb, "JPEG")
    assert reading.meta.kind == "story"
    assert not any(panel.coloured for panel in reading.meta.panels)
    red = (rgb[:-120, :, 0] > 150) & (rgb[:-120, :, 1] < 80)
    assert reading.masks.protect[:-120][red].mean() > 0.9
    assert reading.masks.protect[-110:-10].mean() > 0.95
    assert reading.masks.coloured[:-120].mean() < 0.4


def test_a_coloured_page_with_a_site_s_name_stays_the_author_s():
    coloured = np.array(Image.open(PAGES / "coloured-en.webp").convert("RGB"))
    named = sold_at(coloured[..., 1])
    drawn = np.ptp(named, axis=2) > 0
    coloured[drawn] = named[drawn]
    assert read(coloured, "JPEG").meta.kind == "already_coloured"
