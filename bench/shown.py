"""What the extension shows in a tab, seen from its own script's world: what it draws is closed to the page's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from host.paths import EXTENSION_IDS

if TYPE_CHECKING:
    from playwright.sync_api import Page

LOOK: Final = """
  const laid = (host) => chrome.dom.openOrClosedShadowRoot(host)?.querySelector('canvas') ? [host] : [];
  const drawn = () => [...document.querySelectorAll('main > [aria-hidden]')].flatMap(laid)
    .filter((host) => host.getBoundingClientRect().height > 0);
  const frame = () => new Promise(requestAnimationFrame);
"""
DRAWN: Final = f"""async (count) => {{ {LOOK}
  while (drawn().length < count) await frame();
}}"""
# A key turns the page: until the new element is there, our picture lies over it, and the frame with both is made.
TURN: Final = f"""async (key, page) => {{ {LOOK}
  const began = performance.now();
  dispatchEvent(new KeyboardEvent('keydown', {{key}}));
  const lies = (img, host) => Math.abs(img.getBoundingClientRect().top - host.getBoundingClientRect().top) < 2;
  const isShown = () => {{
    const img = document.querySelector(`main img[data-page="${{page}}"]`);
    return img?.complete && img.naturalWidth > 0 && drawn().some((host) => lies(img, host));
  }};
  while (!isShown()) await frame();
  await frame();
  return performance.now() - began;
}}"""


class Shown:
    """The extension's view of one document; make it once its script is there."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._world: int | None = None
        self._tools = page.context.new_cdp_session(page)
        self._tools.on("Runtime.executionContextCreated", self._heard)
        self._tools.send("Runtime.enable")

    def wait_for(self, count: int) -> None:
        """Wait until so many pages near the window are drawn in colour."""
        self.call(DRAWN, count)

    def turn(self, key: str, page: int) -> float:
        """Press a key that brings up another page; the milliseconds until that is drawn in colour."""
        return float(self.call(TURN, key, page))

    def call(self, function: str, *values: object) -> Any:
        """Run a function in the extension's own world of the document; what it gives."""
        while self._world is None:
            self._page.wait_for_timeout(5)
        call = {"functionDeclaration": function, "executionContextId": self._world, "awaitPromise": True}
        answer = self._tools.send(
            "Runtime.callFunctionOn",
            {**call, "returnByValue": True, "arguments": [{"value": value} for value in values]},
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def _heard(self, event: dict[str, Any]) -> None:
        context = event["context"]
        if EXTENSION_IDS[0] in context["origin"]:
            self._world = context["id"]
