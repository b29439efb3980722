"""What the database's faults are called."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from host.errors import Busy, DiskFull, InternalError
from host.store.database import _mapped, _tells_damage

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
