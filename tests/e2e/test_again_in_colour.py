"""Colours that change without going grey: another reference, another strength, the original and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.reading import Reader, colourfulness, images, reading_in, until
from tests.e2e.site import PLAIN, MangaSite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

GREY = 1.0
COLOURED = 8.0
HALF = (0.42, 0.58)
# How much colour there is in what the window shows, for as long as it is watched: the least and the last.
SLIDE = """(slider, percent) => { slider.value = percent; slider.dispatchEvent(new Event('input', {bubbles: true})) }"""


@pytest.fixture(scope="module")
def reader(extension: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with reading_in(extension, tmp_path_factory.mktemp("recolour")) as reader:
        yield reader


def coloured(reader: Reader, site: MangaSite) -> tuple[Page, Page]:
    page = reader.open(f"{site.origin}/chapter/plain")
    popup = reader.colorize(page)
    reader.wait_until_done(page, len(PLAIN))
    first = images(page).first
    until(lambda: colourfulness(first) > COLOURED, lambda: colourfulness(first))
    return page, popup


def slide(popup: Page, percent: int) -> None:
    popup.get_by_label("Strength", exact=False).first.evaluate(SLIDE, percent)


def habit(reader: Reader) -> dict[str, Any]:
    found: dict[str, Any] = reader.stored("site:http://127.0.0.1", "local") or {"series": {}}
    return found


def test_strength_is_mixed_in_the_page_at_once_and_remembered_for_the_series(reader: Reader, site: MangaSite) -> None:
    page, popup = coloured(reader, site)
    first = images(page).first
    run, full = reader.run_of(page)["runId"], colourfulness(first)
    asked = sum(site.asked.values())
    slide(popup, 50)
    until(lambda: HALF[0] < colourfulness(first) / full < HALF[1], lambda: colourfulness(first) / full)
    slide(popup, 0)
    until(lambda: colourfulness(first) < GREY, lambda: colourfulness(first))
    slide(popup, 100)
    until(lambda: colourfulness(first) > 0.98 * full, lambda: colourfulness(first) / full)
    assert reader.run_of(page)["runId"] == run
    assert sum(site.asked.values()) == asked

    slide(popup, 50)
    until(lambda: [each["strength"] for each in habit(reader)["series"].values()] == [0.5], lambda: habit(reader))
    popup.close()
    page.reload()
    popup = reader.colorize(page)
    reader.wait_until_done(page, len(PLAIN))
    until(lambda: HALF[0] < colourfulness(first) / full < HALF[1], lambda: colourfulness(first) / full)
    assert popup.get_by_label("Strength", exact=False).first.input_value() == "50"
    slide(popup, 100)
    until(lambda: [each["strength"] for each in habit(reader)["series"].values()] == [1], lambda: habit(reader))
    popup.close()
    page.close()


def test_original_and_back_are_shown_without_drawing_anew(reader: Reader, site: MangaSite) -> None:
    page, popup = coloured(reader, site)
    first, toggle = images(page).first, popup.get_by_role("button", name="Show original")
    markup = page.locator("main").inner_html
    with_colour = markup()
    toggle.click()
    until(lambda: colourfulness(first) < GREY, lambda: colourfulness(first))
    assert "aria-hidden" in with_colour
    assert "aria-hidden" not in markup()
    decoded = reader.worker.evaluate(
        """async (tabId) => (await chrome.scripting.executeScript({target: {tabId}, func: () => {
          globalThis.decodes = 0; const make = createImageBitmap;
          globalThis.createImageBitmap = (...all) => { decodes += 1; return make(...all) } }})).length""",
        reader.tab_id(page),
    )
    assert decoded == 1
    toggle.click()
    until(lambda: colourfulness(first) > COLOURED, lambda: colourfulness(first))
    count = """async (tabId) =>
      (await chrome.scripting.executeScript({target: {tabId}, func: () => globalThis.decodes}))[0].result"""
    counted = reader.worker.evaluate(count, reader.tab_id(page))
    assert counted == 0
    popup.close()
    page.close()


def test_another_reference_keeps_the_old_colour_until_the_new_is_there(reader: Reader, site: MangaSite) -> None:
    gallery = reader.open(f"{site.origin}/gallery")
    page, popup = coloured(reader, site)
    reader.choose_from_menu("set-style-reference", gallery, f"{site.origin}/pages/reference-warm.webp")
    until(lambda: bool((reader.stored("choices", "local") or {}).get("referenceId")))
    gallery.close()
    page.evaluate("scrollTo(0, 0)")
    page.bring_to_front()
    before, run = colourfulness(images(page).first), reader.run_of(page)["runId"]
    popup.get_by_role("button", name="Colorize chapter").click()
    seen = [colourfulness(images(page).first)]
    while reader.run_of(page).get("runId") in {run, None} or len(done(reader, page)) < len(PLAIN):
        seen.append(colourfulness(images(page).first))
    until(lambda: abs(colourfulness(images(page).first) - before) > 0.5, lambda: seen)
    assert min(seen) > 0.6 * before, seen
    popup.close()
    page.close()


def done(reader: Reader, page: Page) -> list[str]:
    return [each["pageId"] for each in reader.pages_of(page) if each["state"] == "done"]
