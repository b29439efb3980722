"""Measure a composed page against its source, and say what is wrong with it.

Line Dice. Ink is what is clearly darker than the brightest ground within a line's width: with Y the luma (Rec. 601,
0..255) and G the morphological closing of Y over a square of about a 128th of the page's width (7 px at least),
ink = Y < 0.8 G. The test is relative, so colour that darkens paper evenly moves no line, while blur, doubled
lines or colour edges that read as lines do. Dice = 2 |A and B| / (|A| + |B|) over the whole page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.oklab import srgb_to_oklab
from host.pipeline.runmeta import Verdicts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from host.pipeline.decode import DecodedPage

LINE_DICE_MIN: Final = 0.97
_INK_CONTRAST: Final = 0.8
_VISIBLE_CHROMA: Final = 0.015
_COLOURED_SHARE_MIN: Final = 0.01
_SPILL_EDGE: Final = 0.04
_SAMPLE_PIXELS: Final = 300_000


def review_page(page: DecodedPage, protect: NDArray[np.bool_], rgb: NDArray[np.uint8]) -> Verdicts:
    """Measure a composed `(H, W, 3)` uint8 sRGB page."""
    step = max(1, round((page.size.pixels / _SAMPLE_PIXELS) ** 0.5))
    lab = srgb_to_oklab(np.ascontiguousarray(rgb[::step, ::step]))
    free = ~protect[::step, ::step]
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    return Verdicts(
        line_dice=line_dice(page.grey, np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)),
        protected_changed=_count_changed(page.rgb, rgb, protect),
        protected_share=np.count_nonzero(protect) / protect.size,
        coloured_share=float(np.mean(chroma[free] >= _VISIBLE_CHROMA)) if free.any() else 0.0,
        chroma_mean=float(np.mean(chroma[free])) if free.any() else 0.0,
        spill=_spill(lab[..., 1:], page.grey[::step, ::step], free),
    )


def fault(verdicts: Verdicts, strength_01: float) -> str:
    """Return what is wrong in one sentence, or an empty string. Without strength no colour is expected."""
    if verdicts.protected_changed:
        return f"{verdicts.protected_changed} protected pixels changed."
    if verdicts.line_dice < LINE_DICE_MIN:
        return f"The ink changed: line Dice {verdicts.line_dice:.3f}, at least {LINE_DICE_MIN} is asked."
    if strength_01 > 0 and verdicts.coloured_share < _COLOURED_SHARE_MIN:
        return "The page stayed grey."
    return ""


def line_dice(source: NDArray[np.uint8], output: NDArray[np.uint8]) -> float:
    """Return the agreement of the ink of two `(H, W)` luma pictures, 0..1; 1 where neither has ink."""
    ours, theirs = extract_ink(source), extract_ink(output)
    total = np.count_nonzero(ours) + np.count_nonzero(theirs)
    return 2 * np.count_nonzero(ours & theirs) / total if total else 1.0


def extract_ink(luma: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return where a `(H, W)` uint8 luma picture has ink."""
    side = max(7, luma.shape[1] // 128) | 1
    ground = cv2.morphologyEx(luma, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.asarray(luma < ground * np.float32(_INK_CONTRAST), np.bool_)


def _count_changed(source: NDArray[np.uint8], output: NDArray[np.uint8], protect: NDArray[np.bool_]) -> int:
    differs = cv2.absdiff(source, output).max(axis=2) > 0
    return int(np.count_nonzero(differs & protect))


def _spill(chroma: NDArray[np.float32], grey: NDArray[np.uint8], free: NDArray[np.bool_]) -> float:
    """Return the share of strong chroma edges that no edge of the page explains."""
    kernel = np.ones((3, 3), np.uint8)
    edges = [cv2.morphologyEx(np.ascontiguousarray(plane), cv2.MORPH_GRADIENT, kernel) for plane in cv2.split(chroma)]
    strong = (np.maximum(*edges) > _SPILL_EDGE) & free
    if not strong.any():
        return 0.0
    around = cv2.morphologyEx(np.ascontiguousarray(grey), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8))
    return float(np.mean(around[strong] < 24))
