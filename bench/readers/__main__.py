"""Pages found in layouts of readers, against their truth: `python -m bench.readers [-v]`.

The extension's own finder runs in a headless Chromium on documents after the themes that the field uses. Needs
Chromium, Playwright and `extension/node_modules`. Exit status 1 below the targets, for the layouts that the classifier
was tuned with and for those that were kept out alike.
"""

from __future__ import annotations

import io
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from bench.readers.field import FIELD
from bench.readers.held_out import HELD_OUT
from bench.readers.themes import TUNED
from tests.e2e.bundling import bundled
from tests.e2e.reading import chromium

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Page, Route

    from bench.readers.markup import Layout

SITE = "http://reader.test"
TARGET_01 = 0.98
FINDER = """import { pagesAmong, picturesOf } from "./lib/page/find/find";
globalThis.findPages = () => pagesAmong(picturesOf(() => undefined)).map(({ holder }) => holder.node);"""
LOOK = """() => {
  const found = new Set(findPages());
  const all = [...document.images];
  const isPage = (img) => img.dataset.truth === 'page';
  return {
    hits: all.filter((img) => found.has(img) && isPage(img)).length,
    missed: all.filter((img) => !found.has(img) && isPage(img)).map((img) => img.outerHTML.slice(0, 90)),
    wrong: all.filter((img) => found.has(img) && !isPage(img)).map((img) => img.outerHTML.slice(0, 90)),
  };
}"""


@dataclass(frozen=True)
class Outcome:
    """What was found in one layout."""

    layout: Layout
    hits: int
    missed: tuple[str, ...]
    wrong: tuple[str, ...]


def outcomes(layouts: Sequence[Layout]) -> list[Outcome]:
    """Open each layout and look for its pages."""
    finder = bundled(FINDER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1200, "height": 800})
        served: dict[str, Layout] = {}
        tab.route(f"{SITE}/**", lambda route: _answer(route, served))
        tab.route("https://**", lambda route: route.abort())
        found = [_look(tab, layout, served, finder) for layout in layouts]
        browser.close()
    return found


def _look(tab: Page, layout: Layout, served: dict[str, Layout], finder: str) -> Outcome:
    served[layout.path] = layout
    tab.goto(SITE + layout.path, wait_until="load")
    tab.evaluate(finder)
    seen = tab.evaluate(LOOK)
    return Outcome(layout, seen["hits"], tuple(seen["missed"]), tuple(seen["wrong"]))


def _answer(route: Route, served: dict[str, Layout]) -> None:
    path = route.request.url.removeprefix(SITE)
    size = re.match(r"/i/(\d+)x(\d+)/", path)
    if size:
        return route.fulfill(body=_drawn(int(size[1]), int(size[2])), content_type="image/png")
    layout = served.get(path)
    return route.fulfill(body=layout.html if layout else "", content_type="text/html")


def _drawn(width: int, height: int) -> bytes:
    encoded = io.BytesIO()
    Image.new("L", (width, height), 200).save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


def share(part: int, rest: int) -> float:
    return part / (part + rest) if part + rest else 1.0


def main() -> int:
    table = Table("layouts", "documents", "pages", "precision", "recall", "documents without a fault")
    is_short = False
    console = Console()
    for name, layouts in (("tuned with", TUNED), ("kept out", HELD_OUT), ("after the field's software", FIELD)):
        found = outcomes(layouts)
        hits = sum(each.hits for each in found)
        missed, wrong = sum(len(each.missed) for each in found), sum(len(each.wrong) for each in found)
        precision, recall = share(hits, wrong), share(hits, missed)
        right = sum(not each.missed and not each.wrong for each in found)
        table.add_row(
            name, str(len(found)), str(hits + missed), f"{precision:.3f}", f"{recall:.3f}", f"{right} of {len(found)}"
        )
        is_short = is_short or min(precision, recall) < TARGET_01
        for each in found:
            if each.missed or each.wrong:
                console.print(f"{each.layout.name}: missed {len(each.missed)}, wrong {len(each.wrong)}", markup=False)
                if "-v" in sys.argv:
                    console.print(*each.missed[:3], *each.wrong[:3], sep="\n", markup=False)
    console.print(table)
    return int(is_short)


if __name__ == "__main__":
    sys.exit(main())
