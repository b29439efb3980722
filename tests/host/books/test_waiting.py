"""Where pages wait for their archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host.books.waiting import BESIDE, WaitingRoom
from host.errors import InternalError

if TYPE_CHECKING:
    from pathlib import Path


def test_pages_wait_in_the_folder_and_go_with_it(tmp_path: Path) -> None:
    room = WaitingRoom(tmp_path / "waiting", tmp_path / "out" / "book.cbz")
    places = [room.put(b"one"), room.put(b"two")]
    assert [place.read_bytes() for place in places] == [b"one", b"two"]
    assert not (tmp_path / "out").exists()
    room.close()
    room.close()
    assert list(tmp_path.iterdir()) == []


def test_pages_wait_beside_the_archive_where_the_folder_takes_none(tmp_path: Path) -> None:
    (tmp_path / "full").write_bytes(b"")
    room = WaitingRoom(tmp_path / "full" / "waiting", tmp_path / "out" / "book.cbz")
    places = [room.put(b"one"), room.put(b"two")]
    assert [place.read_bytes() for place in places] == [b"one", b"two"]
    assert all(tmp_path / "out" / BESIDE in place.parents for place in places)
    room.close()
    assert list((tmp_path / "out").iterdir()) == []


def test_what_a_killed_run_left_beside_an_archive_is_swept(tmp_path: Path) -> None:
    dead = tmp_path / BESIDE / "4242-dead"
    dead.mkdir(parents=True)
    (dead / "1").write_bytes(b"left")
    WaitingRoom(tmp_path / "waiting", tmp_path / "book.cbz").sweep()
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_neither_place_takes_is_told(tmp_path: Path) -> None:
    for name in ("full", "out"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InternalError, match="a page cannot be written"):
        WaitingRoom(tmp_path / "full" / "waiting", tmp_path / "out" / "book.cbz").put(b"one")
