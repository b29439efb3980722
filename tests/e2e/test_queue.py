"""The chapters of all tabs in the side panel: how far each is, which goes first, which ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.reading import POPUP, Reader
from tests.e2e.shots import shoot
from tests.e2e.site import MANY, PLAIN, MangaSite

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

WAIT_MS = 60_000


@pytest.fixture
def reader(shared_reader: Reader) -> Reader:
    return shared_reader


def test_chapters_are_listed_put_first_cancelled_and_cleared(
    reader: Reader, site: MangaSite, screenshots: Path | None
) -> None:
    tabs = {}
    for name, path in (("A long one", "long"), ("A quick one", "plain")):
        tabs[name] = reader.open(f"{site.origin}/chapter/{path}")
        popup = reader.popup(tabs[name])
        series = popup.get_by_role("textbox", name="Series")
        expect(series).not_to_have_value("")  # until the page told its own, that would come between
        series.fill(name)
        popup.get_by_role("button", name="Colorize chapter").click()
        expect(popup.get_by_role("button", name="Cancel")).to_be_visible()
        popup.close()
    long = tabs["A long one"]

    panel = reader.open(POPUP.replace("popup.html", "sidepanel.html"))
    queue = panel.get_by_role("region", name="Under way")
    rows = queue.get_by_role("listitem", name=re.compile("A (long|quick) one"))  # other tests' tasks may stand there
    expect(rows).to_have_count(2)
    slow = queue.get_by_role("listitem", name="A long one")
    first = slow.get_by_role("button", name="First: ")
    if first.is_visible():  # the other chapter may be done by now
        first.click()
    shoot(panel, screenshots, "queue", width=380)
    slow.get_by_role("button", name="Cancel ").click()
    expect(slow).to_contain_text(f" of {len(MANY)} coloured")
    assert reader.run_of(long)["name"] == "cancelled"

    quick = queue.get_by_role("listitem", name="A quick one")
    expect(quick).to_contain_text(f"{len(PLAIN)} pages coloured", timeout=WAIT_MS)
    slow.get_by_role("button", name="A long one").click()
    assert long.evaluate("() => document.visibilityState") == "visible"
    queue.get_by_role("button", name="Clear what has ended").click()
    expect(queue).to_have_count(0)
    for page in (panel, *tabs.values()):
        page.close()
