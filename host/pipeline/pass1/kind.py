"""What kind of page it is: blank, already coloured, lettering only, advertisement, or something to colour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.oklab import srgb_to_oklab

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.geometry import Box
    from host.pipeline.pagemasks import PageMasks
    from host.pipeline.pagemeta import PageKind, Panel
    from host.pipeline.pass1.found import Found

_SAMPLE_SIDE: Final = 256
_CELLS: Final = 8
_TINT_LEVELS: Final = 16
_PAPER_LIGHTNESS: Final = 0.97
_OWN_CHROMA: Final = 0.02
_NO_CHROMA: Final = 0.01
_CELL_INK: Final = 0.1
_CELL_COLOUR: Final = 0.12
# Measured: 0.57 and more on 115 of 118 painted pages; at most 0.52 where a quarter of a grey page is coloured, 0 on
# sepia, blue and yellowed scans and on grey pages with chroma noise.
_COLOURED_SHARE: Final = 0.55
_BLANK_SPREAD: Final = 6.0
_BLANK_SHARE: Final = 0.0015
_TEXT_ART_SHARE: Final = 0.01
_TEXT_LETTERS: Final = 20
# A panel whose ink has colour of its own in this share, and a page whose panels are coloured in that.
_PANEL_COLOUR: Final = 0.4
_COLOURED_PANELS: Final = 0.8
# Panels that are grey to the last bit, in this share, beside a coloured one: then the page is not coloured.
_GREY_PANELS: Final = 0.4
_GREY_INK: Final = 0.04
_AD_BLOCKS: Final = 12
_AD_LETTERS: Final = 300
_AD_COVER: Final = 0.12
_AD_SIZES: Final = 2.5
# Shares of the page.
_TITLE_HEIGHT: Final = 0.05
_TITLE_WIDTH: Final = 0.35
_TITLE_UPPER: Final = 0.38
_TITLE_LOWER: Final = 0.68


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """The kind of a page; its panels, those with colour of their own marked; its masks, with those panels covered."""

    kind: PageKind
    panels: tuple[Panel, ...]
    masks: PageMasks


def judge_page(rgb: NDArray[np.uint8], grey: NDArray[np.uint8], found: Found, panels: tuple[Panel, ...]) -> Verdict:
    """Judge a `(H, W, 3)` page by what was found on it."""
    if _is_blank(grey):
        return Verdict(kind="blank", panels=panels, masks=found.masks)
    colour = colour_of(rgb)
    if colour is None:
        return Verdict(kind=_kind_of_grey(grey, found, panels), panels=panels, masks=found.masks)
    marked = tuple(panel.model_copy(update={"coloured": colour.fills(panel.box, grey.shape)}) for panel in panels)
    area = sum(panel.box.area for panel in panels)
    share = sum(panel.box.area for panel in marked if panel.coloured) / area if area else 0.0
    grey_share = sum(panel.box.area for panel in panels if colour.is_grey(panel.box, grey.shape)) / max(1, area)
    mixed = share > 0 and grey_share >= _GREY_PANELS
    if not mixed and (colour.share >= _COLOURED_SHARE or share >= _COLOURED_PANELS):
        return Verdict(kind="already_coloured", panels=marked, masks=found.masks)
    kind = _kind_of_grey(grey, found, panels)
    return Verdict(kind=kind, panels=marked, masks=_with_coloured(found.masks, marked))


def _with_coloured(masks: PageMasks, panels: tuple[Panel, ...]) -> PageMasks:
    boxes = [panel.box for panel in panels if panel.coloured]
    if not boxes:
        return masks
    coloured = np.zeros(masks.gutters.shape, np.bool_)
    for box in boxes:
        coloured[box.top : box.bottom, box.left : box.right] = True
    return replace(masks, coloured=coloured)


def _kind_of_grey(grey: NDArray[np.uint8], found: Found, panels: tuple[Panel, ...]) -> PageKind:
    if found.letters >= _TEXT_LETTERS and _art_share(grey, found.masks.protect) < _TEXT_ART_SHARE:
        return "text"
    if _is_advertisement(grey, found):
        return "advertisement"
    if len(panels) <= 1 and _is_cover(grey, found):
        return "cover"
    return "splash" if len(panels) == 1 else "story"


def _is_advertisement(grey: NDArray[np.uint8], found: Found) -> bool:
    """Tell an advertisement: nobody speaks, and much small print of several sizes stands beside pictures.

    A story page that is skipped is worse than an advertisement that is coloured, so everything must speak for it.
    """
    if found.balloons or found.sound or len(found.free) < _AD_BLOCKS or found.letters < _AD_LETTERS:
        return False
    cover = sum(one.box.area for one in found.free) / grey.size
    heights = sorted(one.box.height for one in found.free)
    return cover >= _AD_COVER and heights[-1] >= _AD_SIZES * heights[len(heights) // 4]


def _is_cover(grey: NDArray[np.uint8], found: Found) -> bool:
    """Tell a cover: one picture without a word spoken, and a title, large, near the upper or the lower edge."""
    height, width = grey.shape
    if found.balloons:
        return False
    return any(
        one.box.height >= _TITLE_HEIGHT * height
        and one.box.width >= _TITLE_WIDTH * width
        and (one.box.bottom <= _TITLE_UPPER * height or one.box.top >= _TITLE_LOWER * height)
        for one in (*found.free, *found.sound)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Colour:
    """Where a page has colour of its own. `inked` and `coloured` are bool samples of the whole page.

    share: of the page's parts that are not bare paper, 0..1.
    """

    inked: NDArray[np.bool_]
    coloured: NDArray[np.bool_]
    share: float

    def fills(self, box: Box, shape: tuple[int, ...]) -> bool:
        """Tell whether a box of a page of this shape has colour of its own nearly everywhere."""
        inked, coloured = self._counts(box, shape)
        return inked > 0 and coloured >= _PANEL_COLOUR * inked

    def is_grey(self, box: Box, shape: tuple[int, ...]) -> bool:
        """Tell whether a box of a page of this shape has no colour of its own."""
        inked, coloured = self._counts(box, shape)
        return coloured <= _GREY_INK * inked

    def _counts(self, box: Box, shape: tuple[int, ...]) -> tuple[int, int]:
        down, across = _SAMPLE_SIDE / shape[0], _SAMPLE_SIDE / shape[1]
        view = (
            slice(int(box.top * down), max(int(box.top * down) + 1, int(box.bottom * down))),
            slice(int(box.left * across), max(int(box.left * across) + 1, int(box.right * across))),
        )
        return int(np.count_nonzero(self.inked[view])), int(np.count_nonzero(self.coloured[view]))


def coloured_share(rgb: NDArray[np.uint8]) -> float:
    """Return the share of a page's parts that have colour of their own, 0..1."""
    colour = colour_of(rgb)
    return 0.0 if colour is None else colour.share


