"""Chromium's own buttons without a window: the toolbar, its menu of extensions, and the questions that it asks.

A browser that is started with `FLAGS` writes into its profile where the tools for its own views listen.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from typing import TYPE_CHECKING, Any, Final

from websockets.sync.client import connect

from tests.e2e.reading import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from websockets.sync.client import ClientConnection

FLAGS: Final = ("--enable-ui-devtools=0", "--enable-features=ui-debug-tools-enable-synthetic-events")
ANSWER_S: Final = 30.0
QUESTION: Final = "DialogClientView::ButtonRowContainer"
Found = dict[str, Any]


class Views:
    """What the browser itself shows, as a tree; each press is a mouse's."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self._ask("DOM.enable")
        self._ask("CSS.enable")

    def pin(self) -> None:
        """Have the one extension's button stay in the toolbar, by the pin in the menu behind the puzzle piece."""
        self._press_until("ExtensionsToolbarButton", lambda: bool(self._all("ExtensionMenuItemView")))
        row = self._all("ExtensionMenuItemView")[0]
        pin = next(_below(row, "HoverButton"))
        self._press(pin)
        until(lambda: self._is_shown("ToolbarActionView"))
        self._press_until("ExtensionsToolbarButton", lambda: not self._all("ExtensionMenuItemView"))

    def press_icon(self) -> None:
        """Press the extension's button in the toolbar."""
        self._press(self._all("ToolbarActionView")[0])

    def is_asking(self) -> bool:
        return any(list(_below(row, "MdTextButton")) for row in self._all(QUESTION))

    def answer(self, *, allow: bool) -> None:
        """Answer what the browser asks; it does not hear who answers too fast. Its default is the refusal."""
        until(self.is_asking)

        def is_answered() -> bool:
            buttons = [button for row in self._all(QUESTION) for button in _below(row, "MdTextButton")]
            for button in buttons:
                if (self._facts(button).get("IsDefault") == "false") == allow:
                    self._press(button)
            return not buttons

        until(is_answered)

    def _press_until(self, kind: str, holds: Any) -> None:
        self._press(self._all(kind)[0])
        until(holds)

    def _all(self, kind: str) -> list[Found]:
        return list(_below(self._ask("DOM.getDocument")["root"], kind))

    def _is_shown(self, kind: str) -> bool:
        return any(self._facts(one).get("Visible") == "true" for one in self._all(kind))

    def _facts(self, view: Found) -> dict[str, str]:
        """Return what a view says of itself; nothing of one that is gone meanwhile."""
        rules = self._ask("CSS.getMatchedStylesForNode", nodeId=view["nodeId"]).get("matchedCSSRules", [])
        return {fact["name"]: fact["value"] for each in rules for fact in each["rule"]["style"]["cssProperties"]}

    def _press(self, view: Found) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            event = {"type": kind, "x": 5, "y": 5, "button": "left", "wheelDirection": "none"}
            self._ask("DOM.dispatchMouseEvent", nodeId=view["nodeId"], event=event)

    def _ask(self, method: str, **params: object) -> Found:
        asked = next(self._ids)
        self._connection.send(json.dumps({"id": asked, "method": method, "params": params}))
        while True:
            told: Found = json.loads(self._connection.recv(timeout=ANSWER_S))
            if told.get("id") == asked:
                return told.get("result") or {}


def _below(view: Found, kind: str) -> Iterator[Found]:
    for child in view.get("children", []):
        if child.get("attributes", ["", ""])[1] == kind:
            yield child
        yield from _below(child, kind)


@contextlib.contextmanager
def views_of(profile: Path) -> Iterator[Views]:
    """Speak with the browser of a profile about its own views."""
    port = profile / "UIDevToolsActivePort"
    until(lambda: port.is_file() and port.read_text().split() != [])
    address = f"ws://127.0.0.1:{port.read_text().split()[0]}/0"
    # The answers of a tree are large, and who serves them answers no ping meanwhile.
    with connect(address, max_size=None, ping_interval=None) as connection:
        yield Views(connection)
