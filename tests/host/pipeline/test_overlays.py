"""Colour that was laid over a finished page, and colour that is its own."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from host.pipeline.analysis.overlays import is_laid_over

HEIGHT, WIDTH = 1000, 700


def page() -> np.ndarray:
    """Return grey art on white."""
    rgb = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    cv2.rectangle(rgb, (60, 200), (640, 800), (90, 90, 90), 4)
    cv2.circle(rgb, (350, 500), 150, (150, 150, 150), -1)
    return rgb


def coloured(rgb: np.ndarray) -> np.ndarray:
    return (rgb.max(axis=2).astype(int) - rgb.min(axis=2)) > 12


def barred(top: int, height: int, left: int = 0, right: int = WIDTH, fill: float = 1.0) -> np.ndarray:
    rgb = page()
    rgb[top : top + height, left:right] = (200, 40, 40)
    if fill < 1:
        holes = round(height * (1 - fill))
        rgb[top + 2 : top + 2 + holes, left + 3 : right - 3] = 255
    return rgb


@pytest.mark.parametrize(
    ("rgb", "is_over"),
    [
        (barred(0, 60), True),
        (barred(940, 60), True),
        (barred(0, 200), True),  # a fifth of the page
        (barred(0, 202), False),
        (barred(0, 60, 0, 670), True),
        (barred(0, 60, 0, 650), False),  # not from side to side
        (barred(0, 100, fill=0.8), True),
        (barred(0, 100, fill=0.6), False),
    ],
)
def test_a_bar_from_side_to_side_at_the_edge_is_a_banner(rgb: np.ndarray, *, is_over: bool) -> None:
    assert is_laid_over(rgb, coloured(rgb)) == is_over


def written(rgb: np.ndarray, where: tuple[int, int] = (40, 920), scale: float = 0.9) -> np.ndarray:
    cv2.putText(rgb, "READ MORE ON OUR SITE", where, cv2.FONT_HERSHEY_DUPLEX, scale, (30, 60, 210), 2, cv2.LINE_AA)
    return rgb


def test_coloured_writing_is_laid_over_a_page() -> None:
    rgb = written(page())
    assert is_laid_over(rgb, coloured(rgb))
    assert is_laid_over(rgb, coloured(rgb)[::2, ::2])  # told by samples of the page


def test_what_is_drawn_in_colour_is_the_page_s_own() -> None:
    rgb = page()
    cv2.circle(rgb, (350, 500), 150, (210, 120, 60), -1)
    assert not is_laid_over(rgb, coloured(rgb))


def test_a_little_colour_beside_a_banner_is_still_laid_over_and_more_is_not() -> None:
    """Up to a tenth of all that is coloured."""
    for side, is_over in ((60, True), (70, False)):
        rgb = barred(0, 56)  # 39,200 pixels
        rgb[400 : 400 + side, 300 : 300 + side] = (60, 160, 60)
        assert is_laid_over(rgb, coloured(rgb)) == is_over


def test_a_page_without_colour_has_nothing_laid_over_it() -> None:
    assert not is_laid_over(page(), coloured(page()))
