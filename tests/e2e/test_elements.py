"""A written list of elements taken in by the side panel, with its pictures; and what it says where that cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.reading import POPUP, Reader
from tests.e2e.shots import shoot
from tests.e2e.site import PLAIN, MangaSite
from tests.e2e.test_axe import assert_accessible

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PAGES = Path(__file__).parents[1] / "pages"
HERO = {"name": "Aki", "trigger": "@Hero", "description": "a red coat", "pictures": ["faces/reference-warm.webp"]}
TOWN = {"name": "Neon City", "kind": "place"}


@pytest.fixture
def reader(shared_reader: Reader) -> Reader:
    return shared_reader


@pytest.fixture
def panel(reader: Reader, site: MangaSite) -> Page:
    """The side panel about a chapter whose series is known."""
    page = reader.open(f"{site.origin}/chapter/plain")
    popup = reader.popup(page)
    popup.get_by_role("textbox", name="Series").fill("Rain Town of lists")
    popup.get_by_role("button", name="Colorize chapter").click()
    reader.wait_until_done(page, len(PLAIN))
    popup.close()
    return reader.open(POPUP.replace("popup.html", "sidepanel.html") + f"?tabId={reader.tab_id(page)}")


def test_a_list_is_taken_in_with_its_pictures_and_taken_back(
    panel: Page, tmp_path: Path, screenshots: Path | None
) -> None:
    elements = panel.get_by_role("region", name="Elements")
    button, chosen = elements.get_by_role("button", name="Take in from a file…"), elements.locator("input[type=file]")
    alert, cards = panel.get_by_role("main").get_by_role("alert"), elements.get_by_role("article")
    expect(button).to_be_enabled()
    listed, broken = tmp_path / "elements.json", tmp_path / "broken.json"
    listed.write_text(json.dumps({"elements": [HERO, TOWN]}))
    broken.write_text(json.dumps({"elements": [HERO | {"trigger": "Hero"}]}))
    picture = PAGES / "reference-warm.webp"
    for files, words in (
        ([picture], "Choose one list of elements"),
        ([listed, broken], "Choose one list of elements"),
        ([broken, picture], "no valid list of elements (at elements[0].trigger)"),
        ([listed], "pictures that were not chosen: faces/reference-warm.webp"),
    ):
        chosen.set_input_files(files)
        expect(alert).to_contain_text(words)
        expect(cards).to_have_count(0)
    assert_accessible(panel)
    shoot(panel, screenshots, "elements-refused", width=380)

    with panel.expect_file_chooser() as waiting:
        button.click()
    assert waiting.value.is_multiple()
    waiting.value.set_files([listed, picture])
    expect(cards).to_have_count(2)
    expect(alert).to_have_count(0)
    aki = elements.get_by_role("article", name="Aki")
    expect(aki.get_by_label("Word in wishes")).to_have_value("@Hero")
    expect(aki).to_contain_text("Pictures that show it: 1")
    expect(elements.get_by_role("article", name="Neon City").get_by_label("What it is")).to_have_value("place")
    assert_accessible(panel)
    shoot(panel, screenshots, "elements-taken-in", width=380)
    panel.get_by_role("button", name="Undo", exact=True).click()
    expect(cards).to_have_count(0)
    panel.close()
