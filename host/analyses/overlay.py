"""A picture of what was read on a page: masks tinted, boxes coloured by class, the reading order, a legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, cast

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engines.detect.base import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engines.detect.base import Label
    from engines.geometry import Box
    from host.pipeline.records.layers import Layers
    from host.pipeline.records.page_meta import PageMeta

    Rgb = NDArray[np.uint8]
    Colour = tuple[int, int, int]

COLOURS: Final[dict[Label, Colour]] = {
    "panel": (37, 99, 235),
    "balloon": (5, 150, 105),
    "text": (217, 119, 6),
    "sfx": (220, 38, 38),
    "face": (219, 39, 119),
    "character": (124, 58, 237),
}
"""sRGB; dark enough to carry white numbers, apart enough to be told on grey."""

_GUTTERS: Final = (100, 116, 139)
_COLOURED: Final = (234, 179, 8)
_INK: Final = (30, 41, 59)
_WHITE: Final = (255, 255, 255)
_FADE: Final = 0.12
_NARROWEST_PX: Final = 480
_HALF: Final = 127
_BAND_PIXELS: Final = 1 << 18


class _Scale(NamedTuple):
    """Sizes that follow the page's, in pixels."""

    line: int
    digit: int
    small: int

    @classmethod
    def of(cls, rgb: Rgb) -> _Scale:
        side = min(rgb.shape[1], 2 * rgb.shape[0])
        return cls(max(2, round(side / 320)), max(12, round(side / 36)), max(10, round(side / 62)))


class _Tag(NamedTuple):
    """Words on a filled ground, written when all shapes stand; `at` is the centre."""

    at: tuple[int, int]
    words: str
    size_px: int


def draw_overlay(rgb: Rgb, meta: PageMeta, layers: Layers) -> Rgb:
    """Return the picture: the `(H, W, 3)` page with a legend below it, at least 480 px wide.

    Beside the picture stand two masks at a time, so that a strip takes little more than its pixels.
    """
    height, width = rgb.shape[:2]
    scale, legend = _Scale.of(rgb), _legend(meta, max(width, _NARROWEST_PX))
    picture = np.full((height + legend.shape[0], legend.shape[1], 3), 255, np.uint8)
    picture[height:] = legend
    left = (legend.shape[1] - width) // 2
    canvas = picture[:height, left : left + width]
    _lay_masks(canvas, rgb, layers)
    for tag in [*_draw_boxes(canvas, meta, scale), *_draw_order(canvas, meta, scale)]:
        _write(picture, tag, left)
    return picture


def _lay_masks(canvas: Rgb, rgb: Rgb, layers: Layers) -> None:
    """Lay the page, a little faded, and the masks over it: one colour each, the finer above the coarser."""
    for rows in _bands(canvas):
        canvas[rows] = np.round(rgb[rows] * (1 - _FADE) + 255 * _FADE)
    _tint(canvas, layers.mask("coloured"), _COLOURED, 0.25)
    gutters, balloons = layers.mask("gutters"), layers.mask("balloons")
    if gutters is not None and balloons is not None:
        _tint(canvas, gutters & ~balloons, _GUTTERS, 0.28)
    del gutters
    _tint(canvas, balloons, COLOURS["balloon"], 0.25)
    del balloons
    _tint(canvas, layers.mask("lettering"), COLOURS["text"], 0.55)


def _tint(canvas: Rgb, mask: NDArray[np.bool_] | None, colour: Colour, share: float) -> None:
    if mask is None:
        return
    for rows in _bands(canvas):
        canvas[rows][mask[rows]] = canvas[rows][mask[rows]] * (1 - share) + np.array(colour) * share


