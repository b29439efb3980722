"""Which references look like a picture: their embeddings, made on first use and kept while the process lives."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from host.messaging.messages import ReferenceScore

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from host.store.references import ReferenceStore


class ReferenceSearcher:
    """Thread-safe. `embedder` is asked for once, when somebody searches: it may import heavy libraries."""

    def __init__(self, references: ReferenceStore, embedder: Callable[[], Embedder]) -> None:
        self._references = references
        self._make_embedder = embedder
        self._embedder: Embedder | None = None
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._lock = threading.Lock()

    def like_image(self, encoded: bytes, k: int, series: str | None = None) -> list[ReferenceScore]:
        """Return the `k` references most like a picture, best first; 1 is the same picture.

        Raises:
            ImageInvalid, TooLarge, OutOfMemory: not a picture that can be decoded.
        """
        from host.pipeline.decode import decode_page

        page = decode_page(encoded)
        with self._lock:
            return self._nearest(self._embed(page.rgb), k, series)

    def like_reference(self, reference_id: str, k: int, series: str | None = None) -> list[ReferenceScore]:
        """Return the `k` references most like one of them, itself among them.

        Raises:
            NotFound: there is none of this id.
        """
        self._references.require([reference_id])
        with self._lock:
            return self._nearest(self._vector(reference_id), k, series)

    def _nearest(self, query: NDArray[np.float32], k: int, series: str | None) -> list[ReferenceScore]:
        found = [reference.reference_id for reference in self._references.list(series)]
        scores = [
            ReferenceScore(reference_id=one, score=round(min(1.0, float(self._vector(one) @ query)), 6))
            for one in found
        ]
        return sorted(scores, key=lambda hit: (-hit.score, hit.reference_id))[:k]

    def _vector(self, reference_id: str) -> NDArray[np.float32]:
        # An id is a digest of pixels, so that a vector never grows old.
        if reference_id not in self._vectors:
            self._vectors[reference_id] = self._embed(self._references.pixels(reference_id))
        return self._vectors[reference_id]

    def _embed(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        if self._embedder is None:
            self._embedder = self._make_embedder()
        vector: NDArray[np.float32] = self._embedder.embed([rgb])[0]
        return vector
