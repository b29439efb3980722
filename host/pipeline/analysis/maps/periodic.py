"""Whether a small block of a picture repeats itself, as print screens do, told from its spectrum.

A screen of dots is two waves that cross at a right angle, a screen of lines is one wave with its harmonics; nearly all
of its energy stands in a few bins. Strokes of hair, speed lines, letters, leaves and grain spread theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK_PX: Final = 32
# Waves longer than this are tone, not screen; in pixels of the block.
_LONGEST_PX: Final = 16.0
# Of longer ones the harmonics lie so near that anything would do.
_LONGEST_LINES_PX: Final = 9.0
_DOTS_SHARE: Final = 0.5
_SECOND_WAVE: Final = 0.35
# What is not a wave of the screen's: a line drawn through the block, an edge of the tone.
_SLOW_SHARE: Final = 0.04


def is_screen(blocks: NDArray[np.uint8], lines_share: float) -> NDArray[np.bool_]:
    """Tell for `(n, 32, 32)` uint8 blocks whether each is a screen of dots, or of lines that hold `lines_share`.

    A screen's waves and what belongs to them must hold half of the energy for dots; both may be cut by drawn lines.
    """
    if not len(blocks):
        return np.zeros(0, np.bool_)
    power = _power(blocks)
    every = power.sum(axis=(1, 2)) + np.float32(1e-3)
    power *= _QUICK
    quick = power.sum(axis=(1, 2)) + np.float32(1e-3)
    around = _threes(power)
    first = np.argmax((around * _HALF).reshape(len(blocks), -1), axis=1)
    down, across = _FREQUENCY[first // BLOCK_PX], _FREQUENCY[first % BLOCK_PX]
    one = _near(around, down, across)
    two = _near(around, -across, down)
    sums = _near(around, down - across, across + down) + _near(around, down + across, across - down)
    harmonics = _near(around, 2 * down, 2 * across) + _near(around, 3 * down, 3 * across)
    dots = (two >= _SECOND_WAVE * one) & (2 * (one + two + sums) >= _DOTS_SHARE * quick)
    lines = (2 * (one + harmonics) >= lines_share * quick) & (np.hypot(down, across) >= BLOCK_PX / _LONGEST_LINES_PX)
    return np.asarray((dots | lines) & (quick >= (1 - _SLOW_SHARE) * every), np.bool_)


def _power(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the power spectra, the mean taken out."""
    values = blocks.astype(np.float32)
    values -= values.mean(axis=(1, 2), keepdims=True)
    values *= _WINDOW
    waves = np.fft.rfft2(values)
    power = np.empty(values.shape, np.float32)
    power[:, :, : BLOCK_PX // 2 + 1] = waves.real**2 + waves.imag**2
    # The spectrum of real values repeats itself, turned by half.
    power[:, :, BLOCK_PX // 2 + 1 :] = power[:, -np.arange(BLOCK_PX), 1 : BLOCK_PX // 2][:, :, ::-1]
    power[:, 0, 0] = 0
    return power


def _threes(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sum of each bin and the eight around it: what the window makes of one wave."""
    rows = power + np.roll(power, 1, 1) + np.roll(power, -1, 1)
    return np.asarray(rows + np.roll(rows, 1, 2) + np.roll(rows, -1, 2), np.float32)


def _near(around: NDArray[np.float32], down: NDArray[np.intp], across: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the most that stands within a bin of a wave; nothing beyond what the block can hold."""
    place = np.arange(len(around))
    most = np.zeros(len(around), np.float32)
    for row, column in _NEIGHBOURS:
        y, x = down + row, across + column
        held = (np.abs(y) < BLOCK_PX // 2) & (np.abs(x) < BLOCK_PX // 2)
        np.maximum(most, np.where(held, around[place, y % BLOCK_PX, x % BLOCK_PX], 0), out=most)
    return most


_NEIGHBOURS: Final = tuple((row, column) for row in (-1, 0, 1) for column in (-1, 0, 1))
_FREQUENCY: Final = np.fft.fftfreq(BLOCK_PX, 1 / BLOCK_PX).astype(np.intp)
_WINDOW: Final = np.outer(*[np.hanning(BLOCK_PX + 1)[:BLOCK_PX]] * 2).astype(np.float32)
_QUICK: Final = (np.hypot(*np.meshgrid(_FREQUENCY, _FREQUENCY)) >= BLOCK_PX / _LONGEST_PX).astype(np.float32)
# The other half of the plane repeats this one.
_HALF: Final = ((_FREQUENCY[:, None] > 0) | ((_FREQUENCY[:, None] == 0) & (_FREQUENCY[None] > 0))).astype(np.float32)
