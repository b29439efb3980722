"""Popup, options and side panel by axe-core: no finding in any of their states, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.panel import Panel, is_pointing
from tests.e2e.reading import POPUP, images, until
from tests.e2e.site import PLAIN, MangaSite
from tests.e2e.test_peek import choose

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.reading import Reader

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "extension" / "node_modules" / "axe-core" / "axe.min.js"
FINDINGS = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`));
}"""
# Ours stand in closed shadow roots; what is opened here the checker can look into. Of the site itself nothing is said.
OPEN_ROOTS = """() => {
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (init) { return attach.call(this, { ...init, mode: 'open' }); };
}"""
OURS = """async () => {
  const { violations, passes } = await axe.run(document, { resultTypes: ['violations', 'passes'] });
  const ours = (found) => found.flatMap(({ id, nodes }) =>
    nodes.filter(({ target }) => target.some(Array.isArray)).map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  return [ours(violations), ours(passes).length];
}"""
OPEN_ALL = "() => document.querySelectorAll('details').forEach((one) => (one.open = true))"


def assert_accessible(page: Page) -> None:
    """Every part that can be unfolded is; colours have their contrast in both schemes."""
    page.evaluate(OPEN_ALL)
    page.evaluate(AXE.read_text("utf-8"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.wait_for_timeout(100)
        findings: list[str] = page.evaluate(FINDINGS)
        assert not findings, f"{page.url}, {scheme}:\n" + "\n".join(findings)


def test_every_page_of_the_extension_is_accessible(shared_reader: Reader, site: MangaSite) -> None:
    page = shared_reader.open(f"{site.origin}/chapter/plain")
    popup = shared_reader.popup(page)
    expect(popup.get_by_role("status")).to_contain_text("Ready")
    assert_accessible(popup)
    popup.get_by_role("button", name="Colorize chapter").click()
    shared_reader.wait_until_done(page, len(PLAIN))
    expect(popup.get_by_role("button", name="Save chapter")).to_be_visible()
    assert_accessible(popup)

    panel = shared_reader.open(POPUP.replace("popup.html", "sidepanel.html") + f"?tabId={shared_reader.tab_id(page)}")
    somebody = panel.get_by_role("button", name="Add ")
    expect(somebody.first).to_be_visible(timeout=60_000)
    assert_accessible(panel)
    somebody.first.click()
    expect(panel.get_by_role("article")).to_have_count(1)
    assert_accessible(panel)
    panel.get_by_role("button", name="Undo", exact=True).click()
    expect(panel.get_by_role("article")).to_have_count(0)

    popup.get_by_label("By itself").select_option("series:always")
    options = shared_reader.open(POPUP.replace("popup.html", "options.html"))
    expect(options.get_by_role("article").first).to_be_visible()
    expect(options.get_by_role("region", name="What leaves this computer")).to_contain_text("nativeMessaging")
    cache = options.get_by_role("region", name="Coloured pages on this computer")
    expect(cache).to_contain_text("page")
    assert_accessible(options)


def test_without_a_host_every_document_is_accessible(stranger: Reader, site: MangaSite) -> None:
    popup = stranger.popup(stranger.open(f"{site.origin}/chapter/plain"))
    popup.get_by_role("button", name="Colorize chapter").click()
    expect(popup.get_by_role("button", name="Try again")).to_be_visible(timeout=60_000)
    assert_accessible(popup)
    for name in ("options.html", "sidepanel.html"):
        document = stranger.open(POPUP.replace("popup.html", name))
        expect(document.get_by_role("button", name="Show me step by step")).to_be_visible(timeout=60_000)
        assert_accessible(document)


def test_what_stands_on_the_page_is_accessible(shared_reader: Reader, site: MangaSite) -> None:
    page = shared_reader.open(f"{site.origin}/chapter/plain")
    shared_reader.colorize(page).close()
    shared_reader.wait_until_done(page, len(PLAIN))
    page.bring_to_front()
    in_our_world(page, OPEN_ROOTS)
    page.evaluate(AXE.read_text("utf-8"))
    first = images(page).first
    choose(shared_reader, page, "correct-colour", first)
    until(lambda: Panel(page).parts() != [])
    assert_ours_accessible(page)
    page.keyboard.press("Escape")
    until(lambda: Panel(page).parts() == [])
    choose(shared_reader, page, "compare-page", first)
    until(lambda: page.evaluate(OURS)[1] > 0, lambda: page.evaluate(OURS))
    assert_ours_accessible(page)
    page.keyboard.press("Escape")
    popup = shared_reader.popup(page)
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Colour one picture").click()
    until(lambda: is_pointing(page))
    assert_ours_accessible(page)


def in_our_world(page: Page, function: str) -> None:
    """Call a function in the world of the extension's script, whose prototypes are its own."""
    worlds: list[dict[str, Any]] = []
    tools = page.context.new_cdp_session(page)
    tools.on("Runtime.executionContextCreated", lambda event: worlds.append(event["context"]))
    tools.send("Runtime.enable")
    ours = [one["id"] for one in worlds if one["origin"].startswith("chrome-extension://")]
    assert ours, worlds
    for context in ours:
        tools.send("Runtime.evaluate", {"expression": f"({function})()", "contextId": context})
    tools.detach()


def assert_ours_accessible(page: Page) -> None:
    found, looked_at = page.evaluate(OURS)
    assert looked_at > 0
    assert not found, "\n".join(found)
