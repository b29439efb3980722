"""Pages that try to read, through the extension, what another site keeps from them."""

from __future__ import annotations

import http.server
import json
import re
from typing import TYPE_CHECKING

import pytest

from host.paths import EXTENSION_IDS
from tests.e2e.panel import Panel, is_pointing
from tests.e2e.reading import Reader, colourfulness, images, reading_in, until
from tests.e2e.site import TYPES, QuietHandler, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser

COLOURED = 8.0
PUBLIC = "/open/panels-en.webp"
PRIVATE = "/private/panels-ja.jpg"
FORGED = "/api/transfer?to=evil&x=.png"
LATER = "/private/insets-en.jpg"

# What a page of ill will does before the reader clicks: it looks at every node that appears, at every address that is
# loaded or made, and through every door that it can patch.
SPY = """
  const seen = {roots: 0, blobs: 0, addresses: new Set(), read: []};
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (init) { seen.roots++; return attach.call(this, {...init, mode: 'open'}) };
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => { seen.blobs++; return make.call(URL, blob) };
  const context = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (...all) { seen.roots++; return context.apply(this, all) };
  new PerformanceObserver((list) => list.getEntries().forEach(({name}) => seen.addresses.add(name)))
    .observe({type: 'resource', buffered: true});
  new MutationObserver(() => document.querySelectorAll('*').forEach((element) => {
    if (element.shadowRoot) seen.roots++;
    for (const {value} of element.attributes) if (/^blob:/.test(value)) seen.addresses.add(value);
    if (element.currentSrc) seen.addresses.add(element.currentSrc);
  })).observe(document, {childList: true, subtree: true, attributes: true});
  const readable = async (source) => {
    const canvas = document.createElement('canvas'); canvas.width = canvas.height = 64;
    const pen = context.call(canvas, '2d'); pen.drawImage(source, 0, 0, 64, 64); pen.getImageData(0, 0, 64, 64);
  };
  window.look = async () => {
    for (const element of document.querySelectorAll('main img, canvas, video')) {
      if (element.localName === 'img' && !element.naturalWidth) continue; // it shows nothing
      const name = 'element ' + (element.currentSrc || element.localName);
      await readable(element).then(() => seen.read.push(name), () => 0);
    }
    for (const address of seen.addresses) {
      if (new URL(address).pathname.endsWith('favicon.ico')) continue;
      const found = await fetch(address).then((answer) => answer.blob()).catch(() => null);
      if (found?.type.startsWith('image/')) seen.read.push('address ' + address);
    }
    return {...seen, addresses: [...seen.addresses]};
  };
"""


# What a page does that wants to know whether the extension is there: it watches every node and attribute that comes,
# listens for every name that the source code might call, and asks for the styles of what came.
WATCH = """
  const heard = [], nodes = new Set();
  const names = %s;
  for (const target of [document, window])
    for (const name of names) for (const capture of [true, false])
      target.addEventListener(name, (event) => heard.push(event.type + ' ' + (event.blockedURI ?? '')), capture);
  new MutationObserver((records) => records.forEach(({addedNodes, target}) => {
    addedNodes.forEach((node) => node instanceof Element && nodes.add(node)); nodes.add(target);
  })).observe(document, {childList: true, subtree: true, attributes: true, characterData: true});
  const before = new Set(Object.getOwnPropertyNames(window));
  window.told = () => {
    const styles = [...nodes].filter((node) => node instanceof Element).flatMap((node) => [null, '::before', '::after']
      .flatMap((part) => [...getComputedStyle(node, part)].map((name) => name + getComputedStyle(node, part)[name])));
    const active = document.activeElement;
    return {
      heard,
      markup: [...nodes, active].map((node) => (node.cloneNode?.(false)?.outerHTML ?? '') + ' ' + (node.nonce ?? '')),
      words: [document.body.innerText, document.title, [...nodes].map((node) => node.textContent ?? '').join(' ')],
      styles: [...new Set(styles)],
      addresses: performance.getEntries().map(({name}) => name),
      globals: Object.getOwnPropertyNames(window).filter((name) => !before.has(name) && name !== 'told'),
      animations: document.getAnimations().length,
      sheets: document.styleSheets.length + document.adoptedStyleSheets.length,
    };
  };
"""
NAMES = ("here", "hello", "ping", "start", "agent", "pointer")
TELLING = re.compile(
    rf"irodori|{EXTENSION_IDS[0]}|chrome-extension|colou?ri[sz]|style reference|click a picture", re.IGNORECASE
)


