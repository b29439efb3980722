"""A person who reads in a real Firefox with our extension: what they do there, and what they see.

Mozilla's own client for Marionette drives it. That reaches what is the browser's own, too: the toolbar with our popup,
the menu of the right click, the questions that Firefox asks, and the life of the event page.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from PIL import Image

from host.paths import GECKO_ID, HOME_VARIABLE
from tests.e2e.reading import until

with warnings.catch_warnings(action="ignore"):  # what it needs for Android phones is older than this Python
    pytest.importorskip("marionette_driver", reason="it drives Firefox on Linux: run `make test-firefox` there")
    from marionette_driver.addons import Addons
    from marionette_driver.marionette import ActionSequence, Marionette

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ROOT: Final = Path(__file__).parents[2]
BUILT: Final = ROOT / "extension" / ".output" / "firefox-mv3"
EVENT_PAGE: Final = "_generated_background_page.html"
BUTTON: Final = "host_irodori_app-BAP"
ITEM: Final = "host_irodori_app-menuitem-_"
WINDOW: Final = {"width": 1000, "height": 900}
PREFERENCES: Final = {
    "marionette.port": 0,  # one that is free
    "browser.display.use_system_colors": False,
    "security.notification_enable_delay": 0,  # else what is clicked at once is not heard
    "toolkit.cosmeticAnimations.enabled": False,
    "ui.prefersReducedMotion": 1,
}

EXTENSION: Final = f"const {{ extension }} = WebExtensionPolicy.getByID('{GECKO_ID}');"
IN_LANGUAGE: Final = """
const [language] = arguments;
Services.locale.availableLocales = [...new Set([language, "en-US"])];
Services.locale.requestedLocales = [language];
"""

# In the browser's own process: finds a document of the extension, and has a function run there by what it shows.
IN_DOCUMENT: Final = (
    EXTENSION
    + """
const [name, call, resolve] = arguments;
(async () => {
  if (name === "_generated_background_page.html") await extension.wakeupBackground?.();
  const at = (view) => view.xulBrowser?.browsingContext?.currentWindowGlobal?.documentURI?.filePath; // empty at first
  const view = [...extension.views].find((each) => !each.unloaded && at(each)?.endsWith("/" + name));
  if (!view) return { isThere: false };
  const { messageManager } = view.xulBrowser, answer = "irodori:" + Math.random();
  return new Promise((done) => {
    const hear = ({ data }) => { messageManager.removeMessageListener(answer, hear); done(data) };
    messageManager.addMessageListener(answer, hear);
    setTimeout(done, 30_000, { isThere: true, error: "gone without an answer" });
    messageManager.loadFrameScript("data:application/javascript;charset=utf-8," + encodeURIComponent(`(async () => {
      let told = { isThere: true };
      try {
        const place = Cu.Sandbox(content, { sandboxPrototype: content, wantXrays: false });
        const input = content.windowUtils.setHandlingUserInput(true); // as the reader's own click
        const made = Cu.evalInSandbox(${JSON.stringify(call)}, place);
        input.destruct();
        told.value = JSON.parse(await made);
      } catch (error) { told.error = String(error) }
      sendAsyncMessage("${answer}", told);
    })()`), false);
  });
})().then(resolve, (error) => resolve({ isThere: true, error: String(error) }));
"""
)
PRESS: Final = """(name) => {
  const found = [...document.querySelectorAll("button:not(:disabled)")].find((each) => each.textContent.includes(name));
  found?.click();
  return found !== undefined }"""
CHOOSE: Final = """(value) => {
  const holds = (each) => [...each.options].some((option) => option.value === value);
  const found = [...document.querySelectorAll("select:not(:disabled)")].find(holds);
  if (found) { found.value = value; found.dispatchEvent(new Event("change", { bubbles: true })) }
  return found !== undefined }"""
DRAWN: Final = (
    EXTENSION
    + """
const [name, resolve] = arguments;
const view = [...extension.views].find((each) => !each.unloaded && each.uri?.spec.endsWith("/" + name));
view.xulBrowser.browsingContext.currentWindowGlobal.drawSnapshot(null, 1, "white").then((bitmap) => {
  const canvas = document.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  resolve(canvas.toDataURL().split(",")[1]);
});
"""
)
# A key as from the keyboard: it goes through the browser's window to what has the focus in the document.
KEY: Final = (
    EXTENSION
    + """
const [name, key] = arguments;
const view = [...extension.views].find((each) => !each.unloaded && each.uri?.spec.split("?")[0].endsWith("/" + name));
view.xulBrowser.focus();
const tip = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
tip.beginInputTransactionForTests(view.xulBrowser.ownerDocument.defaultView, () => true);
const pressed = new KeyboardEvent("", { key, code: key });
tip.keydown(pressed);
tip.keyup(pressed);
"""
)
RUN: Final = """async () => {
  const [{ id }] = await browser.tabs.query({ active: true, currentWindow: true });
  return (await browser.storage.session.get(`run:${id}`))[`run:${id}`] ?? {} }"""
FAULTS: Final = """
return Services.console.getMessageArray()
  .filter((each) => each instanceof Ci.nsIScriptError && !(each.flags & Ci.nsIScriptError.warningFlag))
  .filter(({ sourceName }) => sourceName.startsWith("moz-extension:")).map(String)
  .filter((each) => !/Promise (resolved|rejected) (while|after) context/.test(each)); // said where a page was left
