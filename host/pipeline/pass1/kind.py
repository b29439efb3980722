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
_CELLS: Final = 8
_TINT_LEVELS: Final = 16
_PAPER_LIGHTNESS: Final = 0.97
_OWN_CHROMA: Final = 0.02
_CELL_INK: Final = 0.1
_CELL_COLOUR: Final = 0.12
# Measured: 0.57 and more on 115 of 118 painted pages; at most 0.52 where a quarter of a grey page is coloured, 0 on
# sepia, blue and yellowed scans and on grey pages with chroma noise.
_COLOURED_SHARE: Final = 0.55
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
    """Return the share of a page's parts that have colour of their own, 0..1.

    Colour of its own is what a tint does not explain: in a sepia or blue scan chroma follows lightness, so the
    median a and b at each lightness are taken away first. The chroma noise of JPEG averages out in the sample. Parts
    are the cells of an 8 x 8 grid that are not bare paper, so that one coloured panel makes no coloured page.
    """
    small = cv2.resize(rgb, (_SAMPLE_SIDE, _SAMPLE_SIDE), interpolation=cv2.INTER_AREA)
    if np.ptp(small, axis=2).max() == 0:
        return 0.0
    lab = srgb_to_oklab(np.asarray(small, np.uint8))
    inked = lab[..., 0] < _PAPER_LIGHTNESS
    coloured = _chroma_beyond_tint(lab) > _OWN_CHROMA
    inked_by_cell, coloured_by_cell = _by_cell(inked), _by_cell(inked & coloured)
    content = inked_by_cell > _CELL_INK
    if not content.any():
        return 0.0
    return float(np.mean(coloured_by_cell[content] > _CELL_COLOUR * inked_by_cell[content]))


def _chroma_beyond_tint(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    level = np.clip(lab[..., 0] * _TINT_LEVELS, 0, _TINT_LEVELS - 1).astype(np.uint8)
    own = lab[..., 1:].copy()
    for index in np.unique(level):
        at_level = level == index
        own[at_level] -= np.median(own[at_level], axis=0)
    return np.asarray(np.hypot(own[..., 0], own[..., 1]), np.float32)


def _by_cell(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    side = _SAMPLE_SIDE // _CELLS
    return np.asarray(mask.reshape(_CELLS, side, _CELLS, side).mean(axis=(1, 3)), np.float64)


def _is_blank(grey: NDArray[np.uint8]) -> bool:
    small = cv2.resize(grey, (_SAMPLE_SIDE, _SAMPLE_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    off = np.abs(small - np.median(small))
    return bool(np.mean(off > 3 * _BLANK_SPREAD) < _BLANK_SHARE)


def _art_share(grey: NDArray[np.uint8], protect: NDArray[np.bool_]) -> float:
    """Return the share of the page that is ink or tone outside of what is protected."""
    return float(np.mean((grey < 200) & ~protect))
