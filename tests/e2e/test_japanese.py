"""Somebody who reads Japanese finds no word of English in popup, options, side panel and first steps."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.reading import POPUP, images, reading, register_host
from tests.e2e.shots import shoot
from tests.e2e.site import PLAIN, MangaSite
from tests.e2e.test_axe import OPEN_ALL
from tests.e2e.test_install import Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.reading import Reader

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# What is read and what a screen reader says.
SAID = """() => {
  const said = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let at = walk.nextNode(); at; at = walk.nextNode()) {
    if (at.nodeType === Node.TEXT_NODE) {
      if (at.parentElement.checkVisibility() && !at.parentElement.closest('code, kbd, pre, script, style'))
        said.push(at.data);
    } else for (const name of ['aria-label', 'title', 'placeholder', 'alt']) said.push(at.getAttribute(name) ?? '');
  }
  return said.map((one) => one.trim()).filter(Boolean);
}"""
ENGLISH = re.compile(
    r"\b(the|is|are|not|no|and|of|to|for|with|this|that|page|pages|save|ready|needs|beside|it|be|cannot|choose|pull|threads)\b",
    re.IGNORECASE,
)
# What has a name of its own in every language: licences, files, commands, sites.
NAMES = re.compile(
    r"CreativeML-OpenRAIL\S*|Pepper&Carrot|LicenseRef\S*|Irodori/\S*|[\w.-]*/[\w./-]+|irodori [a-z -]+|pip install \S+"
)


@pytest.fixture(scope="module")
def say(extension: Path) -> Words:
    return Words(extension, "ja")


@pytest.fixture(scope="module")
def japanese(extension: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Start a browser that speaks Japanese, with the host."""
    folder = tmp_path_factory.mktemp("japanese")
    register_host(folder / "profile")
    with reading(extension, folder / "profile", folder / "home", ["--lang=ja"], LANGUAGE="ja") as reader:
        yield reader


def english_in(page: Page) -> list[str]:
    page.evaluate(OPEN_ALL)
    return [one for one in page.evaluate(SAID) if ENGLISH.search(NAMES.sub("", one))]


def own(reader: Reader, name: str) -> Page:
    return reader.open(POPUP.replace("popup.html", name))


def test_popup_and_side_panel_have_no_word_of_english(
    japanese: Reader, site: MangaSite, say: Words, screenshots: Path | None
) -> None:
    page = japanese.open(f"{site.origin}/chapter/plain")
    popup = japanese.popup(page)
    expect(popup.get_by_role("status")).to_contain_text(say("connection_ready"))
    assert english_in(popup) == []
    shoot(popup, screenshots, "ja-popup-first", width=360)
    popup.get_by_role("button", name=say("popup_colorize")).click()
    japanese.wait_until_done(page, len(PLAIN))
    expect(popup.get_by_text(say("progress_coloured", len(PLAIN)))).to_be_visible()
    assert english_in(popup) == []
    shoot(popup, screenshots, "ja-popup-done", width=360)
    popup.close()

    panel = own(japanese, f"sidepanel.html?tabId={japanese.tab_id(page)}")
    heads = panel.get_by_role("region", name=say("palette_others")).get_by_role("button")
    expect(heads.first).to_be_visible(timeout=60_000)
    assert english_in(panel) == []
    shoot(panel, screenshots, "ja-palette-nobody", width=380)
    heads.first.click()
    expect(panel.get_by_role("article")).to_have_count(1)
    panel.locator("details.studio input[type=file]").set_input_files(
        {"name": "page.png", "mimeType": "image/png", "buffer": images(page).first.screenshot()}
    )
    expect(panel.get_by_role("combobox", name=say("studio_what"))).to_be_visible()
    assert english_in(panel) == []
    shoot(panel, screenshots, "ja-palette-aki", width=380)

    chosen = panel.get_by_role("region", name=say("elements_title")).locator("input[type=file]")
    listed = json.dumps({"elements": [{"name": "Aki", "pictures": ["aki.png"]}]}).encode()
    for content, told in (
        (b"{", say("told_elements_invalid", "JSON")), (b"{}", say("told_no_element")),
        (listed, say("told_pictures_missing", "aki.png")),
    ):  # fmt: skip
        chosen.set_input_files({"name": "elements.json", "mimeType": "application/json", "buffer": content})
        expect(panel.get_by_role("main").get_by_role("alert")).to_have_text(told)
        assert english_in(panel) == []


def test_options_and_first_steps_have_no_word_of_english(
    japanese: Reader, say: Words, screenshots: Path | None
) -> None:
    options = own(japanese, "options.html")
    expect(options.get_by_text("nativeMessaging")).to_be_visible()
    expect(options.get_by_text(say("catalogue_title"), exact=True)).to_be_visible()
    options.get_by_role("button", name=say("presets_new")).click()
    expect(options.get_by_role("form")).to_be_visible()
    assert english_in(options) == []
    shoot(options, screenshots, "ja-options", width=760)

    welcome = own(japanese, "welcome.html")
    expect(welcome.get_by_role("listitem").filter(has_text=say("told_weights_sound"))).to_be_visible(timeout=60_000)
    assert english_in(welcome) == []
    shoot(welcome, screenshots, "ja-welcome", width=760)
