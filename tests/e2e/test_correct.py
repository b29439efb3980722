"""A reader corrects colours by hand where they see them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from engines.oklab import srgb_to_oklab
from tests.e2e.panel import CLEAR, ITEM, PICKER, UNDO, USE, Panel
from tests.e2e.reading import Reader, assert_balloons_unchanged, colourfulness, images, shown_picture, until
from tests.e2e.site import PLAIN, MangaSite

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

HAT = (0.65, 0.385)
SKY = (0.3, 0.1)
BALLOON = (0.42, 0.575)
GREEN = "#2f9e44"
RED = "#c92a2a"
OUTLINED = "The colour stays within the outline"
HUE_AWAY_DEG = 20.0
COLOURED = 8.0
CLICK_OFF = 4  # levels that colours differ from one pixel to the next: a click is as exact as a screen's pixels


@pytest.fixture
def reader(shared_reader: Reader) -> Reader:
    return shared_reader


def correct_at(reader: Reader, page: Page, place: tuple[float, float]) -> Panel:
    """Right-click a place of the first page and choose the menu's item."""
    image = images(page).first
    box = image.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"], button="right")
    reader.choose_from_menu(ITEM, page, image.evaluate("(img) => img.currentSrc"))
    return Panel(page)


def around(picture: NDArray[np.uint8], place: tuple[float, float], side: int = 9) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    x, y = int(place[0] * width) - side // 2, int(place[1] * height) - side // 2
    return picture[y : y + side, x : x + side]


def levels(colour: str) -> NDArray[np.uint8]:
    """Return `#rrggbb` as a picture of one pixel."""
    return np.array([[[int(colour[at : at + 2], 16) for at in (1, 3, 5)]]], np.uint8)


def hue_away(picture: NDArray[np.uint8], place: tuple[float, float], colour: str) -> float:
    """Return how far the mean hue around a place is from that of a colour, in degrees."""
    pictures = (levels(colour), around(picture, place))
    hues = [float(np.degrees(np.arctan2(*srgb_to_oklab(pixels).mean((0, 1))[:0:-1]))) for pixels in pictures]
    return abs((hues[0] - hues[1] + 180) % 360 - 180)


def hints_of(reader: Reader, page: Page) -> list[dict[str, Any]]:
    hints: list[dict[str, Any]] = reader.pages_of(page)[0]["hints"]
    return hints


@pytest.fixture
def page(reader: Reader, site: MangaSite) -> Page:
    """Open the chapter and colour it."""
    page = reader.open(f"{site.origin}/chapter/plain")
    reader.colorize(page).close()
    reader.wait_until_done(page, len(PLAIN))
    until(lambda: colourfulness(images(page).first) > COLOURED)
    page.bring_to_front()
    return page


def test_reader_corrects_a_colour_and_finds_it_again(
    reader: Reader, page: Page, pages_folder: Path, site: MangaSite
) -> None:
    first = images(page).first
    coloured = shown_picture(first)
    layout = first.bounding_box()
    assert hue_away(coloured, HAT, GREEN) > HUE_AWAY_DEG

    panel = correct_at(reader, page, HAT)
    until(lambda: panel.focused() == PICKER, panel.focused)
    until(lambda: panel.works(USE), panel.text)
    there = np.median(around(coloured, HAT), (0, 1))
    assert np.abs(levels(panel.colour())[0, 0] - there).max() <= CLICK_OFF
    assert not panel.works(UNDO)
    panel.choose(GREEN)
    panel.press(USE)
    panel.wait_for("Done. 1 correction")
    green = shown_picture(first)
    assert hue_away(green, HAT, GREEN) < HUE_AWAY_DEG
    assert hue_away(green, SKY, GREEN) == hue_away(coloured, SKY, GREEN)
    assert_balloons_unchanged(green, pages_folder / PLAIN[0])
    assert first.bounding_box() == layout
    page.keyboard.press("Escape")
    assert panel.parts() == []

    panel = correct_at(reader, page, SKY)
    panel.choose(RED)
    panel.press(USE)
    panel.wait_for("Done. 2 corrections")
    both = shown_picture(first)
    assert hue_away(both, SKY, RED) < HUE_AWAY_DEG
    assert hue_away(both, HAT, GREEN) < HUE_AWAY_DEG

    page.reload()
    until(lambda: reader.run_of(page) == {}, lambda: reader.run_of(page))
    reader.colorize(page).close()
    assert all(each["cached"] for each in reader.wait_until_done(page, len(PLAIN)))
    until(lambda: np.array_equal(shown_picture(first), both))

    page.bring_to_front()
    panel = correct_at(reader, page, SKY)
    panel.press(UNDO)
    panel.wait_for("Taken back. 1 correction")
    assert np.array_equal(shown_picture(first), green)
    panel.press(CLEAR)
    until(lambda: panel.text() == "Taken back.", panel.text)
    assert np.array_equal(shown_picture(first), coloured)
    assert not any(key.startswith("hints:") for key in reader.worker.evaluate("() => chrome.storage.local.getKeys()"))


