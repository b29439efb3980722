"""The page's grey with its screens made even: what the dots stand for, the drawing as it is.

A screened pixel becomes the mean of the screen around it, over a period and more, of screened pixels alone: nothing of
the paper beside it, nothing of the lines drawn through it, so that no edge gets a halo. Lines are what stays dark along
a segment longer than a dot, in one of eight directions, and is not as dense as the lines of a screen are; solid black
and bare paper stay, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from host.pipeline.analysis.maps.screentone import shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from host.pipeline.analysis.maps.screentone import Screens

    Grey = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

_SEGMENT_PX: Final = 11
_DIRECTIONS: Final = 8
_LINE_LEVELS: Final = 40
_LINE_DARK: Final = 110
_GROUND: Final = (17, 17)
_DENSITY: Final = (33, 33)
_DENSITY_MOST: Final = 36
_UNION_MOST: Final = 90
_SOLID: Final = np.ones((9, 9), np.uint8)
_BLACK: Final = 56
# In darker screens the ink between the gaps is everywhere dark along some segment.
_DARK_SCREEN: Final = 120
_PAPER: Final = 240
# At half of reading size.
_FINE_PX: Final = 6
_COARSE_PX: Final = 9
_NOBODY: Final = np.float32(0.5)
_RIM: Final = np.ones((3, 3), np.uint8)


def even_tone(page: Grey, small: Grey, screens: Screens) -> tuple[Grey, Mask]:
    """Return the tone of a `(H, W)` uint8 page, and `(H, W)` bool where it was made even.

    small, screens: the page at reading size, and its screens. Drawn lines, black and paper keep the page's pixels.
    """
    if not screens.all.any():
        return page, np.zeros(page.shape, np.bool_)
    drawn, paper = _kept(small, screens)
    mean = _mean(small, screens, drawn | paper)
    size = page.shape[::-1]
    even = np.asarray(cv2.resize(mean, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    toned, lined = _at_size(screens.all & ~paper, size), _at_size(drawn, size)
    tone = page.copy()
    cv2.copyTo(even, toned.view(np.uint8), tone)
    cv2.copyTo(cv2.min(even, page), (toned & lined).view(np.uint8), tone)
    return tone, toned


def _kept(small: Grey, screens: Screens) -> tuple[Mask, Mask]:
    """Return what keeps its pixels within screens, each looked at where its screen is fine: the drawing, and paper."""
    drawn, paper = np.zeros(small.shape, np.bool_), np.zeros(small.shape, np.bool_)
    for where, times in ((screens.fine, 1), (screens.coarse, 2)):
        left, top, width, height = cv2.boundingRect(where.view(np.uint8))
        if width:
            view = slice(top, top + height), slice(left, left + width)
            seen = shrunk(small[view], times)
            drawn[view] |= where[view] & _at_size(_drawn(seen), (width, height))
            paper[view] |= where[view] & _at_size(_wide((seen >= _PAPER).view(np.uint8)), (width, height))
    return drawn, paper


def _drawn(small: Grey) -> Mask:
    """Return the drawing with its rim: solid black, and what is dark along a segment where that is not the rule."""
    lines = np.zeros(small.shape, np.uint8)
    ground = np.asarray(cv2.blur(small, _GROUND), np.uint8)
    limit = np.clip(ground, _LINE_LEVELS, _LINE_LEVELS + _LINE_DARK) - np.uint8(_LINE_LEVELS)
    for segment in _SEGMENTS:
        # Dark is low: closing takes away what is shorter than the segment.
        dark = np.asarray(cv2.compare(cv2.morphologyEx(small, cv2.MORPH_CLOSE, segment), limit, cv2.CMP_LT), np.uint8)
        lines |= _sparse(dark, _DENSITY_MOST) * np.uint8(255)
    drawn = _sparse(lines, _UNION_MOST).view(np.bool_) & (ground >= _DARK_SCREEN)
    drawn |= _wide((small <= _BLACK).view(np.uint8))
    return np.asarray(cv2.dilate(drawn.view(np.uint8), _RIM) > 0, np.bool_)


def _sparse(dark: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """Return 1 for what is dark (255) where at most a part of 255 around it is."""
    dense = np.asarray(cv2.blur(dark, _DENSITY), np.uint8)
    return np.asarray((dark > 0) & (dense <= most), np.uint8)


def _wide(found: NDArray[np.uint8]) -> Mask:
    """Return what is wider than the marks and the gaps of a screen."""
    return np.asarray(cv2.morphologyEx(found, cv2.MORPH_OPEN, _SOLID), np.uint8).view(np.bool_)


def _mean(small: Grey, screens: Screens, left_out: Mask) -> Grey:
    """Return the mean of the screens around each pixel, at half of the size; 255 where none is near."""
    counts = (screens.all & ~left_out).view(np.uint8)
    weight = shrunk(counts * np.uint8(255), 2).astype(np.float32)
    total = shrunk(small * counts, 2).astype(np.float32) * np.float32(255)
    fine = _averaged(total, weight, _FINE_PX)
    if not screens.coarse.any():
        return fine
    coarse = cv2.resize(screens.coarse.view(np.uint8), fine.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.copyTo(_averaged(total, weight, _COARSE_PX), coarse, fine), np.uint8)


def _averaged(total: NDArray[np.float32], weight: NDArray[np.float32], side: int) -> Grey:
    """Return the weighted mean by a tent of twice the side."""
    sums, weights = (cv2.blur(cv2.blur(one, (side, side)), (side, side)) for one in (total, weight))
    means = np.asarray(sums, np.float32) / np.maximum(weights, _NOBODY)
    return np.where(weights > _NOBODY, np.clip(means + np.float32(0.5), 0, 255), 255).astype(np.uint8)


def _at_size(mask: Mask, size: tuple[int, ...]) -> Mask:
    if mask.shape[::-1] == size:
        return mask
    smooth = cv2.resize(mask.view(np.uint8) * np.uint8(255), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(smooth > 127, np.bool_)


def _segment(index: int) -> NDArray[np.uint8]:
    angle, reach = np.pi * index / _DIRECTIONS, _SEGMENT_PX // 2
    across, down = round(reach * np.cos(angle)), round(reach * np.sin(angle))
    kernel = np.zeros((_SEGMENT_PX, _SEGMENT_PX), np.uint8)
    cv2.line(kernel, (reach - across, reach - down), (reach + across, reach + down), 1)
    return kernel


_SEGMENTS: Final = tuple(_segment(index) for index in range(_DIRECTIONS))
