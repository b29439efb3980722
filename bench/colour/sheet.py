"""The contact sheet: a row for every page, so that figures can be held against what one sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]

_GAP_PX = 6
_TITLE_PX = 22
_WEBP_SIDE_PX = 16_383


class Sheet:
    """Pictures in rows with titles above the columns, each fitted to `cell_px` of width."""

    def __init__(self, cell_px: int = 260) -> None:
        self._cell_px = cell_px
        self._rows: list[list[tuple[str, Image.Image]]] = []

    def add(self, cells: Sequence[tuple[str, Rgb]]) -> None:
        """Add a row of titled pictures."""
        self._rows.append([(title, self._fitted(picture)) for title, picture in cells])

    def save(self, file: Path) -> None:
        """Write the sheet as the file's ending says."""
        picture = self._drawn()
        if max(picture.size) > _WEBP_SIDE_PX:
            picture.thumbnail((_WEBP_SIDE_PX, _WEBP_SIDE_PX))
        picture.save(file, quality=85)

    def _drawn(self) -> Image.Image:
        heights = [max(picture.height for _, picture in row) + _TITLE_PX + _GAP_PX for row in self._rows]
        width = max(len(row) for row in self._rows) * (self._cell_px + _GAP_PX)
        sheet = Image.new("RGB", (width, sum(heights)), "white")
        draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
        top = 0
        for row, height in zip(self._rows, heights, strict=True):
            for place, (title, picture) in enumerate(row):
                left = place * (self._cell_px + _GAP_PX)
                draw.text((left + 2, top + 3), title, fill="black", font=font)
                sheet.paste(picture, (left, top + _TITLE_PX))
            top += height
        return sheet

    def _fitted(self, picture: Rgb) -> Image.Image:
        image = Image.fromarray(picture)
        height = max(1, round(image.height * self._cell_px / image.width))
        return image.resize((self._cell_px, height), Image.Resampling.BOX)
