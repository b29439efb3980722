"""By lines, tone and colour: the regions of `engines.regions`, those that are pointed at together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import RequestUnsupported
from engines.oklab import srgb_to_oklab
from engines.regions import find_regions
from engines.segment.base import Pointing, Segmenter

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WITHIN: Final = 0.5
# A change of chroma per pixel, after smoothing over one pixel, that parts two colours.
_STEP: Final = 0.012


class Regions(Segmenter):
    """A place gives the region around it, a box those of which more than half lies in it; words it does not know."""

    name = "regions"

    def segment(self, rgb: NDArray[np.uint8], pointing: Pointing) -> NDArray[np.bool_]:
        """Find it."""
        if pointing.words:
            raise RequestUnsupported("lines alone do not know what things are called", "Point at it, or name a SAM 3.")
        oklab = srgb_to_oklab(np.ascontiguousarray(rgb))
        labels = find_regions(np.ascontiguousarray(oklab[..., 0]), _colour_borders(oklab[..., 1:]))
        wanted = {int(labels[y, x]) for x, y in pointing.inside}
        if pointing.box is not None:
            left, top, right, bottom = pointing.box
            counts = np.bincount(labels.ravel())
            within = np.bincount(labels[top:bottom, left:right].ravel(), minlength=len(counts))
            wanted |= set(np.nonzero(within > _WITHIN * counts)[0].tolist())
        wanted -= {int(labels[y, x]) for x, y in pointing.outside}
        return np.asarray(np.isin(labels, list(wanted)))


def _colour_borders(chroma: NDArray[np.float32]) -> NDArray[np.bool_] | None:
    """Return where colour changes, `(h, w)`; None for a grey picture."""
    smooth = cv2.GaussianBlur(np.ascontiguousarray(chroma), (0, 0), 1.0)
    changes = [cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx, scale=1 / 8) for dx in (1, 0)]
    borders = np.sqrt(sum(np.square(one).sum(axis=-1) for one in changes)) > _STEP
    return np.asarray(borders, np.bool_) if borders.any() else None
