"""What kind of page it is: blank, already coloured, lettering only, or something to colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.oklab import srgb_to_oklab

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from host.pipeline.pagemeta import PageKind

_SAMPLE_SIDE: Final = 256
_CHROMA_MIN: Final = 0.04
# A page with one coloured panel is still a page to colour.
_COLOURED_SHARE: Final = 0.3
_BLANK_SPREAD: Final = 6.0
_BLANK_SHARE: Final = 0.0015
_TEXT_ART_SHARE: Final = 0.01


def classify_page(
    rgb: NDArray[np.uint8], grey: NDArray[np.uint8], protect: NDArray[np.bool_], panels: int, letters: int
) -> PageKind:
    """Return the kind of a `(H, W, 3)` page whose protected mask, panels and letter-like marks are known."""
    if _is_blank(grey):
        return "blank"
    if coloured_share(rgb) >= _COLOURED_SHARE:
        return "already_coloured"
    if letters >= 20 and _art_share(grey, protect) < _TEXT_ART_SHARE:
        return "text"
    return "splash" if panels == 1 else "story"


def coloured_share(rgb: NDArray[np.uint8]) -> float:
    """Return the share of the page's non-paper that has colour of its own, 0..1.

    Colour of its own is what a tint does not explain: a sepia or blue scan has one hue whose chroma follows the
    lightness, so the mean chroma at each lightness is taken away first. Averaging over the sample's cells removes
    the chroma noise of JPEG.
    """
    small = cv2.resize(rgb, (_SAMPLE_SIDE, _SAMPLE_SIDE), interpolation=cv2.INTER_AREA)
    lab = srgb_to_oklab(np.asarray(small, np.uint8)).reshape(-1, 3)
    level = np.clip(lab[:, 0] * 15.99, 0, 15).astype(int)
    counts = np.maximum(np.bincount(level, minlength=16), 1)
    own = [plane - (np.bincount(level, plane, 16) / counts)[level] for plane in (lab[:, 1], lab[:, 2])]
    inked = lab[:, 0] < 0.97
    return float(np.mean(np.hypot(*own)[inked] > _CHROMA_MIN)) if inked.any() else 0.0


def _is_blank(grey: NDArray[np.uint8]) -> bool:
    small = cv2.resize(grey, (_SAMPLE_SIDE, _SAMPLE_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    off = np.abs(small - np.median(small))
    return bool(np.mean(off > 3 * _BLANK_SPREAD) < _BLANK_SHARE)


def _art_share(grey: NDArray[np.uint8], protect: NDArray[np.bool_]) -> float:
    """Return the share of the page that is ink or tone outside of what is protected."""
    return float(np.mean((grey < 200) & ~protect))
