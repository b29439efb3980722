"""The habits of real sites. One browser and one home for all: what is not about colouring comes from the cache."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.reading import Reader, boxes, colourfulness, images, until
from tests.e2e.site import LONG, PLAIN, MangaSite

pytestmark = pytest.mark.browser

GREY = 1.0
COLOURED = 8.0


@pytest.fixture
def reader(shared_reader: Reader) -> Reader:
    return shared_reader


def assert_all_coloured(page: Page, count: int) -> None:
    assert images(page).count() == count
    for image in images(page).all():
        until(lambda image=image: colourfulness(image) > COLOURED, lambda image=image: colourfulness(image))


def test_pictures_of_another_origin_that_checks_the_referer(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/cdn")
    reader.forbid_page_capture()
    reader.colorize(page)
    reader.wait_until_done(page, len(PLAIN))
    assert_all_coloured(page, len(PLAIN))
    rules = reader.worker.evaluate("() => chrome.declarativeNetRequest.getSessionRules()")
    assert rules == []


def test_content_policy_that_allows_only_own_pictures(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/policy")
    reader.colorize(page)
    reader.wait_until_done(page, len(PLAIN))
    assert_all_coloured(page, len(PLAIN))


def test_lazy_pictures_are_coloured_before_they_are_reached(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/lazy")
    assert images(page).last.evaluate("(img) => img.naturalWidth") <= 1
    reader.colorize(page)
    reader.wait_until_done(page, len(PLAIN))
    assert_all_coloured(page, len(PLAIN))


def test_srcset_and_picture_keep_their_layout_and_their_markup(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/srcset")
    page.wait_for_load_state("load")
    before, markup = boxes(page), page.locator("main").inner_html()
    popup = reader.colorize(page)
    reader.wait_until_done(page, len(PLAIN))
    assert_all_coloured(page, len(PLAIN))
    assert boxes(page) == before
    popup.get_by_role("button", name="Show original").click()
    until(lambda: page.locator("main").inner_html() == markup, lambda: page.locator("main").inner_html())


def test_site_that_writes_its_picture_again_still_shows_colour(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/plain")
    reader.colorize(page)
    reader.wait_until_done(page, len(PLAIN))
    assert_all_coloured(page, len(PLAIN))
    images(page).nth(0).evaluate("(img, src) => { img.src = src }", f"/pages/{PLAIN[0]}")
    page.wait_for_timeout(300)
    assert colourfulness(images(page).nth(0)) > COLOURED
    page.evaluate("() => { const main = document.querySelector('main'); main.replaceWith(main.cloneNode(true)) }")
    page.evaluate(
        "(names) => document.querySelectorAll('main img').forEach((img, at) => { img.src = '/pages/' + names[at] })",
        list(PLAIN),
    )
    assert_all_coloured(page, len(PLAIN))


def test_pages_that_a_site_adds_while_one_scrolls_join(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/endless")
    reader.colorize(page)

    def scrolled_to_the_end() -> bool:
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        return images(page).count() == len(LONG)

    until(scrolled_to_the_end, lambda: images(page).count())
    reader.wait_until_done(page, len(LONG))
    assert_all_coloured(page, len(LONG))


def test_next_chapter_without_a_new_document_starts_clean(reader: Reader, site: MangaSite) -> None:
    page = reader.open(f"{site.origin}/chapter/app/1")
    popup = reader.colorize(page)
    reader.wait_until_done(page, len(PLAIN))
    assert_all_coloured(page, len(PLAIN))
    popup.close()

    page.get_by_role("button", name="Next chapter").click()
    until(lambda: reader.run_of(page) == {}, lambda: reader.run_of(page))
    assert page.locator("html > :not(head, body)").count() == 0
    assert max(colourfulness(image) for image in images(page).all()) < GREY

    popup = reader.popup(page)
    expect(popup.get_by_text("3 pages found here")).to_be_visible()
    popup.get_by_role("button", name="Colorize chapter").click()
    reader.wait_until_done(page, 3)
    assert_all_coloured(page, 3)
