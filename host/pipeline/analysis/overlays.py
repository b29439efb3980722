"""Colour that somebody laid over a finished page: a site's name across it, a banner at its edge.

It says nothing of the page below, however far it is spread. Writing is told as it is on paper, on a picture of the
colour alone, where what is not coloured is white.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.components import find_components
from host.pipeline.analysis.classical.blocks import free_lettering
from host.pipeline.analysis.classical.lettering import find_letters

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDTH_PX: Final = 800
_GAIN: Final = np.uint8(2)
# Of a letter: how far its line's colour reaches.
_AROUND: Final = 1.0
_BANNER_WIDTH: Final = 0.95
_BANNER_HEIGHT: Final = 0.2
_BANNER_FILL: Final = 0.7
_REST: Final = 0.1


def is_laid_over(rgb: NDArray[np.uint8], coloured: NDArray[np.bool_]) -> bool:
    """Tell whether nearly all that is coloured of a `(H, W, 3)` page is writing or banners.

    coloured: `(h, w)` bool samples of the whole page.
    """
    if not coloured.any():
        return False
    rest = coloured & ~_banners(coloured) & ~_writing(rgb, coloured.shape)
    return int(np.count_nonzero(rest)) <= _REST * int(np.count_nonzero(coloured))


def _banners(coloured: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the areas that fill a bar from one side of the page to the other."""
    height, width = coloured.shape
    labels, stats, _ = find_components(coloured, 4)
    across, down, area = stats[:, 2], stats[:, 3], stats[:, 4]
    bars = (across >= _BANNER_WIDTH * width) & (down <= _BANNER_HEIGHT * height)
    bars &= area >= _BANNER_FILL * across * down
    bars[0] = False
    return np.asarray(np.take(bars, labels), np.bool_)


def _writing(rgb: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    scale = min(1.0, _WIDTH_PX / rgb.shape[1])
    size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    strength = small.max(axis=2) - small.min(axis=2)
    letters = find_letters(np.asarray(255 - _GAIN * np.minimum(strength, 255 // _GAIN), np.uint8))
    lines = np.zeros(small.shape[:2], np.uint8)
    for group in free_lettering(letters, np.zeros(small.shape[:2], np.bool_)):
        for place in group:
            reach = letters.size[place] * (0.5 + _AROUND)
            corner = round(letters.x[place] - reach), round(letters.y[place] - reach)
            cv2.rectangle(lines, corner, (round(letters.x[place] + reach), round(letters.y[place] + reach)), 1, -1)
    return np.asarray(cv2.resize(lines, shape[::-1], interpolation=cv2.INTER_NEAREST) > 0, np.bool_)
