"""What is believed of a row, and the order in which things are forgotten."""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from engines.geometry import Size
from host.errors import DiskFull, InternalError, IrodoriError
from host.paths import StatePaths, state_paths
from host.store import disk, result_rows, sources
from host.store.blobs import Blob, BlobFolder
from host.store.results import StoredResult
from host.store.sources import Source
from host.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "0f" * 32
SIDE, BYTES = 1 << 24, 1 << 40


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [
        (1, 1, Size(1, 1)),
        (SIDE, SIDE, Size(SIDE, SIDE)),
        (0, 1, None),
        (1, 0, None),
        (SIDE + 1, 1, None),
        (1, SIDE + 1, None),
        (True, 1, None),
        (1, 2.0, None),
        ("1", 1, None),
    ],
)
def test_a_size_has_two_sides(height: object, width: object, size: Size | None) -> None:
    assert result_rows.size_of(height, width) == size


@pytest.mark.parametrize(
    ("size", "counted"), [(0, 0), (7, 7), (BYTES, BYTES), (BYTES + 1, 0), (-1, 0), (True, 0), (7.0, 0), (None, 0)]
)
def test_bytes_are_counted_that_can_be(size: object, counted: int) -> None:
    assert result_rows.counted_bytes(size) == counted
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE results(bytes)")
        kept = 0 if isinstance(size, bool) else size
        connection.executemany("INSERT INTO results VALUES (?)", [(kept,), (5,)])
        assert result_rows.total_bytes(connection) == 5 + (0 if isinstance(size, bool) else counted)


@pytest.mark.parametrize(
    ("digest", "mime", "is_one"),
    [
        (DIGEST, "image/png", True),
        (DIGEST, "image/svg+xml", True),
        (DIGEST.upper(), "image/png", False),
        (DIGEST[1:], "image/png", False),
        (DIGEST + "0", "image/png", False),
        (DIGEST, "image/../png", False),
        (DIGEST, "../png", False),
        (DIGEST, "image/png\n", False),
        (DIGEST + "\n", "image/png", False),
        (None, "image/png", False),
        (DIGEST, b"image/png", False),
        (f"../{DIGEST}"[:64], "image/png", False),
    ],
)
def test_a_file_is_named_by_a_digest_and_a_kind(digest: object, mime: object, *, is_one: bool) -> None:
    assert result_rows.blob_of(digest, mime) == (Blob(str(digest), str(mime)) if is_one else None)
    if mime == "image/png":
        assert result_rows.is_digest(digest) == is_one


@pytest.fixture
def paths(irodori_home: Path) -> StatePaths:
    return state_paths()


def name(number: int) -> str:
    return hashlib.sha256(b"%d" % number).hexdigest()


