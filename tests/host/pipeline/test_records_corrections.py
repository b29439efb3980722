"""A page's corrections in its record, and back out of it."""

from __future__ import annotations

import pytest

from host.corrections import ColourHint, Corrections, FigurePalette, PageWords
from host.pipeline.drawing import Drawing, PlacedPalette
from host.pipeline.records.corrections import CorrectionsRecord, record_corrections, recorded_corrections

HINTS = (
    ColourHint(points=((0.1, 0.2), (0.3, 0.4)), rgb=(1, 2, 3), radius_01=0.02),
    ColourHint(points=((0.5, 0.6),), rgb=(4, 5, 6)),
)
PALETTES = (
    FigurePalette(point=(0.7, 0.8), hair=(7, 8, 9), clothes=(1, 1, 1)),
    FigurePalette(point=(0.9, 1.0), skin=(2, 2, 2)),
)
WORDS = (PageWords(text="Harbour, dusk"), PageWords(text="rain"))


def recorded() -> CorrectionsRecord:
    placed = (PlacedPalette(PALETTES[0], (3, 1)), PlacedPalette(PALETTES[1], ()))
    return record_corrections(Drawing(hints=HINTS, palettes=placed, words=WORDS), ["", "No figure was found."])


def test_each_is_recorded_with_what_became_of_it() -> None:
    record = recorded()
    assert [(hint.points, hint.rgb, hint.radius_01) for hint in record.hints] == [
        (((0.1, 0.2), (0.3, 0.4)), (1, 2, 3), 0.02), (((0.5, 0.6),), (4, 5, 6), 0.004)
    ]  # fmt: skip
    assert [(one.point, one.hair, one.skin, one.clothes) for one in record.palettes] == [
        ((0.7, 0.8), (7, 8, 9), None, (1, 1, 1)), ((0.9, 1.0), None, (2, 2, 2), None)
    ]  # fmt: skip
    assert [(one.figures, one.fault) for one in record.palettes] == [((3, 1), ""), ((), "No figure was found.")]


def test_a_record_tells_the_very_corrections_again() -> None:
    assert recorded_corrections(recorded()) == Corrections(hints=HINTS, palettes=PALETTES, words=WORDS)
    assert recorded_corrections(CorrectionsRecord()) == Corrections()


def test_each_palette_has_its_word_of_what_became_of_it() -> None:
    drawing = Drawing(palettes=(PlacedPalette(PALETTES[0], ()),))
    with pytest.raises(ValueError, match="zip"):
        record_corrections(drawing, [])
