"""What a job may learn from, and when."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from engines.geometry import Box, Size
from host.paths import state_paths
from host.pipeline.series import MemoryEntry, PageEmbedding
from host.store.job_memory import LAG, JobMemory
from host.store.results import StoredResult
from host.store.store import Store
from host.store_records import ReferenceAdd
from tests.host.store.test_references import RED, blocks, png

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EMBEDDER = ("toy", "1")


@pytest.fixture
def store(irodori_home: Path) -> Iterator[Store]:
    opened = Store.open(state_paths(), cache_limit_mib=16, spool_limit_mib=16)
    yield opened
    opened.close()


def memory(store: Store, recipe: str = "r", offered: tuple[str, ...] = (), series: str = "S") -> JobMemory:
    library, pages = store.indexes.library(EMBEDDER), store.indexes.series(series, EMBEDDER)
    return JobMemory(library, pages, store.references, store.results, recipe, offered)


def embedding(number: int) -> PageEmbedding:
    vector = np.random.default_rng(number).normal(size=(1, 8)).astype(np.float32)
    return PageEmbedding(("page",), (Box(0, 0, 9, 9),), vector / np.linalg.norm(vector))


def colour(store: Store, job: JobMemory, number: int) -> str:
    """Keep the result of a page and learn it; return its key."""
    key, digest = f"{number:064x}", f"{number + 1000:064x}"
    image = bytes(cv2.imencode(".png", np.full((20, 10, 3), number % 255, np.uint8))[1])
    store.results.put(
        key, StoredResult(image=image, mime="image/png", size=Size(20, 10), runmeta={"result_sha256": digest})
    )
    job.learn(MemoryEntry(job.next_turn(), embedding(number)), key, digest)
    return key


def test_a_page_serves_those_that_begin_when_it_has_surely_ended(store: Store) -> None:
    job = memory(store)
    keys = [colour(store, job, number) for number in range(3)]
    assert job.candidates(LAG) == frozenset()
    assert job.candidates(1 + LAG) == {keys[0]}
    assert job.candidates(3 + LAG) == set(keys)


def test_a_later_job_of_the_same_recipe_has_all_of_them_at_once_and_others_have_none(store: Store) -> None:
    first = memory(store)
    keys = {colour(store, first, number) for number in range(3)}
    assert memory(store).candidates(1) == keys
    assert memory(store, recipe="another reference").candidates(1) == frozenset()
    assert memory(store, series="T").candidates(1) == frozenset()


def test_what_another_host_learns_meanwhile_serves_the_next_job_only(store: Store) -> None:
    here, other_home = memory(store), Store.open(state_paths(), cache_limit_mib=16, spool_limit_mib=16)
    try:
        key = colour(other_home, memory(other_home), 1)
        assert here.candidates(100) == frozenset()
        assert memory(store).candidates(1) == {key}
    finally:
        other_home.close()


def test_a_page_that_has_gone_or_was_coloured_anew_is_forgotten(store: Store) -> None:
    job = memory(store)
    gone, anew, whole = (colour(store, job, number) for number in range(3))
    store.results.put(
        anew,
        StoredResult(image=png(blocks(RED, RED)), mime="image/png", size=Size(9, 9), runmeta={"result_sha256": "x"}),
    )
    store.database.write(lambda connection: connection.execute("DELETE FROM results WHERE key = ?", (gone,)))
    later = memory(store)
    assert later.picture(gone) is None
    assert later.picture(anew) is None
    assert memory(store).candidates(1) == {whole}
    found = later.picture(whole)
    assert found is not None
    assert found[0].pixels.shape == (20, 10, 3)
    assert (found[1].origin, found[1].pixels_sha256) == ("page", f"{1002:064x}")


def test_looking_at_a_page_again_is_no_hit_of_the_cache(store: Store) -> None:
    job = memory(store)
    key = colour(store, job, 1)
    before = store.results.stats()
    assert job.picture(key) is not None
    assert store.results.stats() == before


def test_references_are_looked_at_once_for_all_series(store: Store) -> None:
    ids = [store.references.add(ReferenceAdd(image=png(blocks(RED, (n, n, 9))))).reference_id for n in (10, 200)]
    first = memory(store, offered=(ids[1],))
    unseen = first.unseen([ids[0]])
    assert list(unseen) == ids
    for number, (one, pixels) in enumerate(unseen.items()):
        assert pixels().ndim == 3
        first.remember(one, embedding(number))
    assert memory(store, series="T").unseen(ids) == {}
    assert first.candidates(1) == {ids[1]}
    offered = first.picture(ids[1])
    assert offered is not None
    assert offered[1].origin == "library"
    likeness = first.likeness(embedding(0))
    assert likeness[ids[0]][0] == pytest.approx(1, abs=1e-6)
    assert likeness[ids[1]][0] < 1


def test_turns_are_counted_from_one(store: Store) -> None:
    job = memory(store)
    assert list(itertools.islice(iter(job.next_turn, 0), 3)) == [1, 2, 3]
