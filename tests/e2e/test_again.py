"""What comes again: a second click, the extension itself after an update, pages that a reader turns back to."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, Page, expect

from tests.e2e.habits import PAGES, Habits
from tests.e2e.reading import POPUP, Reader, colourfulness, images, reading_in, until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

COLOURED = 8.0
COUNT_DECODES = """async (tabId) => chrome.scripting.executeScript({target: {tabId}, func: () => {
  const make = createImageBitmap; globalThis.decodes = 0;
  globalThis.createImageBitmap = (from, ...more) => { decodes += from instanceof Blob; return make(from, ...more) };
}})"""
DECODES = """async (tabId) =>
  (await chrome.scripting.executeScript({target: {tabId}, func: () => globalThis.decodes}))[0].result"""


@pytest.fixture
def reader(shared_reader: Reader) -> Reader:
    return shared_reader


def assert_coloured(page: Page) -> None:
    for image in images(page).all():
        until(lambda image=image: colourfulness(image) > COLOURED, lambda image=image: colourfulness(image))


def test_button_clicked_twice_starts_one_run_that_colours_every_page_once(reader: Reader, habits: Habits) -> None:
    page = reader.open(f"{habits.origin}/small")
    page.wait_for_load_state("load")
    popup = reader.popup(page)
    expect(popup.get_by_role("button", name="Colorize chapter")).to_be_enabled(timeout=60_000)
    tab_id = reader.tab_id(page)
    twice = """async (tabId) => Promise.all([1, 2].map(() => chrome.runtime.sendMessage(
      {door: 'worker', kind: 'chapter.start', params: {tabId, choice: {series: 'Rain Town', engine: null}}})))"""
    answers = popup.evaluate(twice, tab_id)
    assert [answer["ok"] for answer in answers] == [True, True]
    page.bring_to_front()
    assert len(reader.wait_until_done(page, len(PAGES))) == len(PAGES)
    assert_coloured(page)
    page.wait_for_timeout(1500)
    assert len(reader.pages_of(page)) == len(PAGES)
    assert page.locator("main > [aria-hidden]").count() == len(PAGES)


def test_extension_that_is_reloaded_midway_goes_on_and_leaves_no_marks(
    extension: Path, tmp_path: Path, habits: Habits
) -> None:
    preferences = tmp_path / "profile" / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    preferences.write_text(json.dumps({"extensions": {"ui": {"developer_mode": True}}}))  # else a reload is its end
    with reading_in(extension, tmp_path) as reader:
        page = reader.open(f"{habits.origin}/own-once")
        page.wait_for_load_state("load")
        reader.colorize(page).close()
        page.bring_to_front()
        until(lambda: any(each["state"] == "done" for each in reader.pages_of(page)), lambda: reader.run_of(page))
        first = reader.run_of(page)["runId"]
        reader.worker.evaluate("() => { setTimeout(() => chrome.runtime.reload(), 50) }")
        page.wait_for_timeout(1500)
        popup = opened(reader)
        page.bring_to_front()

        def states() -> list[str]:
            stored = popup.evaluate("async () => chrome.storage.session.get(null)")
            runs = [run for key, run in stored.items() if key.startswith("run:") and run["runId"] != first]
            return [each["state"] for run in runs for each in run["pages"].values()]

        until(lambda: states() == ["done"] * len(PAGES), states)
        assert_coloured(page)
        assert page.locator("main > [aria-hidden]").count() == len(PAGES)
        assert page.locator("html > :not(head, body)").count() <= 1  # what holds the signs of the living script


def opened(reader: Reader) -> Page:
    """Open a document of the extension as soon as it is there again; playwright does not see its new worker."""
    page = reader.context.new_page()

    def is_there() -> bool:
        with suppress(Error):
            page.goto(f"{POPUP}?tabId=0")
            return True
        return False

    until(is_there, patience_s=30)
    return page


def test_coloured_picture_is_decoded_once(reader: Reader, habits: Habits) -> None:
    page = reader.open(f"{habits.origin}/own-once")
    page.wait_for_load_state("load")
    tab_id = reader.tab_id(page)
    reader.worker.evaluate(COUNT_DECODES, tab_id)
    reader.colorize(page).close()
    page.bring_to_front()
    reader.wait_until_done(page, len(PAGES))
    page.wait_for_timeout(1500)
    once = 2 * len(PAGES)  # each original and each coloured page; and the previews of the two that may be seen
    assert once <= reader.worker.evaluate(DECODES, tab_id) <= once + 2


def test_pages_made_anew_at_each_turn_are_counted_once_and_known_again(reader: Reader, habits: Habits) -> None:
    page = reader.open(f"{habits.origin}/turned")
    images(page).wait_for()
    popup = reader.colorize(page)
    page.bring_to_front()
    for key, shown in (("", 0), ("ArrowRight", 1), ("ArrowLeft", 0), ("ArrowRight", 1), ("ArrowLeft", 0)):
        if key:
            page.keyboard.press(key)
        page.locator(f'main img[data-page="{shown}"]').wait_for()
        until(lambda: colourfulness(images(page).first) > COLOURED, lambda: reader.run_of(page))
    reader.wait_until_done(page, 2)
    assert len(reader.pages_of(page)) == 2
    expect(popup.get_by_text("2 pages coloured")).to_be_visible()
