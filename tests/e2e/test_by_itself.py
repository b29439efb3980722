"""Chapters that turn to colour without a click, where the reader wished it, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.reading import POPUP, Reader, colourfulness, images, reading, register_host, until
from tests.e2e.site import LONG, PLAIN, MangaSite

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

GREY = 1.0
COLOURED = 8.0
WAIT_MS = 2500  # longer than a chapter needs to start
OPTIONS = POPUP.replace("popup.html", "options.html")
DIALOG = ("dialog", "Irodori asks")

# Up and down, a frame between: what grew in the frame in which one scrolls is never seen to come into view.
DOWN_AGAIN = """async () => {
  scrollTo(0, 0);
  await new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)));
  scrollTo(0, document.body.scrollHeight);
}"""


def wish(reader: Reader, page: Page, value: str) -> None:
    popup = reader.popup(page)
    choice = popup.get_by_label("By itself")
    expect(choice).to_be_enabled(timeout=60_000)
    choice.select_option(value)
    until(lambda: bool(registered(reader)) is not value.endswith(":never"), lambda: registered(reader))
    popup.close()
    page.bring_to_front()


def registered(reader: Reader) -> list[list[str]]:
    found: list[list[str]] = reader.worker.evaluate(
        "async () => (await chrome.scripting.getRegisteredContentScripts()).map(({matches}) => matches)"
    )
    return found


def assert_coloured(page: Page, count: int) -> None:
    until(lambda: images(page).count() == count, lambda: images(page).count())
    for image in images(page).all():
        until(lambda image=image: colourfulness(image) > COLOURED, lambda image=image: colourfulness(image))


def assert_left_alone(page: Page) -> None:
    page.wait_for_load_state("load")
    page.wait_for_timeout(WAIT_MS)
    assert max(colourfulness(image) for image in images(page).all()) < GREY
    assert page.locator("html > :not(head, body)").count() == 0


def asks(page: Page) -> bool:
    """Whether the page asks; what it asks with stands in a closed shadow root."""
    return DIALOG in parts(page)


def parts(page: Page) -> list[tuple[Any, Any]]:
    tools = page.context.new_cdp_session(page)
    try:
        nodes = tools.send("Accessibility.getFullAXTree")["nodes"]
    finally:
        tools.detach()
    return [(node.get("role", {}).get("value"), node.get("name", {}).get("value")) for node in nodes]


def answer(page: Page, name: str) -> None:
    """Click a button of the card, as the reader's mouse does."""
    tools = page.context.new_cdp_session(page)
    nodes = tools.send("Accessibility.getFullAXTree")["nodes"]
    found = next(node for node in nodes if node.get("name", {}).get("value") == name and not node.get("ignored"))
    quad = tools.send("DOM.getBoxModel", {"backendNodeId": found["backendDOMNodeId"]})["model"]["content"]
    tools.detach()
    page.mouse.click((quad[0] + quad[4]) / 2, (quad[1] + quad[5]) / 2)


