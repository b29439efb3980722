"""Contact sheets: what a network makes of pages that it does not know, to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image

from engines.colorize.compact.readout import IN_INK
from engines.oklab import grey_to_lightness
from training.compact.measure import composed, paint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from training.compact.measure import Pair
    from training.compact.network import ColourNetwork

    Rgb = NDArray[np.uint8]

_TILE_PX: Final = 300
_MANGA_WIDTH_PX: Final = 480


def pairs_sheet(network: ColourNetwork, pairs: Sequence[Pair]) -> Rgb:
    """Return columns of: the page as manga, coloured after its reference, without any, the reference, the truth."""
    columns: list[list[Rgb]] = []
    for pair in pairs:
        rgb, reference = pair.page.rgb, pair.reference.rgb
        grey = (pair.manga * 255).astype(np.uint8)
        told, bare = (coloured(network, grey, one) for one in (reference, None))
        columns.append([np.dstack([grey] * 3), told, bare, reference, rgb])
    return _grid(columns)


def manga_sheet(network: ColourNetwork, pages: Sequence[Rgb], references: Sequence[Rgb]) -> Rgb:
    """Return columns of: a page, coloured without reference, and after one of `references` in turn, and that one."""
    columns: list[list[Rgb]] = []
    for number, page in enumerate(pages):
        small = _wide(page, _MANGA_WIDTH_PX)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
        column = [small, coloured(network, grey, None)]
        if references:
            reference = references[number % len(references)]
            column += [coloured(network, grey, reference), reference]
        columns.append(column)
    return _grid(columns)


def coloured(network: ColourNetwork, grey: NDArray[np.uint8], reference: Rgb | None) -> Rgb:
    """Return a page `(H, W)` uint8 in colour under its own lightness."""
    chroma = paint(network, grey.astype(np.float32) / np.float32(255), reference, IN_INK)
    return composed(grey_to_lightness(grey) * np.float32(0.93), chroma)


def save_sheet(sheet: Rgb, path: Path) -> None:
    """Write a sheet as a picture.

    Raises:
        OSError: it cannot be written.
    """
    Image.fromarray(sheet).save(path)


def _grid(columns: Sequence[Sequence[Rgb]]) -> Rgb:
    rows = max((len(column) for column in columns), default=0)
    high = int(_TILE_PX * 1.42)
    sheet = np.full((rows * high, max(1, len(columns)) * _TILE_PX, 3), 235, np.uint8)
    for across, column in enumerate(columns):
        for down, picture in enumerate(column):
            scale = min((_TILE_PX - 4) / picture.shape[1], (high - 4) / picture.shape[0])
            tile = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            top, left = down * high, across * _TILE_PX
            sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return sheet


def _wide(picture: Rgb, width: int) -> Rgb:
    scale = min(1.0, width / picture.shape[1])
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
