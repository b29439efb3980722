"""What things are coloured like: random colours of skin, hair, leaves, sky and the rest, as people paint them."""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    Rng = np.random.Generator

Rgb: TypeAlias = tuple[int, int, int]

_SKIN: Final = (
    "ffe6d6", "ffe0cc", "fcd9c2", "f9d2b4", "f6cdb0", "f2c6a0", "ffd9bd", "eebb90", "dca67a", "c68a5c", "9c6440",
    "6f442b",
)  # fmt: skip
_SKIN_WEIGHTS: Final = (14, 14, 14, 12, 10, 8, 8, 5, 5, 4, 4, 3)
_HAIR: Final = {
    "black": (26, ("1a1a20", "20202a", "262222", "1c1c1c", "2a2630")),
    "brown": (36, ("33241d", "3f2a20", "4c3324", "5d3d28", "74502f", "8a5c38")),
    "fair": (15, ("b98a4e", "d2a75f", "e2be74", "f0d795", "c79a58")),
    "red": (7, ("a5492c", "c25c34", "8c3a26", "d77a45")),
    "old": (7, ("b9b6b4", "dedbd6", "8d8a8a", "f2efec")),
    "dyed": (9, ("4b63a6", "7f62ab", "d0749b", "4f9a8a", "8fb3d9", "b94a5c", "e6a3bd", "5f8f4e")),
}
_EYES: Final = ("5b3a24", "7a4f2c", "3d6ea8", "4a8fc4", "4d8a55", "8a9a3f", "7b58a6", "b0413e", "3a3a44", "c79233")
_NEUTRAL: Final = ("f6f5f2", "ffffff", "2a2a2e", "1d2230", "3a3d45", "8f9298", "c9c6bf", "1f2f4f", "6b5a48", "e8dcc4")
# Share, middle and spread of hues, 0..1; no spread: any hue.
_WORN: Final = ((0.42, 0.6, 0.035), (0.2, 0.97, 0.03), (0.12, 0.38, 0.04), (0.1, 0.75, 0.03), (0.16, 0.0, 0.0))
_LEAF_HUES: Final = (0.22, 0.38)
_WATER: Final = ("4f9fc9", "6fb7d4", "3d7fa8", "5aa9a5", "86c6dd", "2f6d95")
_EARTH: Final = ("b89b6e", "9a7b55", "d9c391", "8d7558", "c9b08a", "a58a70", "b5ada3", "8f8f93", "a9a7a4", "d8cdb8")
_WOOD: Final = ("8a5c36", "a9754a", "6d4529", "b98955", "c99d6a", "5a3a26", "9c6b42", "d2ae7f")
_METAL: Final = ("9aa3ad", "b9c2ca", "6f7882", "7f8b99", "c9ced3", "555c66", "a7a9a2")
_WALL: Final = (
    "f2ead8",
    "e9e2d2",
    "f4f1ea",
    "d9e2e4",
    "e7d3c3",
    "d9c7a8",
    "c7d3bf",
    "d0c4d6",
    "e3c9a6",
    "b5654a",
    "c98a6a",
)
_FUR: Final = ("f4efe6", "d7a565", "8a5a36", "3a3230", "b9a48c", "e2b97c", "8e8b88", "c97f45")
_SKY: Final = (
    (60, ("6fb4ea", "8cc6f0", "5aa2de", "a4d4f4", "79b9e4")),
    (16, ("cfe6f5", "e3eef5", "dbe4ea")),
    (12, ("f6b98a", "f2a07a", "f8cf94", "e79bb0")),
    (12, ("27335e", "1e2746", "34406f", "3c3560")),
)


def skin(rng: Rng) -> Rgb:
    """Return a skin colour, fair more often than dark, as in most manga."""
    weights = np.array(_SKIN_WEIGHTS, float)
    return _near(rng, _SKIN[rng.choice(len(_SKIN), p=weights / weights.sum())], 0.03)


