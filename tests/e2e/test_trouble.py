"""What a reader sees when something is wrong, and that nothing is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.reading import Reader
from tests.e2e.site import MangaSite

pytestmark = pytest.mark.browser


def test_popup_says_what_to_do_where_no_host_is_registered(stranger: Reader, site: MangaSite) -> None:
    page = stranger.open(f"{site.origin}/chapter/plain")
    popup = stranger.popup(page)
    alert = popup.get_by_role("alert")
    expect(alert).to_contain_text("not registered for this browser")
    expect(alert).to_contain_text("make install")
    popup.screenshot(path="/tmp/irodori/popup-error.png")
