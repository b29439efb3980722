"""A figure alone: its pixels with an alpha channel, everything else transparent.

Which pixels are a figure's is what analysis says (`PageMaps.characters`); the soft edge is a guided filter's
(He, Sun and Tang, "Guided image filtering", 2010) with the page's grey as the guide, so that alpha follows the ink.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from host.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from host.studio.page import StudioPage

_RADIUS_PX: Final = 3
_SMOOTHNESS: Final = 1e-3
_SURE_PX: Final = 3


def cut_out(page: StudioPage, figures: Sequence[int] = ()) -> NDArray[np.uint8]:
    """Return the `(H, W, 4)` RGBA picture of the figures of these indices; of all where none is named.

    Raises:
        BadRequest: the page has no such figure, or none at all.
    """
    there = sorted(one.index for one in page.meta.characters)
    strangers = [str(one) for one in figures if one not in there]
    if strangers or not there:
        known = ", ".join(map(str, there)) or "none"
        missing = f"The page has no figure {', '.join(strangers)}." if strangers else "No figure was found on the page."
        raise BadRequest(missing, f"Its figures are: {known}; see `irodori analyze --overlay`.")
    chosen = np.isin(page.maps.characters, [one + 1 for one in figures or there])
    return with_alpha(page.rgb, soft_alpha(page.rgb, chosen))


def with_alpha(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGBA; where nothing is to be seen the colour is black, so that nothing hides there."""
    seen = np.where((alpha > 0)[..., None], rgb, 0)
    return np.dstack([seen, alpha]).astype(np.uint8)


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
