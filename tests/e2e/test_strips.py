"""Readers that cut one long strip into slices: the colours go on where a slice ends."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.habits import SLICE_ROWS, SLICES, Habits
from tests.e2e.reading import Reader, colourfulness, images, until

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

COLOURED = 4.0
AROUND = 60  # rows to either side of a slice's end
EVEN = 2.0  # a smaller step of lightness is within one thing
STANDS_OUT = 2.0  # the change of colour at a slice's end against the usual one between rows


@pytest.fixture
def reader(shared_reader: Reader) -> Reader:
    return shared_reader


def shown(page: Page, seam: int) -> NDArray[np.float32]:
    """Return the rows around a slice's end as the screen shows them, in CIELAB."""
    page.evaluate("(top) => scrollTo(0, top)", seam - 400)
    page.wait_for_timeout(900)  # it is drawn as it comes near
    top = seam - page.evaluate("scrollY")
    shot = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    left = (shot.shape[1] - 800) // 2
    rows = shot[top - AROUND : top + AROUND, left : left + 800].astype(np.float32) / 255
    lab: NDArray[np.float32] = cv2.cvtColor(rows, cv2.COLOR_RGB2LAB)
    return cv2.blur(lab, (9, 1))


def jump(lab: NDArray[np.float32]) -> float:
    """Return the step of colour over the middle as a multiple of the largest usual ones, where no line or edge is."""
    step = (lab[3:-1] + lab[4:]) / 2 - (lab[1:-3] + lab[:-4]) / 2
    is_even = np.abs(step[:, :, 0]) < EVEN
    steps = (np.hypot(step[:, :, 1], step[:, :, 2]) * is_even).sum(axis=1) / np.maximum(is_even.sum(axis=1), 40)
    middle = AROUND - 2
    usual = np.quantile(np.delete(steps, slice(middle - 3, middle + 4)), 0.9)
    return float(steps[middle - 1 : middle + 2].max() / max(usual, 0.25))


def assert_no_seam(page: Page) -> None:
    jumps = [jump(shown(page, seam)) for seam in range(SLICE_ROWS, SLICES * SLICE_ROWS, SLICE_ROWS)]
    assert max(jumps) < STANDS_OUT, jumps


def test_slices_that_are_there_at_once_are_coloured_as_one(reader: Reader, habits: Habits) -> None:
    page = reader.open(f"{habits.origin}/strip")
    page.wait_for_load_state("load")
    popup = reader.colorize(page)
    expect(popup.get_by_text(f"{SLICES} pages coloured")).to_be_visible(timeout=90_000)
    for image in images(page).all():
        until(lambda image=image: colourfulness(image) > COLOURED, lambda image=image: colourfulness(image))
    assert_no_seam(page)
    assert len(reader.pages_of(page)) < SLICES


def test_slices_that_come_while_one_scrolls_fade_into_each_other(reader: Reader, habits: Habits) -> None:
    page = reader.open(f"{habits.origin}/strip-lazy")
    page.wait_for_load_state("load")
    popup = reader.colorize(page)
    expect(popup.get_by_text("pages coloured")).to_be_visible(timeout=90_000)
    for number, image in enumerate(images(page).all()):
        image.scroll_into_view_if_needed()
        until(lambda image=image: colourfulness(image) > COLOURED, lambda number=number: (number, reader.run_of(page)))
    expect(popup.get_by_text(f"{SLICES} pages coloured")).to_be_visible(timeout=90_000)
    assert_no_seam(page)
