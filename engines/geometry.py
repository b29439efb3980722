"""Sizes and boxes in pixels. Named, so that no bare 4-tuple travels between the rooms."""

from __future__ import annotations

from typing import Final, NamedTuple

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

    def iou(self, other: Box) -> float:
        """Return intersection over union, 0..1."""
        common = self.intersection(other).area
        union = self.area + other.area - common
        return common / union if union else 0.0
