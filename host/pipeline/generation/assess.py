"""Measure an engine's picture against the page it should show, panel by panel, before anything is composed.

Only engines that draw need it. What counts is not beauty but trust: composition takes the picture's chroma alone, and
that is worth nothing where the picture shows something else. Per panel, at most 1000 px a side:

    line_recall  share of the page's ink lines that the picture has too, within 2 px
    line_iou     the same ink as intersection over union, within 2 px
    structure    mean of SSIM's contrast-structure term (Wang et al. 2004, 11 px Gaussian), 0..1
    unsound      share of the panel, protected pixels apart, where structure is lost or colour is noise

A shift between picture and page is measured by phase correlation and undone first. The palette's drift is the mean
distance in a, b (OKLab) of the picture's main colours (k-means; too dark, too light and colourless pixels left out)
from the nearest colour of the references, weighted by their share; it is recorded and judges nothing, since a page may
hold things that no reference shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Box, Size
from engines.oklab import grey_to_lightness, srgb_to_oklab
from engines.warp import moved
from host.pipeline.attempts import Assessment, PanelFigures
from host.pipeline.compose.align import measure_shift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from host.pipeline.attempts import Grade
    from host.pipeline.compose.align import Shift
    from host.pipeline.records.page_meta import PageMeta

_SIDE_MAX_PX: Final = 1000
_REACH: Final = np.ones((5, 5), np.uint8)
_INK_BLOCK_PX: Final = 15
_INK_LEVELS: Final = 10
_SSIM_SIGMA: Final = 1.5
_SSIM_C2: Final = 0.03**2
_STRUCTURE_MIN: Final = 0.15
_NOISE_MAX: Final = 0.045
_FLAT_SPREAD: Final = 0.02
_UNSOUND_SPOT: Final = 0.5
# Under a fiftieth there is nothing worth a repair; from 15 % of a panel on, repair would redraw it (the seed's figure).
_ACCEPTABLE_SHARE: Final = 0.02
_REPAIR_SHARE: Final = 0.15
# Measured: a true picture of a page keeps 0.45 and 0.6 and more, another page 0.35 and 0.6 at most; one simulated night
# page of 10 drawn far darker than its truth falls below.
_LINE_RECALL_MIN: Final = 0.45
_LINE_IOU_MIN: Final = 0.3
GREY_CHROMA: Final = 0.004
"""Mean chroma under which a picture counts as grey."""
_VIVID_CHROMA: Final = 0.025
_CENTRES: Final = 6


def assess(
    grey: NDArray[np.uint8],
    protect: NDArray[np.bool_],
    oklab: NDArray[np.float32],
    meta: PageMeta,
    palettes: Sequence[tuple[int, int, int]] = (),
) -> Assessment:
    """Measure an engine's `(h, w, 3)` OKLab picture of a `(H, W)` page. Same arguments, same figures."""
    shift = measure_shift(oklab[..., 0], grey)
    size = _working_size(meta.size)
    page = np.asarray(cv2.resize(grey, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    free = cv2.resize(protect.view(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST) == 0
    picture = _aligned(oklab, shift, size)
    structure = _structure(grey_to_lightness(page), picture[..., 0])
    unsound = _spots((structure < _STRUCTURE_MIN) | (_noise(picture) > _NOISE_MAX), free)
    inks = _ink(page) & free, _ink(_levels(picture[..., 0])) & free
    boxes = _panels(meta, size)
    panels = tuple(_figures(order, box, inks, structure, unsound, free) for order, box in boxes)
    chroma = np.hypot(picture[..., 1], picture[..., 2])
    chroma_mean = float(chroma[free].mean()) if free.any() else 0.0
    return Assessment(
        grade=_grade(panels, chroma_mean),
        panels=panels,
        shift=shift,
        chroma_mean=chroma_mean,
        drift=_drift(picture[free], palettes) if palettes else None,
        mask=_at_page(unsound, meta.size) & ~protect,
    )


def _grade(panels: Sequence[PanelFigures], chroma_mean: float) -> Grade:
    if chroma_mean < GREY_CHROMA or any(_is_lost(panel) for panel in panels):
        return "critical"
    return "micro_inpaint" if any(panel.unsound > _ACCEPTABLE_SHARE for panel in panels) else "acceptable"


def _is_lost(panel: PanelFigures) -> bool:
    lines_lost = panel.line_recall < _LINE_RECALL_MIN or panel.line_iou < _LINE_IOU_MIN
    return lines_lost or panel.unsound >= _REPAIR_SHARE


def _working_size(size: Size) -> Size:
    scale = min(1.0, _SIDE_MAX_PX / max(size))
    return Size(max(1, round(size.height * scale)), max(1, round(size.width * scale)))


def _aligned(oklab: NDArray[np.float32], shift: Shift, size: Size) -> NDArray[np.float32]:
    how = cv2.INTER_AREA if oklab.shape[0] > size.height else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(moved(oklab, -shift.x_px, -shift.y_px), size[::-1], interpolation=how), np.float32)


def _panels(meta: PageMeta, size: Size) -> list[tuple[int | None, Box]]:
    across, down = size.width / meta.size.width, size.height / meta.size.height
    boxes = [
        (panel.order, Box(*(int(edge * step) for edge, step in zip(panel.box, (across, down) * 2, strict=True))))
        for panel in meta.panels
        if not panel.coloured
    ]
    found: list[tuple[int | None, Box]] = [(order, box) for order, box in boxes if box.width > 8 and box.height > 8]
    return found or [(None, Box(0, 0, size.width, size.height))]


def _figures(
    order: int | None,
    box: Box,
    inks: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    structure: NDArray[np.float32],
    unsound: NDArray[np.bool_],
    free: NDArray[np.bool_],
) -> PanelFigures:
    cut = np.s_[box.top : box.bottom, box.left : box.right]
    theirs, ours = inks[0][cut], inks[1][cut]
    near_ours, near_theirs = _dilated(ours), _dilated(theirs)
    kept = int(np.count_nonzero(theirs & near_ours))
    matched = kept + int(np.count_nonzero(ours & near_theirs))
    total = int(np.count_nonzero(theirs) + np.count_nonzero(ours))
    inside = free[cut]
    area = max(1, int(np.count_nonzero(inside)))
    return PanelFigures(
        order=order,
        line_recall=kept / max(1, int(np.count_nonzero(theirs))) if theirs.any() else 1.0,
        line_iou=matched / max(1, 2 * total - matched) if total else 1.0,
        structure=float(np.clip(structure[cut][inside].mean(), 0, 1)) if inside.any() else 1.0,
        unsound=int(np.count_nonzero(unsound[cut] & inside)) / area,
    )


def _structure(page: NDArray[np.float32], picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return SSIM's contrast-structure term per pixel; flat ground agrees with flat ground."""
    mean_page, mean_picture = _blur(page), _blur(picture)
    spread_page = _blur(page * page) - mean_page**2
    spread_picture = _blur(picture * picture) - mean_picture**2
    common = _blur(page * picture) - mean_page * mean_picture
    return np.asarray((2 * common + _SSIM_C2) / (spread_page + spread_picture + _SSIM_C2), np.float32)


def _noise(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much a and b vary within 5 x 5 px where lightness hardly does."""
    lightness, a, b = (_local_spread(picture[..., axis]) for axis in range(3))
    colour = np.hypot(a, b)
    return np.where(lightness < _FLAT_SPREAD + 0.5 * colour, colour, np.float32(0))


def _local_spread(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    plane = np.ascontiguousarray(plane)
    mean = cv2.blur(plane, (5, 5))
    return np.asarray(np.sqrt(np.maximum(cv2.blur(plane * plane, (5, 5)) - mean**2, 0)), np.float32)


def _spots(doubtful: NDArray[np.bool_], free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where doubt prevails over an area of about a hundredth of the page's side: single pixels are no fault."""
    side = max(5, round(max(doubtful.shape) * 0.03)) | 1
    dense = cv2.blur((doubtful & free).astype(np.float32), (side, side))
    known = cv2.blur(free.astype(np.float32), (side, side))
    return np.asarray((dense > _UNSOUND_SPOT * np.maximum(known, 0.2)) & free, np.bool_)


def _ink(levels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    ground = cv2.boxFilter(levels, cv2.CV_16S, (_INK_BLOCK_PX, _INK_BLOCK_PX))
    return np.asarray(levels < ground - _INK_LEVELS, np.bool_)


def _levels(lightness: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.round(lightness * 255), 0, 255).astype(np.uint8)


def _dilated(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(cv2.dilate(np.ascontiguousarray(mask).view(np.uint8), _REACH) > 0, np.bool_)


def _blur(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(np.ascontiguousarray(plane), (11, 11), _SSIM_SIGMA), np.float32)


def _at_page(mask: NDArray[np.bool_], size: Size) -> NDArray[np.bool_]:
    wide = cv2.resize(mask.view(np.uint8), (size.width, size.height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(wide > 0, np.bool_)


def _drift(colours: NDArray[np.float32], palettes: Sequence[tuple[int, int, int]]) -> float | None:
    chroma = np.hypot(colours[:, 1], colours[:, 2])
    vivid = colours[(chroma > _VIVID_CHROMA) & (colours[:, 0] > 0.2) & (colours[:, 0] < 0.97)][:, 1:]
    if len(vivid) < _CENTRES * 10:
        return None
    sample = np.ascontiguousarray(vivid[:: max(1, len(vivid) // 20_000)])
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 20, 1e-4)
    cv2.setRNGSeed(0)
    _, labels, centres = cv2.kmeans(sample, _CENTRES, np.empty(0, np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    known = srgb_to_oklab(np.asarray([list(palettes)], np.uint8))[0][:, 1:]
    nearest = np.sqrt(((centres[:, None] - known[None]) ** 2).sum(-1)).min(axis=1)
    share = np.bincount(labels.ravel(), minlength=_CENTRES) / len(labels)
    return float((nearest * share).sum())
