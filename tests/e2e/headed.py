"""A reader with a real window: the toolbar's button, its popup, and the browser's own questions.

The window stands on a display of its own. What is ours is read and clicked through the browser's tools; the mouse opens
the popup and the keyboard answers the browser, which no tool can.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from host.paths import EXTENSION_IDS, HOME_VARIABLE
from tests.e2e.reading import FLAGS, Reader, browsers, chromium, register_host, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

TOOLS: Final = ("Xvfb", "xdotool", "import")
MISSING: Final = [tool for tool in TOOLS if shutil.which(tool) is None]
SIZE: Final = (1100, 900)
TOOLBAR: Final = (600, 44, SIZE[0], 84)  # where extensions have their buttons
CLICK = """([name, delay]) => { const all = [...document.querySelectorAll('button:not(:disabled)')];
  const found = all.find((each) => each.textContent.includes(name));
  if (delay) setTimeout(() => found?.click(), delay); else found?.click();
  return found !== undefined }"""
DIMMED: Final = 0.75  # of what the window was
ANSWERS_MAX: Final = 10
UNTOUCHED_MS: Final = 500  # by then the browser's tools have let go of the popup, which they keep open


@dataclass
class HeadedReader(Reader):
    """A reader whose window is on the display `env` names."""

    env: dict[str, str]
    _button: tuple[int, int] | None = None
    _light: float = 0.0

    @property
    def extension_id(self) -> str:
        return EXTENSION_IDS[0]

    def open_popup(self, page: Page, *, needs_host: bool = True) -> Popup:
        """Click the toolbar's button."""
        page.bring_to_front()
        until(lambda: self._found_button(), patience_s=60)
        self._light = self._brightness()
        self.press("mousemove", *(self._button or ()), "click", 1)
        popup = Popup(page)
        if needs_host:
            popup.wait_for_host()
        return popup

    def answer(self, *, allow: bool) -> None:
        """Answer the browser's question, in which the refusal has the focus; it takes no key at first."""
        with contextlib.suppress(AssertionError):
            until(self._is_asked, patience_s=10)
        for _ in range(ANSWERS_MAX):
            time.sleep(1)
            self.press("key", *(("Tab", "Return") if allow else ("Escape",)))
            time.sleep(0.5)
            if not self._is_asked():
                return

    def _is_asked(self) -> bool:
        """Whether a question dims the window."""
        return self._brightness() < DIMMED * self._light

    def _brightness(self) -> float:
        return float(np.asarray(self.shot(), dtype=np.float32).mean())

    def _found_button(self) -> bool:
        self._button = self._button or self._coloured_place()  # a badge may lie on it later
        return self._button is not None

    def _coloured_place(self) -> tuple[int, int] | None:
        """Return where in the toolbar our button is: the one thing there in many colours."""
        strip = self.shot().crop(TOOLBAR)
        pixels = np.asarray(strip, dtype=np.int16)
        red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
        rows, columns = np.nonzero((red - green > 60) & (blue - green > 40))
        return (int(np.median(columns)) + TOOLBAR[0], int(np.median(rows)) + TOOLBAR[1]) if rows.size > 5 else None

    def press(self, *words: object) -> None:
        subprocess.run(["xdotool", *map(str, words)], env=self.env, check=True, capture_output=True, timeout=60)

    def shot(self) -> Image.Image:
        """Return what the display shows."""
        made = subprocess.run(["import", "-window", "root", "png:-"], env=self.env, check=True, capture_output=True)
        return Image.open(io.BytesIO(made.stdout)).convert("RGB")

    def badge(self, page: Page) -> str:
        found: str = self.worker.evaluate("(tabId) => chrome.action.getBadgeText({tabId})", self.tab_of(page))
        return found

    def tab_of(self, page: Page) -> int:
        """Return the tab in front; the extension may not know addresses that it was not allowed."""
        page.bring_to_front()
        find = "async () => (await chrome.tabs.query({active: true, lastFocusedWindow: true}))[0].id"
        found: int = self.worker.evaluate(find)
        return found


