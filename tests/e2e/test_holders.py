"""Pages shown otherwise than by `<img>` are found, coloured in their place, followed when they turn, and given back.

The extension's page side runs in a plain Chromium; in place of worker and host stands a script that answers each page
with the same page in blue: its red and green tell whether what is shown lies exactly over the site's own picture.
"""

from __future__ import annotations

import base64
import io
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.e2e.holders import HOLDINGS, NAMES, SIZES, Holding, drawn, encoded
from tests.e2e.other_markup import IN_CHUNKS, OTHER
from tests.e2e.reading import browsers, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

EXTENSION = Path(__file__).parents[2] / "extension"
SITE = "http://holders.test"
CDN = "http://cdn.test"
PATIENCE_S = 60.0
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


@pytest.fixture(scope="module")
def page_side(extension: Path) -> str:
    """Return the extension's page side and the stand-in as one script; the texts come with the built `extension`."""
    assert extension.is_dir()
    aliases = [f"--alias:@={EXTENSION}", f"--alias:#i18n={EXTENSION}/.wxt/i18n/index.ts"]
    command = ["node_modules/.bin/esbuild", "--bundle", "--format=iife", *aliases, "--loader=ts"]
    return subprocess.run(command, cwd=EXTENSION, input=STAND_IN, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers() as playwright:
        flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield browser
        browser.close()


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


def opened(browser: Browser, holding: Holding) -> Page:
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.add_init_script(BEFORE)
    for site in (SITE, CDN):
        page.route(f"{site}/**", lambda route: answer(route, holding))
    page.goto(SITE + "/", wait_until="networkidle")
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


@pytest.mark.parametrize("holding", HOLDINGS + OTHER, ids=lambda holding: holding.name)
def test_pages_are_found_coloured_in_their_place_and_given_back(
    browser: Browser, page_side: str, holding: Holding
) -> None:
    page = opened(browser, holding)
    before, grey, markup = page.evaluate(BOXES), shot(page), page.locator("body").inner_html()
    page.evaluate(page_side)
    assert page.evaluate("() => found()") == holding.found
    page.evaluate("() => start()")
    coloured = until_shown(page, grey, holding.at_once)
    assert off(coloured, grey) < OFF
    sizes = sorted((each["width"], each["height"]) for each in page.evaluate("() => told"))
    assert sizes == sorted(SIZES[name] for name in NAMES[: holding.found])  # the pictures' own, not as they are shown
    assert page.evaluate(f"() => {{ {OURS}.forEach((host) => host.remove()); return ({BOXES})() }}") == before

    for key in holding.turns:
        page.keyboard.press(key)
        page.wait_for_timeout(holding.draws_ms)
        page.evaluate("() => original(true)")
        turned = shot(page)
        page.evaluate("() => original(false)")
        assert off(until_shown(page, turned, holding.at_once), turned) < OFF
    if holding.turns:
        assert len(page.evaluate("() => told")) == len(set(holding.shown_after_turns))
    page.evaluate("() => stop()")
    if not holding.turns:
        assert np.abs(shot(page) - grey).max() <= 1
        assert page.locator("body").inner_html() == markup
    page.close()


def test_canvas_that_is_drawn_in_chunks_is_taken_once_and_whole(browser: Browser, page_side: str) -> None:
    page = opened(browser, IN_CHUNKS)
    page.evaluate(page_side)
    page.evaluate("() => start()")
    page.wait_for_function("() => told.length >= 3")
    page.wait_for_timeout(1500)
    assert len(page.evaluate("() => told")) == 3
    page.evaluate("() => original(true)")
    grey = shot(page)
    page.evaluate("() => original(false)")
    assert off(until_shown(page, grey, 3), grey) < OFF
    page.close()


def test_what_the_page_s_policy_forbids_is_not_asked_for(browser: Browser, page_side: str) -> None:
    """A style may name any address; the page's own request for it was stopped, and no other one is sent."""
    body = "<div class=p style=\"background-image:url('{url}')\"></div>"
    forbidden = Holding("forbidden", body, form="{cdn}/{name}").html(CDN)
    policy = {"Content-Security-Policy": "img-src 'self'"}
    page = browser.new_page()
    page.add_init_script(BEFORE)
    page.add_init_script(
        "globalThis.stopped = []; addEventListener('securitypolicyviolation', (e) => stopped.push(e.blockedURI))"
    )
    page.route(f"{SITE}/**", lambda route: route.fulfill(body=forbidden, content_type="text/html", headers=policy))
    page.goto(SITE + "/", wait_until="networkidle")
    page.evaluate(page_side)
    assert page.evaluate("() => found()") == 0
    page.evaluate("() => start()")
    page.wait_for_timeout(800)
    stopped = page.evaluate("() => stopped")
    assert stopped
    assert len(stopped) == len(set(stopped))
    page.close()


def closed_canvases(browser: Browser) -> Page:
    draws = (
        "const draw = (canvas, url) => { const img = new Image(); img.onload = () => { "
        "Object.assign(canvas, {width: 700, height: 980}); canvas.getContext('2d').drawImage(img, 0, 0) }; "
        "img.src = url };"
    )
    each = "document.querySelectorAll('canvas').forEach((canvas, at) => draw(canvas, urls[at]))"
    closed = Holding(
        "closed canvas",
        "<canvas class=p></canvas>",
        once=f"<script>{draws} const urls = {{urls}}; {each}</script>",
        form="{cdn}/{name}",
    )
    return opened(browser, closed)


def test_canvas_that_took_on_another_site_s_picture_stays_closed(browser: Browser, page_side: str) -> None:
    """Without the reader's click nobody may look at the window: the pages stay, and it is said what would help."""
    page = closed_canvases(browser)
    grey = shot(page)
    page.evaluate(page_side)
    assert page.evaluate("() => found()") == 3
    page.evaluate("() => start()")
    page.wait_for_function("() => told.length === 3")
    reasons = [each["reason"] for each in page.evaluate("() => told")]
    assert set(reasons) == {"capture_pressButton", "capture_bringIntoView"}
    page.evaluate("() => stop()")
    assert np.abs(shot(page) - grey).max() <= 1
    page.close()


def test_closed_canvas_is_taken_from_the_window_once_it_is_all_in_view(browser: Browser, page_side: str) -> None:
    page = closed_canvases(browser)
    page.expose_function("lookAtWindow", lambda: base64.b64encode(page.screenshot()).decode())
    page.evaluate(page_side)
    page.evaluate("() => start()")
    page.wait_for_function("() => told.some(({width}) => width)")
    taken = next(each for each in page.evaluate("() => told") if "width" in each)
    assert (taken["width"], taken["height"]) == (500, 700)  # as the screen has it
    page.evaluate("() => scrollTo(0, 712)")
    page.wait_for_function("() => told.filter(({width}) => width).length === 2")
    blue = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), np.int16)[50:650, 300:700]
    assert (blue[:, :, 2] - blue[:, :, 0]).mean() > BLUE
    page.close()
