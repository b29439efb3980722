"""Reading a page: panels, balloons, lettering, gutters, kind."""

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from host.pipeline.analysis.own_colour import colour_of
from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.decode import decode_page
from tests.host.pipeline.drawn import BALLOONS, PANELS, balloon_mask, decoded, manga_page

pytestmark = pytest.mark.slow

READER = TwoOpinionReader()


def read(grey, direction="auto"):
    return READER.read(decoded(grey), direction)


def test_panels_are_found_and_read_from_right_to_left():
    boxes = [panel.box for panel in read(manga_page(), "rtl").meta.panels]
    expected = [PANELS[1], PANELS[0], PANELS[3], PANELS[2]]
    assert len(boxes) == 4
    assert all(np.abs(np.array(found) - wanted).max() <= 6 for found, wanted in zip(boxes, expected, strict=True))


def test_a_western_page_is_read_from_left_to_right():
    boxes = [panel.box for panel in read(manga_page(), "ltr").meta.panels]
    assert all(np.abs(np.array(found) - wanted).max() <= 6 for found, wanted in zip(boxes, PANELS, strict=True))


def test_auto_reads_a_page_by_its_lettering():
    """Lines in wide balloons are western; a page that says nothing is a manga's."""
    assert read(manga_page()).meta.direction == "ltr"
    silent = manga_page()
    for index in range(len(BALLOONS)):
        silent[balloon_mask(index)] = 255
    assert read(silent).meta.direction == "rtl"


def test_balloons_are_protected_to_their_outline():
    reading = read(manga_page())
    for index in range(len(BALLOONS)):
        inside = balloon_mask(index)
        assert reading.masks.balloons[inside].mean() > 0.99
    everywhere = balloon_mask(0) | balloon_mask(1)
    outside = reading.masks.balloons & ~cv2.dilate(everywhere.astype(np.uint8), np.ones((9, 9))).astype(bool)
    assert outside.mean() < 0.001


def test_balloons_know_their_panel_and_their_lettering():
    balloons = read(manga_page(), "rtl").meta.balloons
    assert [balloon.panel for balloon in balloons] == [0, 3]
    assert all(balloon.text for balloon in balloons)
    assert all(line.intersection(balloon.box).area > 0.9 * line.area for balloon in balloons for line in balloon.text)


def test_white_paper_inside_a_panel_is_not_protected():
    """A face is as white as a balloon; what makes a balloon is the writing in it."""
    protect = read(manga_page()).masks.protect
    face = np.zeros(protect.shape, np.uint8)
    cv2.circle(face, (300, 400), 105, 1, -1)
    assert protect[face > 0].mean() < 0.01
    assert protect[80:640, 80:180].mean() < 0.01


@pytest.mark.parametrize(("paper", "panel"), [(255, 255), (0, 255), (240, 250)])
def test_gutters_and_margins_are_protected_white_black_or_cream(paper, panel):
    page = manga_page()
    for left, top, right, bottom in PANELS:
        page[top + 4 : bottom - 4, left + 4 : right - 4][page[top + 4 : bottom - 4, left + 4 : right - 4] == 255] = (
            panel
        )
    margin = np.ones(page.shape, np.bool_)
    for left, top, right, bottom in PANELS:
        margin[top:bottom, left:right] = False
    page[margin] = paper
    gutters = read(page).masks.gutters
    assert gutters[margin].mean() > 0.97
    assert gutters[~margin].mean() < 0.03


