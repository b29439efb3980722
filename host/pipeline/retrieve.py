"""Which references serve a page. Written into `PageMeta.references` before generation, never after.

The reader's word is law: what was chosen comes first, in that order. What an engine takes beyond that may be filled
from the series' memory, by likeness of panels and characters: coloured pages that this one can learn from, and the
series' references where the reader chose none. `docs/decisions/0008-learned-pages.md` says how that stays sound.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import cv2
import numpy as np

from engines.base import EngineError
from engines.geometry import Box
from host.errors import ImageInvalid, NotFound
from host.pipeline.records.page_meta import ReferenceUse
from host.pipeline.series import MemoryEntry, PageEmbedding
from host.pipeline.strips.whole import read_meta

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.decode import DecodedPage
    from host.pipeline.job import PageJob
    from host.pipeline.records.page_meta import PageMeta
    from host.pipeline.series import ReferencePicture, SeriesMemory
    from host.vocabulary import CropKind

_LOG = logging.getLogger(__name__)
# A coloured page brings its own colours with all their faults: one teaches, several drown the reader's choice.
RETRIEVED_MAX: Final = 1
_CROPS_MAX: Final = 24
_LEAST_PX: Final = 24
# How much more like the surest picture of a figure is than the next one.
_CLEARLY: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What serves a page. retrieved: the pictures of `uses` that are not the reader's choice."""

    uses: tuple[ReferenceUse, ...]
    retrieved: tuple[ReferencePicture, ...] = ()
    entry: MemoryEntry | None = field(default=None, compare=False)


class Retriever(Protocol):
    """Chooses references for pages of any job; thread-safe."""

    def choose(self, page: DecodedPage, meta: PageMeta, job: PageJob, limit: int) -> Choice:
        """Return at most `limit` pictures, each at most once: the reader's first, in their order."""
        ...


class ReaderOrder:
    """Takes the references in the order in which the reader gave them; measures no similarity."""

    def choose(self, page: DecodedPage, meta: PageMeta, job: PageJob, limit: int) -> Choice:
        """Return the first `limit` different references, without a score."""
        del page, meta
        return Choice(tuple(ReferenceUse(reference_id=one) for one in _chosen(job, limit)))


class Recorded:
    """Takes what a record says, scores and all: for making a page again."""

    def __init__(self, uses: Sequence[ReferenceUse]) -> None:
        self._uses = tuple(uses)

    def choose(self, page: DecodedPage, meta: PageMeta, job: PageJob, limit: int) -> Choice:
        """Return the record's references, whatever the page."""
        del page, meta, job, limit
        return Choice(self._uses)


class LikenessRetriever:
    """Asks the job's memory. Without one, or without an embedder that runs, it is `ReaderOrder`.

    embedder: gives the embedder, always the same; asked at the first page, for it may import heavy libraries. reader:
    reads references that the memory has never seen.
    """

    def __init__(self, embedder: Callable[[], Embedder], reader: PageReader) -> None:
        self._embedder = embedder
        self._reader = reader
        self._broken = False

    def choose(self, page: DecodedPage, meta: PageMeta, job: PageJob, limit: int) -> Choice:
        """Return the reader's references with their scores, then what the memory adds."""
        if job.memory is None or self._broken:
            return ReaderOrder().choose(page, meta, job, limit)
        try:
            return self._choose(job.memory, page, meta, job, limit)
        except EngineError as exc:
            _LOG.warning("references are taken in the reader's order: %s", exc)
            self._broken = True
            return ReaderOrder().choose(page, meta, job, limit)

    def _choose(self, memory: SeriesMemory, page: DecodedPage, meta: PageMeta, job: PageJob, limit: int) -> Choice:
        turn = memory.next_turn()
        chosen = _chosen(job, limit)
        self._learn_references(memory, job, chosen)
        embedder = self._embedder()
        embedding = embed_page(page.grey, meta, embedder)
        likeness = memory.likeness(embedding)
        scores = {one: score_of(embedding.kinds, parts) for one, parts in likeness.items()}
        uses = [ReferenceUse(reference_id=one, score=scores.get(one)) for one in chosen]
        retrieved: list[ReferencePicture] = []
        candidates = memory.candidates(turn) - set(chosen)
        free = min(limit - len(chosen), RETRIEVED_MAX)
        for one in sorted(candidates, key=lambda name: (-scores.get(name, -1.0), name)):
            if len(retrieved) >= free or scores.get(one, -1.0) < embedder.info.floor:
                break
            found = memory.picture(one)
            if found is not None:
                retrieved.append(found[0])
                uses.append(found[1].model_copy(update={"score": scores[one]}))
        shown = whose_figures(meta, embedding, {one.reference_id: likeness.get(one.reference_id) for one in uses},
                              embedder.info.floor)  # fmt: skip
        bound = (one.model_copy(update={"figures": shown.get(one.reference_id, ())}) for one in uses)
        return Choice(tuple(bound), tuple(retrieved), MemoryEntry(turn, embedding))

    def _learn_references(self, memory: SeriesMemory, job: PageJob, chosen: Sequence[str]) -> None:
        loaded = {one.reference_id: one.pixels for one in job.references}
        for reference_id, pixels in memory.unseen(chosen).items():
            # What nobody chose may have been removed since the job began.
            with suppress(NotFound, ImageInvalid):
                rgb = loaded[reference_id] if reference_id in loaded else pixels()
                memory.remember(reference_id, read_and_embed(rgb, self._reader, self._embedder()))


