"""The extension's page side in a plain Chromium, and documents of readers for it.

In place of worker and host stands a script that answers each page with the same page in blue: its red and green tell
whether what is shown lies exactly over the site's own picture.
"""

from __future__ import annotations

import io
import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Error

from tests.e2e.bundling import bundled
from tests.e2e.holders import NAMES, SIZES, Holding, drawn, encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Page, Route

SITE = "http://holders.test"
CDN = "http://cdn.test"
PATIENCE_S = 60.0
FINDS_S = 8.0
LOOK_EVERY_S = 0.5  # a look at a whole document takes longer than most waits
REST_MS = 100
RESTS_AFTER = 30  # looks
AT_ONCE = 12  # documents that are tried together
EDGE_PX = 9
OFF = 4.0  # levels of red and green, on the mean; a shift by one pixel is 7 and more
BLUE = 40.0  # levels more, on the mean
STAND_IN = """
import { ChapterReader } from "./lib/page/reader";
import { survey } from "./lib/page/find/survey";
import { pack, unpack, learnFrom, probe } from "./lib/payload";
learnFrom(probe());
globalThis.told = [];
const inBlue = async (picture) => {
  const bitmap = await createImageBitmap(unpack(picture));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(bitmap, 0, 0);
  const pixels = pen.getImageData(0, 0, bitmap.width, bitmap.height);
  for (let at = 2; at < pixels.data.length; at += 4) pixels.data[at] += 110;
  pen.putImageData(pixels, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
};
const answers = {
  "agent.pages": async ({ pages }) => {
    for (const { pageId, url, width, height } of pages) {
      told.push({ url, width, height });
      const picture = await pack(await inBlue(await reader.bytes(pageId)));
      await reader.done({ pageId, picture, width, height, hints: [] });
    }
  },
  "agent.unreadable": ({ page, reason }) => void told.push({ url: page.url, reason }),
  "agent.hash": async ({ picture }) => {
    const digest = await crypto.subtle?.digest("SHA-256", await unpack(picture).arrayBuffer());
    return digest ? [...new Uint8Array(digest)].join("") : String(Math.random());
  },
  "agent.held": () => null,
  "agent.look": async () => {
    if (!globalThis.lookAtWindow) return null;
    return pack(await (await fetch(`data:image/png;base64,${await lookAtWindow()}`)).blob());
  },
  "agent.fetch": async ({ url }) => {
    const fetched = await fetch("/fetched?" + url);
    return { picture: await pack(await fetched.blob()), isOpen: false };
  },
};
globalThis.answerWorker = async ({ kind, params }) => {
  try { return { ok: true, value: (await answers[kind]?.(params)) ?? null } }
  catch (error) { return { ok: false, reason: String(error) } }
};
let reader;
globalThis.found = async () => (await survey()).pages;
globalThis.why = async () => (await survey()).why;
globalThis.start = () => { reader = new ChapterReader("run", null, () => undefined) };
globalThis.original = (yes) => reader.show(yes);
globalThis.stop = () => reader.stop(true);
"""
BEFORE = """const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) { return (this.closedRoot = attach.call(this, init)) };
globalThis.chrome = {
  runtime: { id: "stand-in", sendMessage: (message) => answerWorker(message), getURL: (path) => path },
  i18n: { getMessage: (name) => name },
  storage: { local: {
    get: async () => ({ choices: { pagesAhead: 0 } }),
    onChanged: { addListener: () => undefined, removeListener: () => undefined },
  } },
  dom: { openOrClosedShadowRoot: (element) => element.closedRoot ?? null },
};"""
BOXES = "() => [...document.querySelectorAll('body *')].map((each) => JSON.stringify(each.getBoundingClientRect()))"
OURS = "[...document.querySelectorAll('div[aria-hidden=true]')]"  # none of the documents has one of its own


def page_side() -> str:
    """Return the extension's page side and the stand-in as one script."""
    return bundled(STAND_IN)


def answer(route: Route, holding: Holding) -> None:
    """Serve the document and its pictures."""
    path, _, query = route.request.url.split("/", 3)[3].partition("?")
    name = Path(query if path == "fetched" else path).name
    if path == "" and holding.type.startswith("image/"):
        return route.fulfill(body=drawn(NAMES[0]), content_type=holding.type)
    if path == "":
        return route.fulfill(body=holding.html(CDN), content_type=holding.type)
    if path == "none.png" or name not in NAMES:
        return route.fulfill(status=404)
    body = drawn(name)
    return route.fulfill(body=encoded(body) if path.startswith("xor") else body, content_type="image/png")


