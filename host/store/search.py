"""Which references look like a picture: what is drawn on them, crop by crop, and their palette.

The library's index tells what is drawn, by vectors that know no colour. The palette is compared beside it, because
whoever looks for a reference looks for its colours too.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Protocol

from host.store_records import ReferenceScore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from engines.embed.palette import PaletteEmbedder
    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.series import PageEmbedding
    from host.store.store import Store

_PALETTE_SHARE: Final = 0.25


class EmbedderSource(Protocol):
    """The embedder of the process."""

    @property
    def identity(self) -> tuple[str, str]:
        """Id and version."""
        ...

    def open(self) -> Embedder:
        """Return it, always the same object."""
        ...


class ReferenceSearcher:
    """Thread-safe. A reference that nobody looked at before is read once (some tenths of a second) and remembered.

    reader: made at the first search; it may import heavy libraries.
    """

    def __init__(self, store: Store, embedder: EmbedderSource, reader: Callable[[], PageReader]) -> None:
        self._store = store
        self._embedder = embedder
        self._make_reader = reader
        self._reader: PageReader | None = None
        self._palettes: dict[str, NDArray[np.float32]] = {}
        self._palette_embedder: PaletteEmbedder | None = None
        self._lock = threading.Lock()

    def like_image(
        self, encoded: bytes, k: int, series: str | None = None, check: Callable[[], None] | None = None
    ) -> list[ReferenceScore]:
        """Return the `k` references most like a picture or a part of it, best first; 1 is the same picture.

        check: called while a large picture is decoded; what it raises ends that.

        Raises:
            ImageInvalid, TooLarge, OutOfMemory: not a picture that can be decoded. WeightsInvalid, EngineNotAvailable:
            the embedder cannot run.
        """
        from host.pipeline.decode import decode_page

        return self._nearest(decode_page(encoded, check=check).rgb, k, series)

    def like_reference(self, reference_id: str, k: int, series: str | None = None) -> list[ReferenceScore]:
        """Return the `k` references most like one of them, itself among them; errors as `like_image`.

        Raises:
            NotFound: there is none of this id.
        """
        return self._nearest(self._store.references.pixels(reference_id), k, series)

    def _nearest(self, rgb: NDArray[np.uint8], k: int, series: str | None) -> list[ReferenceScore]:
        from host.pipeline.faults import faults_mapped

        found = [reference.reference_id for reference in self._store.references.list(series)]
        with self._lock, faults_mapped():
            self._learn(found)
            embedding, palette = self._embedding(rgb), self._palette(rgb)
            likeness = self._store.indexes.library(self._embedder.identity).likeness(embedding.vectors)
            hits = [self._hit(one, likeness.get(one), palette) for one in found]
        return sorted(hits, key=lambda hit: (-hit.score, hit.reference_id))[:k]

    def _hit(
        self, reference_id: str, drawn: NDArray[np.float32] | None, palette: NDArray[np.float32]
    ) -> ReferenceScore:
        best = float(drawn.max()) if drawn is not None else 0.0
        score = (1 - _PALETTE_SHARE) * best + _PALETTE_SHARE * float(self._palettes[reference_id] @ palette)
        return ReferenceScore(reference_id=reference_id, score=round(min(1.0, score), 6))

    def _learn(self, reference_ids: Sequence[str]) -> None:
        from host.store.job_memory import indexed

        library = self._store.indexes.library(self._embedder.identity)
        for one in reference_ids:
            unseen = library.picture(one) is None
            # An id is a digest of pixels, so that neither vector ever grows old.
            if unseen or one not in self._palettes:
                pixels = self._store.references.pixels(one)
                self._palettes[one] = self._palette(pixels)
                if unseen:
                    library.add(indexed(one, self._embedding(pixels)))

    def _embedding(self, rgb: NDArray[np.uint8]) -> PageEmbedding:
        from host.pipeline.retrieve import read_and_embed

        if self._reader is None:
            self._reader = self._make_reader()
        return read_and_embed(rgb, self._reader, self._embedder.open())

    def _palette(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        from engines.embed.palette import PaletteEmbedder

        if self._palette_embedder is None:
            self._palette_embedder = PaletteEmbedder()
        vector: NDArray[np.float32] = self._palette_embedder.embed([rgb])[0]
        return vector
