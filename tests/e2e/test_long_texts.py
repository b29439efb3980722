"""Every document of the extension holds texts that are 40 % longer than English: nothing is cut, nothing sticks out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.reading import POPUP

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.reading import Reader

pytestmark = pytest.mark.browser

# Words of four letters, so that they wrap as words do.
LONGER = """(() => {
  const said = chrome.i18n.getMessage.bind(chrome.i18n);
  chrome.i18n.getMessage = (name, ...values) => {
    const text = said(name, ...values);
    const more = ' word'.repeat(Math.ceil((text.length * 0.4) / 5));
    return text && !name.startsWith('@@') ? text + more : text;
  };
})()"""
CUT = """() => [...document.querySelectorAll('button, h1, h2, label, p, summary')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
  .map((one) => one.textContent.trim())"""


def opened(reader: Reader, name: str, width: int) -> Page:
    page = reader.context.new_page()
    page.add_init_script(LONGER)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(POPUP.replace("popup.html", name))
    return page


@pytest.mark.parametrize(
    ("name", "width"),
    [("popup.html", 360), ("options.html", 760), ("options.html", 400), ("sidepanel.html", 320), ("welcome.html", 400)],
)
def test_longer_texts_wrap_and_are_not_cut(shared_reader: Reader, name: str, width: int) -> None:
    page = opened(shared_reader, name, width)
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.locator("main")).to_contain_text(" word word")
    if name == "options.html":
        page.get_by_role("button", name="New preset").click()
        expect(page.get_by_role("form")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == []
    page.close()