def test_chapters_of_a_series_turn_to_colour_without_a_click(
    extension: Path, tmp_path: Path, home: Path, site: MangaSite
) -> None:
    """Now, after a reload, in the next chapter of any kind, in a tab of its own, and after the browser was closed."""
    profile = tmp_path / "profile"
    register_host(profile)
    with reading(extension, profile, home) as reader:
        page = reader.open(f"{site.origin}/chapter/plain")
        page.wait_for_load_state("load")
        wish(reader, page, "series:always")
        assert_coloured(page, len(PLAIN))
        reader.wait_until_done(page, len(PLAIN))  # what was coloured may have been previews

        page.reload()
        assert_coloured(page, len(PLAIN))

        page.goto(f"{site.origin}/chapter/app/1")
        assert_coloured(page, len(PLAIN))
        first = reader.run_of(page)["runId"]
        page.get_by_role("button", name="Next chapter").click()
        until(lambda: reader.run_of(page).get("runId", first) != first, lambda: reader.run_of(page))
        assert_coloured(page, len(PLAIN))

        endless = reader.open(f"{site.origin}/chapter/endless")

        def scrolled_to_the_end() -> bool:
            endless.evaluate(DOWN_AGAIN)
            return images(endless).count() == len(LONG)

        until(scrolled_to_the_end, lambda: images(endless).count())
        assert_coloured(endless, len(LONG))

    with reading(extension, profile, home) as reader:
        page = reader.open(f"{site.origin}/chapter/plain")
        assert_coloured(page, len(PLAIN))
        assert all(each["cached"] for each in reader.wait_until_done(page, len(PLAIN)))

        page.goto(f"{site.origin}/gallery")  # of the same site, but of no chapter like it
        other = reader.open(f"{site.cdn}/chapter/plain")  # says the same of itself
        assert_left_alone(other)
        other.goto(f"{site.cdn}/chapter/framed-elsewhere")
        site.added["/elsewhere"] = (site._framed(site.origin), {})
        other.goto(f"{site.cdn}/elsewhere")  # shows the site's own chapter in a frame
        other.wait_for_load_state("load")
        other.wait_for_timeout(WAIT_MS)
        assert reader.run_of(other) == {}


def test_reader_is_asked_on_the_page_and_only_their_own_click_answers(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/plain")
    page.wait_for_load_state("load")
    wish(reader, page, "site:ask")
    page.reload()
    until(lambda: asks(page), lambda: parts(page))
    assert max(colourfulness(image) for image in images(page).all()) < GREY
    page.evaluate("() => document.querySelectorAll('html > div').forEach((each) => { each.click(); each.focus() })")
    page.wait_for_timeout(500)
    assert reader.run_of(page) == {}
    answer(page, "This time")
    assert_coloured(page, len(PLAIN))
    assert not asks(page)

    page.reload()  # for this chapter it was answered
    assert_coloured(page, len(PLAIN))
    page.goto(f"{site.origin}/chapter/srcset")
    until(lambda: asks(page), lambda: parts(page))
    answer(page, "Never")
    until(lambda: not asks(page))
    page.reload()
    assert_left_alone(page)


def test_what_was_wished_is_listed_in_the_options_and_taken_back(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/plain")
    page.wait_for_load_state("load")
    wish(reader, page, "series:always")
    reader.wait_until_done(page, len(PLAIN))

    options = reader.open(OPTIONS)
    row = options.get_by_role("article", name="127.0.0.1")
    expect(row).to_contain_text("Rain Town")
    expect(row).to_contain_text("Allowed")
    row.get_by_label("By itself: Rain Town").select_option("never")
    until(lambda: registered(reader) == [], lambda: registered(reader))
    row.get_by_label("By itself: 127.0.0.1").select_option("always")
    until(lambda: registered(reader) == [["http://127.0.0.1/*"]], lambda: registered(reader))
    row.get_by_role("button", name="Take back 127.0.0.1").click()
    until(lambda: registered(reader) == [], lambda: registered(reader))
    expect(row).not_to_contain_text("Rain Town")
    options.close()
    page.bring_to_front()
    page.reload()
    assert_left_alone(page)


def test_series_and_chapter_are_shown_and_can_be_called_otherwise(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/plain")
    page.wait_for_load_state("load")
    popup = reader.popup(page)
    series, chapter = popup.get_by_label("Series", exact=True), popup.get_by_label("Chapter", exact=True)
    expect(series).to_have_value("Rain Town", timeout=60_000)
    expect(chapter).to_have_value("Chapter 3")
    series.fill("The Town of Rain")
    chapter.fill("3, the storm")
    popup.get_by_role("button", name="Colorize chapter").click()
    reader.wait_until_done(page, len(PLAIN))
    run = reader.run_of(page)
    assert (run["series"], run["chapter"]) == ("The Town of Rain", "3, the storm")
    popup.close()

    page.goto(f"{site.origin}/chapter/srcset")  # the next one
    page.wait_for_load_state("load")
    popup = reader.popup(page)
    expect(popup.get_by_label("Series", exact=True)).to_have_value("The Town of Rain", timeout=60_000)
