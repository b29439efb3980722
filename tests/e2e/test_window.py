"""The build that readers get, in a real window: sites are allowed when the browser asks, or they are not."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error

from tests.e2e.habits import PAGES as HABITS
from tests.e2e.habits import serve_habits
from tests.e2e.headed import MISSING, HeadedReader, reading_in_a_window
from tests.e2e.reading import colourfulness, images, until
from tests.e2e.site import PLAIN, MangaSite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.browser,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}: a window of its own and its mouse"),
]

COLOURED = 8.0
GREY = 1.0
COLOURING_S = 240.0  # of three pages, on a busy machine
FILE_ACCESS = """async ([extensionId, fileAccess]) => {
  await chrome.developerPrivate.updateProfileConfiguration({inDeveloperMode: true}); // else it is not loaded again
  await chrome.developerPrivate.updateExtensionConfiguration({extensionId, fileAccess}) }"""
A_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 600]>>endobj\ntrailer<</Root 1 0 R>>"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one home for all windows: what is not about colouring comes from the cache."""
    return tmp_path_factory.mktemp("window")


@pytest.fixture
def window(readers_build: Path, tmp_path: Path, home: Path) -> Iterator[HeadedReader]:
    with reading_in_a_window(readers_build, tmp_path / "profile", home) as reader:
        yield reader


def pages_of(window: HeadedReader, page: Page) -> list[dict[str, Any]]:
    run = window.stored(f"run:{window.tab_of(page)}") or {}
    return list(run.get("pages", {}).values())


def states(window: HeadedReader, page: Page) -> set[str]:
    return {each["state"] for each in pages_of(window, page)}


def assert_coloured(window: HeadedReader, page: Page, among: Page | Any = None) -> None:
    until(lambda: states(window, page) == {"done"}, lambda: pages_of(window, page), COLOURING_S)
    for image in images(among or page).all():
        until(lambda image=image: colourfulness(image) > COLOURED, lambda image=image: colourfulness(image))


def test_site_that_is_refused_stays_grey_and_is_asked_for_again(window: HeadedReader, site: MangaSite) -> None:
    page = window.open(f"{site.origin}/chapter/cdn")
    popup = window.open_popup(page, needs_host=False)
    popup.wait_for("Pictures come from 127.0.0.1 and localhost")
    popup.click_to_be_asked("Colorize chapter")
    window.answer(allow=False)
    until(lambda: states(window, page) == {"failed"}, lambda: pages_of(window, page))
    assert all("may not read pictures from localhost" in each["note"] for each in pages_of(window, page))
    until(lambda: window.badge(page) == "!", lambda: window.badge(page))
    popup = window.open_popup(page, needs_host=False)
    popup.wait_for("You have not allowed Irodori to read 127.0.0.1 and localhost")


def test_pictures_of_the_page_s_own_site_need_no_answer(window: HeadedReader, site: MangaSite) -> None:
    """The click on the button opens the tab; what the browser asks for beyond that may be refused."""
    page = window.open(f"{site.origin}/chapter/plain")
    popup = window.open_popup(page)
    popup.wait_for("3 pages found")
    popup.click_to_be_asked("Colorize chapter")
    window.answer(allow=False)
    assert_coloured(window, page)


def test_frame_of_another_site_is_asked_for_and_coloured(window: HeadedReader, site: MangaSite) -> None:
    page = window.open(f"{site.origin}/chapter/framed-elsewhere")
    popup = window.open_popup(page)
    popup.wait_for("in a frame of another site")
    popup.wait_for("127.0.0.1 and localhost")
    popup.click_to_be_asked("Colorize chapter")
    window.answer(allow=True)
    until(lambda: len(pages_of(window, page)) == len(PLAIN), lambda: pages_of(window, page))
    assert_coloured(window, page, page.frame_locator("iframe"))


def test_files_of_the_computer_are_coloured_once_the_browser_lets_us(
    window: HeadedReader, tmp_path: Path, pages_folder: Path
) -> None:
    folder = tmp_path / "comic"
    folder.mkdir()
    for name in PLAIN:
        shutil.copy(pages_folder / name, folder)
    pictures = "".join(f'<img src="{name}" style="display:block;width:600px">' for name in PLAIN)
    (folder / "index.html").write_text(f"<!doctype html><title>Local - Chapter 1</title><main>{pictures}</main>")

    switch(window, files=False)
    page = window.open((folder / "index.html").as_uri())
    popup = window.open_popup(page, needs_host=False)
    popup.wait_for("turn on “Allow access to file URLs”")
    popup.close()

    switch(window, files=True)
    page.reload()
    popup = window.open_popup(page)
    popup.wait_for("3 pages found here")
    popup.click("Colorize chapter")
    assert_coloured(window, page)


def test_another_picture_of_the_same_size_is_never_shown_as_the_page(window: HeadedReader, pages_folder: Path) -> None:
    """No script may read what the page shows of another site, and the reader has not let us take it from there."""
    with serve_habits(pages_folder) as habits:
        page = window.open(f"{habits.origin}/decoy")
        popup = window.open_popup(page)
        popup.wait_for("Pictures come from 127.0.0.1 and localhost")
        popup.click_to_be_asked("Colorize chapter")
        window.answer(allow=True)

        def notes() -> list[str]:
            return [each["note"] for each in pages_of(window, page)]

        def are_refused() -> bool:
            return len(notes()) == len(HABITS) and all("sent another picture than the one" in note for note in notes())

        until(are_refused, lambda: pages_of(window, page), COLOURING_S)
        assert any("let Irodori take them from the page" in note for note in notes())
        page.wait_for_timeout(1500)
        assert colourfulness(images(page).first) < GREY


def switch(window: HeadedReader, *, files: bool) -> None:
    """Use the switch “Allow access to file URLs” of the browser's extensions page."""
    page = window.context.new_page()
    page.goto("chrome://extensions/", wait_until="commit")
    page.wait_for_function("() => globalThis.chrome?.developerPrivate")
    page.evaluate(FILE_ACCESS, [window.extension_id, files])
    page.wait_for_timeout(1500)
    page.close()


def shown_address(page: Page) -> str:
    """Return the address of what a tab shows; empty while that changes."""
    with contextlib.suppress(Error):
        return str(page.evaluate("() => location.href"))
    return ""


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("chrome://version/", "belongs to the browser itself"),
        ("chrome-error", "belongs to the browser itself"),
        ("pdf", "This is a PDF"),
    ],
)
def test_what_no_extension_reads_is_said(window: HeadedReader, site: MangaSite, address: str, words: str) -> None:
    page = window.context.new_page()
    site.files["/book.pdf"] = A_PDF, "application/pdf"
    with contextlib.suppress(Error):  # where nobody answers
        page.goto({"chrome-error": "http://127.0.0.1:9/", "pdf": f"{site.origin}/book.pdf"}.get(address, address))
    if address == "chrome-error":  # until it is there, the button's leave is for the page before
        until(lambda: shown_address(page).startswith("chrome-error:"))
    popup = window.open_popup(page)
    popup.wait_for(words)
