"""How a page is cut into panels: a sheet of paper split again and again, in reading order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from training.pages.synth.ink import ellipse, rectangle

if TYPE_CHECKING:
    from training.pages.synth.labels import Points

    Rng = np.random.Generator

Direction = Literal["rtl", "ltr"]


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel's outline in page pixels (it may run off the page), and its frame's width (0: none)."""

    outline: Points
    frame_px: float

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        low, high = self.outline.min(0), self.outline.max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


@dataclass(frozen=True, slots=True)
class Layout:
    """The panels in reading order, and the height of the page."""

    panels: tuple[Panel, ...]
    height: int
    direction: Direction


def manga(rng: Rng, width: int, direction: Direction) -> Layout:
    """Return tiers of panels, some slanted, bleeding, inset or lapping over."""
    height = round(width * rng.uniform(1.38, 1.52))
    return Layout(tuple(_page(rng, 0, width, height, direction)), height, direction)


def double(rng: Rng, width: int, direction: Direction) -> Layout:
    """Return two facing pages, or one picture over both with panels beside or below."""
    height, half = round(width * rng.uniform(0.68, 0.75)), width // 2
    sides = [_page(rng, 0, half, height, direction), _page(rng, half, width, height, direction)]
    if rng.random() < 0.2:
        cut = height * rng.uniform(0.45, 0.75)
        spread = Panel(rectangle(-9, -9, width + 9, cut), _frame(rng, width))
        low = _split(
            rng, rectangle(half * 0.07, cut + 8, width - half * 0.07, height * 0.96), direction, 2, _gaps(rng, half)
        )
        return Layout((spread, *(Panel(part, spread.frame_px) for part in low)), height, direction)
    order = reversed(sides) if direction == "rtl" else sides
    return Layout(tuple(panel for side in order for panel in side), height, direction)


def four_panel(rng: Rng, width: int, direction: Direction) -> Layout:
    """Return one or two columns of four equal panels."""
    height = round(width * rng.uniform(1.38, 1.5))
    columns = int(rng.choice([1, 2, 2]))
    margin, gap = width * rng.uniform(0.05, 0.09), width * rng.uniform(0.012, 0.03)
    top = height * rng.uniform(0.06, 0.12)
    wide = (width - 2 * margin - gap * 2 * (columns - 1)) / columns
    if columns == 1:
        wide *= rng.uniform(0.6, 0.9)
    tall = (height - top - margin - 3 * gap) / 4
    frame = max(1.5, _frame(rng, width))
    panels = []
    for column in range(columns)[:: -1 if direction == "rtl" else 1]:
        left = margin + column * (wide + 2 * gap)
        for row in range(4):
            y = top + row * (tall + gap)
            panels.append(Panel(rectangle(left, y, left + wide, y + tall), frame))
    return Layout(tuple(panels), height, direction)


def splash(rng: Rng, width: int, direction: Direction) -> Layout:
    """Return one picture as large as the page, perhaps with insets."""
    height = round(width * rng.uniform(1.38, 1.52))
    inner = width * rng.choice([-0.02, -0.02, rng.uniform(0.02, 0.08)])
    host = Panel(rectangle(inner, inner, width - inner, height - inner), 0.0 if inner < 0 else _frame(rng, width))
    panels = [host]
    for _ in range(rng.integers(0, 3)):
        panels = _with_inset(rng, panels, 0, width, always=True)
    return Layout(tuple(panels), height, direction)


def strip(rng: Rng, width: int, direction: Direction) -> Layout:
    """Return panels one below the other with much paper between, as web comics scroll."""
    y, panels = width * rng.uniform(0.0, 0.2), []
    frame = float(rng.choice([0.0, _frame(rng, width)]))
    limit = width * rng.uniform(1.9, 2.9)
    while y < limit:
        tall = width * rng.uniform(0.35, 1.1)
        left = rng.choice([-0.01, -0.01, rng.uniform(0.02, 0.2)])
        right = rng.choice([1.01, 1.01, rng.uniform(0.75, 0.98)])
        slant = rng.uniform(-0.08, 0.08, 2) * width * (rng.random() < 0.2)
        outline = rectangle(left * width, y, right * width, y + tall)
        outline[:, 1] += (slant[0], -slant[0], -slant[1], slant[1])
        panels.append(Panel(outline, frame))
        y += tall + width * rng.choice([0.02, rng.uniform(0.08, 0.4)]) + abs(slant).max()
    return Layout(tuple(panels), round(y), direction)


def _page(rng: Rng, left: float, right: float, height: int, direction: Direction) -> list[Panel]:
    width = right - left
    margin = width * rng.uniform(0.03, 0.09)
    sheet = rectangle(left + margin, margin, right - margin, height - margin * rng.uniform(0.8, 1.3))
    cells = _split(rng, sheet, direction, int(rng.integers(2, 4)), _gaps(rng, width))
    frame = _frame(rng, width)
    panels = [Panel(cell, 0.0 if rng.random() < 0.06 else frame) for cell in cells]
    if rng.random() < 0.5:
        panels = [_bleeding(panel, sheet, margin * 2) if rng.random() < 0.6 else panel for panel in panels]
    if rng.random() < 0.2:
        index = int(rng.integers(len(panels)))
        panels[index] = _grown(rng, panels[index], width)
    if rng.random() < 0.2:
        panels = _with_inset(rng, panels, int(rng.integers(len(panels))), width)
    return panels


