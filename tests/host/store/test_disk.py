"""Files that are read whole or not at all, and what cannot be read kept aside."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from host.errors import DiskFull, InternalError
from host.store.disk import disk_errors, keep_aside, read_kept

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"12345")
    assert read_kept(file, 5) == b"12345"
    with pytest.raises(OSError, match="over 4 bytes"):
        read_kept(file, 4)
    (tmp_path / "link").symlink_to(file)
    assert read_kept(tmp_path / "link", 5) == b"12345"


def test_what_is_not_there_is_told_from_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_kept(tmp_path / "a", 5)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        read_kept(tmp_path / "file" / "a", 5)


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: path.symlink_to(path.name)])
def test_what_is_no_file_is_not_opened(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "a")
    with pytest.raises(OSError, match="it is ") as refused:
        read_kept(tmp_path / "a", 5)
    assert not isinstance(refused.value, FileNotFoundError)


def test_what_is_kept_aside_replaces_nothing_that_was_kept_before(tmp_path: Path) -> None:
    for number, name in enumerate(["a.broken.json", "a.broken2.json", "a.broken3.json"]):
        (tmp_path / "a.json").write_text(f"{number}")
        assert keep_aside(tmp_path / "a.json") == tmp_path / name
    assert [(tmp_path / f"a.broken{end}.json").read_text() for end in ("", "2", "3")] == ["0", "1", "2"]
    assert keep_aside(tmp_path / "a.json") is None


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EACCES, InternalError)]
)
def test_the_disks_errors_are_ours(number: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="a thing"), disk_errors("a thing"):
        raise OSError(number, os.strerror(number))
