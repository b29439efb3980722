"""A long film in chunks that a network can hold, each going on from the last frames of the one before.

The network sees time on a grid: one latent for the first frame, then one for every `GRID` frames. What is handed over
is a whole number of latents, so the overlap that was asked for grows to the grid; just these frames are cut off again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

GRID: Final = 8
CHUNK_FRAMES: Final = 121
OVERLAP_FRAMES: Final = 24


@dataclass(frozen=True, slots=True)
class Chunk:
    """frames: how many the network makes. trim: how many of them, from the first, the chunk before has already."""

    index: int
    frames: int
    trim: int

    @property
    def fresh(self) -> int:
        """How many frames the film gains by it."""
        return self.frames - self.trim


def latent_slices(overlap: int, grid: int = GRID) -> int:
    """Return how many latents hold `overlap` frames, at least one."""
    if overlap < 1:
        raise ValueError("chunks overlap by a frame at least: what else would one go on from?")
    return math.ceil((overlap - 1) / grid) + 1


def effective_overlap(overlap: int, grid: int = GRID) -> int:
    """Return how many frames the latents hold that hold `overlap` frames: so many are handed over, and trimmed."""
    return (latent_slices(overlap, grid) - 1) * grid + 1


def aligned(frames: int, grid: int = GRID) -> int:
    """Return the least number of frames that a network can make and that is not less."""
    return math.ceil((max(1, frames) - 1) / grid) * grid + 1


def plan(frames: int, chunk: int = CHUNK_FRAMES, overlap: int = OVERLAP_FRAMES, grid: int = GRID) -> tuple[Chunk, ...]:
    """Return the chunks of a film of at least `frames` frames; what the last one has too many is cut off by the caller.

    Raises:
        ValueError: a chunk is not on the grid, or has no frame of its own.
    """
    shared = effective_overlap(overlap, grid)
    if chunk != aligned(chunk, grid) or shared >= chunk:
        raise ValueError(f"chunks of {chunk} frames cannot share {shared} on a grid of {grid}")
    made = min(chunk, aligned(frames, grid))
    chunks = [Chunk(0, made, 0)]
    while made < frames:
        long = min(chunk, aligned(frames - made + shared, grid))
        chunks.append(Chunk(len(chunks), long, shared))
        made += long - shared
    return tuple(chunks)


def places(chunks: tuple[Chunk, ...], frames: int) -> Iterator[tuple[int, int]]:
    """Yield for each of the film's frames its chunk and its place in it."""
    left = frames
    for one in chunks:
        for place in range(one.trim, one.frames):
            if left:
                yield one.index, place
                left -= 1
