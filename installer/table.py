"""Where each browser on each system looks for native-messaging hosts: data, and nothing else.

Register, unregister, status, doctor and the tests all walk `TABLE`. A new browser is a new row. Sources: the vendors'
pages on native messaging, Chromium's `native_process_launcher_posix.cc` and `launch_context_win.cc`, and what
Bitwarden, KeePassXC and vdhcoapp write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

System = Literal["linux", "macos", "windows"]
Family = Literal["chromium", "gecko"]
Root = Literal["home", "config", "xdg", "support", "local", "roaming"]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder below one of the roots that `installer.machine` resolves."""

    root: Root
    path: str


@dataclass(frozen=True, slots=True)
class Row:
    """One browser, in one of its channels, on one system.

    Attributes:
        browser: what `--browser` calls it; all channels of a browser share it.
        presence: the folder that exists once the browser has run here.
        manifests: the folders that get the manifest.
        registry: the keys below HKEY_CURRENT_USER that get the manifest's path (Windows).
        policies: where an administrator's word would stand: a folder of JSON files (Linux), the domain of a property
            list (macOS), a key (Windows).
    """

    browser: str
    label: str
    system: System
    family: Family
    presence: Folder
    manifests: tuple[Folder, ...]
    registry: tuple[str, ...] = ()
    policies: str = ""


def _linux(browser: str, label: str, folder: str, policies: str = "") -> Row:
    hosts = Folder("config", f"{folder}/NativeMessagingHosts")
    return Row(browser, label, "linux", "chromium", Folder("config", folder), (hosts,), policies=policies)


def _macos(browser: str, label: str, folder: str, domain: str = "", also: tuple[str, ...] = ()) -> Row:
    hosts = tuple(Folder("support", f"{name}/NativeMessagingHosts") for name in (folder, *also))
    return Row(browser, label, "macos", "chromium", Folder("support", folder), hosts, policies=domain)


_WINDOWS_CHROMIUM: Final = Folder("local", "irodori/native-messaging/chromium")
_WINDOWS_GECKO: Final = Folder("local", "irodori/native-messaging/firefox")
_CHROME_KEY: Final = r"Software\Google\Chrome\NativeMessagingHosts"


def _windows(browser: str, label: str, folder: str, vendor: str, *also: str, root: Root = "local") -> Row:
    return Row(
        browser,
        label,
        "windows",
        "chromium",
        Folder(root, folder),
        (_WINDOWS_CHROMIUM,),
        registry=(rf"Software\{vendor}\NativeMessagingHosts", *also),
        policies=rf"Software\Policies\{vendor}",
    )


