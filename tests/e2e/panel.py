"""The panel in which a reader corrects a colour, as assistive technology sees it: it stands in a closed shadow root."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error

from tests.e2e.reading import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

ITEM = "correct-colour"
PICKER = ("ColorWell", "Colour")
USE = ("button", "Use this colour")
UNDO = ("button", "Undo last")
CLEAR = ("button", "Remove all")
POINTING = ("dialog", "Click a picture. Arrow keys move, Enter chooses, Escape ends.")
PLACE = ("button", "Place of the colour; the arrow keys move it")


def is_pointing(page: Page) -> bool:
    """Whether the page waits for the reader to point at a picture; that, too, stands in a closed shadow root."""
    tools = page.context.new_cdp_session(page)
    try:
        nodes = tools.send("Accessibility.getFullAXTree")["nodes"]
    finally:
        tools.detach()
    return any(_name(node) == POINTING for node in nodes if not node.get("ignored"))


class Panel:
    """The open panel of a page; its parts go by role and name."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._tools = page.context.new_cdp_session(page)

    def parts(self) -> list[tuple[str, str]]:
        """Return role and name of what the panel holds, in the order of the tab key; empty while it is closed."""
        dialogs = [node for node in self._tree() if _name(node) == ("dialog", "Correct a colour")]
        return [_name(node) for node in self._tree() if dialogs and node.get("role", {}).get("value") in _CONTROLS]

    def text(self) -> str:
        """Return what its line of text says."""
        return str(self._ask("status", "function () { return this.textContent }"))

    def works(self, part: tuple[str, str]) -> bool:
        return bool(self._ask(part, "function () { return this.getAttribute('aria-disabled') !== 'true' }"))

    def colour(self) -> str:
        return str(self._ask(PICKER, "function () { return this.value }"))

    def choose(self, colour: str) -> None:
        """Choose a colour, as the browser's own picker does: no test can reach into that.

        Only when the panel has looked at its place, which is where the choice begins: a test is faster than a reader.
        """
        until(lambda: self.works(USE), self.text, patience_s=20)
        chosen = "function (hex) { this.value = hex; this.dispatchEvent(new Event('input', {bubbles: true})) }"
        self._ask(PICKER, chosen, colour)

    def focused(self) -> tuple[str, str]:
        """Return role and name of what has the focus, in the panel or in the site."""
        found = [node for node in self._tree() if _property(node, "focused") and _name(node)[0] != "RootWebArea"]
        return _name(found[-1]) if found else ("", "")

    def press(self, part: tuple[str, str]) -> None:
        """Go to a part with the tab key, and press it."""
        until(lambda: self._reached(part), self.focused, patience_s=10)
        self._page.keyboard.press("Enter")

    def wait_for(self, words: str) -> None:
        until(lambda: words in self.text(), self.text)

    def _reached(self, part: tuple[str, str]) -> bool:
        if self.focused() == part:
            return True
        self._page.keyboard.press("Tab")
        return False

    def _ask(self, part: tuple[str, str] | str, function: str, *values: object) -> Any:
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = [node for node in self._tree() if part in (_name(node), _name(node)[0])]
            return bool(found)

        until(there, self.parts, patience_s=10)
        node = self._tools.send("DOM.resolveNode", {"backendNodeId": found[0]["backendDOMNodeId"]})
        call = {"objectId": node["object"]["objectId"], "functionDeclaration": function, "returnByValue": True}
        call["arguments"] = [{"value": value} for value in values]
        return self._tools.send("Runtime.callFunctionOn", call)["result"].get("value")

    def _tree(self) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = []
        with suppress(Error):  # while the document changes
            nodes = self._tools.send("Accessibility.getFullAXTree")["nodes"]
        return [node for node in nodes if not node.get("ignored")]


_CONTROLS = frozenset({"button", "ColorWell"})


def _name(node: dict[str, Any]) -> tuple[str, str]:
    return node.get("role", {}).get("value", ""), node.get("name", {}).get("value", "")


def _property(node: dict[str, Any], name: str) -> Any:
    return next((each["value"].get("value") for each in node.get("properties", ()) if each["name"] == name), None)
