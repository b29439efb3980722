"""The palette of a series in the side panel: which pages come anew when a character is corrected once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.reading import POPUP, Reader, until
from tests.e2e.shots import shoot
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
    shoot(panel, screenshots, "palette-nobody", width=380)
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
    shoot(panel, screenshots, "palette-aki", width=380)

    places = panel.get_by_role("region", name="Places")
    places.get_by_role("button", name="Add a place").click()
    place = places.get_by_role("article")
    place.get_by_label("Name").fill("Harbour")
    place.get_by_label("Name").press("Enter")
    place.get_by_label("Mood there").fill("dusk")
    place.get_by_label("Mood there").press("Enter")
    place.get_by_label("Pages of this chapter").fill("1, 3-9")
    place.get_by_label("Pages of this chapter").press("Enter")
    expect(place.get_by_label("Pages of this chapter")).to_have_value("1, 3")
    expect(panel.get_by_role("status")).to_have_text("0 pages come anew; the others stay as they are.")
    shoot(panel, screenshots, "palette-place", width=380)
    place.get_by_role("button", name="Remove Harbour").click()
    expect(place).to_have_count(0)
    for _ in range(5):  # the place came, was named, had its mood and its pages, and went
        panel.get_by_role("button", name="Undo", exact=True).click()
        expect(panel.locator("main")).to_have_attribute("aria-busy", "false")
    expect(place).to_have_count(0)

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


NAMED = """() => { const one = document.activeElement;
  return one.getAttribute('aria-label') || one.labels?.[0]?.textContent.trim() || one.textContent.trim() }"""


def go_to(panel: Page, name: str) -> None:
    """Come to something by the tab key, wherever the focus is."""
    for _ in range(200):
        if str(panel.evaluate(NAMED)).startswith(name):
            return
        panel.keyboard.press("Tab")
    pytest.fail(f"The tab key does not come to {name!r}.")


def settled(panel: Page) -> None:
    expect(panel.locator("main")).to_have_attribute("aria-busy", "false")


def test_somebody_is_added_named_coloured_and_merged_by_keyboard_alone(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/plain")
    popup = reader.popup(page)
    expect(popup.get_by_role("textbox", name="Series")).to_have_value("Rain Town")
    popup.get_by_role("textbox", name="Series").fill(f"{SERIES} by keyboard")
    popup.get_by_role("button", name="Colorize chapter").click()
    reader.wait_until_done(page, len(PLAIN))
    popup.close()
    panel = side_panel(reader, page)
    expect(panel.get_by_role("button", name="Add ").nth(1)).to_be_visible(timeout=60_000)
    panel.bring_to_front()
    articles = panel.get_by_role("article")
    for number, name in enumerate(("Aki", "Bea"), 1):
        go_to(panel, "Add ")
        panel.keyboard.press("Enter")
        expect(articles).to_have_count(number)
        settled(panel)
        while panel.evaluate("() => document.activeElement.value !== '' || document.activeElement.maxLength !== 200"):
            panel.keyboard.press("Tab")
        panel.keyboard.type(name)
        panel.keyboard.press("Enter")
        expect(panel.get_by_role("article", name=name)).to_be_visible()
        settled(panel)
    go_to(panel, "Hair of Aki")
    before = panel.get_by_label("Hair of Aki", exact=True).input_value()
    for key in ("Enter", "ArrowUp", "ArrowUp", "Enter"):
        panel.keyboard.press(key)
    expect(panel.get_by_label("Hair of Aki", exact=True)).not_to_have_value(before)
    expect(panel.get_by_role("article", name="Aki")).to_contain_text("your choice")
    settled(panel)
    go_to(panel, "Somebody who is the same as Aki")
    panel.keyboard.press("ArrowDown")
    expect(articles).to_have_count(2)  # looking through a list does nothing yet
    go_to(panel, "Make Aki and Bea one")
    panel.keyboard.press("Enter")
    expect(articles).to_have_count(1)
    settled(panel)
    go_to(panel, "Undo")
    panel.keyboard.press("Enter")
    expect(articles).to_have_count(2)
