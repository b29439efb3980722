"""What kind of page it is: blank, already coloured, lettering only, advertisement, or something to colour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Size
from host.pipeline.analysis.overlays import is_laid_over
from host.pipeline.analysis.own_colour import Colour, colour_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from host.pipeline.analysis.fusion.findings import PageFindings
    from host.pipeline.records.masks import PageMasks
    from host.pipeline.records.page_meta import PageKind, Panel

_SAMPLE_SIDE: Final = 256
_BLANK_SPREAD: Final = 6.0
_BLANK_SHARE: Final = 0.0015
_TEXT_ART_SHARE: Final = 0.01
_TEXT_LETTERS: Final = 20
# With so little beside what stays as it is, there is nothing to colour, however few the letters.
_NO_ART_SHARE: Final = 0.0005
_INK_BELOW: Final = 200
_PICTURE_SHARE: Final = 0.03
_LIGHT_ABOVE: Final = 55
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


def classify_page(
    rgb: NDArray[np.uint8], grey: NDArray[np.uint8], found: PageFindings, panels: tuple[Panel, ...]
) -> Verdict:
    """Judge a `(H, W, 3)` page by what was found on it."""
    colour = colour_of(rgb)
    if _is_blank(grey) and not (colour is not None and _is_picture(colour, found.masks)):
        return Verdict(kind="blank", panels=panels, masks=found.masks)
    if colour is None:
        return Verdict(kind=_kind_of_grey(grey, found, panels), panels=panels, masks=found.masks)
    size = Size(*grey.shape)
    shares = [colour.share_of(panel.box, size) for panel in panels]
    marked = tuple(
        panel.model_copy(update={"coloured": share >= _PANEL_COLOUR and colour.spans(panel.box, size)})
        for panel, share in zip(panels, shares, strict=True)
    )
    area = sum(panel.box.area for panel in panels)
    share = sum(panel.box.area for panel in marked if panel.coloured) / max(1, area)
    grey_share = sum(panel.box.area for panel in panels if colour.traces_of(panel.box, size) <= _GREY_INK)
    mixed = share > 0 and grey_share >= _GREY_PANELS * area
    if (share > 0 or colour.is_everywhere) and is_laid_over(rgb, colour.coloured):
        marked = panels
    elif not mixed and (colour.is_everywhere or share >= _COLOURED_PANELS):
        return Verdict(kind="already_coloured", panels=marked, masks=found.masks)
    masks = _with_coloured(found.masks, marked, colour)
    kind = _kind_of_grey(grey, replace(found, masks=masks), panels)
    if kind in ("blank", "text") and _is_picture(colour, found.masks):
        kind = "already_coloured"  # all the art that there is has colour, however light it is
    return Verdict(kind=kind, panels=marked, masks=masks)


def _is_picture(colour: Colour, masks: PageMasks) -> bool:
    """Tell whether more than writing and an edge here or there has colour of its own."""
    own = colour.mask(Size(*masks.gutters.shape)) & ~(masks.lettering | masks.balloons)
    return float(np.mean(own)) >= _PICTURE_SHARE


def _with_coloured(masks: PageMasks, panels: tuple[Panel, ...], colour: Colour) -> PageMasks:
    """Return masks with what has colour of its own: whole panels, and whatever else of the page."""
    if not colour.is_somewhere:
        return masks
    coloured = colour.mask(Size(*masks.gutters.shape))
    for box in (panel.box for panel in panels if panel.coloured):
        coloured[box.top : box.bottom, box.left : box.right] = True
    return replace(masks, coloured=coloured)


def _kind_of_grey(grey: NDArray[np.uint8], found: PageFindings, panels: tuple[Panel, ...]) -> PageKind:
    art = _art_share(grey, found.masks.protect)
    if art < _NO_ART_SHARE or (found.letters >= _TEXT_LETTERS and art < _TEXT_ART_SHARE):
        return "text" if found.letters or found.balloons or found.masks.lettering.any() else "blank"
    if _is_advertisement(grey, found):
        return "advertisement"
    if len(panels) <= 1 and _is_cover(grey, found):
        return "cover"
    return "splash" if len(panels) == 1 else "story"


def _is_advertisement(grey: NDArray[np.uint8], found: PageFindings) -> bool:
    """Tell an advertisement: nobody speaks, and much small print of several sizes stands beside pictures.

    A story page that is skipped is worse than an advertisement that is coloured, so everything must speak for it.
    """
    if found.balloons or found.sound or len(found.free) < _AD_BLOCKS or found.letters < _AD_LETTERS:
        return False
    cover = sum(one.box.area for one in found.free) / grey.size
    heights = sorted(one.box.height for one in found.free)
    return cover >= _AD_COVER and heights[-1] >= _AD_SIZES * heights[len(heights) // 4]


def _is_cover(grey: NDArray[np.uint8], found: PageFindings) -> bool:
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


def _is_blank(grey: NDArray[np.uint8]) -> bool:
    small = cv2.resize(grey, (_SAMPLE_SIDE, _SAMPLE_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    off = np.abs(small - np.median(small))
    return bool(np.mean(off > 3 * _BLANK_SPREAD) < _BLANK_SHARE)


def _art_share(grey: NDArray[np.uint8], protect: NDArray[np.bool_]) -> float:
    """Return the share of the page that is ink or tone outside of what is protected; on black ground, light."""
    drawn = grey > _LIGHT_ABOVE if np.median(grey) < _LIGHT_ABOVE else grey < _INK_BELOW
    return float(np.mean(drawn & ~protect))
