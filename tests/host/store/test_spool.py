"""Captured pages that wait, and those that are kept while there is room."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from host.errors import Busy, HashMismatch, InternalError
from host.store.spool import Spool

ONE, TWO, THREE = (letter * 40 for letter in (b"1", b"2", b"3"))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def spool_with(folder: Path, *pages: bytes, limit: int = 100) -> Spool:
    spool = Spool(folder / "spool", limit)
    for page in pages:
        spool.put(digest(page), page)
    return spool


def files(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in (folder / "spool").iterdir()}


def test_what_is_put_is_read_until_it_is_dropped(tmp_path: Path) -> None:
    spool = spool_with(tmp_path, ONE)
    assert digest(ONE) in spool
    assert spool.holds(digest(ONE))
    assert spool.read(digest(ONE)) == ONE
    spool.drop(digest(ONE))
    spool.drop(digest(ONE))
    assert digest(ONE) not in spool
    assert not spool.holds(digest(ONE))
    assert spool.read(digest(ONE)) is None
    assert files(tmp_path) == set()


def test_bytes_are_those_that_were_announced(tmp_path: Path) -> None:
    with pytest.raises(HashMismatch):
        spool_with(tmp_path).put(digest(ONE), TWO)
    assert files(tmp_path) == set()


def test_no_more_waits_than_the_limit_and_what_is_there_already_takes_no_room(tmp_path: Path) -> None:
    spool = spool_with(tmp_path, ONE, TWO)
    with pytest.raises(Busy):
        spool.put(digest(THREE), THREE)
    spool.put(digest(ONE), ONE)
    spool.drop(digest(ONE))
    spool.put(digest(THREE), THREE)
    assert files(tmp_path) == {TWO, THREE}
    whole = spool_with(tmp_path / "other", b"x" * 100)
    assert whole.holds(digest(b"x" * 100))  # to the last byte


def test_what_is_kept_counts_as_not_here_and_makes_way_the_oldest_first(tmp_path: Path) -> None:
    spool = spool_with(tmp_path, ONE, TWO)
    for page in (ONE, TWO):
        spool.keep(digest(page))
        assert digest(page) not in spool
        assert spool.read(digest(page)) == page
    spool.put(digest(THREE), THREE)
    assert [spool.holds(digest(page)) for page in (ONE, TWO, THREE)] == [False, True, True]
    assert files(tmp_path) == {TWO, THREE}
    spool.put(digest(TWO), TWO)  # it is asked for again
    assert digest(TWO) in spool


def test_no_more_is_kept_than_is_said(tmp_path: Path) -> None:
    spool = spool_with(tmp_path, ONE, TWO)
    spool.keep(digest(ONE), 79)
    spool.keep(digest(TWO), 79)
    assert [spool.holds(digest(page)) for page in (ONE, TWO)] == [False, True]
    spool.keep(digest(THREE), 0)  # one that is not here
    assert spool.read(digest(TWO)) == TWO


def test_a_file_that_somebody_took_is_not_there(tmp_path: Path) -> None:
    spool = spool_with(tmp_path, ONE)
    for path in (tmp_path / "spool").iterdir():
        path.unlink()
    assert spool.read(digest(ONE)) is None


def test_a_page_that_could_not_be_written_whole_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = spool_with(tmp_path)

    def fails(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:5])
        raise OSError(5, "input/output error")

    monkeypatch.setattr(Path, "write_bytes", fails)
    with pytest.raises(InternalError):
        spool.put(digest(ONE), ONE)
    assert not spool.holds(digest(ONE))
    assert files(tmp_path) == set()
