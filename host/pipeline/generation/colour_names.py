"""Words for colours, for engines that read words."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from engines.oklab import srgb_to_oklab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Rgb = tuple[int, int, int]

# Names that text encoders know, with the sRGB that people mean by them (CSS colours where CSS has the word).
_NAMED: Final[dict[str, Rgb]] = {
    "black": (20, 20, 22), "dark grey": (80, 80, 82), "grey": (140, 140, 142), "light grey": (205, 205, 206),
    "white": (250, 250, 250), "cream": (250, 238, 206), "beige": (222, 200, 166), "tan": (196, 154, 108),
    "brown": (121, 78, 46), "dark brown": (66, 42, 28), "pale skin": (249, 222, 200), "red": (214, 40, 38),
    "dark red": (128, 22, 26), "coral": (240, 128, 100), "pink": (246, 170, 190), "magenta": (204, 44, 142),
    "orange": (240, 134, 32), "auburn": (148, 68, 34), "gold": (226, 172, 40), "blonde": (242, 214, 130),
    "yellow": (250, 224, 50), "olive": (120, 122, 42), "lime green": (150, 208, 60), "green": (54, 148, 62),
    "dark green": (26, 76, 44), "mint": (168, 226, 196), "teal": (28, 128, 128), "turquoise": (70, 202, 200),
    "sky blue": (136, 196, 236), "blue": (44, 98, 204), "navy": (28, 40, 92), "lavender": (190, 176, 228),
    "purple": (118, 60, 158), "dark purple": (62, 32, 86),
}  # fmt: skip


def name_of(rgb: Rgb) -> str:
    """Return the name of the nearest named colour (OKLab distance)."""
    names, places = _table()
    here = srgb_to_oklab(np.asarray([[rgb]], np.uint8))[0, 0]
    return names[int(np.argmin(((places - here) ** 2).sum(axis=1)))]


def names_of(palette: Sequence[Rgb], limit: int) -> list[str]:
    """Return the names of the first colours of a palette, each once, at most `limit`."""
    return list(dict.fromkeys(name_of(rgb) for rgb in palette))[:limit]


@cache
def _table() -> tuple[list[str], NDArray[np.float32]]:
    return list(_NAMED), srgb_to_oklab(np.asarray([list(_NAMED.values())], np.uint8))[0]
