"""Drawing with a pen: shapes filled with black, paper or tone, and lines that swell and taper like a nib's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.pages.synth.tone import Tone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.pages.synth.labels import Grey, Points

    Fill = int | Tone | None

SHIFT = 4
_FAR = 1 << 15


class Paper:
    """A grey picture to draw on, `(H, W)` uint8, whose corner lies at `origin` (x, y) of the page's screens."""

    def __init__(self, grey: Grey, origin: tuple[int, int] = (0, 0)) -> None:
        self.grey = grey
        self.origin = origin

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.grey.shape[0])

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.grey.shape[1])

    def shape(self, points: Points, fill: Fill, *, line_px: float = 0.0, ink: int = 0) -> None:
        """Fill a closed outline and draw it; a fill of None leaves what is there."""
        if isinstance(fill, Tone):
            self._tone(points, fill)
        elif fill is not None:
            cv2.fillPoly(self.grey, [fixed(points)], int(fill), cv2.LINE_AA, SHIFT)
        if line_px > 0:
            self.line(np.vstack([points, points[:1]]), line_px, ink=ink, taper=False)

    def line(self, points: Points, line_px: float, *, ink: int = 0, taper: bool = True) -> None:
        """Draw a line of this greatest width; tapered, it is thin at both ends."""
        if not taper and line_px <= 2.5:
            cv2.polylines(self.grey, [fixed(points)], False, ink, max(1, round(line_px)), cv2.LINE_AA, SHIFT)
            return
        cv2.fillPoly(self.grey, [fixed(ribbon(points, line_px, taper=taper))], ink, cv2.LINE_AA, SHIFT)

    def shade(self, points: Points, fill: Tone) -> None:
        """Lay a tone over what is drawn; ink stays ink."""
        self._tone(points, fill, over=True)

    def _tone(self, points: Points, fill: Tone, *, over: bool = False) -> None:
        low = np.floor(points.min(0)).astype(int) - 1
        high = np.ceil(points.max(0)).astype(int) + 2
        left, top = max(0, int(low[0])), max(0, int(low[1]))
        right, bottom = min(self.width, int(high[0])), min(self.height, int(high[1]))
        if right <= left or bottom <= top:
            return
        alpha = coverage(points - (left, top), bottom - top, right - left)
        x, y = self.origin
        drawn = fill.render(left + x, top + y, right + x, bottom + y)
        under = self.grey[top:bottom, left:right]
        self.grey[top:bottom, left:right] = blend(under, np.minimum(under, drawn) if over else drawn, alpha)


def coverage(points: Points, height: int, width: int) -> Grey:
    """Return how much of each pixel an outline covers, `(height, width)` uint8."""
    alpha = np.zeros((height, width), np.uint8)
    cv2.fillPoly(alpha, [fixed(points)], 255, cv2.LINE_AA, SHIFT)
    return alpha


def blend(under: Grey, over: Grey | int, alpha: Grey) -> Grey:
    """Return `over` laid on `under` where alpha is 255, and the mean between."""
    low = under.astype(np.int32)
    mixed = low + ((np.asarray(over, np.int32) - low) * alpha.astype(np.int32) + 127) // 255
    return mixed.astype(np.uint8)


def ribbon(points: Points, line_px: float, *, taper: bool) -> Points:
    """Return the outline of a stroke along points."""
    along = np.gradient(points, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)
    normal = np.stack([-along[:, 1] / length, along[:, 0] / length], axis=1)
    half = np.full(len(points), line_px / 2)
    if taper:
        half = half * (0.15 + 0.85 * np.sin(np.linspace(0.05, np.pi - 0.05, len(points))) ** 0.7)
    return np.vstack([points + normal * half[:, None], (points - normal * half[:, None])[::-1]])


def smooth(points: Points, *, closed: bool = True, steps: int = 5) -> Points:
    """Return a Catmull-Rom curve through points, `steps` to a span."""
    ring = np.asarray(points, np.float64)
    if closed:
        before, after, later = np.roll(ring, 1, 0), np.roll(ring, -1, 0), np.roll(ring, -2, 0)
    else:
        padded = np.vstack([ring[:1], ring, ring[-1:]])
        before, ring, after, later = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    p0, p1, p2, p3 = (part[:, None] for part in (before, ring, after, later))
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    found: NDArray[np.float64] = curve.reshape(-1, 2)
    return found if closed else np.vstack([found, np.asarray(points, np.float64)[-1:]])


def ellipse(centre: tuple[float, float], half: tuple[float, float], turn: float = 0.0, count: int = 40) -> Points:
    """Return points round an ellipse; `turn` in radians."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    x, y = half[0] * np.cos(angles), half[1] * np.sin(angles)
    return np.stack(
        [centre[0] + x * np.cos(turn) - y * np.sin(turn), centre[1] + x * np.sin(turn) + y * np.cos(turn)], axis=1
    )


def rectangle(left: float, top: float, right: float, bottom: float) -> Points:
    """Return the four corners, clockwise."""
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def fixed(points: Points) -> NDArray[np.int32]:
    """Return points as OpenCV draws them with `SHIFT` bits behind the point."""
    return np.round(np.clip(points, -_FAR, _FAR) * (1 << SHIFT)).astype(np.int32)
