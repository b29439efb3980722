"""How much lightness paper may give is told before anything is composed, and so that the composition holds it."""

from __future__ import annotations

import numpy as np
import pytest

from engines.geometry import Size
from host.pipeline.compose.align import Shift
from host.pipeline.compose.compose import lay_colour
from host.pipeline.compose.field import ColourField
from host.pipeline.compose.paper import ground_weight
from host.pipeline.compose.upsample import grid_lightness, grid_size
from host.pipeline.decode.page import as_page
from host.pipeline.generation.foresight import PAPER_SHARES, paper_share
from host.pipeline.generation.review import LINE_DICE_MIN, review_page

SIZE = Size(640, 480)


def page_of(grey):
    return as_page(None, grey)


def ink():
    """Return black lines on paper."""
    grey = np.full(SIZE, 250, np.uint8)
    grey[::40, :] = grey[:, ::40] = 0
    return grey


def faint(least=9, depths=31, step=1):
    """Return a light ground that is drawn all over in strokes hardly darker than itself."""
    grey = np.full(SIZE, 235, np.uint8)
    columns = np.arange(2, SIZE.width, 6)
    grey[:, columns] -= (least + np.arange(len(columns)) * step % depths).astype(np.uint8)
    return grey


def field_of(chroma, grey):
    grid = grid_size(SIZE)
    planes = np.zeros((2, *grid), np.float32)
    planes[0], planes[1] = chroma
    return ColourField(planes, Shift(0.0, 0.0), ground_weight(grid_lightness(grey)))


NOTHING = np.zeros(SIZE, np.bool_)
SKIN = (0.06, 0.06)


def test_paper_gives_all_that_its_colour_needs_where_lines_are_ink():
    assert paper_share(page_of(ink()), NOTHING, field_of(SKIN, ink())) == 1.0


def test_paper_gives_all_where_nothing_is_coloured():
    assert paper_share(page_of(faint()), NOTHING, field_of((0.0, 0.0), faint())) == 1.0


def test_paper_gives_all_where_everything_is_protected():
    page = page_of(faint())
    assert paper_share(page, ~NOTHING, field_of(SKIN, faint())) == 1.0


@pytest.mark.parametrize("drawn", [(9, 26, 1), (9, 31, 1), (10, 31, 11)])
def test_what_is_foreseen_holds_where_all_would_not(drawn):
    page, field = page_of(faint(*drawn)), field_of(SKIN, faint(*drawn))
    all_given = lay_colour(page, NOTHING, field)
    assert review_page(page, NOTHING, all_given.rgb).line_dice < LINE_DICE_MIN, "the page is no example"
    share = paper_share(page, NOTHING, field)
    assert share in PAPER_SHARES[1:-1]
    assert review_page(page, NOTHING, lay_colour(page, NOTHING, field, paper_01=share).rgb).line_dice >= LINE_DICE_MIN