"""


def firefox() -> str | None:
    """Return the Firefox of this machine; one in Snap's sandbox starts no host."""
    for found in filter(None, map(shutil.which, ("firefox-esr", "firefox"))):
        if b"/snap/" not in Path(found).resolve().read_bytes()[:4096]:
            return found
    return None


class Gecko:
    """One Firefox with the extension; every wait ends in a sight or in an error that says what was last seen."""

    def __init__(self, marionette: Marionette) -> None:
        self._marionette = marionette

    # --- the browser's own -------------------------------------------------------------------------------------------

    def open(self, address: str) -> None:
        """Open a document in the first tab, which comes to the front."""
        self._marionette.switch_to_window(self._marionette.window_handles[0])
        self._marionette.navigate(address)

    def in_page(self, script: str, *values: object) -> Any:
        """Run a script's body in the open document, which sees closed shadow roots as the browser does."""
        return self._marionette.execute_script(script, script_args=values, sandbox="system")

    def in_browser(self, script: str, *values: object) -> Any:
        """Run a script's body in the browser's window."""
        with self._marionette.using_context("chrome"):
            return self._marionette.execute_script(script, script_args=values)

    def awaited(self, script: str, *values: object) -> Any:
        """Run a script's body there that calls its last argument with what it gives."""
        with self._marionette.using_context("chrome"):
            return self._marionette.execute_async_script(script, script_args=values)

    def open_popup(self, ready: str = "Ready") -> None:
        """Press the toolbar's button, and wait until the host is there, which the popup says in words."""
        self.in_browser(f"document.getElementById('{BUTTON}').click()")
        self.wait_for("popup.html", ready)

    def close_popup(self) -> None:
        self.in_browser("document.querySelectorAll('panel').forEach((each) => each.hidePopup?.())")
        until(lambda: not self.is_open("popup.html"))

    def put_away(self) -> None:
        """Close what stands over the page or beside it, whatever a test that failed left there."""
        self.in_browser(
            "document.querySelectorAll('panel').forEach((each) => each.hidePopup?.()); SidebarController.hide();"
            "PopupNotifications._currentNotifications?.slice().forEach((each) => PopupNotifications.remove(each))"
        )

    def answer(self, *, allow: bool) -> None:
        """Answer what the browser asks."""
        until(lambda: self.in_browser("return PopupNotifications.isPanelOpen"))
        button = "button" if allow else "secondaryButton"
        self.in_browser(f"document.querySelector('#notification-popup popupnotification').{button}.click()")
        until(lambda: not self.in_browser("return PopupNotifications.isPanelOpen"))

    def choose_from_menu(self, x: float, y: float, item: str) -> None:
        """Click a place of the page with the right button, and choose one of our items."""
        click = ActionSequence(self._marionette, "pointer", "mouse", {"pointerType": "mouse"})
        click.pointer_move(round(x), round(y)).pointer_down(button=2).pointer_up(button=2).perform()
        menu = "document.querySelector('#contentAreaContextMenu > menu[id*=irodori]')"
        until(lambda: self.in_browser("return document.getElementById('contentAreaContextMenu').state") == "open")
        self.in_browser(f"{menu}.openMenu(true)")
        until(lambda: self.in_browser(f"return {menu}.menupopup?.state") == "open")
        self.in_browser(f"{menu}.menupopup.activateItem(document.getElementById('{ITEM}{item}'))")

    def end_event_page(self) -> None:
        """End the event page, as Firefox does with one that rests."""
        end = "extension.terminateBackground({ disableResetIdleForTest: true })"
        ended = self.awaited(
            f"{EXTENSION} const [resolve] = arguments; {end}.then(() => resolve(extension.backgroundState))"
        )
        assert ended == "stopped"

    def is_awake(self) -> bool:
        """Whether the event page is there; asking does not wake it."""
        return bool(self.in_browser(f"{EXTENSION} return extension.backgroundState") == "running")

    def faults(self) -> list[str]:
        """Return what scripts of the extension ended in, wherever it was."""
        found: list[str] = self.in_browser(FAULTS)
        return found

    # --- the extension's documents, by their file's name ------------------------------------------------------------

    def is_open(self, document: str) -> bool:
        return bool(self._asked(document, "() => true")["isThere"])

    def evaluate(self, document: str, function: str, *values: object) -> Any:
        """Return what a function gives in a document of the extension, in which the reader has just clicked."""
        told = self._asked(document, function, *values)
        assert told["isThere"], f"{document} is not open"
        assert "error" not in told, f"{document}: {told['error']}"
        return told["value"]

    def text(self, document: str) -> str:
        """Return what a document says; nothing while it is not there."""
        return str(self._asked(document, "() => document.body.innerText").get("value") or "")

    def wait_for(self, document: str, words: str) -> None:
        until(lambda: words in self.text(document), lambda: self.text(document))

    def press(self, document: str, name: str) -> None:
        until(lambda: self.evaluate(document, PRESS, name), lambda: self.text(document))

    def key(self, document: str, key: str) -> None:
        """Press a key in a document."""
        self.in_browser(KEY, document, key)

    def choose(self, document: str, value: str) -> None:
        until(lambda: self.evaluate(document, CHOOSE, value), lambda: self.text(document))

    def shot(self, document: str, name: str = "", folder: str | None = os.environ.get("SHOTS")) -> None:
        """Keep a picture of a document, for whoever looks at it."""
        if folder:
            drawn = base64.b64decode(self.awaited(DRAWN, document))
            Path(folder, f"firefox-{name or document}.png").write_bytes(drawn)

    # --- the chapter -------------------------------------------------------------------------------------------------

    def run(self) -> dict[str, Any]:
        """Return the state of the run in the tab in front; empty without one."""
        found: dict[str, Any] = self.evaluate(EVENT_PAGE, RUN)
        return found

    def pages(self) -> list[dict[str, Any]]:
        return sorted(self.run().get("pages", {}).values(), key=lambda each: each["index"])

    def wait_until_done(self, pages: int) -> None:
        """Wait until `pages` pages are in colour."""
        until(lambda: [each["state"] for each in self.pages()] == ["done"] * pages, self.pages)

    def picture(self) -> NDArray[np.int16]:
        """Return what the window shows of the page, one value a CSS pixel."""
        shown = Image.open(io.BytesIO(base64.b64decode(self._marionette.screenshot(full=False)))).convert("RGB")
        return np.asarray(shown, dtype=np.int16)

    def box(self, selector: str = "main img") -> tuple[int, int, int, int]:
        """Return left, top, right and bottom of an element's part in view."""
        script = "const { left, top, right, bottom } = document.querySelector(arguments[0]).getBoundingClientRect();"
        box = self.in_page(
            f"{script} return [left, top, Math.min(right, innerWidth), Math.min(bottom, innerHeight)]", selector
        )
        left, top, right, bottom = (round(max(0, each)) for each in box)
        return left, top, right, bottom

    def colourfulness(self, selector: str = "main img") -> float:
        """Return the mean spread of the channels (0..255) of what is shown of an element; grey is 0."""
        left, top, right, bottom = self.box(selector)
        shown = self.picture()[top:bottom, left:right]
        return float((shown.max(axis=2) - shown.min(axis=2)).mean())

    def _asked(self, document: str, function: str, *values: object) -> dict[str, Any]:
        call = f"(async () => JSON.stringify((await ({function})(...{json.dumps(values)})) ?? null))()"
        told: dict[str, Any] = self.awaited(IN_DOCUMENT, document, call)
        return told