def hair(rng: Rng) -> Rgb:
    """Return a hair colour: black and browns mostly, dyed now and then."""
    shares = np.array([share for share, _ in _HAIR.values()], float)
    _, shades = list(_HAIR.values())[rng.choice(len(_HAIR), p=shares / shares.sum())]
    return _one_of(rng, shades)


def eyes(rng: Rng) -> Rgb:
    """Return the colour of an iris."""
    return _one_of(rng, _EYES)


def clothes(rng: Rng) -> Rgb:
    """Return a cloth's colour, blue before all: so that a guess without a reference can be a clear one."""
    if rng.random() < 0.28:
        return _one_of(rng, _NEUTRAL)
    return _hsv(_worn_hue(rng), rng.uniform(0.25, 0.85), rng.uniform(0.35, 0.95))


def _worn_hue(rng: Rng) -> float:
    shares = np.array([share for share, _, _ in _WORN])
    _, middle, spread = _WORN[rng.choice(len(_WORN), p=shares / shares.sum())]
    return float(rng.normal(middle, spread) % 1) if spread else float(rng.random())


def sky(rng: Rng) -> Rgb:
    """Return a sky's colour, by day mostly."""
    shares = np.array([share for share, _ in _SKY], float)
    return _one_of(rng, _SKY[rng.choice(len(_SKY), p=shares / shares.sum())][1])


def foliage(rng: Rng) -> Rgb:
    """Return the colour of leaves or grass, now and then of autumn."""
    if rng.random() < 0.07:
        return _hsv(rng.uniform(0.03, 0.14), rng.uniform(0.5, 0.8), rng.uniform(0.6, 0.9))
    return _hsv(rng.uniform(*_LEAF_HUES), rng.uniform(0.35, 0.75), rng.uniform(0.35, 0.8))


def ground(rng: Rng) -> Rgb:
    """Return the colour of earth, sand, stone or asphalt."""
    return _one_of(rng, _EARTH)


def water(rng: Rng) -> Rgb:
    """Return the colour of water."""
    return _one_of(rng, _WATER)


def wood(rng: Rng) -> Rgb:
    """Return the colour of wood."""
    return _one_of(rng, _WOOD)


def metal(rng: Rng) -> Rgb:
    """Return the colour of metal."""
    return _one_of(rng, _METAL)


def wall(rng: Rng) -> Rgb:
    """Return the colour of a wall."""
    return _one_of(rng, _WALL)


def fur(rng: Rng) -> Rgb:
    """Return the colour of an animal."""
    return _one_of(rng, _FUR)


def backdrop(rng: Rng) -> Rgb:
    """Return the pale colour of a background that shows nothing, cool more often than warm."""
    chance = rng.random()
    hue = rng.normal(0.57, 0.03) if chance < 0.4 else rng.normal(0.95, 0.03) if chance < 0.6 else rng.random()
    return _hsv(hue % 1, rng.uniform(0.03, 0.35), rng.uniform(0.85, 1.0))


def thing(rng: Rng) -> Rgb:
    """Return any colour."""
    return _hsv(rng.random(), rng.uniform(0.1, 0.8), rng.uniform(0.4, 1.0))


def lightness_of(colour: Rgb) -> float:
    """Return how light a colour looks, 0..1 (luma)."""
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255


def _one_of(rng: Rng, shades: tuple[str, ...]) -> Rgb:
    return _near(rng, shades[rng.integers(len(shades))], 0.05)


def _near(rng: Rng, shade: str, spread: float) -> Rgb:
    base = np.array([int(shade[at : at + 2], 16) for at in (0, 2, 4)], float)
    varied = base * (1 + rng.normal(0, spread)) + rng.normal(0, spread * 90, 3)
    red, green, blue = (int(value) for value in np.clip(varied, 4, 255))
    return red, green, blue


def _hsv(hue: float, saturation: float, value: float) -> Rgb:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return int(red * 255), int(green * 255), int(blue * 255)
