"""Somebody new in a real Firefox that speaks Japanese: from the install to a saved EPUB."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from host.books.epub import open_epub
from tests.e2e.gecko import BUILT, ROOT, firefox, reading_in_firefox
from tests.e2e.reading import until
from tests.e2e.site import PLAIN, MangaSite
from tests.e2e.test_firefox import COLOURED, POPUP
from tests.e2e.test_install import Words
from tests.e2e.test_japanese import ENGLISH, NAMES, SAID

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.gecko import Gecko

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(firefox() is None, reason="needs Firefox, and not Snap's: run `make firefox`"),
]


def english_in(gecko: Gecko, document: str) -> list[str]:
    return [one for one in gecko.evaluate(document, SAID) if ENGLISH.search(NAMES.sub("", one))]


def test_somebody_new_gets_from_the_install_to_a_saved_epub_in_japanese(tmp_path: Path, site: MangaSite) -> None:
    made = subprocess.run(["make", "extension-firefox"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    say = Words(BUILT, "ja")
    with reading_in_firefox(tmp_path, "ja") as gecko:
        gecko.wait_for("welcome.html", f"{say('welcome_host')}\n{say('welcome_done')}")
        gecko.wait_for("welcome.html", say("told_weights_sound"))
        assert english_in(gecko, "welcome.html") == []
        gecko.shot("welcome.html")

        gecko.open(f"{site.origin}/chapter/plain")
        gecko.open_popup(say("connection_ready"))
        gecko.wait_for(POPUP, say("found_pages", len(PLAIN)))
        assert english_in(gecko, POPUP) == []
        gecko.press(POPUP, say("popup_colorize"))
        gecko.answer(allow=True)
        gecko.wait_until_done(len(PLAIN))
        until(lambda: gecko.colourfulness() > COLOURED, gecko.colourfulness)
        gecko.wait_for(POPUP, say("progress_coloured", len(PLAIN)))
        gecko.choose(POPUP, "epub")
        gecko.press(POPUP, say("save_button"))
        saved = tmp_path / "irodori" / "data" / "exports" / "Rain Town - Chapter 3.epub"
        gecko.wait_for(POPUP, say("save_saved", len(PLAIN), saved))
        assert english_in(gecko, POPUP) == []
        gecko.shot(POPUP)
        assert len(open_epub(saved).pages) == len(PLAIN)
        assert gecko.faults() == []
