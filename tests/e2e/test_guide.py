"""What the guide shows: two references, a chapter on its way and done. `make screenshots` keeps the pictures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.reading import POPUP, Reader, colourfulness, images, until
from tests.e2e.site import MANY, MangaSite

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

GAP_PX = 20
BETWEEN = (136, 136, 144)
POPUP_WIDTH, POPUP_HEIGHT_MAX = 360, 600  # what browsers give a popup
READING = {"width": 660, "height": 700}
SHOWN = (506, 537)
COLOURED = 8.0
PATIENCE_S = 300.0
AT_REST_MS = 800
OPTIONS = {"width": 860, "height": 900}
SERIES = {"name": "Rain Town", "mode": "always", "strength": 0.8}
RULE = {"isPage": False, "pattern": "https://manga.example/credits/*"}
HABITS = {
    "site:https://comics.example": {"mode": "ask", "series": {"=rain town": SERIES}},
    "site:https://manga.example": {"mode": "always", "series": {}, "pages": [RULE]},
}


def test_the_popup_fits_and_says_how_far_a_chapter_is(
    reader: Reader, site: MangaSite, screenshots: Path | None
) -> None:
    gallery = reader.open(f"{site.origin}/gallery")
    for name in ("reference-cold.webp", "reference-warm.webp"):
        before = chosen(reader)
        reader.choose_from_menu("set-style-reference", gallery, f"{site.origin}/pages/{name}")
        until(lambda before=before: chosen(reader) not in {None, before})

    page = reader.open(f"{site.origin}/chapter/long")
    page.set_viewport_size(READING)
    popup = reader.colorize(page)
    until(lambda: states(reader, page).count("done") >= 3, lambda: states(reader, page), patience_s=PATIENCE_S)
    popup.bring_to_front()
    under_way = shot(popup)
    page.bring_to_front()
    page.evaluate("scrollTo(0, 0)")
    until(lambda: colourfulness(images(page).nth(0)) > COLOURED)
    top = picture(page.screenshot())
    grey = next((at for at, state in enumerate(states(reader, page)) if state != "done"), len(MANY) - 1)
    page.evaluate(f"scrollTo(0, document.querySelectorAll('main img')[{grey}].offsetTop - 330)")
    below = picture(page.screenshot())

    until(lambda: states(reader, page) == ["done"] * len(MANY), lambda: states(reader, page), patience_s=PATIENCE_S)
    popup.bring_to_front()
    expect(popup.get_by_text(f"{len(MANY)} pages coloured")).to_be_visible()
    popup.emulate_media(color_scheme="dark")
    done = shot(popup)
    for each in (under_way, done):
        assert each.width == POPUP_WIDTH
        assert each.height <= POPUP_HEIGHT_MAX
    if screenshots is not None:
        side_by_side(under_way, done).save(screenshots / "popup.png")
        side_by_side(top.resize(SHOWN), below.resize(SHOWN)).save(screenshots / "reading.webp", quality=88, method=6)


def test_the_options_show_what_is_wished_of_each_site(shared_reader: Reader, screenshots: Path | None) -> None:
    shared_reader.worker.evaluate("(habits) => chrome.storage.local.set(habits)", HABITS)
    options = shared_reader.open(POPUP.replace("popup.html", "options.html"))
    options.set_viewport_size(OPTIONS)
    for name in ("comics.example", "manga.example", "Rain Town"):
        expect(options.get_by_text(name).first).to_be_visible()
    width: int = options.evaluate("() => document.documentElement.scrollWidth")
    assert width <= OPTIONS["width"]
    if screenshots is not None:
        options.wait_for_timeout(AT_REST_MS)
        picture(options.screenshot(full_page=True)).save(screenshots / "options.png")
    options.close()


def chosen(reader: Reader) -> str | None:
    found: str | None = (reader.stored("choices", "local") or {}).get("referenceId")
    return found


def states(reader: Reader, page: Page) -> list[str]:
    return [each["state"] for each in reader.pages_of(page)]


def shot(popup: Page) -> Image.Image:
    """Return the popup as tall as what it holds, as browsers make it, once its colours have come to rest."""
    popup.wait_for_timeout(AT_REST_MS)
    height: int = popup.evaluate("() => document.querySelector('main').scrollHeight")
    popup.set_viewport_size({"width": POPUP_WIDTH, "height": height})
    return picture(popup.screenshot())


def picture(encoded: bytes) -> Image.Image:
    return Image.open(io.BytesIO(encoded)).convert("RGB")


def side_by_side(left: Image.Image, right: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", (left.width + GAP_PX + right.width, max(left.height, right.height)), BETWEEN)
    sheet.paste(left, (0, 0))
    sheet.paste(right, (left.width + GAP_PX, 0))
    return sheet