class Sites:
    """The reader's page on 127.0.0.1; on localhost a site with a session, whose requests are written down."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[tuple[str, str]] = []
        handler = type("Handler", (_Handler,), {"sites": self, "folder": folder})
        self.servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
        self.page, self.other = (
            f"http://{host}:{server.server_address[1]}"
            for host, server in zip(("127.0.0.1", "localhost"), self.servers, strict=True)
        )

    def sent(self, path: str) -> list[str]:
        """Return the cookies of each request for a path."""
        return [cookie for asked, cookie in self.asked if asked == path]


class _Handler(QuietHandler):
    sites: Sites
    folder: Path

    def answer(self) -> None:
        path = self.path.partition("?")[0]
        if path in {"/", "/login"}:
            body = self._document().encode() if path == "/" else b"hello"
            return self.send(
                200, body, {"Content-Type": "text/html", "Set-Cookie": "session=me; SameSite=Strict; HttpOnly"}
            )
        cookie = self.headers.get("Cookie", "")
        self.sites.asked.append((self.path, cookie))
        if path.startswith(("/private", "/api")) and "session=me" not in cookie:
            return self.send_error(403)
        file = self.folder / path.rsplit("/", 1)[-1]
        if not file.is_file():
            file = self.folder / "panels-ja.jpg"
        return self.send(200, file.read_bytes(), {"Content-Type": TYPES[file.suffix]})

    def _document(self) -> str:
        other = self.sites.other
        lazy = "".join(f'<img data-src="{other}{path}" style="width:600px;height:840px">' for path in (PRIVATE, FORGED))
        style = "<style>main img { display: block; width: 600px }</style>"
        return (
            f"<!doctype html><title>Rain Town - Chapter 3</title>{style}<script>{SPY}</script>"
            f'<main><img src="{other}{PUBLIC}">{lazy}</main>'
        )


@pytest.fixture(scope="module")
def sites(pages_folder: Path) -> Iterator[Sites]:
    sites = Sites(pages_folder)
    with serving(*sites.servers):
        yield sites


@pytest.fixture(scope="module")
def reader(extension: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Start one browser for the pages of this module."""
    with reading_in(extension, tmp_path_factory.mktemp("hostile")) as reader:
        yield reader


def test_a_page_reads_nothing_of_another_site_and_forges_no_request(reader: Reader, sites: Sites) -> None:
    reader.open(f"{sites.other}/login").close()
    page = reader.open(f"{sites.page}/?read")
    reader.forbid_page_capture()  # else nothing is fetched at all
    markup = page.locator("main > img").evaluate_all("(all) => all.map((each) => each.outerHTML)")
    reader.colorize(page).close()
    page.bring_to_front()
    until(lambda: colourfulness(images(page).first) > COLOURED, lambda: reader.run_of(page))

    later = f"const img = new Image(); img.dataset.src = '{sites.other}{LATER}'; img.style = 'width:600px;height:800px'"
    page.evaluate(f"() => {{ {later}; document.querySelector('main').append(img) }}")
    page.wait_for_timeout(1500)
    for path in (PRIVATE, FORGED, LATER):
        assert sites.sent(path) == []
    assert "session=me" not in sites.sent(PUBLIC)[-1]

    looked = page.evaluate("() => look()")
    assert looked["read"] == []
    assert (looked["roots"], looked["blobs"]) == (0, 0)
    assert not [address for address in looked["addresses"] if address.startswith("blob:")]
    after = page.locator("main > img").evaluate_all("(all) => all.map((each) => each.outerHTML)")
    assert after[: len(markup)] == markup


