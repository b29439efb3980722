"""Batches of crops from the training set: the same for the same seed and iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from training.pixels.dataset import DRAWINGS, DRAWN, read_sample, sample_files
from training.pixels.overlay import lay_marked_balloons, lay_small_print

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from training.pages.synth import FontSet

    Rng = np.random.Generator

_CROPS_PER_PAGE = 2
_COMIC = ""
# How often a page of each kind is chosen, by what its name begins with.
_CHOSEN = {DRAWN: 0.35, DRAWINGS: 0.15, _COMIC: 0.5}
_LETTERED_SHARE = 0.45
_SMALL_PRINT_SHARE = 0.3
_MARKED_SHARE = 0.3
_NIGHT_SHARE = 0.08
_PAPER = 255


class Batch(NamedTuple):
    """Grey `(n, 1, s, s)`, 0 black to 1 white; `truth` `(n, 2, s / 2, s / 2)`, shares of balloon and lettering."""

    grey: NDArray[np.float32]
    truth: NDArray[np.float32]


class Sampler:
    """Cuts crops out of the pages in a folder, out of drawn ones as often as out of comic pages, half as often bare."""

    def __init__(self, folder: Path, crop_px: int, seed: int, fonts: FontSet) -> None:
        kinds: dict[str, list[Path]] = {}
        for file in sample_files(folder):
            kinds.setdefault(next(kind for kind in _CHOSEN if file.name.startswith(kind)), []).append(file)
        if not kinds:
            raise FileNotFoundError(f"there is no training set in {folder}")
        self._kinds = list(kinds.values())
        shares = np.array([_CHOSEN[kind] for kind in kinds])
        self._shares = shares / shares.sum()
        self._crop_px = crop_px
        self._seed = seed
        self._fonts = fonts

    def batch(self, iteration: int, size: int) -> Batch:
        """Return the batch of an iteration."""
        rng = np.random.default_rng([self._seed, iteration])
        crops: list[NDArray[np.uint8]] = []
        while len(crops) < size:
            files = self._kinds[int(rng.choice(len(self._kinds), p=self._shares))]
            page = _padded(read_sample(files[int(rng.integers(len(files)))]), self._crop_px)
            crops += [_crop(page, self._crop_px, rng) for _ in range(_CROPS_PER_PAGE)]
        stacked = np.stack(crops[:size]).astype(np.float32) / np.float32(255)
        for crop in stacked:
            if rng.random() < _SMALL_PRINT_SHARE:
                lay_small_print(crop[..., 0], crop[..., 2], crop[..., 1], rng, self._fonts)
            if rng.random() < _MARKED_SHARE:
                lay_marked_balloons(crop[..., 0], crop[..., 2], crop[..., 1], rng, self._fonts)
            if rng.random() < _NIGHT_SHARE:
                _darken(crop, rng)
        grey = np.stack([_toned(crop[:, :, 0], rng) for crop in stacked])[:, None]
        half = self._crop_px // 2
        truth = stacked[..., 1:].reshape(size, half, 2, half, 2, 2).mean((2, 4)).transpose(0, 3, 1, 2)
        return Batch(np.ascontiguousarray(grey), np.ascontiguousarray(truth))


def _padded(page: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    height, width = page.shape[:2]
    if min(height, width) >= side:
        return page
    canvas = np.zeros((max(side, height), max(side, width), 3), np.uint8)
    canvas[..., 0] = _PAPER
    canvas[:height, :width] = page
    return canvas


def _crop(page: NDArray[np.uint8], side: int, rng: Rng) -> NDArray[np.uint8]:
    """Return a crop, often one with free lettering in the middle half of it."""
    height, width = page.shape[:2]
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    if rng.random() < _LETTERED_SHARE:
        rows, columns = np.nonzero((page[::4, ::4, 2] > 127) & (page[::4, ::4, 1] < 127))
        if rows.size:
            chosen = int(rng.integers(rows.size))
            off = rng.integers(side // 4, 3 * side // 4, 2)
            top = int(np.clip(4 * rows[chosen] - off[0], 0, height - side))
            left = int(np.clip(4 * columns[chosen] - off[1], 0, width - side))
    return page[top : top + side, left : left + side]


def _darken(crop: NDArray[np.float32], rng: Rng) -> None:
    """Make a crop a night: its art dark, balloons and free letters white on black or left as they are."""
    grey, balloon, lettering = np.moveaxis(crop, -1, 0)
    free = lettering * (1 - balloon)
    night = grey * np.float32(rng.uniform(0.25, 0.6))
    if rng.random() < 0.8:
        night += (rng.uniform(0.85, 1.0) - night) * free
    spoken = 1 - grey if rng.random() < 0.6 else grey
    crop[..., 0] = night + (spoken - night) * balloon


def _toned(grey: NDArray[np.float32], rng: Rng) -> NDArray[np.float32]:
    """Return a crop in another light; a few are turned to their negative."""
    low, high = rng.uniform(0, 0.2), rng.uniform(0.75, 1.0)
    toned = low + (high - low) * grey ** np.float32(rng.uniform(0.75, 1.35))
    if rng.random() < 0.04:
        toned = 1 - toned
    return np.asarray(toned, np.float32)
