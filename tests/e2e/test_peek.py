"""The original beside the colours: for a moment, by a slider, of one page; and pages that the reader names by hand."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.reading import POPUP, Reader, colourfulness, images, until
from tests.e2e.site import PLAIN, MangaSite

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

GREY = 1.0
COLOURED = 8.0
OPTIONS = POPUP.replace("popup.html", "options.html")
HEARD = """() => { globalThis.heard = [];
  for (const kind of ['keydown', 'click']) addEventListener(kind, () => heard.push(kind)) }"""

COPIED = """async () => {
  for (const item of await navigator.clipboard.read())
    if (item.types.includes('image/png')) {
      const { width, height } = await createImageBitmap(await item.getType('image/png'));
      return [width, height];
    }
  return null;
}"""


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


def halves(image: Locator) -> tuple[float, float]:
    """Return how colourful the left and the right half of an element are, without what lies on the line."""
    shot = np.asarray(Image.open(io.BytesIO(image.screenshot())).convert("RGB"), np.int16)
    spread = shot.max(axis=2) - shot.min(axis=2)
    middle = spread.shape[1] // 2
    return float(spread[:, : middle - 40].mean()), float(spread[:, middle + 40 :].mean())


def choose(reader: Reader, page: Page, item: str, image: Locator) -> None:
    """Choose from the menu of a picture, where the mouse is on it."""
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    assert box
    page.mouse.click(box["x"] + 90, max(box["y"], 0) + 90, button="right")
    reader.choose_from_menu(item, page, image.evaluate("(img) => img.currentSrc"))


def test_originals_are_peeked_at_compared_and_toggled(shared_reader: Reader, site: MangaSite) -> None:
    page = shared_reader.open(f"{site.origin}/chapter/plain")
    shared_reader.colorize(page).close()
    shared_reader.wait_until_done(page, len(PLAIN))
    page.bring_to_front()
    first, second = images(page).nth(0), images(page).nth(1)
    until(lambda: colourfulness(first) > COLOURED, lambda: colourfulness(first))
    page.evaluate(HEARD)

    page.keyboard.down("o")
    assert colourfulness(first) < GREY
    page.keyboard.up("o")
    assert colourfulness(first) > COLOURED
    page.mouse.move(500, 300)
    page.mouse.down()
    page.wait_for_timeout(500)
    assert colourfulness(first) < GREY
    page.mouse.up()
    assert colourfulness(first) > COLOURED
    assert page.evaluate("() => heard") == []  # the site turns no page

    choose(shared_reader, page, "compare-page", first)
    until(lambda: halves(first)[0] < GREY < COLOURED < halves(first)[1], lambda: halves(first))
    keep(page, "compare")
    page.keyboard.press("Home")
    until(lambda: min(halves(first)) > COLOURED, lambda: halves(first))
    page.keyboard.press("End")
    until(lambda: max(halves(first)) < GREY, lambda: halves(first))
    page.keyboard.press("Escape")
    until(lambda: min(halves(first)) > COLOURED, lambda: halves(first))

    choose(shared_reader, page, "show-original", first)
    until(lambda: colourfulness(first) < GREY, lambda: colourfulness(first))
    assert colourfulness(second) > COLOURED
    choose(shared_reader, page, "show-original", first)
    until(lambda: colourfulness(first) > COLOURED, lambda: colourfulness(first))

    size = tuple(first.evaluate("(img) => [img.naturalWidth, img.naturalHeight]"))
    with page.expect_download() as saved:
        choose(shared_reader, page, "save-page", first)
    assert saved.value.suggested_filename == "Rain Town, Chapter 3 001.png"
    with Image.open(saved.value.path()) as picture:
        assert picture.size == size
        assert np.ptp(np.asarray(picture.convert("RGB"), np.int16), axis=2).mean() > COLOURED
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.origin)
    choose(shared_reader, page, "copy-page", first)
    until(lambda: page.evaluate(COPIED) == list(size), lambda: page.evaluate(COPIED))


def test_pictures_that_the_reader_names_are_remembered_and_listed(shared_reader: Reader, site: MangaSite) -> None:
    page = shared_reader.open(f"{site.origin}/chapter/plain")
    shared_reader.colorize(page).close()
    shared_reader.wait_until_done(page, len(PLAIN))
    page.bring_to_front()
    second = images(page).nth(1)
    until(lambda: colourfulness(second) > COLOURED, lambda: colourfulness(second))
    choose(shared_reader, page, "leave-out", second)
    until(lambda: colourfulness(second) < GREY, lambda: colourfulness(second))
    until(lambda: len(shared_reader.pages_of(page)) == len(PLAIN) - 1, lambda: shared_reader.pages_of(page))
    assert colourfulness(images(page).first) > COLOURED

    page.reload()
    popup = shared_reader.popup(page)
    expect(popup.get_by_text(f"{len(PLAIN) - 1} pages found")).to_be_visible()
    popup.get_by_role("button", name="Colorize chapter").click()
    shared_reader.wait_until_done(page, len(PLAIN) - 1)
    assert colourfulness(second) < GREY

    options = shared_reader.context.new_page()
    options.goto(OPTIONS)
    site_row = options.get_by_role("article", name="127.0.0.1")
    patterns = site_row.get_by_label("Pattern of pictures on 127.0.0.1")
    expect(patterns.first).to_have_value(f"{site.origin}/pages/{PLAIN[1]}")
    options.set_viewport_size({"width": 900, "height": 1000})
    keep(options, "options")
    patterns.first.fill("main > img:nth-of-type(3)")
    patterns.first.press("Enter")
    page.bring_to_front()
    until(lambda: colourfulness(second) > COLOURED, lambda: colourfulness(second))
    until(lambda: colourfulness(images(page).nth(2)) < GREY, lambda: colourfulness(images(page).nth(2)))
    options.get_by_role("button", name="Forget the pattern").click()
    until(lambda: colourfulness(images(page).nth(2)) > COLOURED, lambda: colourfulness(images(page).nth(2)))