def crops_of(meta: PageMeta) -> tuple[tuple[CropKind, ...], tuple[Box, ...]]:
    """Return the crops by which a page is known: itself, its panels, its characters; the surest ones if many."""
    whole = Box(0, 0, meta.size.width, meta.size.height)
    found: list[tuple[CropKind, Box, float]] = [("panel", one.box, one.score) for one in meta.panels]
    found += [("character", one.box, one.score) for one in meta.characters]
    inside = [(kind, box.intersection(whole), score) for kind, box, score in found]
    usable = [one for one in inside if min(one[1].width, one[1].height) >= _LEAST_PX]
    kept = sorted(usable, key=lambda one: -one[2])[: _CROPS_MAX - 1]
    return ("page", *(kind for kind, _, _ in kept)), (whole, *(box for _, box, _ in kept))


def embed_page(grey: NDArray[np.uint8], meta: PageMeta, embedder: Embedder) -> PageEmbedding:
    """Return the look of a page `(H, W)` that was read. Colour never enters: grey pages look for coloured ones.

    Raises:
        EngineError: the embedder cannot run.
    """
    kinds, boxes = crops_of(meta)
    pieces = [grey[box.top : box.bottom, box.left : box.right] for box in boxes]
    return PageEmbedding(kinds, boxes, embedder.embed(pieces))


def read_and_embed(rgb: NDArray[np.uint8], reader: PageReader, embedder: Embedder) -> PageEmbedding:
    """Return the look of a `(h, w, 3)` sRGB picture that nobody has read yet."""
    from host.pipeline.decode import DecodedPage, pixels_digest

    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    page = DecodedPage(rgb=rgb, grey=grey, pixels_sha256=pixels_digest(rgb))
    return embed_page(grey, read_meta(page, reader), embedder)


def score_of(kinds: Sequence[CropKind], likeness: NDArray[np.float32]) -> float:
    """Return how well a picture serves a page, -1..1: the mean of the better half of the page's panels and characters.

    A page that shows half of who and what is here is as good as one can hope for; a page of no panels counts whole.
    """
    parts = np.array([value for kind, value in zip(kinds, likeness, strict=True) if kind != "page" and value > -1])
    if not len(parts):
        return round(float(likeness[0]), 4)
    best = np.sort(parts)[::-1][: (len(parts) + 1) // 2]
    return round(float(best.mean()), 4)


def whose_figures(
    meta: PageMeta, embedding: PageEmbedding, likeness: Mapping[str, NDArray[np.float32] | None], floor: float
) -> dict[str, tuple[int, ...]]:
    """Return the figures of a page that each picture shows, by their indices.

    A figure is a picture's only where it is as like as two things are that have to do with each other, and clearly more
    so than any other of the pictures: whom nobody can tell apart is coloured by all of them.
    """
    whole = Box(0, 0, meta.size.width, meta.size.height)
    by_box = {figure.box.intersection(whole): figure.index for figure in meta.characters}
    found: dict[str, list[int]] = {}
    for place, (kind, box) in enumerate(zip(embedding.kinds, embedding.boxes, strict=True)):
        ranked = sorted(((float(parts[place]), name) for name, parts in likeness.items() if parts is not None),
                        reverse=True)  # fmt: skip
        if kind != "character" or box not in by_box or len(ranked) < 2:
            continue
        (best, name), (second, _) = ranked[:2]
        if best >= floor and best - second >= _CLEARLY:
            found.setdefault(name, []).append(by_box[box])
    return {name: tuple(sorted(set(indices))) for name, indices in found.items()}


def _chosen(job: PageJob, limit: int) -> list[str]:
    return list(dict.fromkeys(reference.reference_id for reference in job.references))[:limit]
