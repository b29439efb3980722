"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from host.books import whole_files
from host.errors import BadRequest, InternalError
from host.locks import ProcessLock

if TYPE_CHECKING:
    from pathlib import Path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "made" / "here" / "1.png"
    whole_files.write_whole(path, b"one")
    with whole_files.temporary_beside(path, frozenset()) as temporary:
        temporary.write_bytes(b"two")
        assert path.read_bytes() == b"one"
        assert temporary.parent == path.parent
    assert (path.read_bytes(), names(path.parent)) == (b"two", ["1.png"])


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "1.png"
    path.write_bytes(b"one")
    writing = whole_files.temporary_beside(path, frozenset())
    writing.__enter__().write_bytes(b"half")
    stop = ValueError("stop")
    assert not writing.__exit__(type(stop), stop, None)
    assert (path.read_bytes(), names(tmp_path)) == (b"one", ["1.png"])


def test_what_nobody_settles_is_gone(tmp_path: Path) -> None:
    settled: list[bytes] = []
    with whole_files.temporary_in(tmp_path, lambda made: settled.append(made.read_bytes())) as temporary:
        temporary.write_bytes(b"whole")
        assert settled == []
    assert (settled, names(tmp_path)) == ([b"whole"], [])


def test_it_has_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        whole_files.write_whole(tmp_path / "1.png", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "1.png").stat().st_mode) == 0o640


class TestSources:
    @pytest.mark.parametrize("name", ["1.png", "1.PNG"])
    def test_one_is_never_written_to(self, tmp_path: Path, name: str) -> None:
        source, path = tmp_path / "1.png", tmp_path / name
        source.write_bytes(b"theirs")
        path.touch()
        with pytest.raises(BadRequest, match="is a source"):
            whole_files.write_whole(path, b"ours", frozenset({source}))
        assert source.read_bytes() == b"theirs"

    def test_one_that_is_gone_by_now_neither(self, tmp_path: Path) -> None:
        source = tmp_path / "1.png"
        with pytest.raises(BadRequest):
            whole_files.write_whole(source, b"ours", frozenset({source}))
        assert names(tmp_path) == []

    def test_a_link_to_one_neither(self, tmp_path: Path) -> None:
        source, link = tmp_path / "1.png", tmp_path / "2.png"
        source.write_bytes(b"theirs")
        link.symlink_to(source)
        with pytest.raises(BadRequest):
            whole_files.write_whole(link, b"ours", frozenset({source}))

    def test_another_file_is_written_anew(self, tmp_path: Path) -> None:
        other = tmp_path / "2.png"
        other.write_bytes(b"old")
        whole_files.write_whole(other, b"new", frozenset({tmp_path / "1.png"}))
        assert other.read_bytes() == b"new"
        with pytest.raises(BadRequest):
            whole_files.refuse_source(tmp_path / "1.PNG", frozenset({tmp_path / "1.png"}))
        whole_files.refuse_source(other, frozenset({tmp_path / "1.png"}))


def test_folders_are_made_as_deep_as_they_lie(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    whole_files.make_folders(deep)
    whole_files.make_folders(deep)
    assert deep.is_dir()
    (tmp_path / "file").write_bytes(b"")
    for below in (tmp_path / "file", tmp_path / "file" / "folder"):
        with pytest.raises(OSError, match="file"):
            whole_files.make_folders(below)
    with pytest.raises(InternalError, match="cannot be written"):
        whole_files.write_whole(tmp_path / "file" / "1.png", b"")


def test_of_temporary_files_those_are_swept_that_are_old_and_nobody_s(tmp_path: Path) -> None:
    for name, age_s in (("old", 2), ("held", 2), ("young", 0)):
        path = tmp_path / f".irodori-{name}.part"
        path.touch()
        os.utime(path, (path.stat().st_mtime - age_s,) * 2)
    for name in ("1.part", ".irodori-keep", "1.png"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1, 1))
    lock = ProcessLock(tmp_path / ".irodori-held.part")
    assert lock.try_acquire()
    os.utime(tmp_path / ".irodori-held.part", (1, 1))
    future = (tmp_path / ".irodori-young.part").stat().st_mtime + 600  # however long this takes
    os.utime(tmp_path / ".irodori-young.part", (future, future))
    whole_files.sweep_parts(tmp_path)
    assert names(tmp_path) == [".irodori-held.part", ".irodori-keep", ".irodori-young.part", "1.part", "1.png"]
    lock.close()
    whole_files.sweep_parts(tmp_path)
    assert ".irodori-held.part" not in names(tmp_path)
    whole_files.sweep_parts(tmp_path / "none")


def test_a_file_that_is_being_written_is_not_swept(tmp_path: Path) -> None:
    with whole_files.temporary_beside(tmp_path / "1.png", frozenset()) as temporary:
        os.utime(temporary, (1, 1))
        whole_files.sweep_parts(tmp_path)
        assert temporary.exists()


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_no_system_takes_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRequest, match="cannot be written"):
        whole_files.require_nameable(tmp_path / name)


def test_a_name_that_it_takes_is_not_whether_or_not_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("file", "none", "none/1", "file/1"):
        whole_files.require_nameable(tmp_path / name)


def test_files_can_be_made_in_a_folder_or_the_nearest_above_it(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none" / "deeper"):
        whole_files.require_writable(folder)
    assert names(tmp_path) == []
    (tmp_path / "file").touch()
    for below in (tmp_path / "file", tmp_path / "file" / "folder"):
        with pytest.raises(BadRequest, match=r"file is a file\."):
            whole_files.require_writable(below)


def test_where_nothing_can_be_made_the_systems_words_say_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(whole_files.os, "open", refuse)
    with pytest.raises(BadRequest, match=f"Nothing can be written to {tmp_path}: Permission denied"):
        whole_files.require_writable(tmp_path)
