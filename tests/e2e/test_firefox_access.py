"""The extension's documents in a real Firefox: by axe-core without a finding, light and dark, and by keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.gecko import EXTENSION, ActionSequence, Gecko, firefox
from tests.e2e.reading import until
from tests.e2e.site import PLAIN, MangaSite
from tests.e2e.test_axe import AXE, OPEN_ALL
from tests.e2e.test_firefox import POPUP, browser, colorize, gecko

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["browser", "gecko"]  # the fixtures, for this file's tests
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(firefox() is None, reason="needs Firefox, and not Snap's: run `make firefox`"),
]

FINDINGS = """async () => {
  %s
  const { violations, passes } = await axe.run(document, { resultTypes: ['violations', 'passes'] });
  const told = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  return [told, passes.length] }"""
IS_DARK = "() => matchMedia('(prefers-color-scheme: dark)').matches"
TAB = "\ue004"
SIDEBAR = "sidepanel.html"
AT_FOCUS = "() => document.activeElement?.dataset.reach ?? ''"
PEOPLE = "() => document.querySelectorAll('article').length"
FOCUSED = "return document.activeElement?.dataset.reach ?? ''"
REACHABLE = """
const all = [...document.querySelectorAll("button, input, select, summary, a[href], [tabindex]")];
return all.filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility())
  .map((one, at) => (one.dataset.reach = `${at} ${one.getAttribute("aria-label") || one.textContent.trim()}`))"""
# A popup's and a sidebar's document are as the browser's part around them is, one in a tab as the preference says.
AS_SCHEME = f"""{EXTENSION}
const [name, scheme] = arguments;
Services.prefs.setIntPref("layout.css.prefers-color-scheme.content-override", scheme === "dark" ? 0 : 1);
for (const view of extension.views)
  if (view.uri?.spec.split("?")[0].endsWith("/" + name)) view.xulBrowser.style.colorScheme = scheme"""


def findings(gecko: Gecko, document: str) -> list[str]:
    """Return what axe-core finds in a document, all of it unfolded, in both schemes."""
    gecko.evaluate(document, OPEN_ALL)
    found: list[str] = []
    for scheme in ("dark", "light"):
        gecko.in_browser(AS_SCHEME, document, scheme)
        until(lambda scheme=scheme: gecko.evaluate(document, IS_DARK) == (scheme == "dark"))
        told, passed = gecko.evaluate(document, FINDINGS % AXE.read_text("utf-8"))
        assert passed > 10
        found += [f"{document}, {scheme}: {one}" for one in told]
    return found


def walked(gecko: Gecko, most: int) -> Iterable[str]:
    """Yield what the tab key comes to in the document of the tab in front."""
    for _ in range(most):
        press = ActionSequence(gecko._marionette, "key", "keyboard")
        press.key_down(TAB).key_up(TAB).perform()
        yield str(gecko.in_page(FOCUSED))


def open_own(gecko: Gecko, document: str) -> None:
    base: Any = gecko.in_browser(f"{EXTENSION} return extension.baseURL")
    gecko.open(f"{base}{document}")


def test_every_document_is_without_a_finding_in_firefox(gecko: Gecko, site: MangaSite) -> None:
    gecko.wait_for("welcome.html", "All of it is sound\ndone")
    assert findings(gecko, "welcome.html") == []
    colorize(gecko, f"{site.origin}/chapter/plain", allow=True)
    gecko.wait_until_done(len(PLAIN))
    gecko.wait_for(POPUP, "3 pages coloured")
    assert findings(gecko, POPUP) == []
    gecko.press(POPUP, "Palette")
    gecko.wait_for("sidepanel.html", "Choose a head to give it colours")
    assert findings(gecko, "sidepanel.html") == []
    assert_sidebar_goes_by_keyboard(gecko)
    gecko.in_browser("SidebarController.hide()")
    open_own(gecko, "options.html")
    gecko.wait_for("options.html", "127.0.0.1\nAllowed")
    assert findings(gecko, "options.html") == []


@pytest.mark.parametrize(("document", "sign"), [("options.html", "nativeMessaging"), ("popup.html", "Ready")])
def test_the_tab_key_comes_to_everything_in_firefox(gecko: Gecko, document: str, sign: str) -> None:
    open_own(gecko, document)
    gecko.wait_for(document, sign)
    assert_all_reached(gecko, least=4)


def assert_sidebar_goes_by_keyboard(gecko: Gecko) -> None:
    """The tab key comes to all that the sidebar holds, and Enter adds somebody to the palette."""
    wanted = set(gecko.evaluate(SIDEBAR, f"() => {{ {REACHABLE} }}"))
    assert len(wanted) > 10
    seen: set[str] = set()
    for _ in range(4 * len(wanted)):
        gecko.key(SIDEBAR, "Tab")
        seen.add(gecko.evaluate(SIDEBAR, AT_FOCUS))
        if wanted <= seen:
            break
    assert wanted - seen == set()
    for _ in range(2 * len(wanted)):
        gecko.key(SIDEBAR, "Tab")
        if " Add " in gecko.evaluate(SIDEBAR, AT_FOCUS):
            break
    gecko.key(SIDEBAR, "Enter")
    until(lambda: gecko.evaluate(SIDEBAR, PEOPLE) == 1, lambda: gecko.text(SIDEBAR))


def assert_all_reached(gecko: Gecko, least: int) -> None:
    wanted = set(gecko.in_page(REACHABLE))
    assert len(wanted) >= least
    seen: set[str] = set()
    for name in walked(gecko, 4 * len(wanted)):
        seen.add(name)
        if wanted <= seen:
            break
    assert wanted - seen == set()
