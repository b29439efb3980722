"""The archives that `make dist` leaves for readers and stores: the same bytes each time, and they open and run."""

from __future__ import annotations

import runpy
import subprocess
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from host import __version__
from host.paths import EXTENSION_IDS
from tests.e2e.conftest import ROOT
from tests.e2e.gecko import firefox, reading_in_firefox
from tests.e2e.reading import POPUP, reading, register_host

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
DIST = runpy.run_path(str(ROOT / ".ci" / "dist.py"))


def packed(kind: str, folder: Path) -> Path:
    """Pack a build as `make dist` does; return the archive."""
    pack: Any = DIST["extension"]
    folder.mkdir()
    pack.__globals__["DIST"] = folder
    pack(kind, ROOT / "extension" / ".output" / DIST["BUILDS"][kind], __version__)
    (archive,) = folder.glob("*.zip")
    return archive


def test_chromium_loads_what_is_unpacked_and_reaches_the_host(readers_build: Path, tmp_path: Path) -> None:
    archive, again, store = (
        packed(kind, tmp_path / name) for kind, name in (("chrome", "1"), ("chrome", "2"), ("chrome-store", "3"))
    )
    assert archive.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(archive) as opened, zipfile.ZipFile(store) as for_store:
        opened.extractall(tmp_path / "unpacked")
        assert b'"key"' in opened.read("manifest.json")
        assert b'"key"' not in for_store.read("manifest.json")  # which a store refuses
        assert for_store.namelist() == opened.namelist()
    assert not any(path.suffix in (".map", ".ts", ".svelte") for path in (tmp_path / "unpacked").rglob("*"))
    profile = tmp_path / "profile"
    register_host(profile)
    with reading(tmp_path / "unpacked", profile, tmp_path / "home") as reader:
        assert reader.worker.url.startswith(f"chrome-extension://{EXTENSION_IDS[0]}/")
        popup = reader.context.new_page()
        popup.goto(POPUP)
        popup.get_by_text("Ready").wait_for()


@pytest.mark.skipif(firefox() is None, reason="needs Firefox, and not Snap's: run `make firefox`")
def test_firefox_installs_the_archive_and_reaches_the_host(tmp_path: Path) -> None:
    subprocess.run(["make", "extension-firefox"], cwd=ROOT, capture_output=True, check=True)
    archive, again = (packed("firefox", tmp_path / name) for name in "12")
    assert archive.read_bytes() == again.read_bytes()
    (tmp_path / "browser").mkdir()
    with reading_in_firefox(tmp_path / "browser", build=archive) as browser:
        browser.open_popup()
        assert browser.faults() == []