def colour_of(rgb: NDArray[np.uint8]) -> Colour | None:
    """Return where a page has colour of its own; None where it is grey to the last pixel.

    Colour of its own is what a tint does not explain: in a sepia or blue scan chroma follows lightness, so the
    median a and b at each lightness are taken away first. The chroma noise of JPEG averages out in the sample. Parts
    are the cells of an 8 x 8 grid that are not bare paper, so that one coloured panel makes no coloured page.
    """
    small = cv2.resize(rgb, (_SAMPLE_SIDE, _SAMPLE_SIDE), interpolation=cv2.INTER_AREA)
    if np.ptp(small, axis=2).max() == 0:
        return None
    lab = srgb_to_oklab(np.asarray(small, np.uint8))
    inked = lab[..., 0] < _PAPER_LIGHTNESS
    coloured = inked & (_chroma_beyond_tint(lab) > _OWN_CHROMA)
    inked_by_cell, coloured_by_cell = _by_cell(inked), _by_cell(coloured)
    content = inked_by_cell > _CELL_INK
    share = np.mean(coloured_by_cell[content] > _CELL_COLOUR * inked_by_cell[content]) if content.any() else 0.0
    return Colour(inked, coloured, float(share))


def _chroma_beyond_tint(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    level = np.clip(lab[..., 0] * _TINT_LEVELS, 0, _TINT_LEVELS - 1).astype(np.uint8)
    own = lab[..., 1:].copy()
    for index in np.unique(level):
        at_level = level == index
        own[at_level] -= np.median(own[at_level], axis=0)
    # A grey pixel among coloured ones of its lightness has no colour, however far it lies from their median.
    beyond, raw = np.hypot(own[..., 0], own[..., 1]), np.hypot(lab[..., 1], lab[..., 2])
    return np.where(raw > _NO_CHROMA, beyond, 0.0).astype(np.float32)


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
