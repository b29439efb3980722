"""The palette of a reference: k-means in OKLab, the same entries for the same pixels every time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.oklab import oklab_to_srgb, srgb_to_oklab
from host.store_records import PaletteEntry

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ENTRIES: Final = 8
_SIDE_PX: Final = 96
_ROUNDS: Final = 16
# Two colours nearer than this in OKLab look alike side by side; they become one entry.
_ALIKE: Final = 0.035
_GUTTER_CHROMA: Final = 0.025
_WHITE: Final = 0.96
_BLACK: Final = 0.12


def palette_of(rgb: NDArray[np.uint8]) -> list[PaletteEntry]:
    """Return at most 8 colours with the shares of the picture that they cover, largest first.

    rgb: `(H, W, 3)` uint8 sRGB. Paper white and ink black (gutters, balloons, lines) are left out unless there is
    nothing else, so the shares add up to at most 1.
    """
    colours = srgb_to_oklab(_shrink(rgb)).reshape(-1, 3)
    chosen = colours[~_is_ink_or_paper(colours)]
    if not len(chosen):
        chosen = colours
    centres, counts = _merge_alike(*_k_means(chosen))
    levels = oklab_to_srgb(centres[None])[0]
    order = np.argsort(-counts, kind="stable")
    return [
        PaletteEntry(rgb=(int(levels[i][0]), int(levels[i][1]), int(levels[i][2])), share=_share(counts[i], colours))
        for i in order
        if counts[i] > 0
    ]


def _share(count: float, colours: NDArray[np.float32]) -> float:
    # Rounded down to a binary fraction: sums of these are exact, so that the shares never add up to more than 1.
    return int(count / len(colours) * 4096) / 4096


def _shrink(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    scale = min(1.0, _SIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def _is_ink_or_paper(colours: NDArray[np.float32]) -> NDArray[np.bool_]:
    neutral = np.hypot(colours[:, 1], colours[:, 2]) < _GUTTER_CHROMA
    return np.asarray(neutral & ((colours[:, 0] > _WHITE) | (colours[:, 0] < _BLACK)), np.bool_)


def _k_means(colours: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    centres = _spread_out(colours)
    counts = np.zeros(len(centres), np.int64)
    for _ in range(_ROUNDS):
        nearest = np.argmin(_distances(colours, centres), axis=1)
        counts = np.bincount(nearest, minlength=len(centres))
        sums = np.stack([np.bincount(nearest, colours[:, axis], len(centres)) for axis in range(3)], axis=1)
        moved = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres).astype(np.float32)
        if np.allclose(moved, centres, atol=1e-4):
            break
        centres = moved
    return centres, counts


def _spread_out(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return starting centres: the mean's nearest colour, then each time the colour farthest from all so far."""
    first = int(np.argmin(_distances(colours, colours.mean(axis=0, keepdims=True))[:, 0]))
    centres = [colours[first]]
    distance = _distances(colours, colours[first][None])[:, 0]
    while len(centres) < _ENTRIES and float(distance.max()) > _ALIKE**2:
        centres.append(colours[int(np.argmax(distance))])
        distance = np.minimum(distance, _distances(colours, centres[-1][None])[:, 0])
    return np.stack(centres)


def _distances(colours: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(((colours[:, None, :] - centres[None]) ** 2).sum(axis=2), np.float32)


def _merge_alike(
    centres: NDArray[np.float32], counts: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the centres with those that look alike joined at their mean, weighted by count."""
    kept: list[NDArray[np.float32]] = []
    totals: list[int] = []
    for index in np.argsort(-counts, kind="stable"):
        alike = next((i for i, other in enumerate(kept) if np.linalg.norm(other - centres[index]) < _ALIKE), None)
        if alike is None:
            kept.append(centres[index])
            totals.append(int(counts[index]))
            continue
        total = totals[alike] + int(counts[index])
        kept[alike] = (kept[alike] * totals[alike] + centres[index] * int(counts[index])) / max(total, 1)
        totals[alike] = total
    return np.stack(kept), np.array(totals, np.int64)
