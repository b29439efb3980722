"""The extension as it is built for tests, the sites, and the browsers: one for all, or a fresh one for a test."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e import stand_in
from tests.e2e.habits import Habits, serve_habits
from tests.e2e.reading import Reader, browsers, chromium, reading, reading_in, register_host
from tests.e2e.site import MangaSite, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "extension" / ".output"


@pytest.fixture(scope="session")
def extension() -> Path:
    """Return the extension's build for tests; made anew where a source is newer."""
    return built("extension-e2e", "chrome-mv3-e2e")


@pytest.fixture(scope="session")
def readers_build() -> Path:
    """Return the extension as readers load it: it may read no site until they say so."""
    return built("extension", "chrome-mv3")


def built(target: str, folder: str) -> Path:
    if chromium() is None:
        pytest.fail("The browser tests need Chromium: run `make chromium`.")
    made = subprocess.run(["make", target], cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    if made.returncode != 0:
        pytest.fail(f"`make {target}` failed:\n{made.stdout[-2000:]}{made.stderr[-2000:]}")
    return BUILT / folder


@pytest.fixture(scope="module")
def site(pages_folder: Path) -> Iterator[MangaSite]:
    """Serve the manga site."""
    with serve(pages_folder) as site:
        yield site


@pytest.fixture(scope="module")
def habits(pages_folder: Path) -> Iterator[Habits]:
    """Serve the site whose pictures have difficult habits."""
    with serve_habits(pages_folder) as site:
        yield site


@pytest.fixture(scope="session")
def pages_folder() -> Path:
    """Return the folder of comic pages."""
    return ROOT / "tests" / "pages"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a fresh folder for the state of the browser's hosts."""
    return tmp_path / "irodori-home"


@pytest.fixture
def reader(extension: Path, tmp_path: Path, home: Path) -> Iterator[Reader]:
    """Start a browser whose profile knows the installed host."""
    profile = tmp_path / "profile"
    register_host(profile)
    with reading(extension, profile, home) as reader:
        yield reader


@pytest.fixture(scope="session")
def only_browser(extension: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Start the browser that most tests share; what one of them has coloured comes from the cache for the others."""
    with reading_in(extension, tmp_path_factory.mktemp("shared")) as reader:
        yield reader


@pytest.fixture
def shared_reader(only_browser: Reader) -> Iterator[Reader]:
    """Return the shared browser: no tab is open, nothing is chosen or corrected."""
    yield only_browser
    only_browser.start_afresh()


@pytest.fixture
def stranger(extension: Path, tmp_path: Path, home: Path) -> Iterator[Reader]:
    """Start a browser that knows no host."""
    with reading(extension, tmp_path / "profile", home) as reader:
        yield reader


@pytest.fixture(scope="session")
def page_side(extension: Path) -> str:
    """Return the extension's page side and its stand-in as one script; the texts come with the built `extension`."""
    assert extension.is_dir()
    return stand_in.page_side()


@pytest.fixture(scope="session")
def plain_browser() -> Iterator[Browser]:
    """Start a browser without the extension, which draws WebGL."""
    with browsers() as playwright:
        flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield browser
        browser.close()
