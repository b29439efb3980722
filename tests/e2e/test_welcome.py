"""The first steps: with a host, to a page in colour; without one, why, and what to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.reading import POPUP, Reader
from tests.e2e.shots import shoot
from tests.e2e.test_axe import assert_accessible

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

WELCOME = POPUP.replace("popup.html", "welcome.html")


def test_the_first_steps_end_with_a_page_in_colour(shared_reader: Reader, screenshots: Path | None) -> None:
    page = shared_reader.open(WELCOME)
    expect(page.get_by_role("heading", name="Irodori's host")).to_contain_text("done")
    expect(page.get_by_role("heading", name="All of it is sound")).to_contain_text("done", timeout=60_000)
    expect(page.get_by_text("Or press Alt+Shift+K on a chapter.")).to_be_visible()
    page.get_by_role("button", name="Colour this page").click()
    expect(page.get_by_role("img", name="The same page in colour")).to_be_visible(timeout=90_000)
    assert page.evaluate("() => [...document.images].every((one) => one.complete && one.naturalWidth > 100)")
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("slider")).to_have_value("0")
    shoot(page, screenshots, "welcome", width=760)
    assert_accessible(page)


def test_without_a_host_it_is_said_why_and_what_to_run(stranger: Reader, screenshots: Path | None) -> None:
    page = stranger.open(WELCOME)
    expect(page.get_by_role("alert")).to_contain_text("not registered", timeout=60_000)
    expect(page.get_by_text("make install")).to_be_visible()
    page.get_by_label("Your system").select_option("windows")
    expect(page.get_by_text("installer register")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("not registered", timeout=60_000)
    expect(page.get_by_role("button", name="Colour this page")).to_be_disabled()
    shoot(page, screenshots, "welcome-no-host", width=760)
    assert_accessible(page)
