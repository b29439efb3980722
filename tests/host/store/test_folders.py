"""Folders of processes that live and of those that died, and the indexes of a home."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from host.locks import ProcessLock
from host.store import process_folder
from host.store.index_folder import IndexFolder
from host.store.process_folder import ProcessFolder, sweep

if TYPE_CHECKING:
    from pathlib import Path


def left_behind(parent: Path, name: str, *, age_s: float | None = None, folder: bool = True) -> None:
    """Make what a dead process left: its folder, and its lock where it has an age."""
    if folder:
        (parent / name).mkdir(parents=True)
        (parent / name / "file").write_bytes(b"x")
    if age_s is not None:
        lock = parent / f"{name}.lock"
        lock.touch()
        stamp = lock.stat().st_mtime - age_s
        os.utime(lock, (stamp, stamp))


def names(parent: Path) -> set[str]:
    return {path.name for path in parent.iterdir()}


def test_a_folder_is_ours_while_we_live_and_gone_with_us(tmp_path: Path) -> None:
    ours = ProcessFolder.claim(tmp_path / "all" / "folders")
    parent = tmp_path / "all" / "folders"
    assert ours.path.is_dir()
    assert ours.path.name.startswith(f"{os.getpid()}-")
    assert names(parent) == {ours.path.name, f"{ours.path.name}.lock"}
    (ours.path / "file").write_bytes(b"x")
    other = ProcessFolder.claim(parent)
    assert ours.path.is_dir()
    other.close()
    ours.close()
    assert names(parent) == set()


def test_what_the_dead_left_is_swept_and_what_the_living_have_is_not(tmp_path: Path) -> None:
    left_behind(tmp_path, "1-dead", age_s=0)
    left_behind(tmp_path, "2-without-lock")
    left_behind(tmp_path, "3-alive", age_s=500)
    left_behind(tmp_path, "4-young", age_s=55, folder=False)
    left_behind(tmp_path, "5-old", age_s=65, folder=False)
    lock = ProcessLock(tmp_path / "3-alive.lock")
    assert lock.try_acquire()
    assert sweep(tmp_path) == 2
    assert names(tmp_path) == {"3-alive", "3-alive.lock", "4-young.lock"}
    lock.close()
    assert sweep(tmp_path) == 1
    assert names(tmp_path) == {"4-young.lock"}


def test_where_no_folder_can_be_made_there_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        ProcessFolder.claim(tmp_path / "file" / "folders")
    none = ProcessFolder.claim_or_none(tmp_path / "file" / "folders")
    assert not none.path.exists()
    assert "nothing can be written to" in caplog.text
    none.close()
    some = ProcessFolder.claim_or_none(tmp_path / "folders")
    assert some.path.is_dir()
    some.close()


def test_a_lock_that_is_gone_has_no_age(tmp_path: Path) -> None:
    assert process_folder._age_s(tmp_path / "none") == 0


def test_each_series_has_an_index_and_each_embedder_its_own(tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path)
    one, two = ("looks", "1"), ("looks", "2")
    found = [folder.library(one), folder.library(two), folder.series("S", one), folder.series("T", one)]
    assert len({id(each) for each in found}) == 4
    assert folder.library(one) is found[0]
    assert folder.series("S", one) is found[2]
    assert folder.series("../S", one) is not found[2]
    assert folder.library(("loo", "ks1")) is not folder.library(("look", "s1"))


def test_what_a_series_looks_like_is_forgotten_with_it(tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path)
    embedder, other = ("looks", "1"), ("looks", "2")
    opened = [folder.library(embedder), folder.series("S", embedder), folder.series("T", embedder)]
    files = [next(path for path, index in folder._open.items() if index is each) for each in opened]
    for path in files:
        path.write_bytes(b"x")
    folder.forget("S")
    assert [path.exists() for path in files] == [True, False, True]
    assert folder.series("S", embedder) is not opened[1]
    assert folder.series("T", embedder) is opened[2]
    folder.forget(None)
    assert [path.exists() for path in files] == [True, False, False]
    assert folder.library(embedder) is opened[0]
    assert folder.series("T", embedder) is not opened[2]
    assert folder.library(other) is folder.library(other)
