"""Corrections of all kinds, together, by the names of their pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from host.books.correction_kinds import KINDS
from host.books.corrections import CorrectionTexts, read_corrections
from host.corrections import ColourHint, Corrections, FigurePalette
from host.errors import BadRequest

if TYPE_CHECKING:
    from pathlib import Path

PAGES = ["1.png", "2.png", "3.png"]
HINT = ColourHint(points=((0.5, 0.5),), rgb=(255, 0, 0))


def test_each_page_gets_its_own_of_every_kind_and_no_page_without_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "palettes.json"
    file.write_text(json.dumps({"1.png": [{"point": [0.25, 0.5], "hair": [1, 2, 3]}]}))
    written = {
        "hints": CorrectionTexts(("1.png:0.5,0.5=#ff0000", "2.png:0.5,0.5=#ff0000")),
        "palettes": CorrectionTexts(file=file),
    }
    palette = FigurePalette(point=(0.25, 0.5), hair=(1, 2, 3))
    assert read_corrections(KINDS, written, PAGES) == {
        "1.png": Corrections(hints=(HINT,), palettes=(palette,)),
        "2.png": Corrections(hints=(HINT,)),
    }
    assert read_corrections(KINDS, {}, PAGES) == {}


def test_a_correction_of_any_kind_for_a_page_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"a hint for .4\.png"):
        read_corrections(KINDS, {"hints": CorrectionTexts(("4.png:0.5,0.5=#ff0000",))}, PAGES)
    file = tmp_path / "palettes.json"
    file.write_text(json.dumps({"4.png": [{"point": [0.25, 0.5], "hair": [1, 2, 3]}]}))
    with pytest.raises(BadRequest, match=r"4\.png"):
        read_corrections(KINDS, {"palettes": CorrectionTexts(file=file)}, PAGES)
