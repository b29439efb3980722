"""The sheet being drawn: its picture, and who owns each pixel, so that labels say what can still be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.pages.synth.ink import blend, coverage
from training.pages.synth.labels import box_of
from training.pages.synth.lettering import READABLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.pages.synth.balloons import Balloon
    from training.pages.synth.labels import Grey, Label, Mask, Points
    from training.pages.synth.layout import Panel
    from training.pages.synth.tone import Screen

    Rng = np.random.Generator

_TOUCH_PX = 40
_SOLID = 100  # coverage of a balloon's edge that counts as balloon


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of the sheet, inside it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.right <= self.left or self.bottom <= self.top


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel on the sheet: its window, how much of each pixel lies within its frame, and its number."""

    panel: Panel
    number: int
    window: Window
    inside: Grey

    @property
    def local(self) -> Points:
        """The panel's outline in pixels of its window."""
        return self.panel.outline - (self.window.left, self.window.top)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something drawn: its mask in a window; `number` in the sheet's maps (0: none, a figure), its panel if it is one.

    home: the panel that it was lettered for, for the reading order.
    """

    label: Label
    number: int
    window: Window
    mask: Mask
    panel: int
    home: int = 0


class Sheet:
    """Paper, `grey` (H, W) uint8, that panels, balloons and lettering are laid on, later over earlier."""

    def __init__(self, rng: Rng, height: int, width: int, screens: list[Screen]) -> None:
        self.ground = int(rng.choice([255, 255, 255, 255, 255, 255, 255, 0, int(rng.integers(90, 230))]))
        self.grey: Grey = np.full((height, width), self.ground, np.uint8)
        self.screens = screens
        self.line_px = width / 832 * float(rng.choice([1.0, 1.2, 1.6, 2.0]))
        self.panels: list[Placed] = []
        self.owner: NDArray[np.int16] = np.zeros((height, width), np.int16)  # the panel on top
        self.over: NDArray[np.int16] = np.zeros((height, width), np.int16)  # the balloon or sound word on top
        self.letters: NDArray[np.int16] = np.zeros((height, width), np.int16)
        self._faces: Mask = np.zeros((height, width), bool)
        self.marks: list[Mark] = []

    def window(self, left: float, top: float, right: float, bottom: float) -> Window:
        """Return the part of a rectangle that lies on the sheet."""
        height, width = self.grey.shape
        return Window(max(0, int(left)), max(0, int(top)), min(width, int(right)), min(height, int(bottom)))

    def open_panel(self, panel: Panel, around_px: float = 4.0) -> Placed | None:
        """Return where a panel lies, its window wider by `around_px`, or None where nothing of it is on the sheet."""
        left, top, right, bottom = panel.extent
        window = self.window(left - around_px, top - around_px, right + around_px + 1, bottom + around_px + 1)
        if window.empty:
            return None
        inside = coverage(
            panel.outline - (window.left, window.top), window.bottom - window.top, window.right - window.left
        )
        return Placed(panel, len(self.panels) + 1, window, inside)

    def lay_panel(self, placed: Placed, art: Grey, beyond: Mask | None = None) -> None:
        """Lay a panel's art on the sheet and draw its frame; `beyond` is art that stands out over the frame."""
        rows, columns = placed.window.slices
        self.grey[rows, columns] = blend(self.grey[rows, columns], art, placed.inside)
        self.owner[rows, columns][placed.inside > 127] = placed.number
        if placed.panel.frame_px > 0:
            corners = np.round(placed.panel.outline * 16).astype(np.int32)
            ink = 255 if self.ground == 0 and placed.number % 2 else 0
            wide = max(1, round(placed.panel.frame_px))
            cv2.polylines(self.grey, [corners], True, ink, wide, cv2.LINE_AA, 4)
            cv2.polylines(placed.inside, [np.round(placed.local * 16).astype(np.int32)], True, 0, wide, cv2.LINE_AA, 4)
        if beyond is not None:
            beyond = beyond & (np.arange(art.shape[0])[:, None] < placed.local[:, 1].max())  # feet stay inside
            self.grey[rows, columns][beyond] = art[beyond]
            self.owner[rows, columns][beyond] = placed.number
        self.panels.append(placed)

    def mark_figure(self, placed: Placed, label: Label, mask: Mask) -> None:
        """Remember a figure or a face, a mask of its panel's window."""
        shown = mask & (self.owner[placed.window.slices] == placed.number)
        self.marks.append(Mark(label, 0, placed.window, shown, placed.number))
        if label == "face":
            self._faces[placed.window.slices] |= shown

    def face_share(self, window: Window) -> float:
        """Return how much of a window shows faces, 0..1."""
        return 0.0 if window.empty else float(self._faces[window.slices].mean())

    def faces_in(self, placed: Placed) -> list[tuple[float, float]]:
        """Return the middles of the faces that a panel shows."""
        marks = [mark for mark in self.marks if mark.label == "face" and mark.panel == placed.number]
        boxes = [box_of(mark.mask, mark.window.left, mark.window.top) for mark in marks]
        return [((box.left + box.right) / 2, (box.top + box.bottom) / 2) for box in boxes if box is not None]

    def taken(self, window: Window) -> float:
        """Return how much of a window balloons and sound words cover, 0..1; any other lettering takes all of it."""
        if window.empty or (self.letters[window.slices] > 0).any():
            return 1.0
        return float((self.over[window.slices] != 0).mean())

    def touches(self, balloon: Balloon) -> bool:
        """Return whether a balloon would cover part of another, or lettering."""
        height, width = balloon.whole.shape
        window = self.window(balloon.left, balloon.top, balloon.left + width, balloon.top + height)
        whole = self._cut(balloon.whole, balloon.left, balloon.top, window, None)
        return bool(
            (((self.over[window.slices] != 0) | (self.letters[window.slices] != 0)) & (whole > _SOLID)).sum()
            > _TOUCH_PX
        )

    def lay_balloon(self, balloon: Balloon, home: Placed, *, cut: bool) -> bool:
        """Lay a balloon of the panel `home`, cut at its frame or not; returns whether any of it can be seen."""
        within = home if cut else None
        height, width = balloon.whole.shape
        window = self.window(balloon.left, balloon.top, balloon.left + width, balloon.top + height)
        if window.empty:
            return False
        whole = self._cut(balloon.whole, balloon.left, balloon.top, window, within)
        inner = self._cut(balloon.inner, balloon.left, balloon.top, window, within)
        rows, columns = window.slices
        if (solid := whole > _SOLID).sum() < 60:
            return False
        part = (
            blend(self.grey[rows, columns], balloon.look.ink, whole)
            if balloon.look.line_px > 0
            else self.grey[rows, columns]
        )
        opaque = (inner.astype(np.float32) * balloon.look.opacity).astype(np.uint8)
        self.grey[rows, columns] = blend(part, balloon.look.fill, opaque)
        solid = solid if balloon.look.line_px > 0 else inner > _SOLID
        number = len(self.marks) + 1
        self.over[rows, columns][solid] = number
        self.letters[rows, columns][solid] = 0
        self.marks.append(Mark("balloon", number, window, solid, 0, home.number))
        return True

    def lay_letters(
        self,
        label: Label,
        letters: Grey,
        left: int,
        top: int,
        *,
        layers: list[tuple[Grey, int]],
        within: Placed | None = None,
    ) -> bool:
        """Lay lettering: `layers` one on another, `letters` what counts as glyph; returns whether it shows."""
        height, width = letters.shape
        window = self.window(left, top, left + width, top + height)
        if window.empty:
            return False
        glyphs = self._cut(letters, left, top, window, within) > READABLE
        if not glyphs.any():
            return False
        rows, columns = window.slices
        for alpha, grey in layers:
            cut = self._cut(alpha, left, top, window, within)
            self.grey[rows, columns] = blend(self.grey[rows, columns], grey, cut)
        number = len(self.marks) + 1
        self.letters[rows, columns][glyphs] = number
        if label == "sfx":
            self.over[rows, columns][glyphs] = number
        self.marks.append(Mark(label, number, window, glyphs, 0))
        return True

    def _cut(self, alpha: Grey, left: int, top: int, window: Window, within: Placed | None) -> Grey:
        part = alpha[window.top - top : window.bottom - top, window.left - left : window.right - left]
        if within is None:
            return part
        allowed = np.zeros_like(part)
        w = within.window
        shared = Window(
            max(w.left, window.left), max(w.top, window.top), min(w.right, window.right), min(w.bottom, window.bottom)
        )
        if shared.empty:
            return allowed
        inside = within.inside[shared.top - w.top : shared.bottom - w.top, shared.left - w.left : shared.right - w.left]
        own = self.owner[shared.slices] == within.number
        allowed[
            shared.top - window.top : shared.bottom - window.top, shared.left - window.left : shared.right - window.left
        ] = inside * own
        return np.minimum(part, allowed)
