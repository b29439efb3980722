"""Pages whose colour is the author's, and pages whose colour is only the scan's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from bench.faults.made.made import Made, coloured_page, encoded, grey_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Levels = NDArray[np.float32]

_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)
_LEFT: Final = "skipped"
_COLOURED: Final = "coloured|cached"
_TINTS: Final = {
    "sepia": (1, 0.89, 0.70), "blue": (0.86, 0.93, 1), "green": (0.93, 1, 0.9), "pink": (1, 0.9, 0.92),
    "yellow": (1, 0.97, 0.78), "brown": (0.95, 0.85, 0.75),
}  # fmt: skip


def colours() -> Iterator[Made]:
    """Yield a folder of pages in colour that stay as they are, and one of grey pages that are coloured."""
    for name, make in {"author's": _authors, "scans'": _scans, "dark": _dark}.items():
        pages = {file: (levels, verdict) for file, levels, verdict in make()}
        files = {file: _encoded(file, levels) for file, (levels, _) in pages.items()}
        verdicts = {file: verdict for file, (_, verdict) in pages.items()}
        yield Made(f"colours {name}", files, len(files), frozenset({0}), verdicts)


def _authors() -> Iterator[tuple[str, Levels, str]]:
    page = coloured_page()
    grey = (page @ _LUMA)[..., None]
    for share in (100, 60, 40):
        yield f"pale {share}.png", grey + (page - grey) * (share / 100), _LEFT
    for share in (50, 40):
        yield f"faded {share}.jpg", 255 - (255 - (grey + (page - grey) * (share / 100))) * 0.7, _LEFT
    yield "yellowed.jpg", page * np.array([1, 0.97, 0.85], np.float32), _LEFT
    yield "turned.png", np.ascontiguousarray(page.transpose(1, 0, 2)), _LEFT


def _scans() -> Iterator[tuple[str, Levels, str]]:
    grey = np.asarray(grey_page(), np.float32)
    page, dice = np.dstack([grey] * 3), np.random.default_rng(1)
    height, width = grey.shape
    for name, tint in _TINTS.items():
        yield f"{name}.jpg", page * np.array(tint, np.float32), _COLOURED
    for x, y in ((1, 0), (2, 1), (3, 2), (-2, 2)):
        shifted = np.dstack([np.roll(grey, (y, x), (0, 1)), grey, np.roll(grey, (-y, -x), (0, 1))])
        yield f"shifted {x} {y}.jpg", shifted, _COLOURED
    yield "noise.jpg", page + dice.normal(0, 5, page.shape).astype(np.float32), _COLOURED
    rows, columns = np.indices((height, width), np.float32)
    stain = np.clip(0.25 - np.hypot(rows - 200, columns - 200) / 900, 0, 1)[..., None]
    yield "stain.png", page * (1 - stain * np.array([0.3, 0.6, 1], np.float32)), _COLOURED
    spot = page.copy()
    spot[60:140, 60:200] *= np.array([0.9, 0.2, 0.2], np.float32)
    yield "spot.png", spot, _COLOURED
    banner = page.copy()
    banner[:60] = (40, 120, 220)
    yield "banner.png", banner, _COLOURED
    title = page.copy()
    title[20:80, 100:380][title[20:80, 100:380, 0] < 140] = (210, 30, 40)
    yield "title.png", title, _COLOURED
    yield "lamp.jpg", page * np.linspace((1, 0.93, 0.8), (0.85, 0.92, 1), width, dtype=np.float32)[None], _COLOURED


def _dark() -> Iterator[tuple[str, Levels, str]]:
    page = np.dstack([np.asarray(grey_page(), np.float32)] * 3)
    yield "inverted.png", 255 - page, _COLOURED
    half = page.copy()
    half[: len(half) // 2] = 255 - half[: len(half) // 2]
    yield "half.png", half, _COLOURED
    yield "dim.jpg", page * 0.35, _COLOURED
    yield "washed.jpg", 150 + page * 0.4, _COLOURED


def _encoded(name: str, levels: Levels) -> bytes:
    picture = Image.fromarray(np.clip(np.round(levels), 0, 255).astype(np.uint8))
    return encoded(picture, "PNG") if name.endswith("png") else encoded(picture, "JPEG", quality=85)
