"""What the popup finds and says, with many references, on pages without pictures, in frames, and by keyboard."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from host.messaging.client import HostClient
from tests.e2e.panel import Panel, is_pointing
from tests.e2e.reading import POPUP, Reader, colourfulness, images, reading_in, until
from tests.e2e.site import PLAIN, MangaSite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser

REFERENCES = 30
COLOURED = 8.0
GREY = 1.0
FOCUSED = "() => document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"


@pytest.fixture(scope="module")
def reader(extension: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Start one browser whose library holds many references."""
    folder = tmp_path_factory.mktemp("popup")
    fill_library(folder / "home", REFERENCES)
    with reading_in(extension, folder) as reader:
        yield reader


def fill_library(home: Path, count: int) -> None:
    with HostClient.spawn(home=home) as host:
        host.hello()
        for number in range(count):
            encoded = io.BytesIO()
            Image.new("RGB", (90, 120), (number * 8 % 256, 80, 255 - number % 200)).save(encoded, "PNG")
            name = f"Reference {number} of a series with a long name"
            host.call("reference.add", {"image": encoded.getvalue(), "name": name, "series": ""})


def focused_after(popup: Page, key: str) -> str:
    popup.keyboard.press(key)
    name: str = popup.evaluate(FOCUSED)
    return name


def test_row_of_many_references_is_one_tab_stop_and_no_wider(reader: Reader, site: MangaSite) -> None:
    popup = reader.popup(reader.open(f"{site.origin}/chapter/plain"))
    tiles = popup.get_by_role("button", name="Use Reference")
    expect(tiles).to_have_count(REFERENCES)
    expect(tiles.first.locator("img")).to_have_attribute("src", re.compile("^data:image/"))
    assert popup.locator(".tile img[src]").count() < REFERENCES  # out of view none is asked for, nor decoded
    expect(tiles.last.locator("img[src]")).to_have_count(0)
    assert popup.evaluate("() => document.documentElement.scrollWidth") == 360
    button = popup.get_by_role("button", name="Colorize chapter").bounding_box()
    assert button is not None
    assert button["y"] + button["height"] < 600

    popup.bring_to_front()
    stops: list[str] = []
    while "Colorize chapter" not in stops and len(stops) < 20:
        stops.append(focused_after(popup, "Tab"))
    assert stops[:4] == ["Palette", "Options", "No reference: neutral colours", "Choose on the page"]
    assert len(stops) <= 10

    popup.get_by_role("button", name="No reference").focus()
    first = focused_after(popup, "ArrowRight"), focused_after(popup, "ArrowRight")
    assert first[0] == "Upload a reference"
    assert first[1].startswith("Use Reference")
    last = focused_after(popup, "End")
    assert last.startswith("Use Reference")
    expect(tiles.last.locator("img")).to_have_attribute("src", re.compile("^data:image/"))
    popup.keyboard.press("Delete")
    expect(tiles).to_have_count(REFERENCES - 1)
    until(lambda: popup.evaluate(FOCUSED) not in {last, ""}, lambda: popup.evaluate(FOCUSED))
    assert focused_after(popup, "Home").startswith("No reference")
    popup.close()


@pytest.mark.parametrize(("path", "pages"), [("framed", 3), ("framed-elsewhere", 3), ("background", 1)])
def test_pages_in_frames_and_backgrounds_are_counted_and_coloured(
    reader: Reader, site: MangaSite, path: str, pages: int
) -> None:
    page = reader.open(f"{site.origin}/chapter/{path}")
    page.wait_for_load_state("networkidle")
    popup = reader.popup(page)
    expect(popup.get_by_text(f"{pages} page{'s' if pages > 1 else ''} found here")).to_be_visible()
    popup.get_by_role("button", name="Colorize chapter").click()
    reader.wait_until_done(page, pages)
    page.close()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("canvas", "draws its pages on a canvas"),
        ("series", "No picture here is shown like a page"),
    ],
)
def test_popup_says_why_there_is_no_page(reader: Reader, site: MangaSite, path: str, words: str) -> None:
    popup = reader.popup(reader.open(f"{site.origin}/chapter/{path}"))
    expect(popup.get_by_text(words)).to_be_visible()


