"""What is seen first: a preview, then the page; next pages before they are turned to; nothing out of sight."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.reading import Reader, colourfulness, images, reading_in, until
from tests.e2e.site import LONG, PLAIN, MangaSite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

GREY = 1.0
COLOURED = 8.0
RESTS_MS = 3000
# From the extension's own world: what the signs say and whether anything is drawn, at every frame.
WATCH = """() => {
  const roots = () => [...document.querySelectorAll('*')].flatMap((each) =>
    each instanceof HTMLElement ? chrome.dom.openOrClosedShadowRoot(each) ?? [] : []);
  globalThis.seen = [];
  const look = () => {
    const all = roots();
    const isDrawn = all.some((root) => root.querySelector('canvas')?.width > 0);
    const isMarked = all.some((root) => [...root.querySelectorAll('span')].some(({textContent, isConnected}) =>
      isConnected && textContent === 'Preview'));
    const last = seen.at(-1);
    if (last?.[0] !== isDrawn || last?.[1] !== isMarked) seen.push([isDrawn, isMarked]);
    requestAnimationFrame(look);
  };
  look();
}"""
PAGED = """<!doctype html><title>Rain Town - Chapter 3</title><main style="height:780px"></main><script>
  const pages = NAMES; let at = 0;
  const show = (to) => {
    at = to;
    const img = Object.assign(new Image(), {src: pages[at], alt: ''});
    img.style = 'display:block;height:780px;margin:auto'; img.dataset.page = at;
    document.querySelector('main').replaceChildren(img);
    AHEAD
  };
  addEventListener('keydown', ({key}) => key === 'ArrowRight' && show(at + 1));
  show(0);
</script>"""
PRELOAD = "for (const next of pages.slice(at + 1, at + 3)) new Image().src = next;"


@pytest.fixture(scope="module")
def reader(extension: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with reading_in(extension, tmp_path_factory.mktemp("ahead")) as reader:
        yield reader


def in_our_world(reader: Reader, page: Page, function: str) -> Any:
    run = f"""async (tabId) =>
      (await chrome.scripting.executeScript({{target: {{tabId}}, func: {function}}}))[0].result"""
    return reader.worker.evaluate(run, reader.tab_id(page))


def paged(site: MangaSite, path: str, addresses: list[str], ahead: str = "") -> str:
    text = PAGED.replace("NAMES", json.dumps(addresses)).replace("AHEAD", ahead)
    site.added[path] = text, {}
    return f"{site.origin}{path}"


def done(reader: Reader, page: Page) -> list[str]:
    return [each["url"] for each in reader.pages_of(page) if each["state"] == "done"]


def rests(reader: Reader, page: Page) -> bool:
    """Whether nothing is coloured for a while; what the host has begun is done first, as fast as the machine is."""
    before = [each["state"] for each in reader.pages_of(page)]
    page.wait_for_timeout(RESTS_MS)
    return "running" not in before and before == [each["state"] for each in reader.pages_of(page)]


def test_preview_is_shown_and_marked_until_the_page_takes_its_place(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/plain")
    page.wait_for_load_state("load")
    in_our_world(reader, page, WATCH)
    reader.colorize(page)
    reader.wait_until_done(page, len(PLAIN))
    until(lambda: colourfulness(images(page).first) > COLOURED)
    seen = in_our_world(reader, page, "() => globalThis.seen")
    assert [True, True] in seen, seen
    assert seen[-1] == [True, False], seen
    drawn = [is_drawn for is_drawn, _ in seen]
    assert drawn == sorted(drawn), seen  # never grey in between
    page.close()


@pytest.mark.parametrize("where", ["own", "elsewhere"])
def test_pages_that_a_site_preloads_are_in_colour_before_they_are_turned_to(
    reader: Reader, site: MangaSite, where: str
) -> None:
    base = f"{site.origin}/pages" if where == "own" else f"{site.cdn}/pages"
    addresses = [f"{base}/{name}" for name in LONG]
    page = reader.open(paged(site, f"/paged/{where}", addresses, PRELOAD))
    page.wait_for_load_state("load")
    reader.colorize(page)
    until(lambda: set(done(reader, page)) >= set(addresses[:3]), lambda: reader.pages_of(page))
    if where == "elsewhere":  # what the page has not asked for is not asked for
        assert not set(addresses[3:]) & {each["url"] for each in reader.pages_of(page)}
    known = len(reader.pages_of(page))
    page.keyboard.press("ArrowRight")
    until(lambda: colourfulness(images(page).first) > COLOURED, lambda: reader.pages_of(page), patience_s=10)
    assert len(reader.pages_of(page)) >= known
    until(lambda: set(done(reader, page)) >= set(addresses[:4]), lambda: reader.pages_of(page))
    page.close()


def test_pages_that_a_site_lists_are_coloured_ahead_as_far_as_the_reader_wishes(
    reader: Reader, site: MangaSite
) -> None:
    addresses = [f"{site.origin}/pages/{name}?listed" for name in LONG]
    reader.worker.evaluate("() => chrome.storage.local.get('choices').then(({choices}) =>"
                           " chrome.storage.local.set({choices: {...choices, pagesAhead: 2}}))")  # fmt: skip
    page = reader.open(paged(site, "/paged/listed", addresses))
    page.wait_for_load_state("load")
    reader.colorize(page)
    until(lambda: set(done(reader, page)) == set(addresses[:3]), lambda: reader.pages_of(page))
    page.wait_for_timeout(1000)
    assert len(reader.pages_of(page)) == 3
    page.close()


def test_tab_out_of_sight_rests_until_it_is_seen_again(reader: Reader, site: MangaSite) -> None:
    reader.worker.evaluate("() => chrome.storage.local.set({choices: {restsHidden: true}})")
    page = reader.open(f"{site.origin}/chapter/long")
    page.wait_for_load_state("load")
    hidden = """(hidden) => {
      Object.defineProperty(document, 'hidden', {configurable: true, value: hidden});
      document.dispatchEvent(new Event('visibilitychange')) }"""
    reader.colorize(page)
    until(lambda: len(reader.pages_of(page)) == 8, lambda: reader.pages_of(page))
    reader.worker.evaluate(
        "([tabId, hidden]) => chrome.scripting.executeScript({target: {tabId}, args: [hidden], func: " + hidden + "})",
        [reader.tab_id(page), True],
    )
    until(lambda: rests(reader, page), lambda: reader.pages_of(page))
    assert len(done(reader, page)) < 8
    reader.worker.evaluate(
        "([tabId, hidden]) => chrome.scripting.executeScript({target: {tabId}, args: [hidden], func: " + hidden + "})",
        [reader.tab_id(page), False],
    )
    reader.wait_until_done(page, 8)
    page.close()