def test_a_page_learns_no_name_of_the_extension(reader: Reader, sites: Sites) -> None:
    """What a page sees are elements without a name, not what they hold nor who made them."""
    page = reader.open(f"{sites.page}/?watch")
    ids = (EXTENSION_IDS[0], "irodori")
    names = [*(f"{who}{by}{name}" for who in ids for by in ":-." for name in NAMES), "securitypolicyviolation", "error"]
    page.evaluate(WATCH % json.dumps(names))
    reader.colorize(page).close()
    page.bring_to_front()
    until(lambda: colourfulness(images(page).first) > COLOURED, lambda: reader.run_of(page))
    for item in ("Choose on the page", "Correct a colour"):
        popup = reader.popup(page)
        with popup.expect_event("close"):
            popup.get_by_role("button", name=item).click()
        until(lambda: is_pointing(page), patience_s=20)
        page.keyboard.press("Escape" if item == "Choose on the page" else "Enter")
        until(lambda: not is_pointing(page), patience_s=20)
    until(lambda: Panel(page).parts() != [], patience_s=20)

    told = page.evaluate("() => told()")
    assert len(told["markup"]) > 3  # our elements were seen
    assert [
        each for values in told.values() if isinstance(values, list) for each in values if TELLING.search(each)
    ] == []
    assert told["heard"] == []
    assert told["globals"] == []
    assert (told["animations"], told["sheets"]) == (0, 1)
    assert page.evaluate("() => customElements.get('irodori-pointer') ?? null") is None
    named = [
        each
        for each in told["markup"]
        if re.match(r"<\w+-|<div[^>]* (?:id|class|role|title|aria-label|data-\S+)=", each)
    ]
    assert named == []


def test_our_picture_moved_by_the_page_shows_nothing(reader: Reader, sites: Sites) -> None:
    page = reader.open(f"{sites.page}/?moved")
    reader.colorize(page).close()
    page.bring_to_front()
    until(lambda: colourfulness(images(page).first) > COLOURED, lambda: reader.run_of(page))
    moved = """() => {
      const canvas = document.createElement('canvas'); canvas.setAttribute('layoutsubtree', '');
      document.body.append(canvas); canvas.append(document.querySelector('main > div'));
      return new Promise((done) => requestAnimationFrame(() => done(canvas.children.length)));
    }"""
    page.evaluate(moved)
    until(lambda: page.locator("canvas > *").count() == 0, lambda: page.content()[-300:], patience_s=20)


def test_context_menu_meets_the_site_s_own_picture(reader: Reader, sites: Sites) -> None:
    page = reader.open(f"{sites.page}/?menu")
    reader.colorize(page).close()
    page.bring_to_front()
    until(lambda: colourfulness(images(page).first) > COLOURED, lambda: reader.run_of(page))
    assert page.evaluate("() => document.elementFromPoint(200, 300).localName") == "img"


def test_popup_s_calls_are_not_answered_to_a_page_s_script(reader: Reader, sites: Sites) -> None:
    page = reader.open(f"{sites.page}/?calls")
    reader.popup(page).close()
    ask = """async ([tabId, kind]) => {
      const [{result}] = await chrome.scripting.executeScript({target: {tabId}, args: [kind, tabId],
        func: async (kind, tabId) => {
          const call = {door: 'worker', kind, params: {tabId, referenceId: 'x', choice: {series: '', engine: null}}};
          const quiet = new Promise((done) => setTimeout(done, 1500, null));
          return (await Promise.race([chrome.runtime.sendMessage(call).catch(() => null), quiet])) ?? 'silence';
        }});
      return result;
    }"""
    kinds = "reference.list", "reference.remove", "page.survey", "chapter.start", "chapter.intend", "constructor"
    for kind in kinds:
        assert reader.worker.evaluate(ask, [reader.tab_id(page), kind]) == "silence", kind