@pytest.mark.parametrize("scale", [0.8, 2.0])
def test_masks_and_boxes_have_the_pages_own_size(scale):
    page = cv2.resize(manga_page(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else 2)
    reading = read(page)
    inside = cv2.resize(balloon_mask(0).astype(np.uint8), page.shape[::-1]) > 0
    assert reading.masks.balloons[inside].mean() > 0.97
    assert len(reading.meta.panels) == 4
    assert max(panel.box.right for panel in reading.meta.panels) <= page.shape[1]


def test_masks_are_recorded_with_their_coverage():
    reading = read(manga_page())
    assert set(reading.meta.masks) == {"protect", "balloons", "lettering", "gutters", "screentone", "lines"}
    assert reading.meta.masks["protect"].coverage == pytest.approx(reading.masks.protect.mean())
    assert reading.meta.masks["protect"].sha256 != reading.meta.masks["gutters"].sha256


def test_free_lettering_is_protected_letter_by_letter():
    page = manga_page()
    for place, letter in enumerate("MEANWHILE, ELSEWHERE"):
        cv2.putText(page, letter, (80 + 19 * place, 600), cv2.FONT_HERSHEY_DUPLEX, 0.7, 0, 2, cv2.LINE_AA)
    ink = (page < 128) & (np.indices(page.shape)[0] > 575) & (np.indices(page.shape)[0] < 610)
    ink[:, :80] = ink[:, 460:] = False
    lettering = read(page).masks.lettering
    assert lettering[ink].mean() > 0.95
    assert lettering[640:655, 90:450].mean() < 0.01


def test_a_page_of_writing_alone_is_text():
    page = np.full((1400, 1000), 255, np.uint8)
    for row in range(20):
        cv2.putText(page, "and so the long story went on", (80, 100 + 60 * row), 0, 1.2, 0, 2, cv2.LINE_AA)
    assert read(page).meta.kind == "text"


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_even_page_is_blank(level):
    rng = np.random.default_rng(2)
    page = np.clip(np.full((900, 600), level) + rng.normal(0, 2, (900, 600)), 0, 255).astype(np.uint8)
    assert read(page).meta.kind == "blank"


def test_a_drawn_page_is_a_story_and_one_panel_a_splash():
    assert read(manga_page()).meta.kind == "story"
    assert read(np.ascontiguousarray(manga_page()[40:680, 500:960])).meta.kind == "splash"


def tinted(grey, paper, ink):
    share = grey[..., None] / 255
    noise = np.random.default_rng(3).normal(0, 4, (*grey.shape, 3))
    return np.clip(np.array(ink) + (np.array(paper) - ink) * share + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("paper", "ink"),
    [((244, 228, 196), (60, 40, 30)), ((225, 235, 250), (30, 35, 70)), ((250, 220, 150), (40, 25, 20))],
)
def test_a_tinted_scan_is_not_a_coloured_page(paper, ink):
    buffer = io.BytesIO()
    Image.fromarray(tinted(manga_page(), paper, ink)).save(buffer, "JPEG", quality=60)
    assert READER.read(decode_page(buffer.getvalue()), "auto").meta.kind == "story"


def test_a_painted_page_is_coloured_and_one_coloured_panel_is_not(pages: Path):
    painted = np.asarray(Image.open(pages / "coloured-en.webp").convert("RGB"))
    mixed = np.dstack([cv2.cvtColor(painted, cv2.COLOR_RGB2GRAY)] * 3)
    mixed[: len(mixed) // 4] = painted[: len(mixed) // 4]
    colour = colour_of(painted)
    assert colour is not None
    assert colour.is_everywhere
    panel = colour_of(mixed)
    assert panel is not None
    assert not panel.is_everywhere
    assert decode_and_read(painted).meta.kind == "already_coloured"
    assert decode_and_read(mixed).meta.kind in ("story", "splash")


def decode_and_read(rgb):
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return READER.read(decode_page(buffer.getvalue()), "auto")


@pytest.mark.parametrize("name", ["panels-en.webp", "panels-ja.jpg", "insets-en.jpg"])
def test_balloons_of_real_pages_are_protected(pages: Path, name):
    """The pages' true balloons, where the artist's layer says they are."""
    truth = np.asarray(Image.open(pages / f"{name.split('.')[0]}.balloons.png").convert("L")) > 127
    protect = READER.read(decode_page((pages / name).read_bytes()), "ltr").masks.protect
    assert protect.shape == truth.shape
    assert protect[truth].mean() > 0.96


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (2000, 1), (3, 3), (9000, 60), (40, 3000)])
def test_a_page_of_any_shape_is_read(shape):
    noise = np.random.default_rng(4).integers(0, 255, shape, np.uint8)
    reading = read(noise)
    assert reading.masks.protect.shape == shape
    json.loads(reading.meta.model_dump_json())


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1), st.integers(2, 255))
def test_any_pixels_are_read(height, width, seed, levels):
    page = np.random.default_rng(seed).integers(0, levels, (height, width), np.uint8)
    masks = read(page).masks
    assert masks.protect.shape == (height, width)


def white_on_black(where):
    """Return a manga page that is white on black, wholly or in some panels."""
    page = manga_page()
    for left, top, right, bottom in where:
        page[top:bottom, left:right] = 255 - page[top:bottom, left:right]
    return page


@pytest.mark.parametrize(
    "where", [((0, 0, 1000, 1400),), PANELS, (PANELS[1], PANELS[2])], ids=["page", "panels", "two"]
)
def test_white_on_black_is_read_as_black_on_white_is(where):
    plain, reading = read(manga_page(), "rtl"), read(white_on_black(where), "rtl")
    assert len(reading.meta.panels) == 4
    assert [one.box for one in reading.meta.balloons] == [one.box for one in plain.meta.balloons]
    assert [len(one.text) for one in reading.meta.balloons] == [len(one.text) for one in plain.meta.balloons]
    for index in range(len(BALLOONS)):
        assert reading.masks.balloons[balloon_mask(index)].mean() > 0.99
    assert (reading.masks.protect & ~plain.masks.protect).mean() < 0.01


def test_a_black_balloon_in_a_dark_panel_is_protected_to_its_outline():
    page = manga_page()
    left, top, right, bottom = PANELS[1]
    page[top + 4 : bottom - 4, left + 4 : right - 4] = 70
    page[balloon_mask(0)] = 255 - manga_page()[balloon_mask(0)]
    cv2.ellipse(page, BALLOONS[0][0], BALLOONS[0][1], 0, 0, 360, 240, 3)
    reading = read(page)
    assert reading.masks.balloons[balloon_mask(0)].mean() > 0.99
    assert reading.masks.protect[400:640, 540:920].mean() < 0.01


def test_white_writing_on_a_black_panel_is_protected_with_its_rim():
    page = manga_page()
    left, top, right, bottom = PANELS[0]
    page[top:bottom, left:right] = 0
    blank = page.copy()
    for row, words in enumerate(("It was on that night", "that the snow came and", "did not end for years")):
        cv2.putText(page, words, (90, 300 + 44 * row), cv2.FONT_HERSHEY_DUPLEX, 0.9, 255, 2, cv2.LINE_AA)
    reading = read(page)
    assert reading.masks.protect[(page > 100) & (blank == 0)].mean() > 0.98
    assert reading.meta.kind == "story"


def test_lights_in_a_black_sky_are_no_writing():
    page = manga_page()
    left, top, right, bottom = PANELS[0]
    page[top:bottom, left:right] = 0
    rng = np.random.default_rng(4)
    for _ in range(90):
        at = int(rng.integers(left + 20, right - 20)), int(rng.integers(top + 20, bottom - 20))
        cv2.circle(page, at, int(rng.integers(2, 9)), 255, -1, cv2.LINE_AA)
    assert read(page).masks.protect[top + 8 : bottom - 8, left + 8 : right - 8].mean() < 0.03
