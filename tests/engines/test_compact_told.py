"""What the page's reader knows of figures and faces reaches the compact network, and moves the colour there."""

import numpy as np

from engines.base import FACE, FIGURE, ColorizeRequest, Plan
from engines.colorize.compact.engine import CompactEngine
from engines.colorize.compact.told import told_of
from engines.geometry import Size
from engines.testing import PROCESSOR, drawn_page, flat_reference, ignore_step


def test_cells_are_told_what_most_of_them_shows() -> None:
    parts = np.zeros((96, 64), np.uint8)
    parts[:48, :32] = FIGURE
    parts[48:, 32:] = FACE
    told = told_of(parts, Size(192, 128), Size(224, 128))
    assert told.shape == (1, 4, 28, 16)
    assert (told[0, 1, :12, :8] > 0).all()
    assert (told[0, 2, 12:24, 8:] > 0).all()
    assert np.count_nonzero(told) == 2 * 12 * 8


def test_nothing_is_told_where_nothing_is_known() -> None:
    assert not told_of(None, Size(64, 64), Size(64, 64)).any()


def test_a_face_that_somebody_saw_changes_the_colour_there_most() -> None:
    page = drawn_page()
    parts = np.zeros(page.shape, np.uint8)
    height, width = page.shape
    face = slice(height // 4, height // 2), slice(width // 4, width // 2)
    parts[face] = FACE
    engine = CompactEngine()
    engine.load(PROCESSOR)
    plain, told = (
        engine.colorize(
            ColorizeRequest(
                page=page,
                protect=np.zeros(page.shape, np.bool_),
                references=(two_colours(),),
                plan=Plan(),
                parts=known,
            ),
            ignore_step,
        ).oklab
        for known in (None, parts)
    )
    change = np.abs(told[..., 1:] - plain[..., 1:]).sum(-1)
    inside = change[change.shape[0] // 4 : change.shape[0] // 2, change.shape[1] // 4 : change.shape[1] // 2]
    assert inside.mean() > 2 * change.mean()


def two_colours() -> np.ndarray:
    return np.vstack([flat_reference(0.3), flat_reference(2.0)])
