"""A page made larger: by an upscaler, its letters by interpolation.

A network that never saw a script draws other signs where letters are small; what is lettering is therefore made larger
as it is, and laid over what the network drew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import box_around
from engines.upscale.lanczos import Lanczos
from engines.upscale.tiles import enlarge

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engines.upscale.base import Upscaler

_SOFT_PX: Final = 2


def larger(
    upscaler: Upscaler,
    rgb: NDArray[np.uint8],
    lettering: NDArray[np.bool_] | None,
    progress: Callable[[float], None],
) -> NDArray[np.uint8]:
    """Return the `(H, W, 3)` page `upscaler.info.scale` times as large; lettering: `(H, W)` bool, None for none.

    Raises:
        RequestUnsupported: it would be too large. What the upscaler and progress raise.
    """
    large = enlarge(upscaler, rgb, progress=progress)
    if lettering is None or not lettering.any() or isinstance(upscaler, Lanczos):
        return large
    scale = upscaler.info.scale
    grown = cv2.dilate(lettering.view(np.uint8), np.ones((2 * _SOFT_PX + 1,) * 2, np.uint8))
    left, top, right, bottom = box_around(np.asarray(grown, np.uint8))
    view = np.s_[top:bottom, left:right]
    target = large[scale * top : scale * bottom, scale * left : scale * right]
    height, width = target.shape[:2]
    letters = enlarge(Lanczos(scale), np.ascontiguousarray(rgb[view]))
    share = cv2.resize(np.ascontiguousarray(grown[view]) * np.uint8(255), (width, height))
    weight = cv2.merge([cv2.blur(share, (2 * scale + 1,) * 2)] * 3)
    kept = cv2.multiply(target, cv2.bitwise_not(weight), scale=1 / 255)
    target[:] = cv2.add(kept, cv2.multiply(letters, weight, scale=1 / 255))
    return large
