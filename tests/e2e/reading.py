"""A person who reads in a Chromium with our extension: what they do, and what they see."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, Worker, sync_playwright

from host.messaging.client import installed_command
from host.paths import EXTENSION_IDS, HOME_VARIABLE
from installer.manifest import FILE_NAME, compose, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

PATIENCE_S: Final = 90.0
POPUP: Final = f"chrome-extension://{EXTENSION_IDS[0]}/popup.html"
FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """Return the Chromium of this machine; branded Chrome does not load unpacked extensions."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def register_host(profile: Path) -> None:
    """Register the installed host for the browser profile at `profile`."""
    folder = profile / "NativeMessagingHosts"
    folder.mkdir(parents=True, exist_ok=True)  # a browser that ran makes it
    write(folder / FILE_NAME, compose("chromium", Path(installed_command()[0])))


@dataclass
class Reader:
    """One browser with the extension; every wait ends in a sight or in an error that says what was last seen."""

    context: BrowserContext

    @property
    def worker(self) -> Worker:
        workers = self.context.service_workers
        return workers[0] if workers else self.context.wait_for_event("serviceworker")

    def open(self, address: str) -> Page:
        page = self.context.new_page()
        page.goto(address)
        return page

    def popup(self, page: Page) -> Page:
        """Open the popup for the tab of `page`."""
        popup = self.context.new_page()
        popup.set_viewport_size({"width": 360, "height": 640})
        popup.goto(f"{POPUP}?tabId={self.tab_id(page)}")
        page.bring_to_front()
        return popup

    def colorize(self, page: Page) -> Page:
        """Open the popup and click the button; the popup stays open."""
        popup = self.popup(page)
        popup.get_by_role("button", name="Colorize chapter").click()
        return popup

    def tab_id(self, page: Page) -> int:
        found: int = self.worker.evaluate(
            "async (url) => (await chrome.tabs.query({})).find((tab) => tab.url === url).id", page.url
        )
        return found

    def forbid_page_capture(self, *, allow: bool = False) -> None:
        """Have the reader not let us take pictures from what the page holds, as it is before they are asked."""
        patch = """(allow) => {
          const api = chrome.pageCapture; globalThis.realCapture ??= api.saveAsMHTML.bind(api);
          api.saveAsMHTML = allow ? realCapture : () => Promise.reject(new Error('forbidden'));
        }"""
        self.worker.evaluate(patch, allow)

    def start_afresh(self) -> None:
        """Close all tabs and forget what the reader chose, corrected and forbade; the host keeps what is coloured."""
        blank = self.context.new_page()
        for page in self.context.pages:
            if page is not blank:
                page.close()
        self.forbid_page_capture(allow=True)
        self.worker.evaluate("() => chrome.storage.local.clear()")

    def choose_from_menu(self, item: str, page: Page, source: str) -> None:
        """Choose an item of the context menu of a picture, as the browser would report it."""
        info = {"menuItemId": item, "srcUrl": source, "pageUrl": page.url, "frameId": 0}
        click = "([info, id, url]) => chrome.contextMenus.onClicked.dispatch(info, {id, url})"
        self.worker.evaluate(click, [info, self.tab_id(page), page.url])

    def stored(self, key: str, area: str = "session") -> Any:
        return self.worker.evaluate("async ([area, key]) => (await chrome.storage[area].get(key))[key]", [area, key])

    def run_of(self, page: Page) -> dict[str, Any]:
        """Return the state of the run in the tab of `page`; empty without one."""
        return self.stored(f"run:{self.tab_id(page)}") or {}

    def pages_of(self, page: Page) -> list[dict[str, Any]]:
        """Return the pages of the run, in reading order."""
        return sorted(self.run_of(page).get("pages", {}).values(), key=lambda each: each["index"])

    def wait_until_over(self, page: Page, pages: int) -> list[dict[str, Any]]:
        """Wait until `pages` pages have ended, whichever way."""

        def over() -> bool:
            found = self.pages_of(page)
            return len(found) >= pages and all(each["state"] not in {"waiting", "running"} for each in found)

        until(over, lambda: self.run_of(page))
        return self.pages_of(page)

    def wait_until_done(self, page: Page, pages: int) -> list[dict[str, Any]]:
        """Wait until `pages` pages have ended; each must be coloured."""
        ended = self.wait_until_over(page, pages)
        faults = [(each["url"], each["state"], each["note"]) for each in ended if each["state"] != "done"]
        if faults:
            raise AssertionError(f"not coloured: {faults}")
        return ended


_in_use: list[Playwright] = []  # as often as it is


