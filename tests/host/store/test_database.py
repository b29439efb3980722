"""What the database's faults are called."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from host.errors import Busy, DiskFull, InternalError
from host.store.database import Database, _mapped, _tells_damage, forget_oldest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        (sqlite3.ProgrammingError("Cannot operate on a closed database."), InternalError, "closed"),
        (sqlite3.OperationalError("database is locked"), Busy, "Another host"),
        (sqlite3.OperationalError("database table is busy"), Busy, "Another host"),
        (sqlite3.OperationalError("database or disk is full"), DiskFull, "cache_limit_mib"),
        (sqlite3.OperationalError("disk I/O error"), InternalError, "disk I/O error"),
    ],
)
def test_each_fault_says_whose_it_is_and_what_to_do(raised: Exception, kind: type[Exception], words: str) -> None:
    error = _mapped(raised)
    assert type(error) is kind
    assert words in error.words


def fault(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("it failed")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("raised", "is_damage"),
    [
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no text"), True),
        (sqlite3.ProgrammingError("closed"), False),
        (ValueError("no fault of a file"), False),
        (fault(sqlite3.SQLITE_CORRUPT), True),
        (fault(sqlite3.SQLITE_NOTADB), True),
        (fault(sqlite3.SQLITE_ERROR), True),
        (fault(sqlite3.SQLITE_FULL), False),
        (fault(sqlite3.SQLITE_BUSY), False),
        (fault(sqlite3.SQLITE_IOERR_READ), False),
        (fault(sqlite3.SQLITE_READONLY), True),  # where the system lets us write
    ],
)
def test_damage_is_told_from_what_disks_and_other_hosts_do(
    tmp_path: Path, raised: Exception, *, is_damage: bool
) -> None:
    file = tmp_path / "irodori.sqlite3"
    file.touch()
    assert _tells_damage(raised, file) == is_damage


def test_a_folder_in_the_place_of_the_file_and_a_file_that_was_removed_are_begun_anew(tmp_path: Path) -> None:
    assert _tells_damage(fault(sqlite3.SQLITE_CANTOPEN), tmp_path)
    assert not _tells_damage(fault(sqlite3.SQLITE_CANTOPEN), tmp_path / "none")
    assert _tells_damage(fault(sqlite3.SQLITE_READONLY), tmp_path / "none")  # removed while it was open
    assert _tells_damage(fault(sqlite3.SQLITE_CANTOPEN), tmp_path / "none" / "deeper")


def test_the_oldest_tenth_of_a_table_is_forgotten_once_there_are_too_many(tmp_path: Path) -> None:
    now = time.time()
    with closing(Database(tmp_path / "irodori.db")) as database:

        def fill(connection: sqlite3.Connection) -> list[str]:
            for name, seen in [("ahead", now + 10**6), *((f"{number:02}", now - 100 + number) for number in range(20))]:
                connection.execute("INSERT INTO sightings VALUES ('s', ?, x'', ?)", (name, seen))
            forget_oldest(connection, "sightings", "series, pixels_sha256", "seen", 21)
            assert connection.execute("SELECT COUNT(*) FROM sightings").fetchone() == (21,)
            forget_oldest(connection, "sightings", "series, pixels_sha256", "seen", 20)
            (latest,) = connection.execute("SELECT MAX(seen) FROM sightings").fetchone()
            assert latest < now + 10**5
            return [row[0] for row in connection.execute("SELECT pixels_sha256 FROM sightings ORDER BY 1")]

        assert database.write(fill) == [*(f"{number:02}" for number in range(2, 20)), "ahead"]
