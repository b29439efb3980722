"""Captured pages that wait, and those that are kept while there is room."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from host.errors import Busy, HashMismatch
from host.store import spool as module
from host.store.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Make = Callable[..., Spool]

ONE, TWO, THREE = (letter * 40 for letter in (b"1", b"2", b"3"))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    opened: list[Spool] = []

    def spool_with(*pages: bytes, folder: str = "spool", limit: int = 100) -> Spool:
        opened.append(Spool(tmp_path / folder, limit))
        for page in pages:
            opened[-1].put(digest(page), page)
        return opened[-1]

    yield spool_with
    for spool in opened:
        spool.close()


def files(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in (folder / "spool").iterdir()}


def test_what_is_put_is_read_until_it_is_dropped(make: Make, tmp_path: Path) -> None:
    spool = make(ONE)
    assert digest(ONE) in spool
    assert spool.holds(digest(ONE))
    assert [spool.read(digest(ONE)) for _ in range(2)] == [ONE, ONE]
    spool.drop(digest(ONE))
    spool.drop(digest(ONE))
    assert digest(ONE) not in spool
    assert not spool.holds(digest(ONE))
    assert spool.read(digest(ONE)) is None
    assert files(tmp_path) == set()


def test_bytes_are_those_that_were_announced(make: Make) -> None:
    spool = make()
    with pytest.raises(HashMismatch):
        spool.put(digest(ONE), TWO)
    assert not spool.holds(digest(ONE))


def test_no_more_waits_than_the_limit_and_what_is_there_already_takes_no_room(make: Make, tmp_path: Path) -> None:
    spool = make(ONE, TWO)
    with pytest.raises(Busy):
        spool.put(digest(THREE), THREE)
    spool.put(digest(ONE), ONE)
    spool.drop(digest(ONE))
    spool.put(digest(THREE), THREE)
    assert files(tmp_path) == {TWO, THREE}
    assert make(b"x" * 100, folder="other").holds(digest(b"x" * 100))  # to the last byte


def test_what_is_kept_counts_as_not_here_and_makes_way_the_oldest_first(make: Make, tmp_path: Path) -> None:
    spool = make(ONE, TWO)
    for page in (ONE, TWO):
        spool.keep(digest(page))
        assert digest(page) not in spool
        assert spool.read(digest(page)) == page
    spool.put(digest(THREE), THREE)
    assert [spool.holds(digest(page)) for page in (ONE, TWO, THREE)] == [False, True, True]
    assert files(tmp_path) == {TWO, THREE}
    spool.put(digest(TWO), TWO)  # it is asked for again
    assert digest(TWO) in spool


def test_no_more_is_kept_than_is_said(make: Make) -> None:
    spool = make(ONE, TWO)
    spool.keep(digest(ONE), 79)
    spool.keep(digest(TWO), 79)
    assert [spool.holds(digest(page)) for page in (ONE, TWO)] == [False, True]
    spool.keep(digest(THREE), 0)  # one that is not here
    assert spool.read(digest(TWO)) == TWO


def test_who_empties_the_folder_takes_no_page_that_waits_but_one_that_is_kept(make: Make, tmp_path: Path) -> None:
    spool = make(ONE, TWO)
    spool.keep(digest(TWO))
    for path in (tmp_path / "spool").iterdir():
        path.unlink()
    assert [spool.read(digest(page)) for page in (ONE, TWO)] == [ONE, None]


def test_beyond_so_many_open_files_pages_are_read_by_their_names(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_OPEN_MAX", 1)
    spool = make(ONE, TWO)
    assert [spool.read(digest(page)) for page in (ONE, TWO)] == [ONE, TWO]
    spool.close()
    assert spool.read(digest(ONE)) == ONE


def test_a_disk_that_takes_no_page_costs_none_up_to_what_memory_should_hold(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_HELD_BYTES_MAX", 80)
    (tmp_path / "spool").write_text("a file where the folder would be")
    spool = make(ONE, TWO, limit=1000)
    assert [spool.read(digest(page)) for page in (ONE, TWO)] == [ONE, TWO]
    with pytest.raises(Busy):
        spool.put(digest(THREE), THREE)
    spool.keep(digest(ONE))  # makes way
    spool.put(digest(THREE), THREE)
    assert [spool.holds(digest(page)) for page in (ONE, TWO, THREE)] == [False, True, True]
    spool.drop(digest(TWO))
    assert spool.read(digest(TWO)) is None


def test_a_page_that_was_kept_and_waits_again_is_held_once_and_goes_when_it_is_dropped(
    make: Make, tmp_path: Path
) -> None:
    spool = make(ONE, TWO)
    spool.keep(digest(ONE))
    spool.put(digest(ONE), ONE)
    assert digest(ONE) in spool
    assert spool.read(digest(ONE)) == ONE
    assert files(tmp_path) == {ONE, TWO}
    spool.drop(digest(ONE))
    assert not spool.holds(digest(ONE))
    assert files(tmp_path) == {TWO}
    spool.put(digest(THREE), THREE)
    spool.keep(digest(THREE), 40)
    assert spool.holds(digest(THREE)), "what was dropped takes no room of what is kept"


def test_what_memory_held_goes_to_a_disk_that_takes_it_again(make: Make, tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where the folder would be")
    spool = make(ONE)
    spool.keep(digest(ONE))
    (tmp_path / "spool").unlink()
    spool.put(digest(ONE), ONE)
    assert files(tmp_path) == {ONE}
    spool.drop(digest(ONE))
    assert spool.read(digest(ONE)) is None
    assert files(tmp_path) == set()
