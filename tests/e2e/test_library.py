"""References: several in order, from the clipboard and from a coloured page, found by name; the report of a series."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.reading import POPUP, Reader, images, until
from tests.e2e.shots import shoot
from tests.e2e.site import PLAIN, MangaSite
from tests.e2e.test_peek import choose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PAGES = Path(__file__).parents[1] / "pages"
PASTE = """(base64) => {
  const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], "image.webp", { type: "image/webp" }));
  window.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""


@pytest.fixture
def empty(shared_reader: Reader) -> Iterator[Reader]:
    """Empty the library before and after: other tests of this browser put pictures there, and palettes look at all."""
    clear(shared_reader)
    yield shared_reader
    clear(shared_reader)


def clear(reader: Reader) -> None:
    options = reader.open(POPUP.replace("popup.html", "options.html"))
    library = options.get_by_role("region", name="Style references")
    expect(library.get_by_role("status")).to_contain_text("picture")
    for remove in reversed(library.get_by_role("button", name="Remove ").all()):
        remove.click()
    expect(library.get_by_role("button", name="Remove ")).to_have_count(0)
    options.close()


def references(reader: Reader) -> list[str]:
    chosen = reader.stored("choices", "local") or {}
    return [chosen["referenceId"], *chosen.get("moreReferences", [])] if chosen.get("referenceId") else []


def upload(popup: Page, name: str) -> None:
    popup.locator("input[type=file]").set_input_files(PAGES / name)
    expect(popup.get_by_role("button", name=f"Use {Path(name).stem}", exact=True)).to_be_visible()


def test_several_references_count_in_their_order(empty: Reader, site: MangaSite, screenshots: Path | None) -> None:
    reader = empty
    page = reader.open(f"{site.origin}/chapter/plain")
    popup = reader.popup(page)
    expect(popup.get_by_role("status")).to_contain_text("Ready")
    upload(popup, "reference-warm.webp")
    upload(popup, "reference-cold.webp")
    popup.evaluate(PASTE, base64.b64encode((PAGES / "coloured-en.webp").read_bytes()).decode())
    expect(popup.get_by_role("button", name="Use From the clipboard", exact=True)).to_be_visible()
    pasted = references(reader)
    assert len(pasted) == 1

    tile = popup.get_by_role("button", name="Use reference-warm", exact=True)
    tile.focus()
    popup.keyboard.press("+")
    expect(tile).to_have_attribute("aria-pressed", "true")
    until(lambda: len(references(reader)) == 2, lambda: references(reader))
    assert references(reader)[0] == pasted[0]
    warm = references(reader)[1]
    shoot(popup, screenshots, "popup-references", width=360)
    popup.get_by_role("button", name="Let reference-warm count most").click()
    until(lambda: references(reader) == [warm, *pasted], lambda: references(reader))
    popup.get_by_role("button", name="Colorize chapter").click()
    reader.wait_until_done(page, len(PLAIN))
    assert reader.run_of(page)["references"] == [warm, *pasted]
    popup.get_by_role("button", name="Use reference-cold", exact=True).click()
    expect(popup.get_by_text("come anew")).to_be_visible()
    popup.close()
    cold = references(reader)

    page.bring_to_front()
    choose(reader, page, "set-style-reference", images(page).first)
    until(lambda: len(references(reader)) == 1 and references(reader) != cold, lambda: references(reader))

    options = reader.open(POPUP.replace("popup.html", "options.html"))
    library = options.get_by_role("region", name="Style references")
    expect(library.get_by_role("status")).to_have_text("4 pictures")
    library.get_by_label("Search by name").fill("chapter 3 TOWN")
    expect(library.get_by_role("status")).to_have_text("1 picture")
    own = library.get_by_label("Name of", exact=False)
    own.fill("Town at dusk")
    own.press("Enter")
    library.get_by_label("Search by name").fill("dusk")
    expect(library.get_by_role("button", name="Use Town at dusk")).to_have_text("In use: 1")
    library.get_by_label("Search by name").fill("")
    library.get_by_role("button", name="Use reference-cold").click()
    expect(library.get_by_role("button", name="Use reference-cold")).to_have_text("In use: 2")
    shoot(library, screenshots, "library", width=760)

    row = options.get_by_role("region", name="What was coloured").get_by_role("article", name="Rain Town", exact=True)
    with reader.context.expect_page() as opened:
        row.get_by_role("button", name="Open the report of Rain Town").click()
    report = opened.value
    expect(report.get_by_role("heading", name="Rain Town", exact=True)).to_be_visible()
    report.get_by_text("How it was made").first.click()
    expect(report.get_by_text("compact").first).to_be_visible()
    if screenshots is not None:
        report.screenshot(path=screenshots / "report.png")


def test_series_own_cover_becomes_the_reference(empty: Reader, site: MangaSite) -> None:
    """Its site gives it to its pages alone, by their Referer."""
    reader = empty
    cover = f"{site.cdn}/guarded/reference-cold.webp"
    document = f'<!doctype html><title>Snow Town - Chapter 2</title><meta property="og:image" content="{cover}">'
    site.added["/chapter/covered"] = (f'{document}<main><img src="/pages/{PLAIN[0]}" alt=""></main>', {})
    page = reader.open(f"{site.origin}/chapter/covered")
    popup = reader.popup(page)
    popup.get_by_role("button", name="Use the series' cover", exact=True).click()
    expect(popup.get_by_role("button", name="Use Cover of Snow Town", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    assert len(references(reader)) == 1
    page.goto(f"{site.origin}/chapter/plain")
    expect(reader.popup(page).get_by_role("button", name="Use the series' cover", exact=True)).to_have_count(0)
