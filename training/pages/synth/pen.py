"""A pen for figures: it draws in a figure's own measure, and remembers where figure and face lie on the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.pages.synth.ink import ribbon, smooth

if TYPE_CHECKING:
    from training.pages.synth.ink import Fill, Paper
    from training.pages.synth.labels import Mask, Points
    from training.pages.synth.tone import Tone

_FAR = 1 << 14


class Pen:
    """Draws in units of half a head's height, x right, y down, the head's middle at (0, 0)."""

    def __init__(
        self, paper: Paper, at: tuple[float, float], unit_px: float, *, turn: float, flipped: bool, line_px: float
    ) -> None:
        cos, sin = np.cos(turn) * unit_px, np.sin(turn) * unit_px
        self._matrix = np.array([[cos, -sin], [sin, cos]]) @ np.diag([-1.0 if flipped else 1.0, 1.0])
        self._at = np.asarray(at)
        self.paper = paper
        self.unit_px = unit_px
        self.line_px = line_px
        self._figure = np.zeros(paper.grey.shape, np.uint8)
        self._faces: list[Points] = []

    def shape(self, points: Points, fill: Fill, *, line: float = 1.0, curved: bool = False) -> None:
        """Fill and outline; `line` is in widths of the pen."""
        placed = self._placed(smooth(points) if curved else points)
        self.paper.shape(placed, fill, line_px=self.line_px * line)
        cv2.fillPoly(self._figure, [np.round(np.clip(placed, -_FAR, _FAR)).astype(np.int32)], 255)

    def shade(self, points: Points, fill: Tone) -> None:
        """Lay a shadow over what is drawn."""
        self.paper.shade(self._placed(points), fill)

    def line(self, points: Points, line: float = 1.0, *, ink: int = 0, curved: bool = True) -> None:
        """Draw a tapered stroke."""
        placed = self._placed(smooth(points, closed=False) if curved and len(points) > 2 else points)
        self.paper.line(placed, max(1.0, self.line_px * line), ink=ink)

    def limb(self, joints: Points, widths: tuple[float, ...], fill: Fill) -> None:
        """Draw an arm, a leg or a tail along joints, as wide as `widths` at each."""
        spine = smooth(joints, closed=False, steps=6)
        wide = np.interp(np.linspace(0, 1, len(spine)), np.linspace(0, 1, len(widths)), widths)
        outline = ribbon(spine, 2.0, taper=False)
        centre = np.vstack([spine, spine[::-1]])
        self.shape(centre + (outline - centre) * np.concatenate([wide, wide[::-1]])[:, None] / 2, fill)

    def face(self, points: Points) -> None:
        """Remember that a face lies here; more than one outline makes no more than one face."""
        self._faces.append(self._placed(points))

    @property
    def figure_mask(self) -> Mask:
        """Where the figure covers the panel."""
        return self._figure > 0

    @property
    def face_mask(self) -> Mask:
        """Where its face is, hair before it included; empty where it is turned away."""
        mask = np.zeros(self._figure.shape, np.uint8)
        for points in self._faces:
            cv2.fillPoly(mask, [np.round(np.clip(points, -_FAR, _FAR)).astype(np.int32)], 255)
        return mask > 0

    def _placed(self, points: Points) -> Points:
        found: Points = np.asarray(points, np.float64) @ self._matrix.T + self._at
        return found