def test_the_oldest_sources_are_forgotten_first(paths: StatePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_ROWS_MAX", 20)
    with closing(Store.open(paths, cache_limit_mib=1, spool_limit_mib=1)) as store:
        for number in range(20):
            monkeypatch.setattr(sources.time, "time", lambda now=1000.0 + (number * 7) % 20: now)
            store.sources.put(name(number), Source(name(100 + number), Size(3, 2)))
        assert len(store.sources.get(map(name, range(20)))) == 20
        monkeypatch.setattr(sources.time, "time", lambda: 2000.0)
        store.sources.put(name(20), Source(name(120), Size(3, 2)))
        forgotten = {number for number in range(21) if name(number) not in store.sources.get([name(number)])}
        assert forgotten == {0, 3}  # seen at 1000 and at 1001


def test_a_source_is_known_with_what_a_decode_told_and_anew_with_what_the_next_one_tells(paths: StatePaths) -> None:
    with closing(Store.open(paths, cache_limit_mib=1, spool_limit_mib=1)) as store:
        first, second = Source(name(1), Size(30, 20)), Source(name(2), Size(300, 200))
        store.sources.put(name(0), first)
        assert store.sources.get([name(0), name(9)]) == {name(0): first}
        store.sources.put(name(0), second)
        store.sources.put(name(5), second)
        store.sources.put(name(6), first)
        assert store.sources.get([name(0)]) == {name(0): second}
        assert store.sources.encoded([name(2), name(1), name(2), name(7)]) == [*sorted([name(0), name(5)]), name(6)]


def test_a_file_is_read_once_to_know_that_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = BlobFolder(tmp_path / "files", tmp_path / "scratch")
    staged = folder.stage(b"bytes", "image/png")
    assert staged.temporary.read_bytes() == b"bytes"
    folder.publish(staged)
    assert not staged.temporary.exists()
    path = tmp_path / "files" / staged.blob.digest[:2] / f"{staged.blob.digest}.png"
    assert path.read_bytes() == b"bytes"
    assert list(folder.files()) == [(staged.blob.digest, path)]
    reads: list[Blob] = []
    read = folder.read
    monkeypatch.setattr(folder, "read", lambda blob: reads.append(blob) or read(blob))
    assert folder.is_whole(staged.blob)
    assert not reads
    stamp = path.stat()
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    assert folder.is_whole(staged.blob)
    assert folder.is_whole(staged.blob)
    assert reads == [staged.blob]
    path.write_bytes(b"other")
    assert not folder.is_whole(staged.blob)
    folder.remove(staged.blob)
    assert not path.exists()
    assert not folder.is_whole(staged.blob)
    folder.remove(staged.blob)
    folder.discard(staged)


def test_what_is_published_already_is_published(tmp_path: Path) -> None:
    folder = BlobFolder(tmp_path / "files", tmp_path / "scratch")
    staged = folder.stage(b"bytes", "image/png")
    folder.publish(staged)
    folder.publish(staged)
    assert folder.read(staged.blob) == b"bytes"
    gone = folder.stage(b"others", "image/png")
    folder.discard(gone)
    assert not gone.temporary.exists()
    with pytest.raises(InternalError):
        folder.publish(gone)


@pytest.mark.parametrize(
    ("number", "kind", "message"),
    [
        (errno.ENOSPC, DiskFull, "The disk has no room for a page."),
        (errno.EDQUOT, DiskFull, "The disk has no room for a page."),
        (errno.EFBIG, DiskFull, "The disk has no room for a page."),
        (errno.EACCES, InternalError, "a page cannot be written: Permission denied."),
    ],
)
def test_what_the_disk_says_is_said_with_what_to_do(number: int, kind: type[IrodoriError], message: str) -> None:
    with pytest.raises(kind) as told, disk.disk_errors("a page"):
        raise OSError(number, os.strerror(number))
    assert told.value.message == message
    assert told.value.hint
    with pytest.raises(InternalError, match="a page cannot be written: of no kind"), disk.disk_errors("a page"):
        raise OSError("of no kind")


def test_what_is_not_needed_may_fail_and_what_is_a_mistake_may_not(caplog: pytest.LogCaptureFixture) -> None:
    with disk.NotNeeded("a page is not remembered"):
        raise DiskFull("The disk has no room.", "Free some.")
    assert "a page is not remembered" in caplog.text
    with pytest.raises(ZeroDivisionError), disk.NotNeeded("a page is not remembered"):
        raise ZeroDivisionError


def test_a_stamp_tells_a_file_that_was_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert disk.file_stamp(path) is None
    disk.write_synced(path, b"one")
    stamp = disk.file_stamp(path)
    assert stamp is not None
    assert stamp[1] == 3
    other = tmp_path / "other"
    disk.write_synced(other, b"one")
    os.utime(other, ns=(stamp[0], stamp[0]))
    other.replace(path)
    assert disk.file_stamp(path) != stamp
    with pytest.raises(OSError, match="folder"):
        disk.write_synced(tmp_path / "no folder" / "file", b"")


class TestUses:
    """What is used late stays, told by a clock of the test's own."""

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        now = [1000.0]
        monkeypatch.setattr("host.store.results.time.time", lambda: now[0])
        return now

    def put(self, store: Store, *numbers: int, size: int = 10) -> None:
        for number in numbers:
            result = StoredResult(image=b"%d" % number * size, mime="image/png", size=Size(3, 2))
            assert store.results.put(name(number), result)

    def test_clear_drops_what_was_not_used_for_so_long(self, paths: StatePaths, clock: list[float]) -> None:
        with closing(Store.open(paths, cache_limit_mib=1, spool_limit_mib=1)) as store:
            for number in range(3):
                clock[0] = 1000.0 + number
                self.put(store, number)
                store.sources.put(name(10 + number), Source(name(number), Size(3, 2)))
            clock[0] = 1011.0
            assert store.results.clear(10.0) == 2
            assert [store.results.has(name(number)) for number in range(3)] == [False, False, True]
            assert len(store.sources.get(name(10 + number) for number in range(3))) == 1

    def test_a_use_is_noted_at_the_latest_when_many_are(self, paths: StatePaths, clock: list[float]) -> None:
        with closing(Store.open(paths, cache_limit_mib=1, spool_limit_mib=1)) as store:
            self.put(store, *range(65))
            clock[0] = 2000.0
            query = "SELECT COUNT(*) FROM results WHERE last_used = 2000.0"
            counted = []
            for number in range(65):
                store.results.get(name(number))
                with closing(sqlite3.connect(paths.database)) as connection:
                    counted += connection.execute(query).fetchone()
            assert counted == [0] * 63 + [64, 64]
            stats = store.results.stats()
            assert (stats.hits, stats.misses) == (65, 0)

    def test_the_key_that_was_used_last_is_the_page_s(self, paths: StatePaths, clock: list[float]) -> None:
        with closing(Store.open(paths, cache_limit_mib=1, spool_limit_mib=1)) as store:
            for at, number in enumerate((1, 2, 3)):
                clock[0] = 1000.0 + at
                meta = {"pixels_sha256": name(50)}
                skipped = "text" if number == 3 else None
                result = StoredResult(
                    image=b"%d" % number, mime="image/png", size=Size(3, 2), runmeta=meta, skip_reason=skipped
                )
                store.results.put(name(number), result)
            assert store.results.latest_keys() == {name(50): name(2)}
            clock[0] = 1010.0
            store.results.get(name(1), count=False)
            assert store.results.latest_keys() == {name(50): name(2)}
            store.results.get(name(1))
            assert store.results.latest_keys() == {name(50): name(1)}

    def test_which_way_pages_were_read_is_told_where_it_is_known(self, paths: StatePaths) -> None:
        with closing(Store.open(paths, cache_limit_mib=1, spool_limit_mib=1)) as store:
            for number, direction in enumerate(("rtl", "ltr", "ttb", None)):
                meta = {} if direction is None else {"read_direction": direction}
                result = StoredResult(image=b"%d" % number, mime="image/png", size=Size(3, 2), runmeta=meta)
                store.results.put(name(number), result)
            assert store.results.directions(map(name, range(6))) == {name(0): "rtl", name(1): "ltr"}

    def test_what_is_removed_is_counted_and_shared_files_stay(self, paths: StatePaths) -> None:
        with closing(Store.open(paths, cache_limit_mib=1, spool_limit_mib=1)) as store:
            same = StoredResult(image=b"same", mime="image/png", size=Size(3, 2))
            store.results.put(name(1), same)
            store.results.put(name(2), same)
            assert store.results.remove([name(1), name(7)]) == 1
            assert store.results.get(name(2)) == same
            assert store.results.remove([name(2)]) == 1
            assert [path for path in paths.results.rglob("*") if path.is_file()] == []
