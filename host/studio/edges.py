"""Where a figure ends: the mask of analysis, which is coarse, drawn along the picture's own colours and lines.

By graph cut (Rother, Kolmogorov and Blake, "GrabCut", 2004) in a band around the mask's rim: what lies well inside
stays the figure's, what lies well outside does not. Or, where a mask is right but for its softness, by a guided filter
(He, Sun and Tang, "Guided image filtering", 2010) with the page's grey as the guide, so that alpha follows the ink.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.components import find_components
from engines.geometry import Box, box_around

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BAND: Final = 0.08
_BAND_MIN_PX: Final = 3
_WORKED_PX: Final = 400
_ROUNDS: Final = 3
_SOFT_PX: Final = 0.7
_SEED: Final = 23
_SPECK: Final = 0.01
_RADIUS_PX: Final = 3
_SMOOTHNESS: Final = 1e-3
_SURE_PX: Final = 3


def alpha_of(
    rgb: NDArray[np.uint8], mask: NDArray[np.bool_], barred: NDArray[np.bool_] | None = None
) -> NDArray[np.uint8]:
    """Return alpha 0..255 of a `(H, W)` mask whose rim follows the picture `rgb`, `(H, W, 3)`.

    barred: where the figure is surely not, such as balloons and other figures. The same picture gives the same alpha.
    """
    alpha = np.zeros(mask.shape, np.uint8)
    if not mask.any():
        return alpha
    band = max(_BAND_MIN_PX, round(_BAND * float(np.sqrt(np.count_nonzero(mask)))))
    box = box_around(mask).grown(2 * band).intersection(Box(0, 0, *mask.shape[::-1]))
    view = np.s_[box.top : box.bottom, box.left : box.right]
    own = mask[view]
    scale = min(1.0, _WORKED_PX / max(own.shape))
    size = tuple(max(1, round(scale * side)) for side in own.shape[::-1])
    small = np.asarray(cv2.resize(np.ascontiguousarray(rgb[view]), size, interpolation=cv2.INTER_AREA), np.uint8)
    never = np.zeros_like(own) if barred is None else barred[view]
    cut = _cut(small, _fitted(own, size), _fitted(never, size), max(2, round(scale * band)))
    soft = cv2.GaussianBlur(cut.astype(np.float32), (0, 0), _SOFT_PX)
    grown = cv2.resize(soft, own.shape[::-1], interpolation=cv2.INTER_LINEAR)
    alpha[view] = np.rint(255 * np.where(never, 0, grown))
    return alpha


def soft_alpha(rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return alpha 0..255 of a `(H, W)` mask whose edge follows the picture's; what is well inside or outside stays."""
    guide = np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)
    wanted = mask.astype(np.float32)
    mean_guide, mean_wanted = _mean(guide), _mean(wanted)
    covariance = _mean(guide * wanted) - mean_guide * mean_wanted
    slope = covariance / (_mean(guide * guide) - mean_guide**2 + np.float32(_SMOOTHNESS))
    alpha = np.clip(_mean(slope) * guide + _mean(mean_wanted - slope * mean_guide), 0, 1)
    kernel = np.ones((2 * _SURE_PX + 1,) * 2, np.uint8)
    inside = cv2.erode(mask.view(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE) > 0
    outside = cv2.dilate(mask.view(np.uint8), kernel) == 0
    return np.asarray(np.rint(255 * np.where(inside, 1, np.where(outside, 0, alpha))), np.uint8)


def _mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of each value's neighbourhood."""
    return np.asarray(cv2.blur(values, (2 * _RADIUS_PX + 1,) * 2), np.float32)


def _cut(rgb: NDArray[np.uint8], mask: NDArray[np.bool_], never: NDArray[np.bool_], band: int) -> NDArray[np.bool_]:
    """Return which pixels are the figure's; the mask itself where it is too small or too large to learn from."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1,) * 2)
    inside = cv2.erode(mask.view(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE) > 0
    outside = (cv2.dilate(mask.view(np.uint8), kernel) == 0) | never
    inside &= ~never
    if not inside.any() or not outside.any():
        return mask & ~never
    labels = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[inside], labels[outside] = cv2.GC_FGD, cv2.GC_BGD
    cv2.setRNGSeed(_SEED)
    cv2.grabCut(
        np.ascontiguousarray(rgb[..., ::-1]), labels, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), _ROUNDS,
        cv2.GC_INIT_WITH_MASK,
    )  # fmt: skip
    return _without_specks((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))


def _without_specks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask without its smallest pieces, and without its smallest holes."""
    for wanted in (True, False):
        pieces = find_components(mask == wanted, 4)
        small = pieces.stats[:, cv2.CC_STAT_AREA] < _SPECK * np.count_nonzero(mask)
        small[0] = False
        mask = mask ^ small[pieces.labels]
    return mask


def _fitted(mask: NDArray[np.bool_], size: tuple[int, ...]) -> NDArray[np.bool_]:
    return np.asarray(cv2.resize(mask.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0)
