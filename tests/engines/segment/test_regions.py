"""Regions by lines: a closed shape is found by a place in it, and by a box around it."""

import cv2
import numpy as np
import pytest

from engines.base import RequestUnsupported
from engines.geometry import Box
from engines.segment.base import Pointing
from engines.segment.registry import open_segmenter


def page() -> np.ndarray:
    rgb = np.full((240, 320, 3), 255, np.uint8)
    cv2.rectangle(rgb, (40, 40), (120, 200), (0, 0, 0), 4)
    cv2.circle(rgb, (230, 120), 60, (0, 0, 0), 4)
    return rgb


def overlap(mask: np.ndarray, wanted: np.ndarray) -> float:
    return float((mask & wanted).sum() / (mask | wanted).sum())


def shape(kind: str) -> np.ndarray:
    drawn = np.zeros((240, 320), np.uint8)
    if kind == "box":
        cv2.rectangle(drawn, (40, 40), (120, 200), 1, -1)
    else:
        cv2.circle(drawn, (230, 120), 60, 1, -1)
    return drawn > 0


@pytest.mark.parametrize(
    ("pointing", "kinds"),
    [
        (Pointing(inside=((80, 100),)), ("box",)),
        (Pointing(inside=((230, 120),)), ("circle",)),
        (Pointing(inside=((80, 100), (230, 120))), ("box", "circle")),
        (Pointing(box=Box(30, 30, 130, 210)), ("box",)),
        (Pointing(box=Box(30, 30, 310, 210), outside=((230, 120), (145, 60))), ("box",)),
    ],
)
def test_what_is_pointed_at(pointing: Pointing, kinds: tuple[str, ...]) -> None:
    mask = open_segmenter(None).segment(page(), pointing)
    wanted = np.logical_or.reduce([shape(kind) for kind in kinds])
    assert overlap(mask, wanted) > 0.85


def test_lines_know_no_words() -> None:
    with pytest.raises(RequestUnsupported):
        open_segmenter(None).segment(page(), Pointing(words="hat"))


def test_colours_of_one_lightness_are_two_regions() -> None:
    """On a coloured page no line parts them."""
    page = np.zeros((80, 120, 3), np.uint8)
    page[:, :60], page[:, 60:] = (196, 120, 120), (60, 155, 160)
    mask = open_segmenter(None).segment(page, Pointing(inside=((20, 40),)))
    assert mask[:, :55].mean() > 0.95
    assert mask[:, 65:].mean() < 0.05