def _frame(rng: Rng, width: float) -> float:
    return float(width / 832 * rng.choice([1.5, 2.0, 2.5, 3.0, 4.0, 6.0]))


def _gaps(rng: Rng, width: float) -> tuple[float, float]:
    across = width * rng.choice([0.0, 0.006, 0.01, 0.014, 0.02])
    return across, across + width * rng.choice([0.0, 0.006, 0.012, 0.02])


def _split(rng: Rng, sheet: Points, direction: Direction, depth: int, gaps: tuple[float, float]) -> list[Points]:
    """Cut into two to four tiers, each into columns, and those again, so that the order of the list is read."""
    low, high = sheet.min(0), sheet.max(0)
    wide, tall = high - low
    if depth == 0 or min(wide, tall) < 70 or (depth == 1 and rng.random() < 0.35):
        return [sheet]
    flat = tall > wide * rng.uniform(0.75, 1.25)
    most = max(2, min(4, int((tall if flat else wide) / (0.5 * (wide if flat else tall)))))
    count = int(rng.integers(2, most + 1)) if rng.random() < 0.9 else 1
    places = np.sort((np.arange(1, count) + rng.uniform(-0.28, 0.28, count - 1)) / count)
    parts: list[Points] = []
    rest = sheet
    for place in places:
        lean = rng.normal(0, 0.13) if rng.random() < 0.22 else 0.0
        first, rest = _cut(rest, low, high, place, lean, gaps[1] if flat else gaps[0], flat=flat)
        parts.append(first)
    parts.append(rest)
    if not flat and direction == "rtl":
        parts.reverse()
    parts = [part for part in parts if len(part) >= 3]
    return [leaf for part in parts for leaf in _split(rng, part, direction, depth - 1, gaps)]


def _cut(
    sheet: Points, low: Points, high: Points, place: float, lean: float, gap: float, *, flat: bool
) -> tuple[Points, Points]:
    across = np.array([lean, 1.0] if flat else [1.0, lean])
    across = across / np.hypot(*across)
    middle = (low + high) / 2
    middle[1 if flat else 0] = (low + (high - low) * place)[1 if flat else 0]
    offset = float(across @ middle)
    return _side(sheet, across, offset - gap / 2), _side(sheet, -across, -offset - gap / 2)


def _side(outline: Points, normal: Points, limit: float) -> Points:
    """Return the part of a convex outline where `normal . point <= limit` (Sutherland and Hodgman)."""
    kept: list[Points] = []
    for start, end in zip(outline, np.roll(outline, -1, 0), strict=True):
        before, after = float(normal @ start) - limit, float(normal @ end) - limit
        if before <= 0:
            kept.append(start)
        if before * after < 0:
            kept.append(start + (end - start) * (before / (before - after)))
    return np.array(kept) if kept else np.zeros((0, 2))


def _bleeding(panel: Panel, sheet: Points, far: float) -> Panel:
    outline = panel.outline.copy()
    low, high = sheet.min(0), sheet.max(0)
    for axis in (0, 1):
        outline[:, axis] -= far * (np.abs(outline[:, axis] - low[axis]) < 1)
        outline[:, axis] += far * (np.abs(outline[:, axis] - high[axis]) < 1)
    return replace(panel, outline=outline)


def _grown(rng: Rng, panel: Panel, width: float) -> Panel:
    centre = panel.outline.mean(0)
    return replace(
        panel,
        outline=centre + (panel.outline - centre) * rng.uniform(1.03, 1.12) + rng.uniform(-1, 1, 2) * width * 0.01,
    )


def _with_inset(rng: Rng, panels: list[Panel], index: int, width: float, *, always: bool = False) -> list[Panel]:
    left, top, right, bottom = panels[index].extent
    wide, tall = right - left, bottom - top
    if min(wide, tall) < width * 0.3 and not always:
        return panels
    w, h = wide * rng.uniform(0.25, 0.4), tall * rng.uniform(0.2, 0.4)
    x = left + (wide - w) * rng.choice([0.06, 0.94, rng.uniform(0.1, 0.9)])
    y = top + (tall - h) * rng.choice([0.06, 0.94, rng.uniform(0.1, 0.9)])
    outline = rectangle(x, y, x + w, y + h)
    if rng.random() < 0.12:
        outline = ellipse((x + w / 2, y + h / 2), (w / 2, h / 2))
    inset = Panel(outline, max(1.5, panels[index].frame_px))
    return [*panels[: index + 1], inset, *panels[index + 1 :]]
