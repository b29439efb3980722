"""One drawn page from a seed: layout, art, sound effects, balloons, lettering, wear, and labels that fit exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from training.pages.synth import layout as layouts
from training.pages.synth import tone as tones
from training.pages.synth.fonts import FontSet, load_fonts
from training.pages.synth.lettering import make_hand
from training.pages.synth.panels import fill_panel
from training.pages.synth.sheet import Sheet
from training.pages.synth.speech import letter_page
from training.pages.synth.visible import moved, visible
from training.pages.synth.wear import scan_turn, turned, worn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.pages.synth.art import ArtSource
    from training.pages.synth.labels import Grey, Label, LabelledBox, Mask, Points
    from training.pages.synth.layout import Direction, Layout

    Rng = np.random.Generator

Style = Literal["manga", "western", "four_panel", "splash", "strip", "double"]
STYLES: tuple[Style, ...] = get_args(Style)
_SHARES = (0.56, 0.14, 0.08, 0.08, 0.06, 0.08)


@dataclass(frozen=True, slots=True)
class SynthPage:
    """A page as scanned, and what is on it.

    grey: `(H, W)` uint8. boxes: panels first, in reading order, then balloons, in reading order, then the rest.
    balloon_mask: bodies, tails and outlines. lettering_mask: every glyph's pixels (coverage above a quarter), sound
    words with their ink rims. gutter_mask: bare ground outside panels. All masks `(H, W)` bool.
    panel_polygons: `(N, 2)` x, y in pixels, in reading order; they may run off the page.
    """

    grey: Grey
    boxes: tuple[LabelledBox, ...]
    balloon_mask: Mask
    lettering_mask: Mask
    gutter_mask: Mask
    panel_polygons: tuple[Points, ...]
    direction: Direction
    style: Style

    def of(self, label: Label) -> tuple[LabelledBox, ...]:
        """Return the boxes of one kind."""
        return tuple(found for found in self.boxes if found.label == label)


def synth_page(
    seed: int,
    width: int = 832,
    style: Style | None = None,
    *,
    fonts: FontSet | None = None,
    art: Sequence[ArtSource] = (),
    art_share: float = 0.5,
) -> SynthPage:
    """Return the page of a seed: the same for the same arguments.

    style: None is any. fonts: None is Pillow's own letters. art: what fills `art_share` (0..1) of the panels; the
    rest is drawn here.
    """
    rng = np.random.default_rng(seed)
    chosen: Style = style or STYLES[rng.choice(len(STYLES), p=_SHARES)]
    layout, japanese = _layout(rng, chosen, width)
    paper_width = width / 2 if chosen == "double" else width
    sheet = Sheet(rng, layout.height, width, tones.screens(rng, layout.height, width))
    for panel in layout.panels:
        fill_panel(sheet, panel, rng, art if rng.random() < art_share else ())
    hand = make_hand(rng, fonts or load_fonts(), round(paper_width), japanese=japanese)
    letter_page(sheet, layout, hand, rng, chosen)
    return _finished(sheet, layout, rng, chosen)


def _layout(rng: Rng, style: Style, width: int) -> tuple[Layout, bool]:
    direction: Direction = "ltr" if style in ("western", "strip") and rng.random() < 0.85 else "rtl"
    build = {
        "four_panel": layouts.four_panel,
        "splash": layouts.splash,
        "strip": layouts.strip,
        "double": layouts.double,
    }
    made = build.get(style, layouts.manga)(rng, width, direction)
    return made, bool(rng.random() < (0.6 if direction == "rtl" else 0.12))


def _finished(sheet: Sheet, layout: Layout, rng: Rng, style: Style) -> SynthPage:
    height, width = sheet.grey.shape
    matrix = scan_turn(rng, height, width)
    around = 0 if rng.random() < 0.3 else sheet.ground
    found = visible(sheet, layout.direction, matrix)
    grey = sheet.grey if matrix is None else turned(sheet.grey, matrix, around)
    polygons = tuple(moved(placed.panel.outline, matrix) for placed in sheet.panels)
    return SynthPage(worn(grey, rng), *found, polygons, layout.direction, style)
