"""Which references look like a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engines.embed.palette import PaletteEmbedder
from host.errors import NotFound
from host.messaging.messages import ReferenceAdd
from host.paths import state_paths
from host.store.search import ReferenceSearcher
from host.store.store import Store
from tests.host.store.test_references import BLUE, GREEN, RED, blocks, png

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(irodori_home: Path) -> Iterator[Store]:
    opened = Store.open(state_paths(), cache_limit_mib=16, spool_limit_mib=16)
    yield opened
    opened.close()


def test_the_most_alike_comes_first_and_the_same_picture_scores_one(store: Store) -> None:
    searcher = ReferenceSearcher(store.references, PaletteEmbedder)
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


def test_a_stranger_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        ReferenceSearcher(store.references, PaletteEmbedder).like_reference("0" * 32, 3)
