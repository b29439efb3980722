"""The palette of a series in the side panel: which pages come anew when a character is corrected once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.reading import POPUP, Reader, until
from tests.e2e.site import PLAIN, MangaSite

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

SERIES = "Rain Town of the palette"
RED = "#b03030"


@pytest.fixture
def reader(shared_reader: Reader) -> Reader:
    return shared_reader


def side_panel(reader: Reader, page: Page) -> Page:
    """Open the side panel's document about a tab."""
    panel = reader.open(POPUP.replace("popup.html", "sidepanel.html") + f"?tabId={reader.tab_id(page)}")
    expect(panel.get_by_role("heading", name="Palette")).to_be_visible()
    return panel


def keys(reader: Reader, page: Page) -> list[str]:
    return [one["resultKey"] for one in reader.pages_of(page)]


def test_a_corrected_character_comes_anew_on_its_pages_and_nothing_else_changes(
    reader: Reader, site: MangaSite, screenshots: Path | None
) -> None:
    page = reader.open(f"{site.origin}/chapter/plain")
    popup = reader.popup(page)
    series = popup.get_by_role("textbox", name="Series")
    expect(series).to_have_value("Rain Town")  # what the page is called comes first
    series.fill(SERIES)
    popup.get_by_role("button", name="Colorize chapter").click()
    reader.wait_until_done(page, len(PLAIN))
    popup.close()
    before = keys(reader, page)

    panel = side_panel(reader, page)
    somebody = panel.get_by_role("button", name="Add ")
    expect(somebody.first).to_be_visible(timeout=60_000)  # who is on a page is kept after it is told
    expect(panel.get_by_role("combobox", name="Series")).to_have_value(SERIES)
    shoot(panel, screenshots, "palette-nobody")
    somebody.first.click()
    card = panel.get_by_role("article")
    expect(card).to_have_count(1)
    card.get_by_label("Name", exact=True).fill("Aki")
    card.get_by_label("Name", exact=True).press("Enter")
    expect(panel.get_by_role("article", name="Aki")).to_be_visible()
    expect(panel.get_by_role("status")).to_have_text("0 pages come anew; the others stay as they are.")
    assert keys(reader, page) == before

    choose(panel, "Hair of Aki", RED)
    expect(panel.get_by_role("status")).to_have_text("1 page comes anew; the others stay as they are.")
    expect(card).to_contain_text("your choice")
    until(lambda: keys(reader, page) != before and is_done(reader, page), lambda: reader.pages_of(page), patience_s=120)
    changed = [old != new for old, new in zip(before, keys(reader, page), strict=True)]
    assert sum(changed) == 1
    shoot(panel, screenshots, "palette-aki")

    panel.get_by_role("button", name="Undo", exact=True).click()
    until(lambda: keys(reader, page) == before, lambda: reader.pages_of(page), patience_s=120)

    options = reader.open(POPUP.replace("popup.html", "options.html"))
    row = options.get_by_role("article", name=SERIES)
    expect(row).to_contain_text("1 chapter · compact")
    if screenshots is not None:
        options.screenshot(path=screenshots / "history.png", full_page=True)
    row.get_by_role("button", name="Forget").click()
    expect(row).to_have_count(0)


def is_done(reader: Reader, page: Page) -> bool:
    return all(one["state"] == "done" for one in reader.pages_of(page))


def choose(panel: Page, label: str, colour: str) -> None:
    """Choose a colour, as the browser's own picker does: no test can reach into that."""
    picked = "(input, hex) => { input.value = hex; input.dispatchEvent(new Event('change', {bubbles: true})) }"
    panel.get_by_label(label, exact=True).evaluate(picked, colour)


def shoot(panel: Page, folder: Path | None, name: str) -> None:
    """Keep pictures of the panel: light and dark, and as large as 200 % zoom makes it."""
    if folder is None:
        return
    for scheme, width in (("light", 380), ("dark", 380), ("light", 190)):
        size: Any = {"width": width, "height": 900}
        panel.set_viewport_size(size)
        panel.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        panel.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=True)
        assert panel.evaluate("() => document.documentElement.scrollWidth") <= width
