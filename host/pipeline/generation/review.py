"""Measure a composed page against its source, and say what is wrong with it.

Line Dice = 2 |A and B| / (|A| + |B|) of the ink of source and output, over the whole page, by luma Y (Rec. 601).
There is no one definition of ink, so the worse of two counts:

    by contrast   Y < 0.8 G, with G the morphological closing of Y over a square of a 128th of the page's width (7 px at
                  least, 129 at most): clearly darker than the brightest ground within a line's width
    by threshold  Y < mean of Y over 15 x 15 px, less 10 levels: the usual adaptive threshold

Colour that darkens paper evenly moves no line; blur, doubled lines and colour edges that read as lines do.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.cores import Beside
from engines.oklab import srgb_to_oklab
from host.pipeline.records.run_meta import Verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.geometry import Box
    from host.pipeline.decode import DecodedPage

LINE_DICE_MIN: Final = 0.97
# A panel with few lines has few pixels to agree on; below this somebody sees it.
_PANEL_DICE_MIN: Final = 0.9
_CONTRAST_LEVELS: Final = np.ceil(np.arange(256) * 0.8).astype(np.uint8)
_LINE_PX: Final = 7, 129
_THRESHOLD_SIDE_PX: Final = 15
_THRESHOLD_LEVELS: Final = 10
_VISIBLE_CHROMA: Final = 0.015
_COLOURED_SHARE_MIN: Final = 0.01
# With less strength colour is there, but too faint to be counted pixel by pixel.
_STRENGTH_SEEN: Final = 0.4
_STRENGTH_MIN: Final = 0.05
_CHROMA_MEAN_MIN: Final = 5e-4
_SPILL_EDGE: Final = 0.04
_SAMPLE_PIXELS: Final = 300_000
_BAND_PIXELS: Final = 1 << 18


def review_page(
    page: DecodedPage, protect: NDArray[np.bool_], rgb: NDArray[np.uint8], panels: Sequence[Box] = ()
) -> Verdicts:
    """Measure a composed `(H, W, 3)` uint8 sRGB page, its ink also in each of the panels."""
    step = max(1, round((page.size.pixels / _SAMPLE_PIXELS) ** 0.5))
    luma = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    with Beside(partial(_line_dice, page.grey, luma, panels)) as dice:
        lab = srgb_to_oklab(np.ascontiguousarray(rgb[::step, ::step]))
        free = ~protect[::step, ::step]
        # What the page had of tint is no colour that it got.
        gained = lab[..., 1:] - srgb_to_oklab(np.ascontiguousarray(page.rgb[::step, ::step]))[..., 1:]
        chroma = np.hypot(gained[..., 0], gained[..., 1])
        protected_changed = _count_changed(page.rgb, rgb, protect)
        spill = _spill(lab[..., 1:], page.grey[::step, ::step], free)
        whole, within = dice.result()
    return Verdicts(
        line_dice=whole,
        panels_line_dice=within,
        protected_changed=protected_changed,
        protected_share=np.count_nonzero(protect) / protect.size,
        coloured_share=float(np.mean(chroma[free] >= _VISIBLE_CHROMA)) if free.any() else 0.0,
        chroma_mean=float(np.mean(chroma[free])) if free.any() else 0.0,
        spill=spill,
    )


def fault(verdicts: Verdicts, strength_01: float) -> str:
    """Return what is wrong in one sentence, or an empty string.

    The less strength the reader asked for, the less colour is expected; below a twentieth, none.
    """
    if verdicts.protected_changed:
        return f"{verdicts.protected_changed} protected pixels changed."
    if verdicts.line_dice < LINE_DICE_MIN:
        return f"The ink changed: line Dice {verdicts.line_dice:.3f}, at least {LINE_DICE_MIN} is asked."
    for order, dice in enumerate(verdicts.panels_line_dice):
        if dice < _PANEL_DICE_MIN:
            return f"The ink of panel {order + 1} changed: line Dice {dice:.3f}, at least {_PANEL_DICE_MIN} is asked."
    if strength_01 >= _STRENGTH_SEEN:
        grey = verdicts.coloured_share < _COLOURED_SHARE_MIN
    else:
        grey = strength_01 >= _STRENGTH_MIN and verdicts.chroma_mean < _CHROMA_MEAN_MIN
    if grey:
        return "The page stayed grey."
    return ""


def line_dice(source: NDArray[np.uint8], output: NDArray[np.uint8]) -> float:
    """Return the agreement of the ink of two `(H, W)` uint8 luma pictures, 0..1; 1 where neither has ink."""
    return _line_dice(source, output, ())[0]


def _line_dice(
    source: NDArray[np.uint8], output: NDArray[np.uint8], panels: Sequence[Box]
) -> tuple[float, tuple[float, ...]]:
    boxes = [np.s_[:, :], *(np.s_[box.top : box.bottom, box.left : box.right] for box in panels)]
    worst = [1.0] * len(boxes)
    for ink in (_ink_by_contrast, _ink_by_threshold):
        theirs, ours = ink(source), ink(output)
        worst = [min(before, _dice(theirs[box], ours[box])) for before, box in zip(worst, boxes, strict=True)]
    return worst[0], tuple(worst[1:])


def _dice(ours: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> float:
    total = np.count_nonzero(ours) + np.count_nonzero(theirs)
    return 2 * np.count_nonzero(ours & theirs) / total if total else 1.0


def _ink_by_contrast(luma: NDArray[np.uint8]) -> NDArray[np.bool_]:
    least, most = _LINE_PX
    side = min(max(least, luma.shape[1] // 128), most) | 1
    ground = cv2.morphologyEx(luma, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.asarray(luma < cv2.LUT(ground, _CONTRAST_LEVELS), np.bool_)


def _ink_by_threshold(luma: NDArray[np.uint8]) -> NDArray[np.bool_]:
    ink = cv2.adaptiveThreshold(
        luma, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, _THRESHOLD_SIDE_PX, _THRESHOLD_LEVELS
    )
    return np.asarray(ink, np.uint8).view(np.bool_)


def _count_changed(source: NDArray[np.uint8], output: NDArray[np.uint8], protect: NDArray[np.bool_]) -> int:
    step = max(1, _BAND_PIXELS // source.shape[1])
    bands = (np.s_[top : top + step] for top in range(0, source.shape[0], step))
    return sum(int(np.count_nonzero((_same(source[band], output[band]) == 0) & protect[band])) for band in bands)


def _same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return where two colour pictures are alike in all channels, `(h, w)`."""
    return np.asarray(cv2.inRange(cv2.absdiff(one, other), (0, 0, 0, 0), (0, 0, 0, 0)), np.uint8)


def _spill(chroma: NDArray[np.float32], grey: NDArray[np.uint8], free: NDArray[np.bool_]) -> float:
    """Return the share of strong chroma edges that no edge of the page explains."""
    kernel = np.ones((3, 3), np.uint8)
    edges = [cv2.morphologyEx(np.ascontiguousarray(plane), cv2.MORPH_GRADIENT, kernel) for plane in cv2.split(chroma)]
    strong = (np.maximum(*edges) > _SPILL_EDGE) & free
    if not strong.any():
        return 0.0
    around = cv2.morphologyEx(np.ascontiguousarray(grey), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8))
    return float(np.mean(around[strong] < 24))
