"""Who was seen, from series to series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from host.palettes.sightings import Sightings
from host.store.database import Database
from tests.host.palettes.people import AKI, BOTAN, figure, page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sightings(tmp_path: Path) -> Iterator[Sightings]:
    database = Database(tmp_path / "index.sqlite3")
    yield Sightings(database)
    database.close()


def test_what_another_series_knows_of_a_page_is_taken_over(sightings: Sightings) -> None:
    seen = page(1, figure(AKI))
    sightings.put("S", seen)
    sightings.adopt("T", [seen.pixels_sha256, page(2).pixels_sha256])
    assert sightings.get("T") == {seen.pixels_sha256: seen}


def test_what_a_series_knows_itself_stays(sightings: Sightings) -> None:
    own = page(1, figure(AKI))
    sightings.put("T", own)
    sightings.put("S", page(1, figure(BOTAN)))
    sightings.adopt("T", [own.pixels_sha256])
    assert sightings.get("T") == {own.pixels_sha256: own}


def test_the_last_look_at_a_page_is_taken_over(sightings: Sightings) -> None:
    sightings.put("S", page(1, figure(AKI)))
    last = page(1, figure(BOTAN))
    sightings.put("U", last)
    sightings.adopt("T", [last.pixels_sha256])
    assert sightings.get("T") == {last.pixels_sha256: last}


def test_a_page_that_is_somebody_s_reference_is_no_page_of_this_series(sightings: Sightings) -> None:
    seen = page(1, figure(AKI))
    sightings.put("S", seen)
    sightings.put("U", structs.replace(page(1, figure(BOTAN)), reference_id="r"))
    sightings.put("V", structs.replace(page(2, figure(BOTAN)), reference_id="r"))
    sightings.adopt("T", [page(1).pixels_sha256, page(2).pixels_sha256])
    assert sightings.get("T") == {seen.pixels_sha256: seen}