def test_page_whose_address_the_site_has_thrown_away_is_corrected(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/blob")
    images(page).first.wait_for()
    reader.colorize(page).close()
    reader.wait_until_done(page, 1)
    until(lambda: colourfulness(images(page).first) > COLOURED)
    page.bring_to_front()
    panel = correct_at(reader, page, HAT)
    panel.choose(GREEN)
    panel.press(USE)
    panel.wait_for("Done. 1 correction")
    assert hue_away(shown_picture(images(page).first), HAT, GREEN) < HUE_AWAY_DEG


def test_nothing_is_corrected_where_nothing_is_coloured(reader: Reader, page: Page, site: MangaSite) -> None:
    panel = correct_at(reader, page, BALLOON)
    panel.wait_for("Nothing is coloured here")
    assert not panel.works(USE)
    panel.press(USE)
    assert hints_of(reader, page) == []

    grey = reader.open(f"{site.origin}/chapter/plain?grey")
    reader.choose_from_menu(ITEM, grey, f"{site.origin}/pages/{PLAIN[0]}")
    until(lambda: reader.worker.evaluate("(tabId) => chrome.action.getBadgeText({tabId})", reader.tab_id(grey)) == "!")
    assert Panel(grey).parts() == []


def test_what_a_correction_will_take_is_outlined_before_it_is_made(reader: Reader, page: Page) -> None:
    first = images(page).first
    coloured = shown_picture(first)
    box = first.bounding_box()
    assert box is not None
    before = screen(page, box)
    panel = correct_at(reader, page, HAT)
    panel.choose(RED)
    panel.wait_for(OUTLINED)
    during = screen(page, box)
    shot = os.environ.get("SHOTS")
    if shot:
        page.screenshot(path=Path(shot) / "outlined.png")
    height, width = during.shape[:2]
    changed = np.abs(during.astype(int) - before).max(axis=-1) > 24
    y, x = int(HAT[1] * height), int(HAT[0] * width)
    assert changed[y - 20 : y + 20, x - 20 : x + 20].mean() > 0.5  # the fill, and the dot
    assert not changed[: height // 8].any()
    assert np.array_equal(shown_picture(first), coloured)
    page.keyboard.press("Escape")
    assert panel.parts() == []
    until(lambda: np.array_equal(screen(page, box), before))
    assert hints_of(reader, page) == []

    panel = correct_at(reader, page, HAT)
    panel.choose(RED)
    panel.wait_for(OUTLINED)
    panel.press(USE)
    panel.wait_for("Done. 1 correction")
    assert OUTLINED not in panel.text()
    red = np.abs(shown_picture(first).astype(int) - coloured).max(axis=-1) > 24
    inside = cv2.resize(changed.astype(np.uint8), red.shape[::-1], interpolation=cv2.INTER_NEAREST).astype(bool)
    around = cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    assert red.sum() > 500
    assert (red & around).sum() > 0.95 * red.sum()


def screen(page: Page, box: Any) -> NDArray[np.uint8]:
    """Return what the screen shows of a picture, black where that is below the window."""
    window = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    left, top, width, height = (round(box[name]) for name in ("x", "y", "width", "height"))
    shown = np.zeros((height, width, 3), np.uint8)
    seen = np.asarray(window, np.uint8)[top : top + height, left : left + width]
    shown[: seen.shape[0]] = seen
    return shown
