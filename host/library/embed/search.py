"""The search of a shelf: by words (what is written, what a model told, and a CLIP's idea of it), or by a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from host.library.embed.indexes import WORDS, nearest
from host.library.embed.words import WordsIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from host.library.embed.store import EmbeddingStore

# Reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009): how little the first ranks weigh above the next.
_RANKS: Final = 60
_PANELS_A_PAGE: Final = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A page that was found. panel: the place of the panel that was, None for the page as a whole. why: in words."""

    page_id: str
    score: float
    panel: int | None = None
    why: str = ""


def search_picture(store: EmbeddingStore, vector: NDArray[np.float32], k: int) -> list[Found]:
    """Return the pages that look most like a picture, as a whole or in a panel. vector: of the picture, `(width,)`."""
    return _by_vector(store, vector, k)


def search_words(store: EmbeddingStore, embedder: Embedder | None, text: str, k: int) -> list[Found]:
    """Return the pages that fit a text best.

    embedder: one that knows words as well (`embed_words`) is asked too; ranks of both are put together.

    Raises:
        BadRequest: the text has no word in it.
    """
    said = [Found(page_id, score, why="words") for page_id, score in WordsIndex(store.root / WORDS).search(text, 4 * k)]
    vector = embedder.embed_words([text]) if embedder is not None else None
    seen = _by_vector(store, vector[0], 4 * k) if vector is not None else []
    return said[:k] if not seen else fused([said, seen])[:k]


def fused(rankings: Sequence[Sequence[Found]]) -> list[Found]:
    """Return rankings as one: a page's score is the sum of 1 / (60 + its rank) over all of them."""
    scores: dict[str, float] = {}
    first: dict[str, Found] = {}
    whys: dict[str, list[str]] = {}
    for ranking in rankings:
        for rank, one in enumerate(ranking, 1):
            scores[one.page_id] = scores.get(one.page_id, 0.0) + 1 / (_RANKS + rank)
            kept = first.setdefault(one.page_id, one)
            if kept.panel is None and one.panel is not None:
                first[one.page_id] = one
            whys.setdefault(one.page_id, []).append(one.why)
    order = sorted(scores, key=lambda page_id: (-scores[page_id], page_id))
    return [
        Found(page_id, scores[page_id], first[page_id].panel, " and ".join(dict.fromkeys(whys[page_id])))
        for page_id in order
    ]


def _by_vector(store: EmbeddingStore, vector: NDArray[np.float32], k: int) -> list[Found]:
    ids = store.page_ids()
    query = np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
    best: dict[str, Found] = {}
    for row, score in nearest(store, "page", query, k):
        best[ids[row]] = Found(ids[row], score, None, "the page")
    for number, score in nearest(store, "panel", query, _PANELS_A_PAGE * k):
        row, panel = divmod(number, store.kind.panels)
        known = best.get(ids[row])
        if known is None or score > known.score:
            best[ids[row]] = Found(ids[row], score, panel, f"panel {panel + 1}")
    return sorted(best.values(), key=lambda one: (-one.score, one.page_id))[:k]
