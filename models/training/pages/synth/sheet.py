"""The sheet being drawn: its picture, and who owns each pixel, so that labels say what can still be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from models.training.pages.synth.ink import blend, coverage
from models.training.pages.synth.labels import hull_of
from models.training.pages.synth.lettering import READABLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.training.pages.synth.balloons import Balloon
    from models.training.pages.synth.labels import Grey, Label, Mask, Points
    from models.training.pages.synth.layout import Direction, Panel
    from models.training.pages.synth.tone import Screen

    Rng = np.random.Generator

_SOLID = 100  # coverage of a balloon's edge that counts as balloon
_LEAST_SEEN = {"character": 0.25, "face": 0.45, "sfx": 0.4, "text": 0.5, "balloon": 0.3}


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
class _Mark:
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
        self._owner: NDArray[np.int16] = np.zeros((height, width), np.int16)  # the panel on top
        self._over: NDArray[np.int16] = np.zeros((height, width), np.int16)  # the balloon or sound word on top
        self._letters: NDArray[np.int16] = np.zeros((height, width), np.int16)
        self._faces: Mask = np.zeros((height, width), bool)
        self._marks: list[_Mark] = []

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
        self._owner[rows, columns][placed.inside > 127] = placed.number
        if placed.panel.frame_px > 0:
            corners = np.round(placed.panel.outline * 16).astype(np.int32)
            ink = 255 if self.ground == 0 and placed.number % 2 else 0
            wide = max(1, round(placed.panel.frame_px))
            cv2.polylines(self.grey, [corners], True, ink, wide, cv2.LINE_AA, 4)
            cv2.polylines(placed.inside, [np.round(placed.local * 16).astype(np.int32)], True, 0, wide, cv2.LINE_AA, 4)
        if beyond is not None:
            self.grey[rows, columns][beyond] = art[beyond]
            self._owner[rows, columns][beyond] = placed.number
        self.panels.append(placed)

    def mark_figure(self, placed: Placed, label: Label, mask: Mask) -> None:
        """Remember a figure or a face, a mask of its panel's window."""
        shown = mask & (self._owner[placed.window.slices] == placed.number)
        self._marks.append(_Mark(label, 0, placed.window, shown, placed.number))
        if label == "face":
            self._faces[placed.window.slices] |= shown

    def face_share(self, window: Window) -> float:
        """Return how much of a window shows faces, 0..1."""
        return 0.0 if window.empty else float(self._faces[window.slices].mean())

    def faces_in(self, placed: Placed) -> list[tuple[float, float]]:
        """Return the middles of the faces that a panel shows."""
        marks = [mark for mark in self._marks if mark.label == "face" and mark.panel == placed.number]
        hulls = [hull_of(mark.mask, mark.window.left, mark.window.top) for mark in marks]
        return [(float(hull[:, 0].mean()), float(hull[:, 1].mean())) for hull in hulls if hull is not None]

    def taken(self, window: Window) -> float:
        """Return how much of a window balloons and sound words cover, 0..1."""
        return 1.0 if window.empty else float((self._over[window.slices] != 0).mean())

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
        number = len(self._marks) + 1
        self._over[rows, columns][solid] = number
        self._letters[rows, columns][solid] = 0
        self._marks.append(_Mark("balloon", number, window, solid, 0, home.number))
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
        number = len(self._marks) + 1
        self._letters[rows, columns][glyphs] = number
        if label == "sfx":
            self._over[rows, columns][glyphs] = number
        self._marks.append(_Mark(label, number, window, glyphs, 0))
        return True

    @property
    def balloon_mask(self) -> Mask:
        """Every balloon's pixels."""
        numbers = [mark.number for mark in self._marks if mark.label == "balloon"]
        known = np.zeros(len(self._marks) + 2, bool)
        known[numbers] = True
        return np.asarray(known[self._over], bool)

    @property
    def lettering_mask(self) -> Mask:
        """Every glyph's pixels."""
        return self._letters > 0

    @property
    def gutter_mask(self) -> Mask:
        """Bare ground."""
        return np.asarray((self._owner == 0) & ~self.balloon_mask & ~self.lettering_mask, bool)

    def labelled_hulls(self, direction: Direction) -> list[tuple[Label, Points]]:
        """Return what can be seen: panels, then balloons in reading order, then the rest, each with its hull."""
        found: list[tuple[Label, Points]] = []
        for placed in self.panels:
            clipped = coverage(placed.local, *placed.inside.shape) > 127
            hull = hull_of(clipped, placed.window.left, placed.window.top)
            if hull is not None:
                found.append(("panel", hull))
        side = -1 if direction == "rtl" else 1
        balloons = [mark for mark in self._marks if mark.label == "balloon"]
        balloons.sort(
            key=lambda mark: (
                mark.home,
                mark.window.top + mark.window.bottom + 0.8 * side * (mark.window.left + mark.window.right),
            )
        )
        rest = [mark for mark in self._marks if mark.label != "balloon"]
        for mark in (*balloons, *rest):
            seen = self._seen(mark)
            if seen.sum() >= _LEAST_SEEN[mark.label] * max(1, mark.mask.sum()):
                shown = mark.mask & (self._owner[mark.window.slices] == mark.panel) if mark.panel else seen
                hull = hull_of(shown, mark.window.left, mark.window.top)
                if hull is not None:
                    found.append((mark.label, hull))
        return found

    def _seen(self, mark: _Mark) -> Mask:
        slices = mark.window.slices
        if mark.panel:
            return np.asarray(mark.mask & (self._owner[slices] == mark.panel) & (self._over[slices] == 0), bool)
        numbers = self._over if mark.label == "balloon" else self._letters
        return np.asarray(mark.mask & (numbers[slices] == mark.number), bool)

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
        own = self._owner[shared.slices] == within.number
        allowed[
            shared.top - window.top : shared.bottom - window.top, shared.left - window.left : shared.right - window.left
        ] = inside * own
        return np.minimum(part, allowed)