@contextlib.contextmanager
def reading_in_firefox(
    folder: Path, language: str = "en-US", build: Path = BUILT, *, has_host: bool = True
) -> Iterator[Gecko]:
    """Start Firefox in a home of its own below `folder`, let the installer find it there, and add the extension.

    The host's state is in `folder / "irodori"`. language: what Firefox takes for its own; its own parts stay in English
    where the language's pack is not installed. build: the extension, a folder or an archive. Without `has_host` nothing
    is registered until `register_in` is called.
    """
    home, profile = folder / "home", folder / "profile"
    home.mkdir()
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("".join(lines))
    environ = environ_in(folder)
    command = [str(firefox()), "--headless", "--marionette", "--remote-allow-system-access", "--profile", str(profile)]
    with (folder / "firefox.log").open("wb") as log:
        process = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        with session_of(process, profile) as browser:
            if has_host:
                register_in(folder)
            browser.timeout.script = 60
            browser.set_window_rect(**WINDOW)
            gecko = Gecko(browser)
            gecko.in_browser(IN_LANGUAGE, language)
            Addons(browser).install(str(build), temp=True)
            yield gecko
    finally:
        process.terminate()
        process.wait(30)


def environ_in(folder: Path) -> dict[str, str]:
    """Return what programs of a reader see whose home is below `folder`."""
    environ = {**os.environ, "HOME": str(folder / "home"), HOME_VARIABLE: str(folder / "irodori")}
    environ.pop("XDG_CONFIG_HOME", None)
    return environ


def register_in(folder: Path) -> None:
    """Run the installer as a reader does whose home is below `folder`."""
    register = [sys.executable, "-m", "installer", "register", "--browser", "firefox"]
    subprocess.run(register, cwd=ROOT, env=environ_in(folder), check=True, capture_output=True, timeout=120)


@contextlib.contextmanager
def session_of(process: subprocess.Popen[bytes], profile: Path) -> Iterator[Marionette]:
    """Speak with a Firefox once it listens, on the port that it writes into its profile."""
    port = profile / "MarionetteActivePort"
    until(lambda: process.poll() is not None or (port.is_file() and port.read_text().strip().isdigit()))
    browser = Marionette(port=int(port.read_text()))
    browser.start_session()
    try:
        yield browser
    finally:
        browser.cleanup()
