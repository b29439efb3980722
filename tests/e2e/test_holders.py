"""Pages shown otherwise than by `<img>` are found, coloured in their place, followed when they turn, and given back."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.e2e.further_markup import FURTHER, LEFT_ALONE, Furnished
from tests.e2e.holders import GL, HOLDINGS, Holding, script
from tests.e2e.other_markup import IN_CHUNKS, OTHER
from tests.e2e.rarer_markup import RARER, WORTH_NOTHING
from tests.e2e.reading import until
from tests.e2e.stand_in import BEFORE, BLUE, CDN, OFF, SITE, Sights, off, opened, shot, until_shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

ALL = HOLDINGS + OTHER + FURTHER + RARER


@pytest.fixture(scope="module")
def sights(plain_browser: Browser, page_side: str) -> Sights:
    """Return what looks at documents, some at once: most of the time is waiting."""
    return Sights(plain_browser, page_side, ALL)


@pytest.mark.parametrize("holding", ALL, ids=lambda holding: holding.name)
def test_pages_are_found_coloured_in_their_place_and_given_back(sights: Sights, holding: Holding) -> None:
    assert sights.of(holding) == []


@pytest.mark.parametrize("document", LEFT_ALONE + WORTH_NOTHING, ids=lambda document: document.name)
def test_what_is_no_page_is_left_alone(plain_browser: Browser, page_side: str, document: Furnished) -> None:
    page = opened(plain_browser, document.holding)
    page.evaluate(page_side)
    assert page.evaluate("() => found()") == document.pages
    page.evaluate("() => start()")
    page.wait_for_function("(pages) => told.length >= pages", arg=document.pages)
    page.wait_for_timeout(250)
    assert len(page.evaluate("() => told")) == document.pages
    assert page.evaluate("() => told.every(({url}) => !url.includes('no-page'))")
    page.close()


def test_canvas_that_is_drawn_in_chunks_is_taken_once_and_whole(plain_browser: Browser, page_side: str) -> None:
    page = opened(plain_browser, IN_CHUNKS)
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


def test_what_the_page_s_policy_forbids_is_not_asked_for(plain_browser: Browser, page_side: str) -> None:
    """A style may name any address; the page's own request for it was stopped, and no other one is sent."""
    body = "<div class=p style=\"background-image:url('{url}')\"></div>"
    forbidden = Holding("forbidden", body, form="{cdn}/{name}").html(CDN)
    policy = {"Content-Security-Policy": "img-src 'self'"}
    page = plain_browser.new_page()
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


def closed_canvases(plain_browser: Browser, style: str = "") -> Page:
    draws = (
        "const draw = (canvas, url) => { const img = new Image(); img.onload = () => { "
        "Object.assign(canvas, {width: 700, height: 980}); canvas.getContext('2d').drawImage(img, 0, 0) }; "
        "img.src = url };"
    )
    each = "document.querySelectorAll('canvas').forEach((canvas, at) => draw(canvas, urls[at]))"
    closed = Holding(
        "closed canvas",
        "<canvas class=p></canvas>",
        style,
        once=f"<script>{draws} const urls = {{urls}}; {each}</script>",
        form="{cdn}/{name}",
    )
    return opened(plain_browser, closed)


def test_canvas_that_took_on_another_site_s_picture_stays_closed(plain_browser: Browser, page_side: str) -> None:
    """Without the reader's click nobody may look at the window: the pages stay, and it is said what would help."""
    page = closed_canvases(plain_browser)
    grey = shot(page)
    page.evaluate(page_side)
    assert page.evaluate("() => found()") == 3
    page.evaluate("() => start()")
    named = "() => new Set(told.map(({url}) => url)).size"  # one that is looked at again is told again
    until(lambda: page.evaluate(named) == 3, lambda: page.evaluate("() => told"))
    reasons = [each["reason"] for each in page.evaluate("() => told")]
    assert set(reasons) == {"capture_pressButton", "capture_bringIntoView"}
    page.evaluate("() => stop()")
    assert np.abs(shot(page) - grey).max() <= 1
    page.close()


