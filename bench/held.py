"""What a tab, its browser, the extension's worker and its host hold in memory, once what nobody holds has gone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from playwright.sync_api import Page

MB: Final = 1_000_000
SETTLES_S: Final = 3.0
COUNTED: Final = {"Nodes": "nodes", "JSEventListeners": "listeners", "Documents": "documents"}


@dataclass(frozen=True)
class Held:
    """Figures by name: megabytes, and how many nodes, listeners and documents the tab's process has."""

    values: dict[str, float]

    def __str__(self) -> str:
        return ", ".join(f"{name} {value:.0f}" for name, value in self.values.items())


def held_by(page: Page) -> Held:
    """Return what is held for the tab of `page`, by all processes below this one."""
    tools = page.context.new_cdp_session(page)
    tools.send("HeapProfiler.collectGarbage")
    time.sleep(SETTLES_S)
    tools.send("HeapProfiler.collectGarbage")
    tools.send("Performance.enable")
    metrics = {each["name"]: each["value"] for each in tools.send("Performance.getMetrics")["metrics"]}
    tools.detach()
    sums = dict.fromkeys(("tab, MB", "browser, MB", "worker, MB", "host, MB"), 0.0)
    for process in psutil.Process().children(recursive=True):
        try:
            kind = _kind(" ".join(process.cmdline()))
            if kind:
                sums[f"{kind}, MB"] += process.memory_full_info().uss / MB
        except psutil.Error:
            continue
    counts = {called: float(metrics[name]) for name, called in COUNTED.items()}
    return Held(sums | {"heap of the page, MB": metrics["JSHeapUsedSize"] / MB} | counts)


def _kind(command: str) -> str:
    if "irodori-native-host" in command:
        return "host"
    if "chromium" not in command and "chrome" not in command:
        return ""
    if "--type=renderer" in command:
        return "worker" if "--extension-process" in command else "tab"
    return "" if "--type=" in command else "browser"
