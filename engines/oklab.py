"""sRGB to OKLab and back, and how much chroma sRGB holds: the one colour space that engines and compose share.

OKLab: Björn Ottosson, "A perceptual color space for image processing" (2020),
https://bottosson.github.io/posts/oklab/. L runs 0 (black) to 1 (white); a and b are about -0.4..0.4 and are 0
for every grey. Pictures are `(H, W, 3)` in RGB order. Everything works in strips of rows, so that a page of two
megapixels needs little memory beyond its own result.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_STRIP_PIXELS = 1 << 17
# cv2.remap takes no side of 32767 or more.
_LOOKUP_SIDE = 1 << 14
_LINEAR_STEPS = 1 << 16
_LIGHTNESS_STEPS = 256
_HUE_STEPS = 720
# No sRGB colour has more OKLab chroma than its magenta, 0.3225.
_CHROMA_CEILING = 0.34
# sRGB is slightly hollow near blue and yellow; half a percent of the luminance bridges that, unseen.
_SLACK = 5e-3

_LMS_FROM_RGB = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_LAB_FROM_ROOT = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_ROOT_FROM_LAB = np.linalg.inv(_LAB_FROM_ROOT.astype(np.float64)).astype(np.float32)
_RGB_FROM_LMS = np.linalg.inv(_LMS_FROM_RGB.astype(np.float64)).astype(np.float32)


def srgb_to_oklab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the OKLab of an sRGB picture: `(H, W, 3)` uint8 RGB in, `(H, W, 3)` float32 out."""
    lab = np.empty(rgb.shape, np.float32)
    linear_by_level = _linear_by_level()
    for rows in _strips(rgb.shape):
        lms = cv2.transform(cv2.LUT(rgb[rows], linear_by_level), _LMS_FROM_RGB)
        cv2.transform(cv2.pow(lms, 1.0 / 3.0), _LAB_FROM_ROOT, dst=lab[rows])
    return lab


def oklab_to_srgb(lab: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the sRGB picture of an OKLab one: `(H, W, 3)` float32 in, uint8 RGB out.

    Colours outside of sRGB are clipped channel by channel, which shifts their hue; bring them to
    `max_chroma` first, if that matters.
    """
    rgb = np.empty(lab.shape, np.uint8)
    level_by_step = _level_by_step()
    for rows in _strips(lab.shape):
        linear = _linear_from_oklab(lab[rows])
        steps = np.clip(linear * (_LINEAR_STEPS - 1) + 0.5, 0, _LINEAR_STEPS - 1)
        np.take(level_by_step, steps.astype(np.uint16), out=rgb[rows], mode="wrap")
    return rgb


def grey_to_lightness(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return OKLab lightness 0..1 of an sRGB grey picture of any shape."""
    by_level = np.cbrt(_linear_by_level())
    # OpenCV looks tables up in a quarter of the time, but in pictures alone.
    return np.asarray(cv2.LUT(grey, by_level), np.float32) if grey.ndim == 2 and grey.size else by_level[grey]


def lightness_to_grey(lightness: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the sRGB grey of an OKLab lightness 0..1 of any shape."""
    steps = lightness * lightness * lightness * np.float32(_LINEAR_STEPS - 1) + np.float32(0.5)
    clipped = np.clip(steps, 0, _LINEAR_STEPS - 1).astype(np.uint16)
    return np.asarray(np.take(_level_by_step(), clipped, mode="wrap"), np.uint8)


def max_chroma(lightness: NDArray[np.float32], hue: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the largest chroma that sRGB holds at a lightness (0..1) and hue (radians, any turn).

    Both arrays have one common shape, and the result has it too. Read bilinearly from a table
    (256 lightnesses, 720 hues). A colour of that chroma survives the way through sRGB within 0.005 in a and b.
    """
    columns = np.asarray(hue, np.float32) * np.float32(_HUE_STEPS / (2 * np.pi))
    if columns.size and not (columns.min() >= 0 and columns.max() <= _HUE_STEPS):
        columns = np.mod(columns, np.float32(_HUE_STEPS))
    rows = np.clip(np.asarray(lightness, np.float32), 0.0, 1.0) * np.float32(_LIGHTNESS_STEPS)
    if rows.ndim == 2 and max(rows.shape) <= _LOOKUP_SIDE:
        return np.asarray(cv2.remap(_chroma_table(), columns, rows, cv2.INTER_LINEAR), np.float32)
    chroma = np.empty(rows.shape, np.float32)
    flat, columns, rows = chroma.reshape(-1), columns.reshape(-1), rows.reshape(-1)
    for start in range(0, flat.size, _LOOKUP_SIDE):
        part = slice(start, start + _LOOKUP_SIDE)
        flat[part] = cv2.remap(_chroma_table(), columns[None, part], rows[None, part], cv2.INTER_LINEAR)[0]
    return chroma


def _strips(shape: tuple[int, ...]) -> Iterator[slice]:
    height, width = shape[:2]
    step = max(1, _STRIP_PIXELS // max(1, width))
    return (slice(top, top + step) for top in range(0, height, step))


def _linear_from_oklab(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    root = cv2.transform(lab, _ROOT_FROM_LAB)
    return np.asarray(cv2.transform(root * root * root, _RGB_FROM_LMS), np.float32)


@cache
def _linear_by_level() -> NDArray[np.float32]:
    encoded = np.arange(256, dtype=np.float64) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)


@cache
def _level_by_step() -> NDArray[np.uint8]:
    linear = np.arange(_LINEAR_STEPS, dtype=np.float64) / (_LINEAR_STEPS - 1)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(encoded * 255).astype(np.uint8)


@cache
def _chroma_table() -> NDArray[np.float32]:
    """Chroma by bisection, `(lightness, hue)`; the last column repeats hue 0, so that lookups need not wrap."""
    lightness = np.linspace(0, 1, _LIGHTNESS_STEPS + 1, dtype=np.float32)[:, None]
    hue = np.linspace(0, 2 * np.pi, _HUE_STEPS + 1, dtype=np.float32)[None, :]
    shape = np.broadcast_shapes(lightness.shape, hue.shape)
    inside = np.zeros(shape, np.float32)
    outside = np.full(shape, _CHROMA_CEILING, np.float32)
    lab = np.empty((*shape, 3), np.float32)
    lab[..., 0] = lightness
    slack = _SLACK * lightness[..., None] ** 3
    for _ in range(12):
        chroma = (inside + outside) / 2
        lab[..., 1] = chroma * np.cos(hue)
        lab[..., 2] = chroma * np.sin(hue)
        linear = _linear_from_oklab(lab)
        fits = ((linear >= -slack) & (linear <= 1 + slack)).all(axis=-1)
        inside = np.where(fits, chroma, inside)
        outside = np.where(fits, outside, chroma)
    inside[[0, -1]] = 0.0
    return inside
