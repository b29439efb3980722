"""The coloured picture lies exactly over the site's own, however the site lays it out.

The extension's overlay runs in a plain Chromium on a picture whose coloured version has the same red and green: where
both lie at the same place, the window's red and green stay what they were.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.e2e.bundling import bundled
from tests.e2e.layouts import LAYOUTS, Layout
from tests.e2e.reading import browsers, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

SITE = "http://layouts.test"
SIZE = (700, 980)
BLOCK_PX = 35
LEVELS = np.array([50, 90, 115, 140], np.uint8)  # none is that of a background, nor its inverse
LEVELS_OF_PAGE = np.random.default_rng(5).choice(LEVELS, (SIZE[1] // BLOCK_PX, SIZE[0] // BLOCK_PX))
OFF = 3.0  # levels that red and green differ from before, on the mean; a shift by one pixel is 7 and more
SAME_LEVEL = 20.0  # how far apart one level of the picture may look; the next is 25 away
COLOURED = 40.0  # levels of blue, on the mean
AT_ONCE = 14  # layouts that are looked at together
EDGE_PX = 9  # what a scaled picture's edge takes from its surroundings
OVERLAY = """import { Overlay } from "./lib/page/swap/overlay";
import { followLayout } from "./lib/page/swap/follow";
import { inWindow, pointIn } from "./lib/page/point";
import { holdersOf } from "./lib/page/holders/registry";
globalThis.points = (all) => {
  const roots = [document, ...[...document.querySelectorAll("*")].flatMap(({ closedRoot }) => closedRoot ?? [])];
  const img = roots.map((root) => root.querySelector("main img, :host > img, img")).find(Boolean);
  const [holder] = holdersOf(img);
  return all.map((point) => { const at = inWindow(holder, point); return [at, pointIn(holder, ...at)] });
};
globalThis.cover = async (coloured, width, height) => {
  const blob = await (await fetch(coloured)).blob();
  const picture = { get: () => Promise.resolve(blob) };
  globalThis.shifts = [];
  new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ value }) => value)))
    .observe({ type: "layout-shift" });
  const all = (root) => [...root.querySelectorAll("*")].flatMap((element) =>
    [...(element.localName === "img" ? [element] : []), ...(element.closedRoot ? all(element.closedRoot) : [])]);
  const overlays = all(document).flatMap(holdersOf)
    .map((holder) => new Overlay(holder, holder.address, { picture, width, height }));
  overlays.forEach((overlay) => overlay.follow());
  const stop = new AbortController();
  followLayout(() => overlays.forEach((overlay) => overlay.follow()), stop.signal);
  globalThis.uncover = () => { stop.abort(); overlays.forEach((overlay) => overlay.remove()) };
};"""
BOXES = """() => (globalThis.theirs ??= [...document.querySelectorAll('body *')])
  .map((each) => JSON.stringify(each.getBoundingClientRect()))"""
ATTACH = """const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) { return (this.closedRoot = attach.call(this, init)) }"""
HIDE = """() => { const sheet = new CSSStyleSheet();
  sheet.replaceSync('img { object-fit: none !important; object-position: -9999px -9999px !important }');
  const roots = [document, ...[...document.querySelectorAll('*')].flatMap(({closedRoot}) => closedRoot ?? [])];
  roots.forEach((root) => { root.adoptedStyleSheets = [sheet] }) }"""


def drawn(*, coloured: bool) -> bytes:
    """Return a page of blocks in grey levels; the coloured one differs in blue alone."""
    grey = np.repeat(np.repeat(LEVELS_OF_PAGE, BLOCK_PX, 0), BLOCK_PX, 1)
    encoded = io.BytesIO()
    Image.fromarray(np.stack([grey, grey, grey + np.uint8(110) if coloured else grey], axis=2)).save(encoded, "PNG")
    return encoded.getvalue()


PICTURES = {"/page.png": drawn(coloured=False), "/coloured.png": drawn(coloured=True)}


@pytest.fixture(scope="module")
def overlay() -> str:
    """Return the extension's overlay as one script."""
    return bundled(OVERLAY)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def answer(route: Route, layout: Layout) -> None:
    path = route.request.url.removeprefix(SITE)
    if path in PICTURES:
        return route.fulfill(body=PICTURES[path], content_type="image/png")
    return route.fulfill(body=layout.html("/page.png"), content_type="text/html")


def opened(browser: Browser, layout: Layout) -> Page:
    """Open the layout in a window that the browser's own zoom makes narrower in CSS pixels."""
    window = {"width": round(1000 / layout.zoom), "height": round(800 / layout.zoom)}
    page = browser.new_page(viewport=window, device_scale_factor=layout.zoom)  # type: ignore[arg-type]
    page.add_init_script(ATTACH)
    page.route(f"{SITE}/**", lambda route: answer(route, layout))
    page.goto(SITE + "/", wait_until="load")
    return page


def shot(page: Page) -> NDArray[np.int16]:
    return np.asarray(Image.open(io.BytesIO(page.screenshot(scale="device"))).convert("RGB"), dtype=np.int16)


