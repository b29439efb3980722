"""By lines and tone alone: the regions of `engines.regions`, those that are pointed at together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engines.base import RequestUnsupported
from engines.oklab import srgb_to_oklab
from engines.regions import find_regions
from engines.segment.base import Pointing, Segmenter

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WITHIN: Final = 0.5


class Regions(Segmenter):
    """A place gives the region around it, a box those of which more than half lies in it; words it does not know."""

    name = "regions"

    def segment(self, rgb: NDArray[np.uint8], pointing: Pointing) -> NDArray[np.bool_]:
        """Find it."""
        if pointing.words:
            raise RequestUnsupported("lines alone do not know what things are called", "Point at it, or name a SAM 3.")
        labels = find_regions(np.ascontiguousarray(srgb_to_oklab(np.ascontiguousarray(rgb))[..., 0]))
        wanted = {int(labels[y, x]) for x, y in pointing.inside}
        if pointing.box is not None:
            left, top, right, bottom = pointing.box
            counts = np.bincount(labels.ravel())
            within = np.bincount(labels[top:bottom, left:right].ravel(), minlength=len(counts))
            wanted |= set(np.nonzero(within > _WITHIN * counts)[0].tolist())
        wanted -= {int(labels[y, x]) for x, y in pointing.outside}
        return np.asarray(np.isin(labels, list(wanted)))
