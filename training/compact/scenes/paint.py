"""Paper that is drawn on once and comes out three times: as manga, in flat colours, and as a map of parts.

The page generator's pen draws on it like on any `Paper`. A fill is a `Paint`, which says how a thing is printed in
manga, what colour it has and what part it is; plain numbers stay what they are to the pen: ink, paper, an iris.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from training.compact.network import PARTS
from training.compact.scenes import palette
from training.pages.synth.ink import SHIFT, Paper, fixed
from training.pages.synth.tone import Tone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.compact.scenes.palette import Rgb
    from training.pages.synth.ink import Fill
    from training.pages.synth.labels import Grey, Points
    from training.pages.synth.tone import Screen

    Rng = np.random.Generator
    Sheets = list[Screen]

UNKNOWN: Final = 255
"""What a map of parts holds where nobody knows."""
# The numbers by which `training/pages/synth/faces.py` fills an iris and an open mouth.
_IRIS: Final = frozenset({20, 30, 60, 130})
_MOUTH: Final = 40
_MOUTH_RGB: Final = (150, 60, 60)
_SHADOW: Final = 0.82


def part(name: str) -> int:
    """Return the number of a part in `PARTS`."""
    return PARTS.index(name)


class Paint(int):
    """A fill: `fill` in manga (ink 0, paper 255, or a tone), its colour, its part. As a number it is its darkness.

    The pen asks whether a fill is 0, to draw on black with white; so a paint equals its fill, 128 for a tone.
    """

    fill: int | Tone
    colour: Rgb
    part: int

    def __new__(cls, fill: int | Tone, colour: Rgb, part: int) -> Paint:
        """Return the paint."""
        made = super().__new__(cls, 128 if isinstance(fill, Tone) else fill)
        made.fill, made.colour, made.part = fill, colour, part
        return made


class PaintedPaper(Paper):
    """A manga page `grey`, its flat `colour` `(H, W, 3)` without lines, its `ink` lines (0 ink) and its `parts`."""

    def __init__(self, height: int, width: int, *, origin: tuple[int, int] = (0, 0)) -> None:
        super().__init__(np.full((height, width), 255, np.uint8), origin)
        self.colour = np.full((height, width, 3), 255, np.uint8)
        self.ink = np.full((height, width), 255, np.uint8)
        self.parts = np.full((height, width), part("paper"), np.uint8)
        self.iris: Rgb = (60, 40, 30)

    @classmethod
    def of(cls, colour: NDArray[np.uint8], grey: Grey) -> PaintedPaper:
        """Return paper that shows a picture `(H, W, 3)`, its manga `(H, W)`; nobody knows its parts."""
        paper = cls(*grey.shape)
        paper.colour[:], paper.grey[:], paper.parts[:] = colour, grey, UNKNOWN
        return paper

    def shape(self, points: Points, fill: Fill, *, line_px: float = 0.0, ink: int = 0) -> None:
        """Fill and outline; a bare number is ink, paper, an iris or a mouth."""
        paint, where = self._paint(fill), [fixed(points)]
        if paint is not None:
            cv2.fillPoly(self.colour, where, paint.colour, cv2.LINE_AA, SHIFT)
            cv2.fillPoly(self.ink, where, 255, cv2.LINE_AA, SHIFT)
            cv2.fillPoly(self.parts, where, paint.part, cv2.LINE_8, SHIFT)
            fill = paint.fill
        elif isinstance(fill, int):
            cv2.fillPoly(self.ink, where, 0, cv2.LINE_AA, SHIFT)
        super().shape(points, fill, line_px=line_px, ink=ink)

    def line(self, points: Points, line_px: float, *, ink: int = 0, taper: bool = True) -> None:
        """Draw a line; white ones are light on black hair and leave the colours alone."""
        super().line(points, line_px, ink=ink, taper=taper)
        if ink == 0:
            drawn = Paper(self.ink)
            drawn.line(points, line_px, taper=taper)

    def shade(self, points: Points, fill: Tone) -> None:
        """Lay a shadow over what is drawn."""
        super().shade(points, fill)
        shadow = np.full(self.grey.shape, 255, np.uint8)
        cv2.fillPoly(shadow, [fixed(points)], int(255 * _SHADOW), cv2.LINE_AA, SHIFT)
        cv2.multiply(self.colour, cv2.merge([shadow] * 3), dst=self.colour, scale=1 / 255)

    def fade(self, top: Rgb, bottom: Rgb, mask: NDArray[np.bool_]) -> None:
        """Let the colours of a mask run from `top` to `bottom` over the paper's height."""
        share = np.linspace(0, 1, self.height, dtype=np.float32)[:, None, None]
        ramp = np.array(top, np.float32) * (1 - share) + np.array(bottom, np.float32) * share
        self.colour[mask] = np.broadcast_to(ramp, self.colour.shape)[mask].astype(np.uint8)

    @property
    def coloured(self) -> NDArray[np.uint8]:
        """The page as a colour comic prints it, `(H, W, 3)`."""
        return (self.colour * (self.ink[..., None] / np.float32(255))).astype(np.uint8)

    def _paint(self, fill: Fill) -> Paint | None:
        if isinstance(fill, Paint):
            return fill
        if isinstance(fill, Tone):
            return Paint(fill, (200, 200, 200), UNKNOWN)
        if fill in _IRIS:
            return Paint(int(fill or 0), self.iris, part("eyes"))
        if fill == _MOUTH:
            return Paint(_MOUTH, _MOUTH_RGB, UNKNOWN)
        return Paint(255, (255, 255, 255), UNKNOWN) if fill == 255 else None


def paint(rng: Rng, sheets: Sheets, name: str, colour: Rgb) -> Paint:
    """Return a paint for a part, printed as manga prints such things: skin bare, dark hair black, cloth with a tone."""
    light = palette.lightness_of(colour)
    return Paint(_print_of(rng, sheets, name, light), colour, part(name))


def _print_of(rng: Rng, sheets: Sheets, name: str, light: float) -> int | Tone:
    chance = rng.random()
    if name == "skin":
        bare = 0.94 if light > 0.6 else 0.45
        return 255 if chance < bare else _tone(rng, sheets, max(light, 0.6), ramp=0.1)
    if name == "sky":
        if light < 0.35:
            return 0 if chance < 0.5 else _tone(rng, sheets, light, ramp=0.6)
        return 255 if chance < 0.5 else _tone(rng, sheets, max(light, 0.55), ramp=0.7)
    if name == "hair" and light < 0.45:
        return 0 if chance < 0.55 else 255 if chance < 0.7 else _tone(rng, sheets, light + 0.1, ramp=0.35)
    if light < 0.25 and chance < 0.55:
        return 0
    return 255 if chance < 0.5 else _tone(rng, sheets, light, ramp=0.25)


def _tone(rng: Rng, sheets: Sheets, light: float, *, ramp: float) -> Tone:
    start = float(np.clip(light + rng.normal(0, 0.15), 0.15, 0.95))
    end = (
        float(np.clip(start + rng.choice([-1, 1]) * rng.uniform(0.2, 0.5), 0.1, 1.15)) if rng.random() < ramp else start
    )
    return Tone(sheets[rng.integers(len(sheets))], start, end, float(rng.uniform(0, 2 * np.pi)))