def test_popup_on_a_page_of_the_browser(reader: Reader) -> None:
    reader.open("chrome://version/").bring_to_front()
    find = "async () => (await chrome.tabs.query({active: true, lastFocusedWindow: true}))[0].id"
    popup = reader.open(f"{POPUP}?tabId={reader.worker.evaluate(find)}")
    expect(popup.get_by_role("alert")).to_contain_text("belongs to the browser itself")
    expect(popup.get_by_role("button", name="Colorize chapter")).to_be_disabled()
    expect(popup.get_by_role("region", name="One picture")).to_have_count(0)
    for name in ("Palette", "Options"):  # are in reach wherever the reader is
        expect(popup.get_by_role("button", name=name)).to_be_enabled()


def test_reference_is_chosen_on_a_page_that_blocks_the_right_click(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/blocked")
    page.wait_for_load_state("load")

    def chosen() -> str | None:
        found: str | None = (reader.stored("choices", "local") or {}).get("referenceId")
        return found

    for act in (lambda: page.mouse.click(500, 300), lambda: page.keyboard.press("Enter")):
        before = chosen()
        popup = reader.popup(page)
        with popup.expect_event("close"):
            popup.get_by_role("button", name="Choose on the page").click()
        until(lambda: is_pointing(page))
        act()
        until(lambda: not is_pointing(page))
        until(lambda before=before: chosen() not in {None, before}, chosen)
        page.evaluate("() => document.querySelector('main img').remove()")  # the next is another picture
    assert page.evaluate("() => window.clicks") == 0
    page.close()


def test_one_picture_is_coloured_and_corrected_without_a_right_click(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/blocked")
    page.wait_for_load_state("load")

    def point(item: str) -> None:
        popup = reader.popup(page)
        with popup.expect_event("close"):
            popup.get_by_role("button", name=item).click()
        until(lambda: is_pointing(page))
        page.mouse.click(500, 300)
        until(lambda: not is_pointing(page))

    point("Colour one picture")
    reader.wait_until_done(page, 1)
    first, second = images(page).nth(0), images(page).nth(1)
    until(lambda: colourfulness(first) > COLOURED, lambda: colourfulness(first))
    assert colourfulness(second) < GREY
    page.evaluate("scrollTo(0, 0)")
    point("Correct a colour")
    until(lambda: Panel(page).parts() != [])
    assert page.evaluate("() => window.clicks") == 0
    page.close()


def test_a_chapter_is_saved_as_a_file_from_the_popup_and_from_the_menu(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/plain")
    popup = reader.popup(page)
    save = popup.get_by_role("button", name="Save chapter")
    expect(save).to_have_count(0)
    popup.get_by_role("button", name="Colorize chapter").click()
    reader.wait_until_done(page, len(PLAIN))
    popup.bring_to_front()
    save.click()
    expect(popup.get_by_text("Saved 3 pages in colour to")).to_be_visible(timeout=60_000)
    path = reader.run_of(page)["saved"]["path"]
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["001.png", "002.png", "003.png", "ComicInfo.xml"]
        with Image.open(io.BytesIO(archive.read("001.png"))) as picture:
            assert picture.mode == "RGB"

    popup.get_by_label("File format").select_option("pdf")
    until(lambda: (reader.stored("choices", "local") or {}).get("saveAs") == "pdf")
    reader.choose_from_menu("save-chapter", page, "")
    until(lambda: reader.run_of(page)["saved"]["path"].endswith(".pdf"), lambda: reader.run_of(page)["saved"])
    popup.close()
    page.close()


def test_pointing_ends_with_escape(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/blocked")
    popup = reader.popup(page)
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Colour one picture").click()
    until(lambda: is_pointing(page))
    page.keyboard.press("Escape")
    until(lambda: not is_pointing(page))
    assert reader.run_of(page) == {}
