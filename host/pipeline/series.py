"""What a series knows: pictures that show how its people and places are coloured, and the memory that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.geometry import Box
    from host.corrections import FigurePalette, PageWords
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.page_meta import PageMeta, ReferenceUse
    from host.vocabulary import CropKind


_GREY_SPREAD: Final = 24
_SAMPLE_SIDE: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePicture:
    """A style reference: its id in the store and its `(h, w, 3)` uint8 sRGB RGB pixels.

    character: who it shows, as the reader called them; empty where nobody said. palette: its colours, sRGB, the most
    frequent first.
    """

    reference_id: str
    pixels: NDArray[np.uint8]
    character: str = ""
    palette: tuple[tuple[int, int, int], ...] = ()


def coloured_share(rgb: NDArray[np.uint8]) -> float:
    """Return how much of a `(h, w, 3)` sRGB picture has colour, 0..1, by a sample of its pixels."""
    import numpy as np

    step = max(1, max(rgb.shape[:2]) // _SAMPLE_SIDE)
    # Plane by plane: over an axis of three numpy takes many times as long.
    red, green, blue = (rgb[::step, ::step, channel] for channel in range(3))
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return float((spread > _GREY_SPREAD).mean())


@dataclass(frozen=True, slots=True, eq=False)
class PageEmbedding:
    """What was seen of a picture: its crops, and a vector `(n, width)` float32 for each."""

    kinds: tuple[CropKind, ...]
    boxes: tuple[Box, ...]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class MemoryEntry:
    """A page as its job's memory knows it: `turn` counts the job's pages in the order in which they were looked at."""

    turn: int
    embedding: PageEmbedding


class SeriesCast(Protocol):
    """How the people of a series are to be coloured, as one job takes it; thread-safe.

    characters: `(H, W)` uint8, see `PageMaps`; None where it is not known.
    """

    def dress(
        self, page: DecodedPage, meta: PageMeta, characters: NDArray[np.uint8] | None
    ) -> tuple[FigurePalette, ...]:
        """Return the palettes of figures on a page that was read."""
        ...

    def words(self, pixels_sha256: str, /) -> tuple[PageWords, ...]:
        """Return what is said of the places that a page shows."""
        ...

    def learn(
        self, page: DecodedPage, meta: PageMeta, characters: NDArray[np.uint8] | None, rgb: NDArray[np.uint8],
        parts: NDArray[np.float32] | None,
    ) -> None:  # fmt: skip
        """Note who is on a coloured page `(H, W, 3)`, and in what colours; parts: see `ColorizeResult`."""
        ...


class SeriesMemory(Protocol):
    """What a series remembers, as one job may use it. Pictures are named by reference ids and results' keys."""

    def next_turn(self) -> int:
        """Return the next page's turn."""
        ...

    def unseen(self, references: Sequence[str]) -> Mapping[str, Callable[[], NDArray[np.uint8]]]:
        """Return the references that were never looked at, these and those `candidates` may name, and their pixels."""
        ...

    def remember(self, reference_id: str, embedding: PageEmbedding) -> None:
        """Remember a reference's look."""
        ...

    def likeness(self, embedding: PageEmbedding) -> Mapping[str, NDArray[np.float32]]:
        """Return how like each remembered picture is, crop by crop of the look; -1 for a kind that it has not."""
        ...

    def candidates(self, turn: int) -> frozenset[str]:
        """Return the pictures that may serve the page of a turn although the reader did not choose them."""
        ...

    def picture(self, picture_id: str) -> tuple[ReferencePicture, ReferenceUse] | None:
        """Return a picture and how it is recorded; None where it has gone."""
        ...

    def learn(self, entry: MemoryEntry, key: str, result_sha256: str) -> None:
        """Take in a page whose result was kept under a key; its coloured pixels have this digest."""
        ...

    def release(self) -> None:
        """Give the memory of opened pictures back."""
        ...