@contextlib.contextmanager
def browsers() -> Iterator[Playwright]:
    """Give what starts browsers; one serves all at once, since a thread can have no second."""
    _in_use.append(_in_use[0] if _in_use else sync_playwright().start())
    try:
        yield _in_use[0]
    finally:
        one = _in_use.pop()
        if not _in_use:
            one.stop()


@contextlib.contextmanager
def reading(extension: Path, profile: Path, home: Path, flags: Sequence[str] = (), **environ: str) -> Iterator[Reader]:
    """Start Chromium with `extension` on `profile`; its hosts keep their state in `home`."""
    with browsers() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium(),
            headless=False,  # the flag below is the headless that loads extensions
            args=[*FLAGS, *flags, f"--disable-extensions-except={extension}", f"--load-extension={extension}"],
            env={**os.environ, HOME_VARIABLE: str(home), **environ},
            viewport={"width": 1000, "height": 800},
        )
        try:
            yield Reader(context)
        finally:
            context.close()


@contextlib.contextmanager
def reading_in(extension: Path, folder: Path) -> Iterator[Reader]:
    """Start Chromium on a profile in `folder` that knows the host, whose state is in `folder / "home"`."""
    profile = folder / "profile"
    register_host(profile)
    with reading(extension, profile, folder / "home") as reader:
        yield reader


def until(holds: Callable[[], bool], seen: Callable[[], object] = lambda: None, patience_s: float = PATIENCE_S) -> None:
    """Wait until `holds`; else fail with what `seen` gives."""
    deadline = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not seen within {patience_s:.0f} s; last: {seen()!r}"[:4000])
        time.sleep(0.05)


# --- what is to be seen -----------------------------------------------------------------------------------------------


def images(page: Page) -> Locator:
    """Return the pages of the chapter, not the banner or the avatar."""
    return page.locator("main img")


def colourfulness(image: Locator) -> float:
    """Return the mean spread of the channels (0..255) of what the screen shows of an element; grey is 0."""
    image.scroll_into_view_if_needed()
    shot = Image.open(io.BytesIO(image.screenshot())).convert("RGB")
    pixels = np.asarray(shot, dtype=np.int16)
    return float((pixels.max(axis=2) - pixels.min(axis=2)).mean())


def boxes(page: Page) -> list[dict[str, float] | None]:
    """Return the place of every page image."""
    page.evaluate("scrollTo(0, 0)")
    return [each.bounding_box() for each in images(page).all()]


def shown_picture(image: Locator) -> NDArray[np.uint8]:
    """Return the pixels that the screen shows of an element, laid out for a moment at its picture's own size."""
    page = image.page
    window = page.viewport_size
    size = image.evaluate("(img) => ({width: img.naturalWidth, height: img.naturalHeight})")
    style = image.get_attribute("style")
    laid = "position:fixed; inset:0 auto auto 0; margin:0; max-width:none; max-height:none; z-index:9999; "
    image.evaluate("(img, style) => { img.style.cssText = style }", f"{laid} width:{size['width']}px; height:auto")
    signs = page.add_style_tag(
        content="html > :not(head, body) { opacity: 0 !important }"
    )  # signs and panel stand there
    try:
        page.set_viewport_size(size)
        return _at_rest(page)
    finally:
        back = "(img, style) => style === null ? img.removeAttribute('style') : img.setAttribute('style', style)"
        image.evaluate(back, style)
        signs.evaluate("(style) => style.remove()")
        if window:
            page.set_viewport_size(window)


def _at_rest(page: Page) -> NDArray[np.uint8]:
    """Return what the window shows once it has not changed for a while: a picture is drawn anew for its size."""
    shots: list[NDArray[np.uint8]] = []

    def rests() -> bool:
        page.wait_for_timeout(400)
        shots.append(np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")))
        return len(shots) > 1 and np.array_equal(shots[-2], shots[-1])

    until(rests)
    return shots[-1]


def assert_balloons_unchanged(shown: NDArray[np.uint8], source: Path) -> None:
    """Inside the balloons, a pen's width from their outlines, not one bit differs."""
    original = np.asarray(Image.open(source).convert("RGB"))
    assert shown.shape == original.shape
    balloons = np.asarray(Image.open(source.with_suffix("").with_suffix(".balloons.png")).convert("L"))
    inside = cv2.erode(balloons, np.ones((21, 21), np.uint8)) > 0
    changed = (shown != original).any(axis=2)
    assert inside.sum() > 40_000
    assert changed[inside].sum() == 0
    assert changed[balloons == 0].mean() > 0.5
