"""Skeletons as they are drawn: which points, which limbs, where, how thick, in which colours; no network takes part."""

from __future__ import annotations

import numpy as np
import pytest

from engines.colorize.sdxl.pose import COLOURS, LIMBS, _box, draw

SIZE = 600
# COCO's points of somebody who stands with spread arms, x first: nose, eyes, ears, shoulders, elbows, wrists, hips, …
STANDING = np.float32(
    [
        *[(300, 60), (315, 45), (285, 45), (335, 55), (265, 55)],
        *[(350, 120), (250, 120), (420, 150), (180, 150), (490, 180), (110, 180)],
        *[(330, 300), (270, 300), (340, 420), (260, 420), (350, 540), (250, 540)],
    ]
)
# OpenPose's order: nose, neck, right arm, left arm, right leg, left leg, eyes, ears; each by its place in COCO's.
OPENPOSE = (0, None, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)

# Which points of OpenPose's are joined: both arms and legs from the neck, the head, its eyes and ears.
JOINED = (
    *[(1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13)],
    *[(1, 0), (0, 14), (14, 16), (0, 15), (15, 17)],
)


def drawn(scores: np.ndarray, size: int = SIZE) -> tuple[np.ndarray, bool]:
    canvas = np.zeros((size, size, 3), np.uint8)
    return canvas, draw(canvas, STANDING, scores.astype(np.float32))


def place(number: int) -> tuple[int, int]:
    """Return where an OpenPose point is, x first; the neck is between the shoulders."""
    coco = OPENPOSE[number]
    x, y = STANDING[coco] if coco is not None else (STANDING[5] + STANDING[6]) / 2
    return int(x), int(y)


def test_every_point_that_is_sure_has_a_disc_of_its_colour() -> None:
    canvas, any_drawn = drawn(np.ones(17))
    assert any_drawn
    for number, colour in enumerate(COLOURS):
        x, y = place(number)
        for dx, dy in ((0, 0), (3, 0), (-3, 0), (0, 3), (0, -3)):
            assert tuple(canvas[y + dy, x + dx]) == colour, number
        assert all(tuple(canvas[y + dy, x + dx]) != colour for dx, dy in ((4, 4), (-4, -4), (4, -4), (-4, 4)))


def test_every_limb_is_a_darker_line_between_its_points() -> None:
    canvas, _ = drawn(np.ones(17))
    for (start, end), colour in zip(JOINED, COLOURS, strict=False):
        middle = (np.array(place(start)) + place(end)) // 2
        assert tuple(canvas[middle[1], middle[0]]) == tuple(int(0.6 * part) for part in colour), (start, end)
    assert LIMBS == JOINED
    assert len(LIMBS) == len(COLOURS) - 1


@pytest.mark.parametrize(("score", "is_drawn"), [(0.3, True), (0.29, False)])
def test_a_point_is_drawn_from_three_tenths_of_certainty_on(score: float, is_drawn: bool) -> None:
    scores = np.zeros(17)
    scores[9] = score
    canvas, any_drawn = drawn(scores)
    assert any_drawn == is_drawn
    assert bool(canvas.any()) == is_drawn
    assert (tuple(canvas[180, 490]) == COLOURS[7]) == is_drawn


def test_the_neck_is_as_sure_as_the_less_sure_shoulder() -> None:
    scores = np.zeros(17)
    scores[[5, 6]] = 0.9, 0.2
    assert not drawn(scores)[0][120, 300].any()
    scores[6] = 0.5
    assert tuple(drawn(scores)[0][120, 300]) == COLOURS[1]


def test_a_limb_wants_both_of_its_points() -> None:
    scores = np.zeros(17)
    scores[[7, 9]] = 1.0
    assert drawn(scores)[0][165, 455].any()
    scores[7] = 0.0
    assert not drawn(scores)[0][165, 455].any()


def test_lines_are_thicker_on_larger_pictures() -> None:
    """A 256th of the shorter side, at least two pixels; a limb twice that."""
    for size, radius in ((600, 3), (1280, 6)):
        canvas, _ = drawn(np.eye(17)[10], size)
        rows = np.flatnonzero(canvas.any(axis=(1, 2)))
        assert (rows[0], rows[-1]) == (180 - radius, 180 + radius)
    wide = np.zeros((600, 1280, 3), np.uint8)
    draw(wide, STANDING, np.eye(17, dtype=np.float32)[10])
    assert np.flatnonzero(wide.any(axis=(1, 2)))[0] == 177


def test_a_figure_s_box_is_left_top_width_height() -> None:
    mask = np.zeros((20, 30), bool)
    assert _box(mask) is None
    mask[4:9, 10:12] = True
    mask[6, 20] = True
    assert _box(mask) == [10.0, 4.0, 11.0, 5.0]
