"""Pages of manga that are white on black, wholly or in part, with the truth of the page that they were made of.

negative  the whole page in negative
dark      every second panel in negative, lettering and balloons in it as well: flashbacks, dreams
night     art darkened, gutters and balloons black, balloons with white letters and a white outline
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.geometry import Box

    Grey = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

Dark = Literal["negative", "dark", "night"]
DARK: tuple[Dark, ...] = ("negative", "dark", "night")
_NIGHT = 0.4
_BLACK, _WHITE = 6, 246
_RIM_PX = 3


def darkened(page: Grey, kind: Dark, panels: Sequence[Box], balloons: Mask, glyphs: Mask) -> Grey:
    """Return a `(H, W)` uint8 page of black on white as one of white on black; the masks are where they were."""
    if kind == "negative":
        return np.asarray(255 - page, np.uint8)
    if kind == "dark":
        turned = page.copy()
        for box in panels[::2]:
            turned[box.top : box.bottom, box.left : box.right] = 255 - page[box.top : box.bottom, box.left : box.right]
        return turned
    return _night(page, panels, balloons, glyphs)


def _night(page: Grey, panels: Sequence[Box], balloons: Mask, glyphs: Mask) -> Grey:
    night = np.full(page.shape, _BLACK, np.uint8)
    for box in panels:
        view = np.s_[box.top : box.bottom, box.left : box.right]
        night[view] = page[view] * _NIGHT
    night[balloons] = 255 - page[balloons]
    free = glyphs & ~balloons
    night[free] = _WHITE
    rims, _ = cv2.findContours(balloons.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(night, rims, -1, _WHITE, _RIM_PX, cv2.LINE_AA), np.uint8)
