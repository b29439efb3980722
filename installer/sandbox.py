"""Browsers inside Flatpak or Snap: named, and not half-supported.

Such a browser sees neither the manifest nor the host, and a host that colours cannot live inside its sandbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from installer.machine import Machine

ADVICE: Final = "install the browser as a .deb or .rpm package; inside its sandbox it cannot start programs"


@dataclass(frozen=True, slots=True)
class SandboxedBrowser:
    """A browser in a sandbox, by the folder in the home that gives it away."""

    label: str
    folder: str


SANDBOXED: Final[tuple[SandboxedBrowser, ...]] = (
    SandboxedBrowser("Google Chrome (Flatpak)", ".var/app/com.google.Chrome"),
    SandboxedBrowser("Google Chrome Dev (Flatpak)", ".var/app/com.google.ChromeDev"),
    SandboxedBrowser("Chromium (Flatpak)", ".var/app/org.chromium.Chromium"),
    SandboxedBrowser("Ungoogled Chromium (Flatpak)", ".var/app/io.github.ungoogled_software.ungoogled_chromium"),
    SandboxedBrowser("Microsoft Edge (Flatpak)", ".var/app/com.microsoft.Edge"),
    SandboxedBrowser("Brave (Flatpak)", ".var/app/com.brave.Browser"),
    SandboxedBrowser("Vivaldi (Flatpak)", ".var/app/com.vivaldi.Vivaldi"),
    SandboxedBrowser("Opera (Flatpak)", ".var/app/com.opera.Opera"),
    SandboxedBrowser("Firefox (Flatpak)", ".var/app/org.mozilla.firefox"),
    SandboxedBrowser("Chromium (Snap)", "snap/chromium"),
    SandboxedBrowser("Brave (Snap)", "snap/brave"),
    SandboxedBrowser("Vivaldi (Snap)", "snap/vivaldi"),
    SandboxedBrowser("Opera (Snap)", "snap/opera"),
    SandboxedBrowser("Firefox (Snap)", "snap/firefox"),
)


def sandboxed_browsers(machine: Machine) -> list[SandboxedBrowser]:
    """Return the sandboxed browsers that have run on this account."""
    if machine.system != "linux":
        return []
    return [each for each in SANDBOXED if (machine.home / each.folder).is_dir()]
