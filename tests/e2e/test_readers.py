"""Readers of many forms: what they show is found, turns to colour, and stays in colour whatever the site does."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e import readers
from tests.e2e.reading import Reader, colourfulness, images, until
from tests.e2e.site import MangaSite, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser

COLOURED = 8.0
GREY = 1.0
WAIT_MS = 40_000  # of a busy machine


@pytest.fixture(scope="module")
def site(pages_folder: Path) -> Iterator[MangaSite]:
    with serve(pages_folder) as site:
        readers.open_readers(site)
        yield site


@pytest.fixture
def reader(shared_reader: Reader) -> Reader:
    return shared_reader


def coloured(reader: Reader, site: MangaSite, form: readers.Form) -> Page:
    """Open a reader and colour its chapter."""
    page = reader.open(site.origin + form.path)
    page.wait_for_load_state("load")
    reader.colorize(page).close()
    page.bring_to_front()
    assert len(reader.wait_until_done(page, form.pages)) == form.pages
    return page


def window_s_colour(page: Page) -> float:
    """Return how far from grey the middle of the window is; nothing scrolls for it."""
    width, height = 500, 700
    shot = page.screenshot(clip={"x": 250, "y": 50, "width": width, "height": height})
    pixels = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), dtype=np.int16)
    return float((pixels.max(axis=2) - pixels.min(axis=2)).mean())


def assert_in_colour(shown: Locator) -> None:
    until(lambda: colourfulness(shown) > COLOURED, lambda: colourfulness(shown))


@pytest.mark.parametrize("form", readers.COLOURED, ids=lambda form: form.name)
def test_reader_turns_to_colour(reader: Reader, site: MangaSite, form: readers.Form) -> None:
    page = coloured(reader, site, form)
    for image in images(page).all():
        assert_in_colour(image)
    page.close()


@pytest.mark.parametrize("form", readers.FOUND, ids=lambda form: form.name)
def test_only_the_pages_of_the_chapter_are_found(reader: Reader, site: MangaSite, form: readers.Form) -> None:
    page = reader.open(site.origin + form.path)
    page.wait_for_load_state("load")
    popup = reader.popup(page)
    words = f"{form.pages} page{'s' * (form.pages > 1)} found here"
    expect(popup.get_by_text(words)).to_be_visible(timeout=WAIT_MS)
    popup.close()
    page.close()


def test_pages_that_wait_unseen_are_in_colour_when_they_are_turned_to(reader: Reader, site: MangaSite) -> None:
    page = coloured(reader, site, readers.PAGED)
    assert_in_colour(page.locator(".on img"))
    for _ in range(readers.PAGED.pages - 1):
        page.keyboard.press("ArrowRight")
        assert_in_colour(page.locator(".on img"))
    assert len(reader.pages_of(page)) == readers.PAGED.pages
    page.close()


def test_pages_made_anew_at_every_scroll_stay_in_colour_and_are_asked_for_no_more(
    reader: Reader, site: MangaSite
) -> None:
    page = coloured(reader, site, readers.RENDERED)
    until(lambda: window_s_colour(page) > COLOURED, lambda: window_s_colour(page))
    before, asked = page.evaluate("renders"), sum(site.asked.values())
    for top in range(100, 900, 100):
        page.evaluate("(top) => scrollTo(0, top)", top)
        page.wait_for_timeout(150)
    assert page.evaluate("renders") - before >= 4
    until(lambda: window_s_colour(page) > COLOURED, lambda: window_s_colour(page))
    assert len(reader.pages_of(page)) == readers.RENDERED.pages
    assert sum(site.asked.values()) == asked
    assert page.locator("main > [aria-hidden]").count() == readers.RENDERED.pages  # nothing is left of the thrown away
    page.close()


def test_the_next_document_is_another_page(reader: Reader, site: MangaSite) -> None:
    page = coloured(reader, site, readers.ONE_EACH)
    assert_in_colour(images(page).first)
    page.get_by_text("next").click()
    page.wait_for_load_state("load")
    until(lambda: reader.run_of(page) == {}, lambda: reader.run_of(page))
    assert colourfulness(images(page).first) < GREY
    expect(reader.popup(page).get_by_text("1 page found here")).to_be_visible(timeout=WAIT_MS)
    page.close()
