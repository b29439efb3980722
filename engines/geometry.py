"""Sizes and boxes in pixels. Named, so that no bare 4-tuple travels between the rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BAND_RATIO: Final = 8.0
"""Wider than this in heights a picture is a band, of which nothing has a size in shares of its width."""


class Size(NamedTuple):
    """Height and width of a picture in pixels."""

    height: int
    width: int

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.height * self.width


class Box(NamedTuple):
    """A rectangle in pixels; `right` and `bottom` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Width in pixels, never negative."""
        return max(0, self.right - self.left)

    @property
    def height(self) -> int:
        """Height in pixels, never negative."""
        return max(0, self.bottom - self.top)

    @property
    def area(self) -> int:
        """Area in pixels."""
        return self.width * self.height

    def intersection(self, other: Box) -> Box:
        """Return the common rectangle; its area is 0 where the two do not meet."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def grown(self, pixels: int) -> Box:
        """Return the rectangle with so many pixels more on every side."""
        return Box(self.left - pixels, self.top - pixels, self.right + pixels, self.bottom + pixels)

    def iou(self, other: Box) -> float:
        """Return intersection over union, 0..1."""
        common = self.intersection(other).area
        union = self.area + other.area - common
        return common / union if union else 0.0


def box_around(mask: NDArray[np.bool_] | NDArray[np.uint8]) -> Box:
    """Return the least box around what is set in a `(h, w)` mask; of no size, at 0, where nothing is."""
    import numpy as np  # which is loaded where there is a mask, and not where sizes alone are read

    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return Box(0, 0, 0, 0)
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