TABLE: Final[tuple[Row, ...]] = (
    _linux("chrome", "Google Chrome", "google-chrome", "/etc/opt/chrome/policies/managed"),
    _linux("chrome", "Google Chrome Beta", "google-chrome-beta", "/etc/opt/chrome/policies/managed"),
    _linux("chrome", "Google Chrome Dev", "google-chrome-unstable", "/etc/opt/chrome/policies/managed"),
    _linux("chrome", "Google Chrome Canary", "google-chrome-canary", "/etc/opt/chrome/policies/managed"),
    _linux("chrome-for-testing", "Chrome for Testing", "google-chrome-for-testing"),
    _linux("chromium", "Chromium", "chromium", "/etc/chromium/policies/managed"),
    _linux("edge", "Microsoft Edge", "microsoft-edge", "/etc/opt/edge/policies/managed"),
    _linux("edge", "Microsoft Edge Beta", "microsoft-edge-beta", "/etc/opt/edge/policies/managed"),
    _linux("edge", "Microsoft Edge Dev", "microsoft-edge-dev", "/etc/opt/edge/policies/managed"),
    _linux("brave", "Brave", "BraveSoftware/Brave-Browser", "/etc/brave/policies/managed"),
    _linux("brave", "Brave Beta", "BraveSoftware/Brave-Browser-Beta", "/etc/brave/policies/managed"),
    _linux("brave", "Brave Nightly", "BraveSoftware/Brave-Browser-Nightly", "/etc/brave/policies/managed"),
    _linux("vivaldi", "Vivaldi", "vivaldi", "/etc/opt/vivaldi/policies/managed"),
    _linux("vivaldi", "Vivaldi Snapshot", "vivaldi-snapshot", "/etc/opt/vivaldi/policies/managed"),
    _linux("opera", "Opera", "opera"),
    Row(
        "firefox",
        "Firefox",
        "linux",
        "gecko",
        Folder("home", ".mozilla/firefox"),
        (Folder("home", ".mozilla/native-messaging-hosts"),),
    ),
    # From version 147 on new profiles stand where XDG says; manifests are looked for in ~/.mozilla all the same
    Row(
        "firefox",
        "Firefox",
        "linux",
        "gecko",
        Folder("xdg", "mozilla/firefox"),
        (Folder("home", ".mozilla/native-messaging-hosts"),),
    ),
    _macos("chrome", "Google Chrome", "Google/Chrome", "com.google.Chrome"),
    _macos("chrome", "Google Chrome Beta", "Google/Chrome Beta", "com.google.Chrome"),
    _macos("chrome", "Google Chrome Dev", "Google/Chrome Dev", "com.google.Chrome"),
    _macos("chrome", "Google Chrome Canary", "Google/Chrome Canary", "com.google.Chrome"),
    _macos("chrome-for-testing", "Chrome for Testing", "Google/ChromeForTesting"),
    _macos("chromium", "Chromium", "Chromium", "org.chromium.Chromium"),
    _macos("edge", "Microsoft Edge", "Microsoft Edge", "com.microsoft.Edge"),
    _macos("edge", "Microsoft Edge Beta", "Microsoft Edge Beta", "com.microsoft.Edge"),
    _macos("edge", "Microsoft Edge Dev", "Microsoft Edge Dev", "com.microsoft.Edge"),
    _macos("edge", "Microsoft Edge Canary", "Microsoft Edge Canary", "com.microsoft.Edge"),
    # Brave on macOS looks into Chrome's folder, whether Chrome is there or not; some versions into their own
    _macos("brave", "Brave", "BraveSoftware/Brave-Browser", "com.brave.Browser", also=("Google/Chrome",)),
    _macos("vivaldi", "Vivaldi", "Vivaldi", "com.vivaldi.Vivaldi"),
    _macos("opera", "Opera", "com.operasoftware.Opera", also=("Opera",)),
    Row(
        "firefox",
        "Firefox",
        "macos",
        "gecko",
        Folder("support", "Firefox"),
        (Folder("support", "Mozilla/NativeMessagingHosts"),),
    ),
    _windows("chrome", "Google Chrome", "Google/Chrome/User Data", r"Google\Chrome"),
    _windows("chrome", "Google Chrome Beta", "Google/Chrome Beta/User Data", r"Google\Chrome"),
    _windows("chrome", "Google Chrome Dev", "Google/Chrome Dev/User Data", r"Google\Chrome"),
    _windows("chrome", "Google Chrome Canary", "Google/Chrome SxS/User Data", r"Google\Chrome"),
    _windows("chrome-for-testing", "Chrome for Testing", "Google/Chrome for Testing/User Data", r"Google\Chrome"),
    _windows("chromium", "Chromium", "Chromium/User Data", "Chromium", _CHROME_KEY),
    _windows("edge", "Microsoft Edge", "Microsoft/Edge/User Data", r"Microsoft\Edge"),
    _windows("edge", "Microsoft Edge Beta", "Microsoft/Edge Beta/User Data", r"Microsoft\Edge"),
    _windows("edge", "Microsoft Edge Dev", "Microsoft/Edge Dev/User Data", r"Microsoft\Edge"),
    _windows("edge", "Microsoft Edge Canary", "Microsoft/Edge SxS/User Data", r"Microsoft\Edge"),
    _windows("brave", "Brave", "BraveSoftware/Brave-Browser/User Data", r"BraveSoftware\Brave-Browser", _CHROME_KEY),
    _windows("vivaldi", "Vivaldi", "Vivaldi/User Data", "Vivaldi", _CHROME_KEY),
    _windows("opera", "Opera", "Opera Software/Opera Stable", "Opera Software", _CHROME_KEY, root="roaming"),
    Row(
        "firefox",
        "Firefox",
        "windows",
        "gecko",
        Folder("roaming", "Mozilla/Firefox"),
        (_WINDOWS_GECKO,),
        registry=(r"Software\Mozilla\NativeMessagingHosts",),
    ),
)

BROWSERS: Final[tuple[str, ...]] = tuple(dict.fromkeys(row.browser for row in TABLE))
