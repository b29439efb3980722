"""A page that a filter has toned brown: its colour follows the lightness of every pixel, along a curve that bends.

The tint of paper and ink (`host.pipeline.tint`) mixes as light does, so that it is told from a shrunk page. Where a
filter clips the whites, grey tones have much more of its colour than soft edges of the same lightness, and only the
pixels themselves tell it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from host.pipeline.tint import luma_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAMPLES: Final = 100_000
_BIN_LEVELS: Final = 4
_BIN_SHARE: Final = 0.0005
_BINS_LEAST: Final = 4
# From the straight line between its ends; less is a tint, more is an ink of the author's. Levels.
_BEND: Final = 16.0, 50.0
# Red that is gained to blue that is lost: brown.
_BROWN: Final = 0.7
_OFF_LEVELS: Final = 12.0
_OFF_SHARE: Final = 0.15


def without_toning(rgb: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return a toned `(H, W, 3)` uint8 page as it was before; None where it is not toned."""
    step = max(1, int((rgb.shape[0] * rgb.shape[1] / _SAMPLES) ** 0.5))
    sample = np.ascontiguousarray(rgb[::step, ::step]).astype(np.float32)
    luma = luma_of(sample)
    own = (sample - luma[..., None]).reshape(-1, 3)
    curve = _curve(own, luma.ravel())
    if curve is None or _off_share(own, luma.ravel(), curve) > _OFF_SHARE:
        return None
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    plain = [
        cv2.subtract(rgb[..., channel], cv2.LUT(grey, np.round(curve[:, channel]).astype(np.int16)), dtype=cv2.CV_8U)
        for channel in range(3)
    ]
    return np.asarray(cv2.merge(plain), np.uint8)


def _curve(own: NDArray[np.float32], luma: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """Return the colour of each luma, `(256, 3)` levels; None where it is no filter's."""
    bins = (luma / _BIN_LEVELS).astype(int)
    used = np.flatnonzero(np.bincount(bins) >= max(2.0, _BIN_SHARE * len(luma)))
    if len(used) < _BINS_LEAST:
        return None
    at = np.array([luma[bins == one].mean() for one in used], np.float64)
    levels = np.array([np.median(own[bins == one], axis=0) for one in used], np.float64)
    straight = levels[0] + (levels[-1] - levels[0]) * ((at - at[0]) / (at[-1] - at[0]))[:, None]
    bend = levels - straight
    most = bend[np.abs(bend).max(axis=1).argmax()]
    if not _BEND[0] <= -most[2] <= _BEND[1] or not 0 < most[0] <= -_BROWN * most[2]:
        return None
    return np.stack([np.interp(np.arange(256), at, one) for one in levels.T], axis=1)


def _off_share(own: NDArray[np.float32], luma: NDArray[np.float32], curve: NDArray[np.float64]) -> float:
    off = np.abs(own - curve[np.clip(luma.round(), 0, 255).astype(int)]).max(axis=1)
    return float(np.mean(off > _OFF_LEVELS))
