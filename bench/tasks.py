"""How long the tasks of a page's own thread are in which our script ran, by processor time.

What else the machine runs does not count.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from host.paths import EXTENSION_IDS

if TYPE_CHECKING:
    from playwright.sync_api import Page

CATEGORIES: Final = ("toplevel", "devtools.timeline", "v8.execute")
TASKS: Final = ("RunTask", "ThreadControllerImpl::RunTask")
LONG_MS: Final = 50.0
OURS: Final = f"chrome-extension://{EXTENSION_IDS[0]}/"


@dataclass(frozen=True)
class Task:
    """A task in which our script ran: its processor time and ours of it, in milliseconds, and the functions."""

    length_ms: float
    ours_ms: float
    functions: tuple[str, ...]


class Tasks:
    """A context manager that records the tasks of a tab; `ours` are those with our script, longest first."""

    def __init__(self, page: Page) -> None:
        self._tools = page.context.new_cdp_session(page)
        self._page = page
        self._ended: dict[str, Any] | None = None
        self.ours: list[Task] = []
        self._tools.on("Tracing.tracingComplete", self._complete)

    def __enter__(self) -> Tasks:
        config = {"includedCategories": list(CATEGORIES), "recordMode": "recordAsMuchAsPossible"}
        self._tools.send("Tracing.start", {"traceConfig": config, "transferMode": "ReturnAsStream"})
        return self

    def __exit__(self, *_: object) -> None:
        self._tools.send("Tracing.end")
        while self._ended is None:
            self._page.wait_for_timeout(20)
        self.ours = sorted(_tasks(self._read(self._ended["stream"])), key=lambda task: -task.length_ms)
        self._tools.detach()

    def long(self) -> list[Task]:
        """Return the tasks that are longer than a reader does not notice."""
        return [task for task in self.ours if task.length_ms > LONG_MS]

    def _complete(self, ended: dict[str, Any]) -> None:
        self._ended = ended

    def _read(self, stream: str) -> list[dict[str, Any]]:
        parts: list[str] = []
        while True:
            part = self._tools.send("IO.read", {"handle": stream, "size": 4_000_000})
            parts.append(part["data"])
            if part.get("eof"):
                break
        self._tools.send("IO.close", {"handle": stream})
        events: list[dict[str, Any]] = json.loads("".join(parts))["traceEvents"]
        return events


def _tasks(events: list[dict[str, Any]]) -> list[Task]:
    """Join calls of our functions with the tasks around them."""
    calls = [event for event in events if event["name"] == "FunctionCall" and _url(event).startswith(OURS)]
    threads = {(event["pid"], event["tid"]) for event in calls}
    tasks = [
        event
        for event in events
        if event["name"] in TASKS and event["ph"] == "X" and (event["pid"], event["tid"]) in threads
    ]
    tasks.sort(key=lambda event: event["ts"])
    found: list[Task] = []
    for task in tasks:
        end = task["ts"] + task["dur"]
        inside = [
            call
            for call in calls
            if call["tid"] == task["tid"] and call["pid"] == task["pid"] and task["ts"] <= call["ts"] < end
        ]
        if inside:
            names = tuple(dict.fromkeys(str(call["args"]["data"].get("functionName", "")) for call in inside))
            ours = sum(call.get("tdur", call.get("dur", 0)) for call in inside) / 1000
            found.append(Task(task.get("tdur", task["dur"]) / 1000, ours, names))
    return found


def _url(event: dict[str, Any]) -> str:
    return str(event.get("args", {}).get("data", {}).get("url", ""))
