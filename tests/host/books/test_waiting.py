"""Where pages wait for their archive."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from host.books.waiting import BESIDE, WaitingRoom
from host.errors import InternalError

if TYPE_CHECKING:
    from pathlib import Path


def test_pages_wait_in_the_folder_and_go_with_it(tmp_path: Path) -> None:
    room = WaitingRoom(tmp_path / "waiting", tmp_path / "out" / "book.cbz")
    kept = [room.put(data) for data in (b"one", b"", b"three")]
    assert [one.read() for one in reversed(kept)] == [b"three", b"", b"one"]
    assert [one.size for one in kept] == [3, 0, 5]
    assert not (tmp_path / "out").exists()
    room.close()
    room.close()
    assert list(tmp_path.iterdir()) == []


def test_pages_stay_where_the_folder_is_removed(tmp_path: Path) -> None:
    room = WaitingRoom(tmp_path / "waiting", tmp_path / "book.cbz")
    kept = [room.put(b"one")]
    shutil.rmtree(tmp_path / "waiting")
    kept.append(room.put(b"two"))
    assert [one.read() for one in kept] == [b"one", b"two"]
    room.close()


def test_pages_wait_beside_the_archive_where_the_folder_takes_none(tmp_path: Path) -> None:
    (tmp_path / "full").write_bytes(b"")
    room = WaitingRoom(tmp_path / "full" / "waiting", tmp_path / "out" / "book.cbz")
    assert [room.put(data).read() for data in (b"one", b"two")] == [b"one", b"two"]
    assert [path.name for path in (tmp_path / "out" / BESIDE).rglob("pages")] == ["pages"]
    room.close()
    assert list((tmp_path / "out").iterdir()) == []


def test_what_a_killed_run_left_beside_an_archive_is_swept(tmp_path: Path) -> None:
    dead = tmp_path / BESIDE / "4242-dead"
    dead.mkdir(parents=True)
    (dead / "pages").write_bytes(b"left")
    WaitingRoom(tmp_path / "waiting", tmp_path / "book.cbz").sweep()
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_neither_place_takes_is_told(tmp_path: Path) -> None:
    for name in ("full", "out"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InternalError, match="a page cannot be written"):
        WaitingRoom(tmp_path / "full" / "waiting", tmp_path / "out" / "book.cbz").put(b"one")
