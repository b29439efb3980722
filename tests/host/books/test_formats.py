"""What a file is, by what stands in it."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from host.books.formats import HEAD_BYTES, container_of, container_of_head

if TYPE_CHECKING:
    from pathlib import Path


def tar(name: str = "1.png") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"abc"))
    return packed.getvalue()


def packed(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * 2000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (packed("1.png"), "zip"),
        (packed(), "zip"),
        (packed("mimetype", "META-INF/container.xml"), "epub"),
        (b"Rar!\x1a\x07\x01\0", "rar"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "7z"),
        (b"\x1f\x8b\x08 gzip", "tar"),
        (b"BZh9", "tar"),
        (b"\xfd7zXZ\0", "tar"),
        (b"\x28\xb5\x2f\xfd", "tar"),
        (tar(), "tar"),
        (b"%PDF-1.7", "pdf"),
        (b"\0" * 1000 + b"%PDF-1.7", "pdf"),
        (b"MZ a program that unpacks itself" + packed("1.png"), "zip"),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"", None),
        (b"words", None),
        (b"\0" * 600, None),
    ],
)
def test_a_container_is_known_by_its_content(tmp_path: Path, content: bytes, kind: str | None) -> None:
    path = tmp_path / "file.dat"
    path.write_bytes(content)
    assert container_of(path) == kind
    if kind != "epub" and not content.startswith(b"MZ"):
        assert container_of_head(content[:HEAD_BYTES]) == kind


def test_a_tar_is_known_by_its_sum_and_nothing_else(tmp_path: Path) -> None:
    whole = bytearray(tar())
    assert container_of_head(bytes(whole)) == "tar"
    assert container_of_head(bytes(whole[:511])) is None
    for place, wrong in ((0, 0), (20, 1), (300, 1)):
        changed = bytearray(whole)
        changed[place] = wrong
        assert container_of_head(bytes(changed)) is None
    changed = bytearray(whole)
    changed[148:156] = b"no sum  "
    assert container_of_head(bytes(changed)) is None


def test_what_cannot_be_read_is_no_container(tmp_path: Path) -> None:
    assert container_of(tmp_path / "none") is None
    assert container_of(tmp_path) is None