def _bands(canvas: Rgb) -> Iterator[slice]:
    step = max(1, _BAND_PIXELS // canvas.shape[1])
    return (slice(top, top + step) for top in range(0, canvas.shape[0], step))


def _write(picture: Rgb, tag: _Tag, left: int) -> None:
    """Write a tag's words; only what lies around them becomes a picture that text can be drawn on."""
    x, y = tag.at[0] + left, tag.at[1]
    reach = tag.size_px * (len(tag.words) + 1)
    top, bottom = max(0, y - tag.size_px), y + tag.size_px
    start, end = max(0, x - reach), x + reach
    around = Image.fromarray(np.ascontiguousarray(picture[top:bottom, start:end]))
    ImageDraw.Draw(around).text((x - start, y - top), tag.words, _WHITE, _font(tag.size_px), anchor="mm")
    picture[top:bottom, start:end] = np.asarray(around)


def _boxes(meta: PageMeta) -> Iterator[tuple[Label, Box]]:
    """Yield every box with its class, large things first."""
    yield from (("panel", one.box) for one in meta.panels)
    yield from (("character", one.box) for one in meta.characters)
    yield from (("balloon", one.box) for one in meta.balloons)
    yield from (("sfx", one.box) for one in meta.sound_effects)
    yield from (("text", one.box) for one in meta.text)
    yield from (("face", one.box) for one in meta.faces)


def _draw_boxes(canvas: Rgb, meta: PageMeta, scale: _Scale) -> Iterator[_Tag]:
    for label, box in _boxes(meta):
        width = scale.line + 1 if label == "panel" else max(1, scale.line - (label == "text"))
        if label != "text":  # a rim would lie over the letters
            _frame(canvas, box, _WHITE, width + 1)
        _frame(canvas, box, COLOURS[label], width)
    for figure in meta.characters:
        yield _flag(canvas, figure.box, f"{figure.score:.2f}", COLOURS["character"], scale)
    for face in meta.faces:
        yield _flag(canvas, face.box, f"{face.score:.2f}", COLOURS["face"], scale)


def _frame(canvas: Rgb, box: Box, colour: Colour, width: int) -> None:
    """Draw a box's outline on its inner side."""
    width = max(1, min(width, box.width, box.height))
    top, bottom, left, right = (max(0, side) for side in (box.top, box.bottom, box.left, box.right))
    canvas[top : top + width, left:right] = colour
    canvas[max(top, bottom - width) : bottom, left:right] = colour
    canvas[top:bottom, left : left + width] = colour
    canvas[top:bottom, max(left, right - width) : right] = colour


def _flag(canvas: Rgb, box: Box, words: str, colour: Colour, scale: _Scale) -> _Tag:
    """Draw the ground of a small flag in a box's lower left corner."""
    width, height = int(scale.small * 2.3), int(scale.small * 1.3)
    top = max(0, box.bottom - height)
    canvas[top : box.bottom, box.left : box.left + width] = colour
    return _Tag((box.left + width // 2, top + height // 2), words, scale.small)


def _draw_order(canvas: Rgb, meta: PageMeta, scale: _Scale) -> Iterator[_Tag]:
    """Draw the way through the panels and the ground of every number: discs for panels, smaller ones for balloons."""
    panels = sorted(meta.panels, key=lambda one: one.order)
    corners = [_start(one.box, meta, scale.digit, canvas) for one in panels]
    way = np.array(corners, np.int32).reshape(-1, 1, 2)
    line = np.zeros(canvas.shape[:2], np.uint8)
    cv2.polylines(line, [way], isClosed=False, color=255, thickness=scale.line, lineType=cv2.LINE_AA)
    _tint(canvas, line > _HALF, COLOURS["panel"], 0.4)
    for balloon in meta.balloons:
        at = _on_page((balloon.box.left + balloon.box.right) // 2, balloon.box.top, canvas)
        yield _disc(canvas, at, balloon.order, COLOURS["balloon"], scale.small)
    for at, panel in zip(corners, panels, strict=True):
        yield _disc(canvas, at, panel.order, COLOURS["panel"], scale.digit)


def _start(box: Box, meta: PageMeta, inside_px: int, canvas: Rgb) -> tuple[int, int]:
    """Return where the eye enters a panel: its upper corner, right for right to left, so far inside."""
    x = box.right - inside_px if meta.direction == "rtl" else box.left + inside_px
    return _on_page(x, box.top + inside_px, canvas)


def _on_page(x: int, y: int, canvas: Rgb) -> tuple[int, int]:
    height, width = canvas.shape[:2]
    return min(max(x, 0), width - 1), min(max(y, 0), height - 1)


def _disc(canvas: Rgb, at: tuple[int, int], order: int, colour: Colour, size_px: int) -> _Tag:
    cv2.circle(canvas, at, round(size_px * 0.95), _WHITE, -1, cv2.LINE_AA)
    cv2.circle(canvas, at, round(size_px * 0.85), colour, -1, cv2.LINE_AA)
    return _Tag(at, str(order + 1), size_px)


def _legend(meta: PageMeta, width: int) -> Rgb:
    """Return what stands below the page, of this width."""
    font = _font(max(13, min(28, width // 58)))
    counts = dict.fromkeys(LABELS, 0)
    for label, _ in _boxes(meta):
        counts[label] += 1
    rows = _legend_rows([(_counted(counts[label], label), COLOURS[label]) for label in LABELS], meta, font, width)
    step = round(font.size * 1.7)
    picture = Image.new("RGB", (width, step * len(rows) + step // 2), _WHITE)
    drawing = ImageDraw.Draw(picture)
    for number, row in enumerate(rows):
        middle = step // 4 + step * number + step // 2
        for x, words, colour in row:
            half = font.size // 2
            if colour is not None:
                drawing.rectangle((x, middle - half, x + font.size, middle + half), colour)
            drawing.text((x + (0 if colour is None else font.size * 1.4), middle), words, _INK, font, anchor="lm")
    return np.asarray(picture, np.uint8)


def _legend_rows(
    entries: list[tuple[str, Colour]], meta: PageMeta, font: ImageFont.FreeTypeFont, width: int
) -> list[list[tuple[int, str, Colour | None]]]:
    """Return the legend's rows, each entry with where it starts; none leaves the width."""
    asked: list[tuple[str, Colour | None]] = [(f"{meta.kind.replace('_', ' ')}, {meta.direction}", None), *entries]
    asked += [("gutters", _GUTTERS)] + ([("coloured", _COLOURED)] if "coloured" in meta.masks else [])
    rows: list[list[tuple[int, str, Colour | None]]] = [[]]
    x = gap = int(font.size)
    for words, colour in asked:
        length = int(font.getlength(words) + (0 if colour is None else font.size * 1.4))
        if rows[-1] and x + length > width:
            rows.append([])
            x = gap
        rows[-1].append((x, words, colour))
        x += length + int(1.5 * gap)
    return rows


def _counted(count: int, label: Label) -> str:
    plural = "" if count == 1 or label in ("text", "sfx") else "s"
    return f"{count} {label}{plural}"


def _font(size_px: int) -> ImageFont.FreeTypeFont:
    return cast("ImageFont.FreeTypeFont", ImageFont.load_default(size_px))
