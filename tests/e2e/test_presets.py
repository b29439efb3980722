"""Presets: named in the options, chosen in the popup, and what that costs is said before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.reading import POPUP, Reader, until
from tests.e2e.shots import shoot
from tests.e2e.site import PLAIN, MangaSite
from tests.e2e.test_axe import assert_accessible

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser


def test_a_preset_is_named_used_and_deleted(shared_reader: Reader, site: MangaSite, screenshots: Path | None) -> None:
    reader = shared_reader
    page = reader.open(f"{site.origin}/chapter/plain")
    popup = reader.colorize(page)
    reader.wait_until_done(page, len(PLAIN))
    before = [one["resultKey"] for one in reader.pages_of(page)]
    expect(popup.get_by_label("Preset")).to_have_count(0)
    popup.close()

    options = reader.open(POPUP.replace("popup.html", "options.html"))
    presets = options.get_by_role("region", name="Presets")
    presets.get_by_role("button", name="New preset").click()
    form = presets.get_by_role("form", name="A preset")
    form.get_by_label("Name", exact=True).fill("Pale pages")
    form.get_by_role("combobox", name="Engine").select_option("compact")
    form.get_by_label("Strength in %", exact=True).fill("40")
    form.get_by_role("combobox", name="Quality").select_option("best")
    form.get_by_label("What the pages show").fill("a rainy town")
    shoot(presets, screenshots, "preset-form", width=760)
    assert_accessible(options)
    form.get_by_role("button", name="Save").click()
    row = presets.get_by_role("article", name="Pale pages")
    expect(row).to_contain_text("40 % · Best · a rainy town")
    shoot(presets, screenshots, "presets", width=760)

    popup = reader.popup(page)
    popup.get_by_label("Preset").select_option("Pale pages")
    expect(popup.get_by_text("With this choice 3 pages come anew")).to_be_visible()
    shoot(popup, screenshots, "popup-preset", width=360)
    popup.get_by_role("button", name="Colorize chapter").click()
    until(lambda: reader.run_of(page).get("options", {}).get("strength") == 0.4, lambda: reader.run_of(page))
    reader.wait_until_done(page, len(PLAIN))
    assert not {one["resultKey"] for one in reader.pages_of(page)} & set(before)

    keep = popup.get_by_role("button", name="Save as preset…")
    keep.click()
    form = popup.get_by_role("form", name="A preset")
    expect(form).to_contain_text("Compact · 40 % · Best · a rainy town")
    form.get_by_label("Name").fill("pale PAGES")
    expect(form.get_by_role("button", name="Replace")).to_be_visible()
    form.get_by_label("Name").fill("Pale as today")
    shoot(popup, screenshots, "popup-keep-preset", width=360)
    assert_accessible(popup)
    form.get_by_label("Name").press("Enter")
    expect(form).to_have_count(0)
    expect(popup.get_by_label("Preset")).to_have_value("Pale as today")
    expect(popup.get_by_text("come anew")).to_have_count(0)
    options.reload()
    kept = presets.get_by_role("article", name="Pale as today")
    expect(kept).to_contain_text("Compact · 40 % · Best · a rainy town")
    kept.get_by_role("button", name="Delete").click()
    expect(kept).to_have_count(0)

    popup.get_by_label("Preset").select_option("")
    expect(popup.get_by_text("This choice is there already")).to_be_visible()
    row.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