def opened(browser: Browser, holding: Holding, when: Literal["load", "networkidle"] = "networkidle") -> Page:
    """Open a document, and wait until it has loaded and drawn."""
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.add_init_script(BEFORE)
    for site in (SITE, CDN):
        page.route(f"{site}/**", lambda route: answer(route, holding))
    page.goto(SITE + "/", wait_until=when)
    if when == "networkidle":
        page.wait_for_timeout(holding.draws_ms)
    return page


def shot(page: Page) -> NDArray[np.int16]:
    """Return what the window shows of the whole document."""
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    return np.asarray(picture, dtype=np.int16)


def until_shown(page: Page, grey: NDArray[np.int16], pages: int) -> NDArray[np.int16]:
    """Wait until `pages` areas of the document are blue."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        page.wait_for_timeout(500)
        coloured = shot(page)
        if areas(coloured, grey) == pages:
            return coloured
        if time.monotonic() > deadline:
            keep(page, coloured, grey)
            told = page.evaluate("() => told")
            raise AssertionError(f"{areas(coloured, grey)} of {pages} pages in colour; told: {told}")


def areas(coloured: NDArray[np.int16], grey: NDArray[np.int16]) -> int:
    """Count the pages in blue."""
    if coloured.shape != grey.shape:
        return -1
    blue = ((coloured - grey)[:, :, 2] > BLUE).astype(np.uint8)
    closed = cv2.morphologyEx(blue, cv2.MORPH_OPEN, np.ones((EDGE_PX, EDGE_PX), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(closed)
    return int((stats[1:, cv2.CC_STAT_AREA] > 60_000).sum())


def off(coloured: NDArray[np.int16], grey: NDArray[np.int16]) -> float:
    """Return by how many levels red and green differ where the page is blue, and beyond."""
    change = np.abs(coloured - grey)
    blue = (change[:, :, 2] > BLUE).astype(np.uint8)
    inside = cv2.erode(
        cv2.morphologyEx(blue, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8)), np.ones((EDGE_PX, EDGE_PX))
    )
    return float(change[inside > 0][:, :2].mean())


def keep(page: Page, coloured: NDArray[np.int16], grey: NDArray[np.int16]) -> None:
    """Keep what was seen, for whoever looks into a failure."""
    if folder := os.environ.get("SHOTS"):
        name = page.title().replace(" ", "_").replace(":", "")
        shown = [coloured, grey] if coloured.shape == grey.shape else [coloured]
        Image.fromarray(np.hstack(shown).astype(np.uint8)).save(f"{folder}/{name}.png")


class Trial:
    """One document, from its own pictures to its colours, through its turns, and back; `faults` is what was wrong."""

    def __init__(self, browser: Browser, holding: Holding) -> None:
        self.holding = holding
        self.faults: list[str] = []
        self.is_over = False
        self._page = opened(browser, holding, "load")
        self._grey = self._coloured = np.zeros((0, 0, 3), np.int16)
        self._before: list[str] = []
        self._markup = ""
        self._is_found = self._is_shown = False

    def act(self, step: Callable[[], None]) -> None:
        """Take a step, unless it is over; an error is a fault, and ends it."""
        if self.is_over:
            return
        try:
            step()
        except (AssertionError, Error) as error:
            self.faults.append(str(error)[:1000])
            self.close()

    def begin(self, page_side: str) -> None:
        """Look at the document as its site made it, and bring the extension in."""
        self._grey = at_rest(self._page) if self.holding.turns else shot(self._page)
        self._before = self._page.evaluate(BOXES)
        self._markup = self._page.locator("body").inner_html()
        self._page.evaluate(page_side)

    def start(self) -> None:
        self._is_shown = False
        self._page.evaluate("() => start()")

    @property
    def is_found(self) -> bool:
        """Whether so many pages are found as are to be."""
        self._is_found |= self.is_over or self._page.evaluate("() => found()") == self.holding.found
        return self._is_found

    @property
    def is_shown(self) -> bool:
        """Whether all pages that the document shows are in blue."""
        if not self.is_over and not self._is_shown:
            self._coloured = shot(self._page)
            self._is_shown = areas(self._coloured, self._grey) == self.holding.at_once
        return self.is_over or self._is_shown

    def check(self) -> None:
        """The colours lie where the pictures lie, which are taken in their own size, and nothing else moved."""
        self._check_colours()
        holding = self.holding
        told = self._page.evaluate("() => told")
        sizes = sorted((each.get("width"), each.get("height")) for each in told)
        expected = sorted(SIZES[name] for name in holding.taken or NAMES[: holding.found])
        assert sizes == expected, f"taken: {told}"  # the pictures' own sizes, not as they are shown
        boxes = self._page.evaluate(f"() => {{ {OURS}.forEach((host) => host.remove()); return ({BOXES})() }}")
        assert boxes == self._before, "the site's own boxes moved"

    def turn(self, key: str) -> None:
        self._page.keyboard.press(key)

    def turned(self) -> None:
        """Look at what the site shows now that it has come to rest, and bring the colours back."""
        self._page.evaluate("() => original(true)")
        self._grey = at_rest(self._page)
        self._page.evaluate("() => original(false)")
        self._is_shown = False

    def check_turned(self) -> None:
        self._check_colours()

    def end(self) -> None:
        """Take everything back: the document is as its site made it, and no page was taken twice."""
        holding = self.holding
        told = self._page.evaluate("() => told")
        if holding.turns and len(told) != len(set(holding.shown_after_turns)):
            self.faults.append(f"taken: {told}")
        self._page.evaluate("() => stop()")
        if not holding.turns:
            # A picture of the whole document may be taken between two of its frames.
            if self._stays(shot(self._page)) and self._stays(at_rest(self._page)):
                self.faults.append("something stays when it is over")
            if self._page.locator("body").inner_html() != self._markup:
                self.faults.append("the markup is another")
        self.close()

    def _stays(self, seen: NDArray[np.int16]) -> bool:
        return bool(np.abs(seen - self._grey).max() > 1)

    def close(self) -> None:
        self.is_over = True
        self._page.close()

    def _check_colours(self) -> None:
        if not self._is_shown:
            keep(self._page, self._coloured, self._grey)
            told = self._page.evaluate("() => told")
            shown = areas(self._coloured, self._grey)
            raise AssertionError(f"{shown} of {self.holding.at_once} pages in colour; told: {told}")
        distance = off(self._coloured, self._grey)
        if distance >= OFF:
            keep(self._page, self._coloured, self._grey)
            raise AssertionError(f"red and green are {distance:.1f} levels off")


class Sights:
    """Tries documents, some at once: most of the time is waiting until what happens in them has come to rest."""

    def __init__(self, browser: Browser, page_side: str, holdings: Sequence[Holding]) -> None:
        self._browser = browser
        self._page_side = page_side
        self._holdings = holdings
        self._faults: dict[str, list[str]] = {}

    def of(self, holding: Holding) -> list[str]:
        """Return what was wrong with a document."""
        if holding.name not in self._faults:
            first = self._holdings.index(holding) // AT_ONCE * AT_ONCE
            self._try(self._holdings[first : first + AT_ONCE])
        return self._faults[holding.name]

    def _try(self, holdings: Sequence[Holding]) -> None:
        trials = [Trial(self._browser, holding) for holding in holdings]
        time.sleep(max(each.draws_ms for each in holdings) / 1000)
        _each(trials, lambda trial: trial.begin(self._page_side))
        _until(trials, lambda trial: trial.is_found, FINDS_S)
        for trial in trials:
            if not trial.is_found:
                trial.faults.append("other pages are found than there are")
        _each(trials, Trial.start)
        _until(trials, lambda trial: trial.is_shown)
        _each(trials, Trial.check)
        for turn in range(max(len(each.turns) for each in holdings)):
            turned = [trial for trial in trials if turn < len(trial.holding.turns)]
            _each(turned, lambda trial, turn=turn: trial.turn(trial.holding.turns[turn]))  # type: ignore[misc]
            time.sleep(max(trial.holding.draws_ms for trial in turned) / 1000)
            _each(turned, Trial.turned)
            _until(turned, lambda trial: trial.is_shown)
            _each(turned, Trial.check_turned)
        _each(trials, Trial.end)
        self._faults |= {trial.holding.name: trial.faults for trial in trials}


def _each(trials: Sequence[Trial], step: Callable[[Trial], None]) -> None:
    for trial in trials:
        trial.act(partial(step, trial))


def _until(trials: Sequence[Trial], holds: Callable[[Trial], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until it holds for each, or for long enough."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
        if all([holds(trial) for trial in trials]):  # noqa: C419 - each has its turn
            return


def at_rest(page: Page) -> NDArray[np.int16]:
    """Return what the document shows once that has not changed for a while."""
    seen = shot(page)
    for _ in range(RESTS_AFTER):
        page.wait_for_timeout(REST_MS)
        before, seen = seen, shot(page)
        if np.array_equal(before, seen):
            break
    return seen
