"""Boxes: what lies around a mask, and more of it."""

from __future__ import annotations

import numpy as np
import pytest

from engines.geometry import Box, box_around


@pytest.mark.parametrize(
    ("set_at", "box"),
    [
        ([], Box(0, 0, 0, 0)),
        ([(0, 0)], Box(0, 0, 1, 1)),
        ([(3, 5)], Box(5, 3, 6, 4)),
        ([(1, 2), (3, 0)], Box(0, 1, 3, 4)),
        ([(0, 0), (3, 5)], Box(0, 0, 6, 4)),
    ],
)
@pytest.mark.parametrize("kind", [np.bool_, np.uint8])
def test_the_box_around_a_mask_holds_what_is_set_and_no_row_or_column_more(
    set_at: list[tuple[int, int]], box: Box, kind: type[np.generic]
) -> None:
    mask = np.zeros((4, 6), kind)
    for place in set_at:
        mask[place] = 1
    assert box_around(mask) == box  # type: ignore[arg-type]
    assert all(isinstance(side, int) for side in box_around(mask))  # type: ignore[arg-type]


def test_a_box_grows_on_every_side() -> None:
    assert Box(2, 3, 5, 9).grown(4) == Box(-2, -1, 9, 13)
    assert Box(2, 3, 5, 9).grown(0) == Box(2, 3, 5, 9)
