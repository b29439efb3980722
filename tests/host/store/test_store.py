"""The store as a whole: results, sources, spool, on one home and under two owners."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from engines.geometry import Size
from host.errors import Busy, HashMismatch
from host.paths import StatePaths, state_paths
from host.store.results import StoredResult
from host.store.sources import Source
from host.store.store import Store

KEY, OTHER = "a" * 64, "b" * 64
SIZE = Size(3, 2)


@pytest.fixture
def paths(irodori_home: Path) -> StatePaths:
    return state_paths()


def open_store(paths: StatePaths, cache_limit_mib: int = 16, spool_limit_mib: int = 1) -> Store:
    return Store.open(paths, cache_limit_mib=cache_limit_mib, spool_limit_mib=spool_limit_mib)


def picture(content: bytes = b"picture", mime: str = "image/png") -> StoredResult:
    return StoredResult(image=content, mime=mime, size=SIZE, runmeta={"seed": 1})


def files(paths: StatePaths) -> list[Path]:
    return [path for path in paths.results.rglob("*") if path.is_file()]


def test_a_result_comes_back_as_it_was_put_also_in_the_next_process(paths: StatePaths) -> None:
    store = open_store(paths)
    store.results.put(KEY, picture())
    store.close()
    again = open_store(paths)
    assert again.results.get(KEY) == picture()
    assert again.results.get(OTHER) is None
    stats = again.results.stats()
    assert (stats.entries, stats.bytes, stats.hits, stats.misses) == (1, 7, 1, 1)
    again.close()


def test_a_skip_verdict_keeps_its_reason_and_the_source(paths: StatePaths) -> None:
    store = open_store(paths)
    verdict = StoredResult(image=b"source", mime="image/jpeg", size=SIZE, skip_reason="already_coloured")
    store.results.put(KEY, verdict)
    assert store.results.get(KEY) == verdict
    store.close()


def test_what_was_kept_first_stays_where_that_is_asked_for_unless_it_is_damaged(paths: StatePaths) -> None:
    first, second = open_store(paths), open_store(paths)
    assert first.results.put(KEY, picture(), replace=False)
    assert not second.results.put(KEY, picture(b"another"), replace=False)
    assert second.results.get(KEY) == picture()
    assert len(files(paths)) == 1
    files(paths)[0].write_bytes(b"pictura")
    assert second.results.put(KEY, picture(b"another"), replace=False)
    assert first.results.get(KEY) == picture(b"another")
    first.close()
    second.close()


@pytest.mark.parametrize("damage", ["flip", "truncate", "delete", "empty"])
def test_a_damaged_entry_is_a_miss_and_can_be_put_again(paths: StatePaths, damage: str) -> None:
    store = open_store(paths)
    store.results.put(KEY, picture())
    (file,) = files(paths)
    content = bytearray(file.read_bytes())
    if damage == "flip":
        content[3] ^= 1
        file.write_bytes(content)
    elif damage == "delete":
        file.unlink()
    else:
        file.write_bytes(content[:4] if damage == "truncate" else b"")
    assert not store.results.has(KEY)
    assert store.results.get(KEY) is None
    assert files(paths) == []
    store.results.put(KEY, picture())
    assert store.results.get(KEY) == picture()
    store.close()


def test_the_least_recently_used_results_go_when_the_limit_is_reached(paths: StatePaths) -> None:
    store = open_store(paths, cache_limit_mib=1)
    block = 300 * 1024
    for index in range(3):
        store.results.put(f"{index:064x}", picture(bytes([index]) * block))
    assert store.results.get(f"{0:064x}") is not None
    store.results.put(f"{3:064x}", picture(b"\3" * block))
    kept = [index for index in range(4) if store.results.has(f"{index:064x}")]
    assert kept == [0, 2, 3]
    assert store.results.stats().bytes == 3 * block == sum(file.stat().st_size for file in files(paths))
    store.close()


def test_two_keys_share_one_file_until_both_are_gone(paths: StatePaths) -> None:
    store = open_store(paths)
    store.results.put(KEY, picture())
    store.results.put(OTHER, picture())
    assert len(files(paths)) == 1
    store.results.put(KEY, picture(b"another"))
    assert store.results.get(OTHER) == picture()
    assert store.results.clear() == 2
    assert files(paths) == []
    store.close()


def test_a_result_that_is_replaced_leaves_no_file_unless_another_key_has_it(paths: StatePaths) -> None:
    store = open_store(paths)
    for key in (KEY, OTHER):
        store.results.put(key, picture())
    store.results.put(KEY, picture(b"anew"))
    assert sorted(path.read_bytes() for path in files(paths)) == [b"anew", b"picture"]
    store.results.put(OTHER, picture(b"anew"))
    assert [path.read_bytes() for path in files(paths)] == [b"anew"]
    store.results.put(KEY, picture(b"anew", "image/webp"))
    assert sorted(path.suffix for path in files(paths)) == [".png", ".webp"]
    store.results.put(OTHER, picture(b"anew"))
    assert store.results.get(OTHER) == picture(b"anew")
    store.close()


def test_clear_spares_what_was_used_lately(paths: StatePaths) -> None:
    store = open_store(paths)
    store.results.put(KEY, picture())
    assert store.results.clear(older_than_s=3600) == 0
    assert store.results.clear(older_than_s=0) == 1
    store.close()


def test_two_stores_on_one_home_see_each_other(paths: StatePaths) -> None:
    one, two = open_store(paths), open_store(paths)
    one.results.put(KEY, picture())
    assert two.results.get(KEY) == picture()
    two.results.clear()
    assert one.results.get(KEY) is None
    one.close()
    two.close()


def test_a_failed_put_leaves_no_file(paths: StatePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(paths)
    with pytest.raises(TypeError):
        store.results.put(KEY, StoredResult(image=b"x", mime="image/png", size=SIZE, runmeta={"bad": object()}))
    with pytest.raises(sqlite3.IntegrityError):
        store.results.put(KEY, StoredResult(image=b"x", mime=None, size=SIZE))  # type: ignore[arg-type]
    assert store.results.get(KEY) is None
    store.close()
    assert [path for path in paths.cache.rglob("*") if path.is_file() and path.suffix != ".lock"] in ([], files(paths))


def test_a_database_that_is_no_database_is_moved_aside(paths: StatePaths) -> None:
    paths.database.parent.mkdir(parents=True)
    paths.database.write_bytes(b"this is no database" * 100)
    store = open_store(paths)
    assert store.database.moved_aside is not None
    assert store.database.moved_aside.exists()
    store.results.put(KEY, picture())
    assert store.results.get(KEY) == picture()
    store.close()


def test_a_database_damaged_while_open_is_rebuilt(paths: StatePaths) -> None:
    store = open_store(paths)
    for index in range(200):
        store.results.put(f"{index:064x}", picture(str(index).encode()))
    store.close()
    content = bytearray(paths.database.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 64] = b"\xff" * 64
    paths.database.write_bytes(content)
    again = open_store(paths)
    again.results.put(KEY, picture())
    assert again.results.get(KEY) == picture()
    assert again.database.moved_aside is not None
    assert again.database.is_sound()
    again.close()


def test_a_source_is_known_by_its_encoded_digest(paths: StatePaths) -> None:
    store = open_store(paths)
    store.sources.put(KEY, Source(OTHER, SIZE))
    assert store.sources.get([KEY, OTHER]) == {KEY: Source(OTHER, SIZE)}
    store.close()


def test_the_spool_takes_only_the_announced_bytes_and_holds_its_limit(paths: StatePaths) -> None:
    store = open_store(paths)
    page = b"page" * 100_000
    sha256 = hashlib.sha256(page).hexdigest()
    with pytest.raises(HashMismatch):
        store.spool.put(KEY, page)
    assert KEY not in store.spool
    store.spool.put(sha256, page)
    store.spool.put(sha256, page)
    assert store.spool.read(sha256) == page
    large = bytes(800_000)
    with pytest.raises(Busy):
        store.spool.put(hashlib.sha256(large).hexdigest(), large)
    store.spool.drop(sha256)
    assert store.spool.read(sha256) is None
    store.spool.put(hashlib.sha256(large).hexdigest(), large)
    store.close()
    assert [path for path in paths.spool.rglob("*") if path.is_file()] == []


def test_leftovers_of_the_dead_are_swept_and_those_of_the_living_are_not(paths: StatePaths) -> None:
    living = open_store(paths)
    living.spool.put(hashlib.sha256(b"page").hexdigest(), b"page")
    dead = paths.spool / "4242-dead"
    dead.mkdir()
    (dead / "page").write_bytes(b"left")
    lone = [paths.spool / "4242-old.lock", paths.spool / "4242-new.lock"]
    for lock in lone:
        lock.touch()
    os.utime(lone[0], (1, 1))
    other = open_store(paths)
    assert not dead.exists()
    assert [lock.exists() for lock in lone] == [False, True]
    assert living.spool.read(hashlib.sha256(b"page").hexdigest()) == b"page"
    other.close()
    living.close()


FULL_DISK = """
import resource, sys
from engines.geometry import Size
from host.errors import DiskFull
from host.paths import state_paths
from host.store.results import StoredResult
from host.store.store import Store
store = Store.open(state_paths(), cache_limit_mib=64, spool_limit_mib=64)
store.results.put("a" * 64, StoredResult(image=b"small", mime="image/png", size=Size(1, 1)))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
large = StoredResult(image=bytes(900_000), mime="image/png", size=Size(1, 1))
try:
    store.results.put("b" * 64, large)
