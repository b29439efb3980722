"""Whatever becomes of the database ends in a missing entry or in a database begun anew, never in a lasting error."""

from __future__ import annotations

import math
import random
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import msgspec
import pytest

from engines.geometry import Size
from host.paths import state_paths
from host.store.history import HistoryEntry
from host.store.results import StoredResult
from host.store.sources import Source
from host.store.store import Store
from host.store_records import HistorySeries

if TYPE_CHECKING:
    from pathlib import Path

    from host.paths import StatePaths

KEYS = tuple(f"{index:064x}" for index in range(24))
SIZE = Size(9, 7)


@pytest.fixture
def paths(irodori_home: Path) -> StatePaths:
    return state_paths()


def open_store(paths: StatePaths, cache_limit_mib: int = 64) -> Store:
    return Store.open(paths, cache_limit_mib=cache_limit_mib, spool_limit_mib=1)


def picture(key: str) -> StoredResult:
    return StoredResult(image=key.encode() * 9, mime="image/png", size=SIZE, runmeta={"key": key, "more": "x" * 300})


def large(index: int, size: int = 340_000) -> StoredResult:
    return StoredResult(image=bytes([index]) * size, mime="image/png", size=SIZE)


def fill(store: Store) -> None:
    for key in KEYS:
        store.results.put(key, picture(key))
        store.sources.put(key, Source(key, SIZE))


def use(store: Store) -> int:
    """Do everything that a host does with a store; return how many entries were still there."""
    found = 0
    for key in KEYS:
        store.results.has(key)
        kept = store.results.get(key)
        assert kept in (None, picture(key))
        found += kept is not None
    assert all(one == Source(key, SIZE) for key, one in store.sources.get(KEYS).items())
    store.results.stats()
    assert store.results.clear(older_than_s=1e9) == 0
    for key in KEYS[:3]:
        assert store.results.put(key, picture(key))
        assert store.results.get(key) == picture(key)
        store.sources.put(key, Source(key, SIZE))
        assert store.sources.get([key]) == {key: Source(key, SIZE)}
    store.results.sweep()
    assert store.database.is_sound()
    return found


def change(paths: StatePaths, *statements: str) -> None:
    with closing(sqlite3.connect(paths.database)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bits_anywhere_leave_a_store_that_works(paths: StatePaths, seed: int) -> None:
    with closing(open_store(paths)) as store:
        fill(store)
    content, dice = bytearray(paths.database.read_bytes()), random.Random(seed)
    whole = 100 if seed % 2 else len(content)  # the header of the file alone, or anywhere
    for _ in range(dice.choice((1, 30, 300))):
        content[dice.randrange(whole)] ^= 1 << dice.randrange(8)
    paths.database.write_bytes(content)
    for _ in range(2):
        with closing(open_store(paths)) as store:
            use_tolerantly(store)


def use_tolerantly(store: Store) -> None:
    """As `use`, where a flipped bit may have made another whole entry of one (its record is not digested)."""
    for key in KEYS:
        store.results.has(key)
        kept = store.results.get(key)
        assert kept is None or isinstance(kept.runmeta, dict)
    store.sources.get(KEYS)
    assert store.results.stats().bytes >= 0
    assert store.results.put(KEYS[0], picture(KEYS[0]))
    assert store.results.get(KEYS[0]) == picture(KEYS[0])
    store.sources.put(KEYS[0], Source(KEYS[0], SIZE))
    assert store.sources.get([KEYS[0]]) == {KEYS[0]: Source(KEYS[0], SIZE)}
    store.results.clear()
    store.results.sweep()
    assert store.database.is_sound()


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE results",
        "DROP TABLE sources",
        "DROP TABLE counters",
        "DROP INDEX results_by_use",
        "ALTER TABLE results DROP COLUMN runmeta",
        "ALTER TABLE results RENAME TO other",
        "CREATE TRIGGER evil AFTER INSERT ON results BEGIN DELETE FROM results; END",
        "PRAGMA user_version = 0",
        "PRAGMA user_version = -5",
    ],
)
def test_another_schema_is_begun_anew(paths: StatePaths, statement: str) -> None:
    with closing(open_store(paths)) as store:
        fill(store)
    change(paths, statement)
    with closing(open_store(paths)) as store:
        assert store.database.moved_aside is not None
        use(store)
    with closing(open_store(paths)) as store:
        assert use(store) == 3


@pytest.mark.parametrize("table", ["results", "sources", "counters"])
def test_a_table_that_goes_while_the_store_is_open_is_made_anew(paths: StatePaths, table: str) -> None:
    with closing(open_store(paths)) as store:
        fill(store)
        change(paths, f"DROP TABLE {table}")
        use(store)
        assert store.database.moved_aside is not None


