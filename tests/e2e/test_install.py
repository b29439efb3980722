"""Somebody new, with the build that readers get: from the install to a saved EPUB, in their own language."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.headed import Popup
from tests.e2e.reading import boxes, colourfulness, images, reading, until
from tests.e2e.site import PLAIN, MangaSite
from tests.e2e.views import FLAGS, views_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.reading import Reader

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
COLOURED = 8.0
GREY = 1.0
CHOOSE = """(value) => { const [found] = [...document.querySelectorAll('select')]
  .filter((one) => [...one.options].some((each) => each.value === value));
  found.value = value; found.dispatchEvent(new Event('change', { bubbles: true })) }"""
IS_TOLD_IN_VIEW = """() => {
  const { top, bottom } = document.querySelector('p.aside[aria-live]').getBoundingClientRect();
  return (top >= 0 && bottom <= innerHeight + 1) || [top, bottom, innerHeight] }"""
FRONT = "async () => (await chrome.tabs.query({ active: true, lastFocusedWindow: true }))[0].id"


class Words:
    """The texts of a language, as the built extension has them."""

    def __init__(self, extension: Path, language: str) -> None:
        self._texts = json.loads((extension / "_locales" / language / "messages.json").read_text("utf-8"))

    def __call__(self, key: str, *values: object) -> str:
        """Return a text with its values, where it has forms the last."""
        text: str = self._texts[key]["message"].split(" | ")[-1]
        for number, value in enumerate(values, 1):
            text = text.replace(f"${number}", str(value))
        return text


@pytest.mark.parametrize("language", ["en", "ja"])
def test_somebody_new_gets_from_the_install_to_a_saved_epub(
    readers_build: Path, tmp_path: Path, site: MangaSite, language: str
) -> None:
    say = Words(readers_build, language)
    home, profile = tmp_path / "home", tmp_path / "home" / ".config" / "chromium"
    profile.mkdir(parents=True)
    environ = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), "LANGUAGE": language}
    flags = (*FLAGS, f"--lang={language}")
    with reading(readers_build, profile, tmp_path / "irodori", flags, **environ) as reader, views_of(profile) as views:
        welcome = first_steps(reader)
        expect(welcome.get_by_role("alert")).to_have_text(say("host_notRegistered"), timeout=60_000)
        shoot(welcome.screenshot(full_page=True), f"{language}-1-no-host")
        register = [sys.executable, "-m", "installer", "register", "--browser", "chromium"]
        subprocess.run(register, cwd=ROOT, env={**os.environ, **environ}, check=True, capture_output=True, timeout=120)
        welcome.get_by_role("button", name=say("popup_tryAgain")).click()
        done = f" {say('welcome_done')}"
        expect(welcome.get_by_role("heading", name=say("welcome_host") + done)).to_be_visible(timeout=60_000)
        expect(welcome.get_by_role("heading", name=say("welcome_chain") + done)).to_be_visible(timeout=60_000)
        expect(welcome.get_by_role("listitem").filter(has_text=say("told_engines_ready", "Compact"))).to_be_visible()
        expect(welcome.get_by_role("listitem").filter(has_text=say("told_weights_sound"))).to_be_visible()
        expect(welcome.get_by_role("heading", name=say("welcome_pin"), exact=True)).to_be_visible()
        views.pin()
        expect(welcome.get_by_role("heading", name=say("welcome_pin") + done)).to_be_visible()
        welcome.get_by_role("button", name=say("welcome_colour")).click()
        expect(welcome.get_by_role("img", name=say("welcome_sampleColoured"))).to_be_visible(timeout=90_000)
        shoot(welcome.screenshot(full_page=True), f"{language}-2-first-steps")

        page = reader.open(f"{site.origin}/chapter/cdn")
        page.bring_to_front()
        layout = boxes(page)
        popup = Popup(page)
        views.press_icon()
        popup.wait_for(say("found_pages", len(PLAIN)))
        popup.wait_for_host(say("connection_ready"))
        shoot(popup.shot(), f"{language}-3-popup")
        popup.click_to_be_asked(say("popup_colorize"))
        views.answer(allow=True)
        tab = reader.worker.evaluate(FRONT)

        def states() -> list[str]:
            pages = (reader.stored(f"run:{tab}") or {}).get("pages", {})
            return [one["state"] for one in pages.values()]

        until(lambda: states() == ["done"] * len(PLAIN), states)
        for image in images(page).all():
            until(lambda image=image: colourfulness(image) > COLOURED, lambda image=image: colourfulness(image))
        assert boxes(page) == layout

        if not popup.is_open():
            views.press_icon()
        popup.wait_for(say("progress_coloured", len(PLAIN)))
        popup.evaluate(CHOOSE, "epub")
        popup.click(say("save_button"))
        saved = tmp_path / "irodori" / "data" / "exports" / "Rain Town - Chapter 3.epub"
        popup.wait_for(say("save_saved", len(PLAIN), saved))
        until(lambda: popup.evaluate(IS_TOLD_IN_VIEW) is True, lambda: popup.evaluate(IS_TOLD_IN_VIEW))
        shoot(popup.shot(), f"{language}-4-saved")
        shoot(page.screenshot(), f"{language}-5-page")
        assert_epub_holds(saved, len(PLAIN))


def assert_epub_holds(path: Path, count: int) -> None:
    """Go the way of any reader of EPUB, by none of our code: to so many pages, each with its picture in colour."""
    with zipfile.ZipFile(path) as book:
        assert book.testzip() is None
        first = book.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert book.read(first) == b"application/epub+zip"

        def parsed(name: str) -> ElementTree.Element:
            return ElementTree.fromstring(book.read(name))

        rootfile = parsed("META-INF/container.xml").find(".//{*}rootfile")
        assert rootfile is not None
        package = rootfile.attrib["full-path"]
        opened = parsed(package)
        assert [opened.findtext(f".//{{*}}metadata/{{*}}{each}") for each in ("title", "identifier", "language")].count(
            None
        ) == 0
        items = {
            each.attrib["id"]: Path(package).parent / each.attrib["href"] for each in opened.iterfind(".//{*}item")
        }
        assert {each.as_posix() for each in items.values()} <= set(book.namelist())
        pages = [items[each.attrib["idref"]] for each in opened.iterfind(".//{*}itemref")]
        assert len(pages) == count
        for page in pages:
            picture = next(parsed(page.as_posix()).iterfind(".//{*}img"))
            file = os.path.normpath(page.parent / picture.attrib["src"])
            with Image.open(io.BytesIO(book.read(file))) as shown:
                assert np.ptp(np.asarray(shown.convert("RGB"), np.int16), axis=2).mean() > COLOURED


def first_steps(reader: Reader) -> Page:
    """Return the document that the install opens."""

    def is_welcome(page: Page) -> bool:
        return page.url.endswith("/welcome.html")

    there = next(filter(is_welcome, reader.context.pages), None)
    return there or reader.context.wait_for_event("page", is_welcome, timeout=60_000)


def shoot(picture: bytes, name: str, folder: str | None = os.environ.get("SHOTS")) -> None:
    """Keep a picture, for whoever looks at it."""
    if folder:
        Path(folder, f"install-{name}.png").write_bytes(picture)
