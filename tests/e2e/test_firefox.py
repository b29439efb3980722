"""A reader in a real Firefox, with the archive that readers get."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.gecko import EVENT_PAGE, ROOT, Gecko, firefox, reading_in_firefox
from tests.e2e.panel import ITEM as CORRECT
from tests.e2e.reading import until
from tests.e2e.site import MANY, PLAIN, MangaSite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(firefox() is None, reason="needs Firefox, and not Snap's: run `make firefox`"),
]

POPUP = "popup.html"
COLOURED = 8.0
PLACE = (0.3, 0.1)  # of the first page: sky
GREEN = "#2f9e44"
FORGET = """async () => {
  const { origins } = await browser.permissions.getAll();
  if (origins.length) await browser.permissions.remove({ origins });
  await browser.storage.local.clear() }"""
IN_PANEL = """
const panel = [...document.documentElement.children].map((each) => each.openOrClosedShadowRoot)
  .find((root) => root?.querySelector("[role=dialog] input[type=color]"));
const button = (name) => [...panel.querySelectorAll("button")].find((each) => each.textContent === name);
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gecko, Path]]:
    """Start the Firefox that the tests share; nothing of the extension may have failed in it by the end."""
    made = subprocess.run(["make", "extension-firefox"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    folder = tmp_path_factory.mktemp("firefox")
    with reading_in_firefox(folder) as gecko:
        gecko.wait_for("welcome.html", "Irodori's host\ndone")  # what an install opens would come to the front later
        yield gecko, folder
        faults = gecko.faults()
        assert not faults, "".join(faults)


@pytest.fixture
def gecko(browser: tuple[Gecko, Path]) -> Iterator[Gecko]:
    """Give the shared Firefox: nothing is chosen, corrected or allowed."""
    gecko, _ = browser
    yield gecko
    gecko.put_away()
    gecko.open("about:blank")
    gecko.evaluate(EVENT_PAGE, FORGET)


def colorize(gecko: Gecko, address: str, *, allow: bool | None) -> None:
    """Open a chapter, and press the button in the popup, which stays open; with `allow` the browser asks."""
    gecko.open(address)
    gecko.open_popup()
    gecko.wait_for(POPUP, "found here")
    gecko.press(POPUP, "Colorize chapter")
    if allow is not None:
        gecko.answer(allow=allow)


def at(gecko: Gecko, place: tuple[float, float]) -> tuple[int, int]:
    """Return where in the window a place of the first page is."""
    script = "const { left, top, width, height } = document.querySelector('main img').getBoundingClientRect();"
    left, top, width, height = gecko.in_page(f"{script} return [left, top, width, height]")
    return round(left + place[0] * width), round(top + place[1] * height)


def stored(gecko: Gecko, key: str) -> Any:
    return gecko.evaluate(EVENT_PAGE, "async (key) => (await browser.storage.local.get(key))[key]", key)


def test_pictures_of_another_site_are_read_once_the_reader_allows_it(gecko: Gecko, site: MangaSite) -> None:
    """The pictures' site checks the Referer, which the extension's own request has to bring."""
    colorize(gecko, f"{site.origin}/chapter/cdn", allow=False)
    until(lambda: {each["state"] for each in gecko.pages()} == {"failed"}, gecko.pages)
    assert all("may not read pictures from localhost" in each["note"] for each in gecko.pages())
    gecko.wait_for(POPUP, "You have not allowed Irodori to read 127.0.0.1 and localhost")
    gecko.press(POPUP, "Colorize chapter")
    gecko.answer(allow=True)
    gecko.wait_until_done(len(PLAIN))
    gecko.close_popup()
    until(lambda: gecko.colourfulness() > COLOURED, gecko.colourfulness)


def test_the_menu_takes_a_reference_and_corrects_a_colour(gecko: Gecko, site: MangaSite) -> None:
    colorize(gecko, f"{site.origin}/chapter/plain", allow=True)
    gecko.wait_until_done(len(PLAIN))
    gecko.close_popup()
    until(lambda: gecko.colourfulness() > COLOURED, gecko.colourfulness)
    gecko.choose_from_menu(*at(gecko, PLACE), "set-style-reference")
    until(lambda: (stored(gecko, "choices") or {}).get("referenceId") is not None)

    gecko.choose_from_menu(*at(gecko, PLACE), CORRECT)
    use = f"{IN_PANEL} const use = panel && button('Use this colour');"
    until(lambda: gecko.in_page(f"{use} return use?.getAttribute('aria-disabled') !== 'true' && !!use"))
    gecko.in_page(
        f"{use} const picker = panel.querySelector('input[type=color]'); picker.value = arguments[0];"
        "picker.dispatchEvent(new window.Event('input', { bubbles: true })); use.click()",
        GREEN,
    )
    x, y = at(gecko, PLACE)
    green = lambda: gecko.picture()[y - 40, x - 40]  # noqa: E731 - the panel's dot lies on the place itself
    until(lambda: green()[1] > green()[0] + COLOURED and green()[1] > green()[2] + COLOURED, green)
    assert [len(each["hints"]) for each in gecko.pages()] == [1, 0, 0]


def test_event_page_that_ended_takes_up_its_chapter(gecko: Gecko, site: MangaSite) -> None:
    names = MANY[:3]
    images = "".join(f'<img src="/shaved/{name}" alt="">' for name in names)
    site.added["/chapter/fresh"] = (f"<!doctype html><title>Rain Town - Chapter 4</title><main>{images}</main>", {})
    colorize(gecko, f"{site.origin}/chapter/fresh", allow=True)
    gecko.close_popup()
    until(lambda: any(each["state"] == "done" for each in gecko.pages()), gecko.pages)
    gecko.end_event_page()
    until(gecko.is_awake)
    gecko.wait_until_done(len(names))


def test_chapter_opened_again_turns_to_colour_by_itself(gecko: Gecko, site: MangaSite) -> None:
    colorize(gecko, f"{site.origin}/chapter/plain", allow=True)
    gecko.wait_until_done(len(PLAIN))
    gecko.choose(POPUP, "site:always")
    registered = "async () => (await browser.scripting.getRegisteredContentScripts()).flatMap(({ matches }) => matches)"
    until(lambda: gecko.evaluate(EVENT_PAGE, registered) == ["http://127.0.0.1/*"])
    gecko.close_popup()
    gecko.open("about:blank")
    gecko.end_event_page()
    gecko.open(f"{site.origin}/chapter/plain")
    until(lambda: gecko.colourfulness() > COLOURED, gecko.colourfulness)


def test_palette_and_options_open_beside_the_chapter(gecko: Gecko, site: MangaSite) -> None:
    colorize(gecko, f"{site.origin}/chapter/plain", allow=True)
    gecko.wait_until_done(len(PLAIN))
    gecko.press(POPUP, "Palette")
    gecko.wait_for("sidepanel.html", "Choose a head to give it colours")
    gecko.shot("sidepanel.html")
    gecko.in_browser("SidebarController.hide()")
    gecko.open_popup()
    gecko.press(POPUP, "Options")
    gecko.wait_for("options.html", "127.0.0.1\nAllowed")
    gecko.wait_for("options.html", "Rain Town")
    gecko.shot("options.html")


def test_what_firefox_keeps_from_extensions_is_told(gecko: Gecko, site: MangaSite, tmp_path: Path) -> None:
    colorize(gecko, f"{site.origin}/chapter/plain", allow=True)
    gecko.wait_until_done(len(PLAIN))
    gecko.close_popup()
    gecko.open("about:addons")
    gecko.open_popup()
    gecko.wait_for(POPUP, "belongs to the browser itself")
    until(lambda: gecko.run() == {}, gecko.run)
    assert "pages coloured" not in gecko.text(POPUP)
    gecko.close_popup()

    shutil.copy(ROOT / "tests" / "pages" / PLAIN[0], tmp_path)
    page = tmp_path / "chapter.html"
    page.write_text(f'<title>Rain Town</title><main><img src="{PLAIN[0]}" alt=""></main>')
    gecko.open(page.as_uri())
    gecko.open_popup()
    gecko.wait_for(POPUP, "Firefox lets no extension read those")
    gecko.close_popup()