def seen_of(grey: NDArray[np.int16], without: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Return where the window shows the picture."""
    differs = (np.abs(grey - without).max(axis=2) > 0).astype(np.uint8)
    return cv2.morphologyEx(differs, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8)) > 0


def faults(coloured: NDArray[np.int16], grey: NDArray[np.int16], seen: NDArray[np.bool_], veil: float) -> list[str]:
    """Return what is wrong with the coloured picture, which is to be seen where the grey one is and nowhere else.

    The site shows the picture through a `veil`: then both are to be seen, the coloured one over the other.
    """
    inside, around = (
        act(seen.astype(np.uint8), np.ones((EDGE_PX, EDGE_PX), np.uint8)) > 0 for act in (cv2.erode, cv2.dilate)
    )
    if not inside.any():
        return ["the picture is not to be seen"]
    change = np.abs(coloured - grey)
    blue, off = float(change[inside][:, 2].mean()), float(change[inside][:, :2].mean())
    beyond = int((change.max(axis=2) > 2)[~around].sum())
    bare = float((change[inside][:, 2] < COLOURED).mean())
    found = [
        (blue < COLOURED * (1 - veil) or bare > max(0.02, veil), f"{blue:.0f} of blue, {bare:.3f} bare"),
        (off > OFF + 50 * veil, f"{off:.1f} levels off"),
        (beyond > 0, f"{beyond} pixels beyond it"),
    ]
    return [words for is_wrong, words in found if is_wrong]


CELLS = [(row, column) for row in range(2, SIZE[1] // BLOCK_PX, 3) for column in range(1, SIZE[0] // BLOCK_PX, 3)]
SHARES = [((column + 0.5) * BLOCK_PX / SIZE[0], (row + 0.5) * BLOCK_PX / SIZE[1]) for row, column in CELLS]
Told = list[
    tuple[tuple[float, float], tuple[float, float]]
]  # where in the window, and what point is taken to lie there


def points_off(told: Told, shown: NDArray[np.int16], seen: NDArray[np.bool_], zoom: float) -> list[str]:
    """Return what is wrong with the points of the picture that points of the window are taken for."""
    found: dict[int, list[int]] = {}
    for cell, share, ((x, y), back) in zip(CELLS, SHARES, told, strict=True):
        if max(abs(one - other) for one, other in zip(share, back, strict=True)) > 0.002:
            return [f"{share} comes back as {back}"]
        left, top = int(x * zoom), int(y * zoom)
        if 0 <= left < shown.shape[1] and 0 <= top < shown.shape[0] and seen[top, left]:
            found.setdefault(int(LEVELS_OF_PAGE[cell]), []).append(int(shown[top, left, 0]))
    spreads = [float(np.ptp(levels)) for levels in found.values()]  # one level of the picture is one on the screen
    return [f"points lie {max(spreads):.0f} levels apart"] if max(spreads, default=99) > SAME_LEVEL else []


@dataclass(frozen=True)
class Sight:
    """What was seen of a layout: faults of the picture, shifts that the browser counted, the site's own boxes."""

    wrong: list[str]
    shifts: list[float]
    before: list[str]
    after: list[str]


class Sights:
    """Looks at some layouts at once: most of the time is waiting until what happens in them has come to rest."""

    def __init__(self, browser: Browser, overlay: str) -> None:
        self._browser = browser
        self._overlay = overlay
        self._seen: dict[str, Sight] = {}

    def of(self, layout: Layout) -> Sight:
        if layout.name not in self._seen:
            first = LAYOUTS.index(layout) // AT_ONCE * AT_ONCE
            self._look(LAYOUTS[first : first + AT_ONCE])
        return self._seen[layout.name]

    def _look(self, layouts: Sequence[Layout]) -> None:
        pages = [opened(self._browser, layout) for layout in layouts]
        before = [page.evaluate(BOXES) for page in pages]
        for page in pages:
            page.evaluate(self._overlay)
            page.evaluate("([url, width, height]) => cover(url, width, height)", [SITE + "/coloured.png", *SIZE])
        pages[-1].wait_for_timeout(250)
        after = [(page.evaluate(BOXES), page.evaluate("() => shifts")) for page in pages]
        for page, layout in zip(pages, layouts, strict=True):
            if layout.act:
                page.evaluate(layout.act)
        pages[-1].wait_for_timeout(650)
        for page, layout, theirs, (boxes, shifts) in zip(pages, layouts, before, after, strict=True):
            self._seen[layout.name] = Sight(wrong_in(page, layout), shifts, theirs, boxes)
            page.close()


def wrong_in(page: Page, layout: Layout) -> list[str]:
    """Return what is wrong with the coloured picture over a layout that has come to rest; it is uncovered with that."""
    coloured = shot(page)
    page.evaluate("() => uncover()")
    grey = shot(page)
    told = page.evaluate("(all) => points(all)", SHARES)
    page.evaluate(HIDE)
    seen = seen_of(grey, shot(page))
    wrong = faults(coloured, grey, seen, layout.veil)
    if layout.is_flat:
        wrong += points_off(told, grey, seen, layout.zoom)
    if wrong and os.environ.get("SHOTS"):
        Image.fromarray(np.hstack([coloured, grey, np.abs(coloured - grey)]).astype(np.uint8)).save(
            f"{os.environ['SHOTS']}/{layout.name.replace(' ', '_').replace('/', '')}.png"
        )
    return wrong


@pytest.fixture(scope="module")
def sights(browser: Browser, overlay: str) -> Sights:
    """Return what looks at layouts."""
    return Sights(browser, overlay)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_coloured_picture_lies_over_the_site_s_own(sights: Sights, layout: Layout) -> None:
    sight = sights.of(layout)
    assert sight.wrong == []
    assert sight.shifts == []
    assert sight.after == sight.before  # the site's own boxes stay where they are


def test_paper_gets_the_site_s_own_pictures(browser: Browser, overlay: str) -> None:
    """A printer's layout is another one, and no script hears of it: nothing of ours may lie about there."""
    page = opened(browser, LAYOUTS[0])
    grey = shot(page)
    page.evaluate(overlay)
    page.evaluate("([url, width, height]) => cover(url, width, height)", [SITE + "/coloured.png", *SIZE])
    page.wait_for_timeout(250)
    assert not np.array_equal(shot(page), grey)
    page.emulate_media(media="print")
    assert np.array_equal(shot(page), grey)
    page.close()
