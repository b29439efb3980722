"""What is known of encoded pages whose bytes were decoded once."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from engines.geometry import Size
from host.errors import Busy, DiskFull
from host.store import sources
from host.store.database import Database
from host.store.sources import Source, SourceIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def digest(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "irodori.sqlite")) as opened:
        yield opened


@pytest.fixture
def index(database: Database, monkeypatch: pytest.MonkeyPatch) -> SourceIndex:
    monkeypatch.setattr(sources, "_ROWS_MAX", 20)
    return SourceIndex(database)


def known(index: SourceIndex, *numbers: int) -> list[int]:
    found = index.get(map(digest, numbers))
    return [number for number in numbers if digest(number) in found]


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr("time.time", lambda: seconds)


def test_a_page_is_known_with_its_pixels_and_its_two_sides(index: SourceIndex) -> None:
    page = Source(digest(100), Size(height=30, width=20))
    index.put(digest(1), page)
    assert index.get([digest(1), digest(2), digest(1)]) == {digest(1): page}
    assert index.get([]) == {}


def test_what_the_last_decode_told_counts(index: SourceIndex) -> None:
    index.put(digest(1), Source(digest(100), Size(30, 20)))
    index.put(digest(1), Source(digest(101), Size(60, 40)))
    assert index.get([digest(1)]) == {digest(1): Source(digest(101), Size(60, 40))}
    assert index.encoded([digest(100)]) == []


def test_files_of_the_same_pixels_come_in_the_order_of_what_was_asked_then_of_their_digests(index: SourceIndex) -> None:
    for encoded, pixels in ((9, 100), (3, 101), (4, 100)):
        index.put(digest(encoded), Source(digest(pixels), Size(3, 2)))
    asked = [digest(number) for number in (101, 100, 101, 7)]
    assert index.encoded(asked) == [digest(3), digest(4), digest(9)]


@pytest.mark.parametrize(
    ("column", "value"), [("pixels_sha256", "short"), ("height", 0), ("width", -1), ("height", 2.5), ("width", "x")]
)
def test_a_row_that_somebody_spoiled_is_not_believed(
    index: SourceIndex, database: Database, column: str, value: object
) -> None:
    index.put(digest(1), Source(digest(100), Size(3, 2)))
    database.write(lambda connection: connection.execute(f"UPDATE sources SET {column} = ?", (value,)))
    assert index.get([digest(1)]) == {}


def test_a_digest_that_somebody_spoiled_is_not_given(index: SourceIndex, database: Database) -> None:
    index.put(digest(1), Source(digest(100), Size(3, 2)))
    index.put(digest(2), Source(digest(100), Size(3, 2)))
    spoil = "UPDATE sources SET encoded_sha256 = '../x' WHERE encoded_sha256 = ?"
    database.write(lambda connection: connection.execute(spoil, (digest(1),)))
    assert index.encoded([digest(100)]) == [digest(2)]


def test_of_very_many_the_tenth_that_was_seen_first_is_forgotten(
    index: SourceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        at(monkeypatch, 1000.0 - number)
        index.put(digest(number), Source(digest(100), Size(3, 2)))
    assert known(index, *range(20)) == list(range(20))
    at(monkeypatch, 1001.0)
    index.put(digest(19), Source(digest(100), Size(3, 2)))  # seen again
    index.put(digest(20), Source(digest(100), Size(3, 2)))
    assert known(index, *range(21)) == [*range(17), 19, 20]


def test_what_a_clock_that_ran_ahead_has_seen_is_forgotten_in_its_turn(
    index: SourceIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 9_000.0)
    for number in (0, 1):
        index.put(digest(number), Source(digest(100), Size(3, 2)))
    for number in range(2, 21):
        at(monkeypatch, 1000.0 + number)
        index.put(digest(number), Source(digest(100), Size(3, 2)))
    assert known(index, 0, 1, 2, 3, 4) == [0, 1, 4]  # the oldest; those of the future count as seen now
    at(monkeypatch, 2000.0)
    for number in range(21, 40):
        index.put(digest(number), Source(digest(100), Size(3, 2)))
    assert known(index, 0, 1) == []


@pytest.mark.parametrize("fault", [Busy("It is held."), DiskFull("It is full.")])
def test_a_database_that_cannot_be_asked_costs_no_page(
    index: SourceIndex, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def refuse(*_: object) -> None:
        raise fault

    monkeypatch.setattr(Database, "read", refuse)
    monkeypatch.setattr(Database, "write", refuse)
    assert index.get([digest(1)]) == {}
    index.put(digest(1), Source(digest(100), Size(3, 2)))
