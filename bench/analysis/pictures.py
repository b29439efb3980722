"""Pictures of the worst pages: what is there and what was found, in colours.

boxes   green found, red missed, magenta found where nothing is (blue: a panel that was found)
pixels  yellow lettering that is not protected, orange balloon that is not, cyan art that is
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.analysis.boxes import found_boxes, match

if TYPE_CHECKING:
    from pathlib import Path

    from bench.analysis.pages import ReadPage
    from engines.geometry import Box

    Rgb = np.typing.NDArray[np.uint8]

_FOUND, _MISSED, _FALSE, _PANEL = (0, 150, 60), (220, 20, 30), (220, 0, 200), (40, 90, 230)
_LETTERING, _BALLOON, _ART = (255, 210, 0), (255, 120, 0), (0, 200, 220)
_LEGEND_PX = 40


def save_worst(pages: list[ReadPage], folder: Path, count: int) -> list[str]:
    """Write the `count` worst pages as `worst-N-NAME.webp`, in place of those of the last run; return the names."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("worst-*-*.webp"):
        old.unlink()
    worst = sorted(pages, key=lambda page: (-page.badness, page.true.name))[:count]
    names = []
    for number, page in enumerate(worst, 1):
        names.append(f"worst-{number}-{page.true.name}.webp")
        draw_page(page).save(folder / names[-1], quality=85)
    return names


def draw_page(page: ReadPage) -> Image.Image:
    """Return a page with truth and what was found drawn in, and a legend below."""
    tinted = _tinted(page)
    picture = Image.new("RGB", (tinted.shape[1], tinted.shape[0] + _LEGEND_PX), "white")
    picture.paste(Image.fromarray(tinted), (0, 0))
    draw = ImageDraw.Draw(picture)
    found = found_boxes(page.reading.meta)
    for label, truths in page.true.boxes.items():
        matched = match(found[label], truths)
        for index, (box, score) in enumerate(found[label]):
            right = _PANEL if label == "panel" else _FOUND
            _box(draw, box, right if index in matched else _FALSE, f"{label} {score:.2f}", 4 if label == "panel" else 2)
        for index, box in enumerate(truths):
            if index not in matched.values():
                _box(draw, box, _MISSED, f"{label} missed", 4)
    for panel in page.reading.meta.panels:
        left, top = panel.box.left + 8, panel.box.top + 8
        draw.text(
            (left, top), str(panel.order + 1), _PANEL, ImageFont.load_default(44), stroke_width=3, stroke_fill="white"
        )
    _legend(draw, tinted.shape[0])
    return picture


def _tinted(page: ReadPage) -> Rgb:
    canvas = (page.true.page.rgb * 0.75 + 0.25 * 255).astype(np.uint8)
    if page.true.masks is None:
        return canvas
    protect, truth = page.reading.masks.protect, page.true.masks
    for mask, colour in (
        (truth.art & protect, _ART),
        (truth.balloons & ~protect, _BALLOON),
        (truth.lettering & ~protect, _LETTERING),
    ):
        canvas[mask] = (0.3 * canvas[mask] + 0.7 * np.array(colour)).astype(np.uint8)
    return canvas


def _box(draw: ImageDraw.ImageDraw, box: Box, colour: tuple[int, int, int], words: str, width: int) -> None:
    draw.rectangle(
        (box.left, box.top, max(box.left, box.right - 1), max(box.top, box.bottom - 1)), outline=colour, width=width
    )
    draw.text(
        (box.left + 3, max(0, box.top - 15)),
        words,
        colour,
        ImageFont.load_default(13),
        stroke_width=2,
        stroke_fill="white",
    )


def _legend(draw: ImageDraw.ImageDraw, top: int) -> None:
    left = 8
    for words, colour in (
        ("found", _FOUND),
        ("panel found", _PANEL),
        ("missed", _MISSED),
        ("not there", _FALSE),
        ("lettering open", _LETTERING),
        ("balloon open", _BALLOON),
        ("art protected", _ART),
    ):
        draw.rectangle((left, top + 12, left + 16, top + 28), fill=colour)
        draw.text((left + 21, top + 13), words, "black", ImageFont.load_default(13))
        left += 30 + 8 * len(words)