class Popup:
    """The toolbar's popup, which closes as soon as something else has the focus."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._tools = page.context.new_cdp_session(page)
        self._answers: dict[int, Any] = {}
        self._tools.on("Target.receivedMessageFromTarget", lambda event: self._hear(json.loads(event["message"])))
        self._asked = 0

    def is_open(self) -> bool:
        return self._target() is not None  # it is not touched: the browser keeps a popup open that its tools look into

    def text(self) -> str:
        return str(self.evaluate("() => document.querySelector('main')?.innerText ?? ''") or "")

    def wait_for(self, words: str) -> None:
        until(lambda: words in self.text(), self.text)

    def wait_for_host(self, ready: str = "Ready") -> None:
        """Wait until the host is there; on a busy machine it may be tried again."""

        def is_ready() -> bool:
            if "Try again" in self.text():
                self.click("Try again")
            return ready in self.text()

        until(is_ready, self.text)

    def click(self, name: str, after_ms: int = 0) -> None:
        """Click a button, as the reader's own click: the browser asks its questions only then."""
        until(lambda: bool(self.evaluate(CLICK, [name, after_ms])) or not self.is_open(), self.text)

    def click_to_be_asked(self, name: str) -> None:
        """Click a button that makes the browser ask; most windows close the popup then, and some keep it."""
        self.click(name, UNTOUCHED_MS)
        with contextlib.suppress(AssertionError):
            until(lambda: not self.is_open(), patience_s=20)

    def close(self) -> None:
        self.evaluate("() => window.close()")
        until(lambda: not self.is_open(), self.text)

    def evaluate(self, function: str, *values: object) -> Any:
        """Return what a function gives in the popup; `None` where it is closed or fails."""
        expression = f"({function})({', '.join(map(json.dumps, values))})"
        params = {"expression": expression, "returnByValue": True, "awaitPromise": True, "userGesture": True}
        return self._send("Runtime.evaluate", params).get("result", {}).get("value")

    def shot(self) -> bytes:
        """Return what the popup shows, as PNG; nothing where it is closed."""
        return base64.b64decode(self._send("Page.captureScreenshot", {}).get("data", ""))

    def _send(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Ask the browser's tools about the popup; empty where it is closed."""
        target = self._target()
        if target is None:
            return {}
        attached = self._tools.send("Target.attachToTarget", {"targetId": target, "flatten": False})["sessionId"]
        self._asked += 1
        call = {"id": self._asked, "method": method, "params": params}
        with contextlib.suppress(Exception):  # closed meanwhile
            self._tools.send("Target.sendMessageToTarget", {"sessionId": attached, "message": json.dumps(call)})
        deadline = time.monotonic() + 5
        while self._asked not in self._answers and time.monotonic() < deadline:
            self._page.wait_for_timeout(20)
        with contextlib.suppress(Exception):
            self._tools.send("Target.detachFromTarget", {"sessionId": attached})
        told: dict[str, Any] = self._answers.pop(self._asked, {}).get("result", {})
        return told

    def _hear(self, answer: dict[str, Any]) -> None:
        self._answers[answer.get("id", 0)] = answer

    def _target(self) -> str | None:
        found = self._tools.send("Target.getTargets")["targetInfos"]
        return next((each["targetId"] for each in found if "popup.html" in each["url"]), None)


@contextlib.contextmanager
def display() -> Iterator[dict[str, str]]:
    """Start a display; the environment in which programs use it."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as number:
            name = number.readline().strip()
        yield {**os.environ, "DISPLAY": f":{name}"}
    finally:
        server.terminate()
        server.wait(10)


@contextlib.contextmanager
def reading_in_a_window(extension: Path, profile: Path, home: Path) -> Iterator[HeadedReader]:
    """Start a headed Chromium with the extension's button in its toolbar; its fresh `profile` knows the host."""
    register_host(profile)
    settings = profile / "Default" / "Preferences"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"extensions": {"pinned_extensions": [EXTENSION_IDS[0]]}}))
    flags = [flag for flag in FLAGS if not flag.startswith("--headless")]
    window = ["--window-position=0,0", f"--window-size={SIZE[0]},{SIZE[1]}"]
    with display() as env, browsers() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium(),
            headless=False,
            args=[*flags, *window, f"--disable-extensions-except={extension}", f"--load-extension={extension}"],
            env={**env, HOME_VARIABLE: str(home)},
            no_viewport=True,
        )
        try:
            yield HeadedReader(context, env)
        finally:
            context.close()