@pytest.mark.parametrize(
    "garbage",
    [
        "runmeta = '{broken'",
        "runmeta = '[]'",
        "runmeta = 'null'",
        "runmeta = x'fffe'",
        "runmeta = '" + "[" * 100_000 + "'",
        "skip_reason = 'because'",
        "skip_reason = 7",
        "digest = '../../../../etc/passwd'",
        "digest = x'00'",
        "digest = 5",
        "mime = '/../x'",
        "mime = 1.5",
        "height = 'tall'",
        "height = -1",
        "width = 0",
        "width = 1e300",
        "height = 9e18",
    ],
)
def test_a_garbled_row_is_a_missing_entry_and_can_be_put_again(paths: StatePaths, garbage: str) -> None:
    with closing(open_store(paths)) as store:
        fill(store)
        change(paths, f"UPDATE results SET {garbage} WHERE key < '{KEYS[3]}'")
        assert use(store) == len(KEYS) - 3
        assert store.results.clear() == len(KEYS)


@pytest.mark.parametrize("garbage", ["pixels_sha256 = 'x'", "height = 'tall'", "width = -1", "pixels_sha256 = x'ff'"])
def test_a_garbled_source_is_not_known(paths: StatePaths, garbage: str) -> None:
    with closing(open_store(paths)) as store:
        fill(store)
        change(paths, f"UPDATE sources SET {garbage} WHERE encoded_sha256 = '{KEYS[0]}'")
        assert set(store.sources.get(KEYS)) == set(KEYS[1:])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE results SET bytes = 'many'",
        "UPDATE results SET bytes = -5",
        "UPDATE results SET bytes = 9223372036854775807",
        "UPDATE results SET last_used = 'never'",
        "UPDATE results SET last_used = x'00'",
        "UPDATE counters SET value = 'x'",
        "UPDATE counters SET name = 'y' || name",
        "INSERT INTO counters VALUES (x'ff', 3)",
        "UPDATE counters SET value = 9e18",
    ],
)
def test_garbled_numbers_are_not_counted_and_do_not_stop_eviction(paths: StatePaths, statement: str) -> None:
    with closing(open_store(paths, cache_limit_mib=1)) as store:
        fill(store)
        change(paths, statement)
        stats = store.results.stats()
        assert (type(stats.bytes), type(stats.hits), type(stats.misses)) == (int, int, int)
        for index in range(4):
            big = StoredResult(image=bytes([index]) * 400_000, mime="image/png", size=SIZE)
            assert store.results.put(f"{index + 100:064x}", big)
            assert store.results.get(f"{index + 100:064x}") == big
        assert store.results.stats().bytes <= 1 << 20


def test_results_of_a_clock_that_ran_ahead_do_not_push_out_new_ones(paths: StatePaths) -> None:
    with closing(open_store(paths, cache_limit_mib=1)) as store:
        for index in range(3):
            store.results.put(f"{index:064x}", large(index))
        change(paths, "UPDATE results SET last_used = last_used + 1e9")
        for index in range(3, 6):
            assert store.results.put(f"{index:064x}", large(index))
            assert store.results.has(f"{index:064x}")
        assert [index for index in range(6) if store.results.has(f"{index:064x}")] == [3, 4, 5]


def test_put_says_whether_a_result_was_kept(paths: StatePaths) -> None:
    with closing(open_store(paths, cache_limit_mib=1)) as store:
        assert store.results.put(KEYS[0], picture(KEYS[0]))
        assert not store.results.put(KEYS[1], large(0, 2 << 20))
        assert not store.results.has(KEYS[1])
        assert store.results.has(KEYS[0])


_HOSTILE = ("x'ff'", "NULL", "-1", "9e999", "'['", "'{}'", "'[5]'", "''", "1e308")


@pytest.mark.parametrize("garbage", _HOSTILE)
@pytest.mark.parametrize("column", ["series", "chapter", "key", "at", "page", "engine", "refs", "seconds"])
def test_a_garbled_row_of_the_history_is_left_out_or_told_as_far_as_it_is_sound(
    paths: StatePaths, column: str, garbage: str
) -> None:
    store = open_store(paths)
    facts = {"chapter": "1", "page": "p", "engine": "e", "references": ("r",), "seconds": 1.0}
    store.history.add([HistoryEntry(series="S", key="a", **facts), HistoryEntry(series="T", key="b", **facts)])  # type: ignore[arg-type]
    with suppress(sqlite3.IntegrityError):  # no such row can be there
        store.database.write(
            lambda connection: connection.execute(f"UPDATE history SET {column} = {garbage} WHERE series = 'S'")
        )
    told = store.history.series()
    assert "T" in [one.series for one in told]
    for one in told:
        msgspec.convert(msgspec.to_builtins(one), HistorySeries)
        assert math.isfinite(one.seconds + one.first + one.last)
        assert one.references in (["r"], [])
    assert [row.references for row in store.history.pages("T")] == [("r",)]
    store.history.pages("S")
    assert store.history.seconds_a_page("e") == 1.0
    assert "b" in store.history.keys(None)
    assert store.history.forget(None) == 2
    store.close()
