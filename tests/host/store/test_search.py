"""Which references look like a picture, by what is drawn on them and by their palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engines.embed.registry import choose_embedder
from host.errors import NotFound
from host.jobs.retrieval import HostEmbedder
from host.paths import state_paths
from host.pipeline.analysis.shipped import shipped_reader
from host.store.search import ReferenceSearcher
from host.store.store import Store
from host.store_records import ReferenceAdd
from tests.host.store.test_references import BLUE, GREEN, RED, blocks, png
from training.embed.drawn import draw_character

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np


@pytest.fixture
def store(irodori_home: Path) -> Iterator[Store]:
    opened = Store.open(state_paths(), cache_limit_mib=16, spool_limit_mib=16)
    yield opened
    opened.close()


def searcher_of(store: Store) -> ReferenceSearcher:
    return ReferenceSearcher(store, HostEmbedder(choose_embedder), shipped_reader)


def drawing(person: int, number: int) -> np.ndarray:
    return draw_character(person, number)[..., None].repeat(3, axis=2)


def test_the_most_alike_comes_first_and_the_same_picture_scores_one(store: Store) -> None:
    searcher = searcher_of(store)
    red = store.references.add(ReferenceAdd(image=png(blocks(RED, RED)), series="S"))
    blue = store.references.add(ReferenceAdd(image=png(blocks(BLUE, BLUE)), series="S"))
    green = store.references.add(ReferenceAdd(image=png(blocks(GREEN, GREEN)), series="T"))
    reddish = png(blocks((190, 40, 50), RED))
    hits = searcher.like_image(reddish, 3)
    assert hits[0].reference_id == red.reference_id
    assert {hit.reference_id for hit in hits} == {red.reference_id, blue.reference_id, green.reference_id}
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert searcher.like_image(png(blocks(BLUE, BLUE)), 1)[0].score == pytest.approx(1.0, abs=1e-5)
    by_id = searcher.like_reference(green.reference_id, 2)
    assert by_id[0].reference_id == green.reference_id
    assert [hit.reference_id for hit in searcher.like_image(reddish, 9, series="T")] == [green.reference_id]


def test_a_panel_cut_from_a_reference_finds_it(store: Store) -> None:
    """A page of two framed panels; the query is one of them alone."""
    import numpy as np

    def framed(person: int) -> np.ndarray:
        panel = np.full((300, 300, 3), 255, np.uint8)
        art = drawing(person, 0)[:280, :280]
        panel[10 : 10 + art.shape[0], 10 : 10 + art.shape[1]] = art
        panel[:4] = panel[-4:] = 0
        panel[:, :4] = panel[:, -4:] = 0
        return panel

    gap = np.full((30, 300, 3), 255, np.uint8)
    people = [(1, 2), (3, 4), (5, 6)]
    pages = [np.pad(np.vstack([framed(a), gap, framed(b)]), ((30, 30), (30, 30), (0, 0)), constant_values=255)
             for a, b in people]  # fmt: skip
    ids = [store.references.add(ReferenceAdd(image=png(page))).reference_id for page in pages]
    searcher = searcher_of(store)
    assert [searcher.like_image(png(framed(b)), 1)[0].reference_id for _, b in people] == ids


def test_what_was_looked_at_once_is_remembered_by_the_next_process(store: Store) -> None:
    kept = store.references.add(ReferenceAdd(image=png(drawing(7, 0))))
    first = searcher_of(store).like_image(png(drawing(7, 1)), 1)
    other = Store.open(state_paths(), cache_limit_mib=16, spool_limit_mib=16)
    try:
        embedder = HostEmbedder(choose_embedder)
        assert other.indexes.library(embedder.identity).picture(kept.reference_id) is not None
        assert searcher_of(other).like_image(png(drawing(7, 1)), 1) == first
    finally:
        other.close()


def test_a_stranger_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        searcher_of(store).like_reference("0" * 32, 3)
