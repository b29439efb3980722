"""Somebody new in a real Firefox, in their own language: from the install to a saved EPUB."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.e2e.gecko import BUILT, ROOT, firefox, reading_in_firefox, register_in
from tests.e2e.reading import until
from tests.e2e.site import PLAIN, MangaSite
from tests.e2e.test_firefox import COLOURED, POPUP
from tests.e2e.test_install import Words, assert_epub_holds
from tests.e2e.test_japanese import ENGLISH, NAMES, SAID

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.gecko import Gecko

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(firefox() is None, reason="needs Firefox, and not Snap's: run `make firefox`"),
]

GREY = 1.0
SHIFT_MAX = 1  # CSS pixels that rounding may give
WELCOME = "welcome.html"
IS_SHOWN = "(alt) => [...document.images].some((one) => one.alt === alt && one.naturalWidth > 0)"


@pytest.mark.parametrize("language", ["en-US", "ja"])
def test_somebody_new_gets_from_the_install_to_a_saved_epub(tmp_path: Path, site: MangaSite, language: str) -> None:
    made = subprocess.run(["make", "extension-firefox"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    say = Words(BUILT, language[:2])

    def assert_no_english_in(document: str) -> None:
        assert language != "ja" or english_in(gecko, document) == []

    with reading_in_firefox(tmp_path, language, has_host=False) as gecko:
        gecko.wait_for(WELCOME, say("host_notRegistered"))
        gecko.shot(WELCOME, f"{language}-1-no-host")
        assert_no_english_in(WELCOME)
        register_in(tmp_path)
        gecko.press(WELCOME, say("popup_tryAgain"))
        done = f"\n{say('welcome_done')}"
        gecko.wait_for(WELCOME, say("welcome_host") + done)
        gecko.wait_for(WELCOME, say("welcome_chain") + done)
        gecko.wait_for(WELCOME, say("told_weights_sound"))
        gecko.wait_for(WELCOME, say("welcome_pin") + done)
        gecko.press(WELCOME, say("welcome_colour"))
        until(lambda: gecko.evaluate(WELCOME, IS_SHOWN, say("welcome_sampleColoured")), lambda: gecko.text(WELCOME))
        assert_no_english_in(WELCOME)
        gecko.shot(WELCOME, f"{language}-2-first-steps")

        gecko.open(f"{site.origin}/chapter/plain")
        layout = gecko.box()
        gecko.open_popup(say("connection_ready"))
        gecko.wait_for(POPUP, say("found_pages", len(PLAIN)))
        assert_no_english_in(POPUP)
        gecko.press(POPUP, say("popup_colorize"))
        gecko.answer(allow=True)
        gecko.wait_until_done(len(PLAIN))
        until(lambda: gecko.colourfulness() > COLOURED, gecko.colourfulness)
        assert np.abs(np.subtract(gecko.box(), layout)).max() <= SHIFT_MAX
        gecko.wait_for(POPUP, say("progress_coloured", len(PLAIN)))
        for holds in (lambda: gecko.colourfulness() < GREY, lambda: gecko.colourfulness() > COLOURED):
            gecko.press(POPUP, say("popup_showOriginal"))
            until(holds, gecko.colourfulness)

        gecko.choose(POPUP, "epub")
        gecko.press(POPUP, say("save_button"))
        saved = tmp_path / "irodori" / "data" / "exports" / "Rain Town - Chapter 3.epub"
        gecko.wait_for(POPUP, say("save_saved", len(PLAIN), saved))
        assert_no_english_in(POPUP)
        gecko.shot(POPUP, f"{language}-3-saved")
        assert_epub_holds(saved, len(PLAIN))
        assert gecko.faults() == []


def english_in(gecko: Gecko, document: str) -> list[str]:
    return [one for one in gecko.evaluate(document, SAID) if ENGLISH.search(NAMES.sub("", one))]