except DiskFull as error:
    sys.stdout.write(error.code + "\\n")
store.spool.put(sys.argv[1], large.image)
assert store.results.get("b" * 64) is None and store.spool.read(sys.argv[1]) == large.image
assert store.results.get("a" * 64).image == b"small"
left = [path for path in state_paths().cache.rglob("*") if path.is_file() and path.suffix not in (".lock", ".png")]
assert left == [], left
store.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no file size limit")
def test_a_disk_without_room_keeps_no_result_loses_no_page_and_leaves_no_partial_file(paths: StatePaths) -> None:
    digest = hashlib.sha256(bytes(900_000)).hexdigest()
    root = str(Path(__file__).parents[3])
    command = [sys.executable, "-c", FULL_DISK, digest]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, env=os.environ | {"PYTHONPATH": root})
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["E_DISK_FULL"]


def test_files_that_no_row_names_are_swept_once_they_are_old(paths: StatePaths) -> None:
    store = open_store(paths)
    store.results.put(KEY, picture())
    lost = paths.results / "ab" / f"ab{'0' * 62}.png"
    lost.parent.mkdir(exist_ok=True)
    lost.write_bytes(b"left by a process that died")
    store.results.sweep()
    assert lost.exists()
    os.utime(lost, (1, 1))
    store.results.sweep()
    assert not lost.exists()
    assert store.results.get(KEY) == picture()
    store.close()


def test_a_database_of_a_later_version_is_moved_aside(paths: StatePaths) -> None:
    open_store(paths).close()
    connection = sqlite3.connect(paths.database)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    store = open_store(paths)
    assert store.database.moved_aside is not None
    store.results.put(KEY, picture())
    assert store.results.get(KEY) == picture()
    store.close()