def blueness(page: Page) -> float:
    """Return how blue the canvas in the middle of the window is."""
    middle = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), np.int16)[50:650, 300:700]
    return float((middle[:, :, 2] - middle[:, :, 0]).mean())


def test_closed_canvas_is_taken_from_the_window_once_it_is_all_in_view(plain_browser: Browser, page_side: str) -> None:
    page = closed_canvases(plain_browser)
    page.expose_function("lookAtWindow", lambda: base64.b64encode(page.screenshot()).decode())
    page.evaluate(page_side)
    page.evaluate("() => start()")
    page.wait_for_function("() => told.some(({width}) => width)")
    taken = next(each for each in page.evaluate("() => told") if "width" in each)
    assert (taken["width"], taken["height"]) == (500, 700)  # as the screen has it
    page.evaluate("() => scrollTo(0, 712)")
    page.wait_for_function("() => told.filter(({width}) => width).length === 2")
    until(lambda: blueness(page) > BLUE, lambda: blueness(page))
    page.close()


@pytest.mark.parametrize(
    ("width", "height", "stops"),
    [(500, 1300, [(0, 300), (0, 600), (0, 0)]), (1500, 600, [(250, 0), (600, 0), (0, 0)])],
    ids=["higher", "wider"],
)
def test_closed_canvas_that_is_larger_than_the_window_is_put_together_by_scrolling(
    plain_browser: Browser, page_side: str, width: int, height: int, stops: list[tuple[int, int]]
) -> None:
    bar = "main::before{content:'';position:fixed;inset:0 0 auto;height:50px;background:#333}"
    size = f".p{{width:{width}px;height:{height}px}}main{{padding-top:60px}}"
    page = closed_canvases(plain_browser, f"{size}{bar}")
    page.expose_function("lookAtWindow", lambda: base64.b64encode(page.screenshot()).decode())
    page.evaluate(page_side)
    page.evaluate("() => start()")
    page.wait_for_function("() => told.some(({reason}) => reason === 'capture_scrollOver')")
    is_whole = "() => told.some(({width}) => width)"
    for left, top in stops * 5:  # a busy machine may be late for one of them
        if not page.evaluate(is_whole):
            page.evaluate(f"() => scrollTo({left}, {top})")
            page.wait_for_timeout(900)
    page.wait_for_function(is_whole)
    taken = next(each for each in page.evaluate("() => told") if "width" in each)
    assert (taken["width"], taken["height"]) == (width, height)
    page.close()


def test_canvas_that_webgl_drew_once_and_did_not_keep_is_taken_from_the_window(
    plain_browser: Browser, page_side: str
) -> None:
    """No script can read it any more when we come; an empty canvas reads the same, and nothing is taken of it."""
    draw = script(f"{GL} gl(document.querySelector('canvas'), false)(urls[0])")
    drawn = Holding(
        "WebGL canvas that was drawn once", once=f"<canvas class=p></canvas>{draw}", at_once=1, draws_ms=900
    )
    empty = Holding("empty canvas", once="<canvas class=p width=700 height=980></canvas>", at_once=1)
    taken = []
    for holding in (drawn, empty):
        page = opened(plain_browser, holding)
        looks: list[str] = []

        def look(page: Page = page, looks: list[str] = looks) -> str:
            looks.append(base64.b64encode(page.screenshot()).decode())
            return looks[-1]

        page.expose_function("lookAtWindow", look)
        page.evaluate(page_side)
        page.evaluate("() => start()")
        until(lambda page=page, looks=looks: page.wait_for_timeout(100) or looks)  # type: ignore[misc]
        if holding is drawn:
            page.wait_for_function("() => told.length")
        page.wait_for_timeout(700)
        taken.append([(each.get("width"), each.get("height")) for each in page.evaluate("() => told")])
        page.close()
    assert taken == [[(500, 700)], []]
