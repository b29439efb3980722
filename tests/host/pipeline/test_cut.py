"""Where a strip is cut, and what of a reader's corrections lies in a piece."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engines.geometry import Box
from host.corrections import ColourHint, Corrections, FigurePalette
from host.pipeline.decode import as_page
from host.pipeline.strips.cut import cores_of, corrections_within, cut_page, is_within, pieces_of

UPPER, LOWER = Box(0, 0, 10, 60), Box(0, 40, 10, 100)


@pytest.mark.parametrize(
    ("down_01", "upper", "lower"),
    [(0.0, True, False), (0.399, True, False), (0.4, True, True), (0.599, True, True), (0.6, False, True),
     (0.999, False, True), (1.0, False, True)],
)  # fmt: skip
def test_a_place_lies_in_the_pieces_that_have_its_row(down_01: float, *, upper: bool, lower: bool) -> None:
    assert (is_within(down_01, UPPER, 100), is_within(down_01, LOWER, 100)) == (upper, lower)


def test_corrections_come_along_in_shares_of_the_piece() -> None:
    hints = (
        ColourHint(points=((0.5, 0.1), (0.25, 0.45), (0.5, 0.9)), rgb=(1, 2, 3)),
        ColourHint(points=((0.5, 0.9),), rgb=(4, 5, 6)),
    )
    palettes = (FigurePalette(point=(0.5, 0.7), hair=(7, 8, 9)), FigurePalette(point=(0.5, 0.2), skin=(7, 8, 9)))
    asked = Corrections(hints=hints, palettes=palettes)
    upper, lower = corrections_within(asked, UPPER, 100), corrections_within(asked, LOWER, 100)
    assert [(hint.points, hint.rgb) for hint in upper.hints] == [
        (((0.5, pytest.approx(10 / 60)), (0.25, pytest.approx(45 / 60))), (1, 2, 3))
    ]
    assert [(hint.points, hint.rgb) for hint in lower.hints] == [
        (((0.25, pytest.approx(5 / 60)), (0.5, pytest.approx(50 / 60))), (1, 2, 3)),
        (((0.5, pytest.approx(50 / 60)),), (4, 5, 6)),
    ]
    assert [one.point for one in upper.palettes] == [(0.5, pytest.approx(20 / 60))]
    assert [one.point for one in lower.palettes] == [(0.5, pytest.approx(30 / 60))]


def test_the_last_row_of_a_page_is_the_end_of_its_last_piece() -> None:
    asked = Corrections(hints=(ColourHint(points=((0.5, 1.0),), rgb=(1, 2, 3)),))
    assert corrections_within(asked, LOWER, 100).hints[0].points == ((0.5, 1.0),)
    assert corrections_within(asked, UPPER, 100).hints == ()


def test_pieces_without_what_they_share_are_the_strip_once() -> None:
    assert cores_of([UPPER, LOWER]) == [Box(0, 0, 10, 50), Box(0, 50, 10, 100)]
    assert cores_of([UPPER]) == [UPPER]


def test_what_is_no_long_strip_is_worked_on_whole() -> None:
    for shape in ((2600, 2600), (6000, 1000), (5990, 1001)):
        assert pieces_of(as_page(None, np.full(shape, 255, np.uint8))) == [Box(0, 0, shape[1], shape[0])]


def test_a_piece_is_a_page_of_the_strip_s_own_pixels() -> None:
    page = as_page(None, np.arange(60, dtype=np.uint8).reshape(20, 3).copy())
    piece = cut_page(page, Box(0, 5, 3, 9))
    assert np.array_equal(piece.grey, page.grey[5:9])
    assert np.array_equal(piece.rgb, page.rgb[5:9])
    assert np.shares_memory(piece.grey, page.grey)
    assert piece.pixels_sha256 != page.pixels_sha256


def test_a_cut_through_a_picture_leaves_both_pieces_what_lies_around_it_and_one_through_paper_does_not() -> None:
    """Even bands of 3,000 rows with one row of ink where the strip is cut by its length alone."""
    plain = np.full((9000, 1000), 255, np.uint8)
    pieces = pieces_of(as_page(None, plain))
    assert [piece.top for piece in pieces[1:]] == [piece.bottom for piece in pieces[:-1]]
    drawn = np.random.default_rng(3).integers(0, 255, plain.shape, np.uint8)
    across = pieces_of(as_page(None, drawn))
    assert [before.bottom - after.top for before, after in pairwise(across)] == [192] * (len(across) - 1)
    assert (across[0].top, across[-1].bottom) == (0, 9000)
    assert max(piece.height for piece in across) <= 4000 + 192
