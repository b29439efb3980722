"""The main job: a reader sets a style reference, colours a chapter, comes back, changes their mind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.reading import (
    Reader,
    assert_balloons_unchanged,
    boxes,
    colourfulness,
    images,
    shown_picture,
    until,
)
from tests.e2e.site import MANY, PLAIN, MangaSite

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

GREY = 1.0  # a grey page's mean spread of channels on screen is 0; compression and scaling add nothing
COLOURED = 8.0


@pytest.fixture
def reader(shared_reader: Reader) -> Reader:
    return shared_reader


def states(reader: Reader, page: Page) -> list[str]:
    return [each["state"] for each in reader.pages_of(page)]


def test_reader_sets_a_reference_and_colours_a_chapter(reader: Reader, site: MangaSite, pages_folder: Path) -> None:
    gallery = reader.open(f"{site.origin}/gallery")
    reader.choose_from_menu("set-style-reference", gallery, f"{site.origin}/pages/reference-warm.webp")
    until(lambda: bool((reader.stored("choices", "local") or {}).get("referenceId")))

    page = reader.open(f"{site.origin}/chapter/plain")
    before = boxes(page)
    markup = page.locator("main").inner_html()
    assert max(colourfulness(image) for image in images(page).all()) < GREY

    popup = reader.popup(page)
    expect(popup.get_by_role("button", name="Use Rain Town, Chapter 3")).to_have_attribute("aria-pressed", "true")
    popup.get_by_role("button", name="Colorize chapter").click()
    reader.wait_until_done(page, len(PLAIN))
    expect(popup.get_by_text("3 pages coloured")).to_be_visible()

    for image in images(page).all():
        until(lambda image=image: colourfulness(image) > COLOURED, lambda image=image: colourfulness(image))
    assert boxes(page) == before
    assert colourfulness(page.locator("header img")) < GREY
    assert_balloons_unchanged(shown_picture(images(page).nth(0)), pages_folder / "panels-en.webp")

    popup.get_by_role("button", name="Show original").click()
    until(lambda: page.locator("main").inner_html() == markup, lambda: page.locator("main").inner_html())
    until(lambda: colourfulness(images(page).nth(1)) < GREY)
    popup.get_by_role("button", name="Show original").click()
    until(lambda: colourfulness(images(page).nth(1)) > COLOURED)

    page.reload()
    until(lambda: reader.run_of(page) == {}, lambda: reader.run_of(page))
    popup.reload()
    popup.get_by_role("button", name="Colorize chapter").click()
    assert all(each["cached"] for each in reader.wait_until_done(page, len(PLAIN)))
    for image in images(page).all():
        until(lambda image=image: colourfulness(image) > COLOURED, lambda image=image: colourfulness(image))


def test_cancel_keeps_what_is_coloured_and_leaves_the_rest(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/long")
    popup = reader.colorize(page)
    popup.bring_to_front()
    until(lambda: "done" in states(reader, page) and len(states(reader, page)) == len(MANY))
    popup.get_by_role("button", name="Cancel").click()
    until(lambda: reader.run_of(page)["name"] == "cancelled")
    assert "cancelled" in states(reader, page)
    expect(popup.get_by_role("button", name="Colorize chapter")).to_be_enabled()

    page.bring_to_front()
    done = [each["index"] for each in reader.pages_of(page) if each["state"] == "done"]
    page.wait_for_timeout(1500)
    coloured = [at for at, image in enumerate(images(page).all()) if colourfulness(image) > COLOURED]
    assert coloured == done
    assert 0 < len(coloured) < len(MANY)


def test_one_page_from_the_context_menu(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/plain")
    reader.choose_from_menu("colorize-page", page, f"{site.origin}/pages/{PLAIN[1]}")
    reader.wait_until_done(page, 1)
    until(lambda: colourfulness(images(page).nth(1)) > COLOURED)
    assert colourfulness(images(page).nth(0)) < GREY
    assert colourfulness(images(page).nth(2)) < GREY
