"""Glyphs: what the pixel network sees, or what stands out from the ground around it in a box of lettering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from engines.geometry import Box

_DEPTH_MIN: Final = 36
_DEPTH_SHARE: Final = 0.4
# A stroke is at most this share of the box's shorter side; of a sound effect, which is one line, a large part.
_STROKE: Final = 0.5
_STROKE_MAX: Final = 0.05
_RIM: Final = np.ones((5, 5), np.uint8)
# Evidence, probability times 255: what a patch is made of, and what it must reach somewhere.
_LIKELY: Final = 12
_SURE: Final = 110
_SURE_SEEN: Final = 60
_SURE_ON_FACES: Final = 230
_SURE_PX: Final = 20
_SURE_SHARE: Final = 0.1
# Beside glyphs, as far as a letter is wide, hardly anything is needed.
_BESIDE: Final = 6
_LETTER: Final = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (25, 25))
# A page that is darker than this in the middle is a night page.
_NIGHT: Final = 80
# Of the page's own contrast, in this share of a patch.
_LEGIBLE: Final = 0.45
_LEGIBLE_SHARE: Final = 0.5
_GROUND_AROUND: Final = np.ones((9, 9), np.uint8)
_HALO: Final = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))


def glyphs_by_pixels(
    evidence: NDArray[np.uint8], grey: NDArray[np.uint8], seen: Sequence[Box], faces: Iterable[Box]
) -> NDArray[np.bool_]:
    """Return the `(h, w)` mask of glyphs, with their rim: patches of likely pixels of which enough are sure.

    evidence: `(h, w)` uint8. grey: the page. seen: boxes of lettering by the detector, where less will do. faces: where
    more is asked for, since eyes and mouths are drawn like letters.
    """
    needed = np.full(evidence.shape, _SURE, np.uint8)
    for boxes, least in ((faces, _SURE_ON_FACES), (seen, _SURE_SEEN)):
        for box in boxes:
            needed[box.top : box.bottom, box.left : box.right] = least
    count, labels = cv2.connectedComponents((evidence >= _LIKELY).view(np.uint8))
    sure = np.bincount(labels[evidence >= needed], minlength=count)
    kept = (sure >= _SURE_PX) & (sure >= _SURE_SHARE * np.bincount(labels.ravel(), minlength=count))
    if np.median(grey[::4, ::4]) < _NIGHT:
        kept &= _is_legible(np.asarray(labels, np.int32), count, grey, seen)
    kept[0] = False
    glyphs = kept[labels].view(np.uint8)
    glyphs |= (cv2.dilate(glyphs, _LETTER) > 0) & (evidence >= _BESIDE)
    return np.asarray(cv2.dilate(glyphs, _HALO), np.uint8).view(np.bool_)


def _is_legible(
    labels: NDArray[np.int32], count: int, grey: NDArray[np.uint8], seen: Sequence[Box]
) -> NDArray[np.bool_]:
    """Tell by label what stands out from its ground as what is to be read does, or is seen by the detector as well.

    On a night page all of the art is dark: what is drawn like letters there is not written.
    """
    darkest, lightest = np.percentile(grey[::4, ::4], (1, 99))
    contrast = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, _GROUND_AROUND)
    legible = contrast >= max(1.0, _LEGIBLE * (lightest - darkest))
    for box in seen:
        legible[box.top : box.bottom, box.left : box.right] = True
    there = np.bincount(labels.ravel(), minlength=count)
    return np.asarray(np.bincount(labels[legible], minlength=count) >= _LEGIBLE_SHARE * there, np.bool_)


def glyphs_in(grey: NDArray[np.uint8], boxes: Iterable[Box]) -> NDArray[np.bool_]:
    """Return the `(h, w)` mask of glyphs in boxes of a page, with the rim that letters over art are drawn with."""
    mask = np.zeros(grey.shape, np.bool_)
    for box in boxes:
        view = slice(box.top, box.bottom), slice(box.left, box.right)
        mask[view] |= _glyphs(grey[view], grey.shape[1])
    return mask


def _glyphs(grey: NDArray[np.uint8], width: int) -> NDArray[np.bool_]:
    side = max(5, min(round(_STROKE * min(grey.shape)), round(_STROKE_MAX * width))) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    dark = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel)
    bright = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, kernel)
    stands_out = np.asarray(bright if _is_bright(grey) else dark, np.uint8)
    depth = max(_DEPTH_MIN, _DEPTH_SHARE * float(np.percentile(stands_out, 98)))
    found = (stands_out >= depth).view(np.uint8)
    return np.asarray(cv2.dilate(found, _RIM), np.uint8).view(np.bool_)


def _is_bright(grey: NDArray[np.uint8]) -> bool:
    """Tell whether letters are brighter than their ground, which is what the box's border shows."""
    ring = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ground = float(np.median(ring))
    low, high = np.percentile(grey, [4, 96])
    return bool(high - ground > ground - low)
