"""What a job may learn from: the library's references, and the pages that were coloured in the same way before.

Only pages of the same series *and* of the same recipe serve (engine, weights, plan, the reader's references …): who
changes the reference must not meet its colours again in the pages that learned from it.

Which pages serve must not hang on how threads happen to run. A page learns from what was there when the job began, and
from the job's own pages that began `LAG` turns before it or earlier: those have ended whatever the timing, because
`host.jobs` keeps no more between its stages. So the same pages in the same order learn the same.
"""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
from cachetools import LRUCache

from host.errors import IrodoriError
from host.pipeline.records.page_meta import ReferenceUse
from host.pipeline.series import ReferencePicture
from host.store.index_file import Crop, IndexedPicture
from host.store.working_size import at_working_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from host.pipeline.series import MemoryEntry, PageEmbedding
    from host.store.index import PictureIndex
    from host.store.references import ReferenceStore
    from host.store.results import ResultStore

_LOG = logging.getLogger(__name__)
# Two ahead of the lane (the page itself is one of them), one on it, two behind it, one being finished.
LAG: Final = 6
_PAGES_KEPT: Final = 4


class JobMemory:
    """The memory of one job; thread-safe. series None: pages neither serve nor are learned."""

    def __init__(
        self, library: PictureIndex, series: PictureIndex | None, references: ReferenceStore, results: ResultStore,
        recipe: str, offered: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Begin a job. recipe: how its pages are coloured. offered: references that serve though nobody chose them."""
        self._library = library
        self._series = series
        self._references = references
        self._results = results
        self._recipe = recipe
        self._offered = tuple(offered)
        self._before = series.of_recipe(recipe) if series is not None else frozenset()
        self._learned: dict[int, str] = {}
        self._turns = 0
        self._pictures: LRUCache[str, tuple[ReferencePicture, ReferenceUse]] = LRUCache(_PAGES_KEPT)
        self._lock = threading.Lock()

    def next_turn(self) -> int:
        """Return the next page's turn."""
        with self._lock:
            self._turns += 1
            return self._turns

    def unseen(self, references: Sequence[str]) -> Mapping[str, Callable[[], NDArray[np.uint8]]]:
        """Return the references that were never looked at, these and the offered ones, and their pixels."""
        wanted = dict.fromkeys((*references, *self._offered))
        return {one: partial(self._references.pixels, one) for one in wanted if self._library.picture(one) is None}

    def remember(self, reference_id: str, embedding: PageEmbedding) -> None:
        """Remember a reference's look."""
        self._library.add(indexed(reference_id, embedding))

    def likeness(self, embedding: PageEmbedding) -> Mapping[str, NDArray[np.float32]]:
        """Return how like each picture is, crop by crop; pages of other recipes are among them."""
        found = self._library.likeness(embedding.vectors, embedding.kinds)
        return found if self._series is None else {**found, **self._series.likeness(embedding.vectors, embedding.kinds)}

    def candidates(self, turn: int) -> frozenset[str]:
        """Return what may serve the page of a turn."""
        with self._lock:
            own = {key for begun, key in self._learned.items() if begun <= turn - LAG}
            return frozenset((*self._offered, *self._before, *own))

    def picture(self, picture_id: str) -> tuple[ReferencePicture, ReferenceUse] | None:
        """Return a reference or a coloured page; None, and forgotten, where it has gone."""
        with self._lock:
            known = self._pictures.get(picture_id)
        found = known or self._opened(picture_id)
        if found is None:
            self._forget(picture_id)
            return None
        with self._lock:
            self._pictures[picture_id] = found
        return found

    def learn(self, entry: MemoryEntry, key: str, result_sha256: str) -> None:
        """Take in a page whose result was kept under a key; its coloured pixels have this digest."""
        if self._series is None:
            return
        self._series.add(indexed(key, entry.embedding, self._recipe, result_sha256))
        with self._lock:
            self._learned[entry.turn] = key

    def release(self) -> None:
        """Give the memory of opened pictures back; one that is asked for again is opened again."""
        with self._lock:
            self._pictures.clear()

    def _opened(self, picture_id: str) -> tuple[ReferencePicture, ReferenceUse] | None:
        try:
            if picture_id in self._offered:
                use = ReferenceUse(reference_id=picture_id, origin="library")
                return library_reference(self._references, picture_id), use
            indexed_page = self._series.picture(picture_id) if self._series is not None else None
            page = learned_page(self._results, picture_id)
        except IrodoriError as exc:
            _LOG.info("a picture of the series is not used: %s", exc.message)
            return None
        if indexed_page is None or page is None or page[1] != indexed_page.result_sha256:
            return None
        return page[0], ReferenceUse(reference_id=picture_id, origin="page", pixels_sha256=page[1])

    def _forget(self, picture_id: str) -> None:
        if picture_id in self._offered:
            self._library.remove([picture_id])
        elif self._series is not None:
            self._series.remove([picture_id])


def indexed(picture_id: str, embedding: PageEmbedding, recipe: str = "", result_sha256: str = "") -> IndexedPicture:
    """Return a look as an index keeps it."""
    crops = tuple(
        Crop(kind, (box.left, box.top, box.right, box.bottom))
        for kind, box in zip(embedding.kinds, embedding.boxes, strict=True)
    )
    vectors = np.ascontiguousarray(embedding.vectors, "<f4").tobytes()
    return IndexedPicture(id=picture_id, crops=crops, vectors=vectors, recipe=recipe, result_sha256=result_sha256)


def library_reference(
    references: ReferenceStore, reference_id: str, check: Callable[[], None] | None = None
) -> ReferencePicture:
    """Return a reference as the pipeline takes it.

    check: called while a large one is decoded; what it raises ends that.

    Raises:
        NotFound, ImageInvalid: it has gone or is damaged.
    """
    facts = references.get(reference_id)
    return ReferencePicture(
        reference_id=reference_id,
        pixels=references.pixels(reference_id, check),
        character=facts.character or "",
        palette=tuple(entry.rgb for entry in facts.palette),
    )


def learned_page(results: ResultStore, key: str) -> tuple[ReferencePicture, str] | None:
    """Return a coloured page as a reference of about a megapixel, and the digest of its pixels; None if it has gone.

    Raises:
        ImageInvalid: it is damaged.
    """
    from host.pipeline.decode import decode_page

    stored = results.get(key, count=False)
    if stored is None or stored.skip_reason is not None:
        return None
    rgb = at_working_size(decode_page(stored.image).rgb)
    return ReferencePicture(reference_id=key, pixels=rgb), str(stored.runmeta.get("result_sha256", ""))
