"""What is in an archive that is read from its start, one member after the other."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import tarfile
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from host.books import members
from host.books.members import ArchiveFault, Member, open_members
from host.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from host.books.formats import Container

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40_000)


def tar_bytes(*entries: tuple[str, bytes, bytes], **facts: Any) -> bytes:
    """Return a TAR of these names, kinds and contents."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", **facts) as archive:
        for name, kind, data in entries:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(data), "a.png" if kind == tarfile.LNKTYPE else ""
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def read(path: Path, container: Container = "tar") -> list[tuple[str, int | None, bool, bool, bytes]]:
    with open_members(path, container) as found:
        return [(one.name, one.size, one.is_file, one.is_folder, b"".join(one.blocks())) for one in found]


@pytest.mark.parametrize("packed", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_members_come_in_their_order_whatever_packs_them(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.cbt"
    entries = ("b.png", tarfile.REGTYPE, PNG), ("pages", tarfile.DIRTYPE, b""), ("a.png", tarfile.REGTYPE, b"x")
    path.write_bytes(packed(tar_bytes(*entries)))
    assert read(path) == [
        ("b.png", len(PNG), True, False, PNG), ("pages", 0, False, True, b""), ("a.png", 1, True, False, b"x"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_no_files(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "a.cbt"
    path.write_bytes(tar_bytes(("l.png", kind, b"")))
    with open_members(path, "tar") as found:
        assert [(one.name, one.is_file, one.is_folder, one.is_encrypted, one.is_link) for one in found] == [
            ("l.png", False, False, False, kind in (tarfile.SYMTYPE, tarfile.LNKTYPE))
        ]


def test_a_sparse_file_is_none_either(tmp_path: Path) -> None:
    path, info = tmp_path / "a.cbt", tarfile.TarInfo("s.png")
    info.type = tarfile.GNUTYPE_SPARSE
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with open_members(path, "tar") as found:
        assert [one.is_file for one in found] == [False]


def test_a_name_that_is_no_utf_8_is_decoded_as_others_are(tmp_path: Path) -> None:
    path = tmp_path / "a.cbt"
    path.write_bytes(tar_bytes(("表紙.png", tarfile.REGTYPE, b"x"), format=tarfile.GNU_FORMAT, encoding="cp932"))
    assert [one[0] for one in read(path)] == ["表紙.png"]


@pytest.mark.parametrize(("packed", "told"), [(bytes, "^(?!it holds)"), (gzip.compress, "^it holds no TAR archive")])
def test_what_holds_no_archive_is_a_fault_from_the_start(
    tmp_path: Path, packed: Callable[[bytes], bytes], told: str
) -> None:
    path = tmp_path / "a.cbt"
    path.write_bytes(packed(b"no archive" * 200))
    with pytest.raises(ArchiveFault, match=told), open_members(path, "tar"):
        pass


def test_what_is_before_a_cut_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.cbt"
    whole = tar_bytes(("a.png", tarfile.REGTYPE, b"first"), ("b.png", tarfile.REGTYPE, PNG))
    path.write_bytes(whole[: 512 * 2 + 512 + 20_000])
    with open_members(path, "tar") as found:
        first, second = next(found), next(found)
        blocks = iter(second.blocks())
        assert (first.name, second.name, next(blocks)) == ("a.png", "b.png", PNG[: 1 << 14])
        with pytest.raises(ArchiveFault):
            list(blocks)


def test_a_header_that_is_damaged_is_told_after_what_is_before_it(tmp_path: Path) -> None:
    path = tmp_path / "a.cbt"
    packed = gzip.compress(tar_bytes(("a.png", tarfile.REGTYPE, b"x"), ("b.png", tarfile.REGTYPE, PNG)), mtime=0)
    path.write_bytes(packed[:-30])
    with open_members(path, "tar") as found:
        assert next(found).name == "a.png"
        with pytest.raises(ArchiveFault):
            b"".join(next(found).blocks())


def test_no_header_stays_in_memory_once_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.cbt"
    path.write_bytes(tar_bytes(*((f"{number}.png", tarfile.REGTYPE, b"x") for number in range(9))))
    opened: list[tarfile.TarFile] = []
    open_one = tarfile.open
    monkeypatch.setattr(members.tarfile, "open", lambda **facts: opened.append(open_one(**facts)) or opened[-1])
    with open_members(path, "tar") as found:
        assert [len(opened[0].members) for _ in found] == [0] * 9  # type: ignore[attr-defined]
    assert opened[0].closed


class Broken(Exception):
    """What libarchive raises; it has words of its own."""

    msg = "Truncated"


class Entry(SimpleNamespace):
    """A member as libarchive's binding gives it."""

    def __init__(self, pathname: object, **facts: Any) -> None:
        known = {"size": 3, "isreg": True, "islnk": False, "issym": False, "isdir": False, "_entry_p": False}
        super().__init__(pathname=pathname, **(known | {"blocks": [b"ab", b"c"]} | facts))

    def get_blocks(self, size: int) -> Iterator[bytes]:
        assert size == 1 << 17
        for block in self.blocks:
            if block is None:
                raise Broken
            yield block


class Library:
    """libarchive's binding, where it is not installed and where it is: what is asked of it and what it gives."""

    ArchiveError = Broken

    def __init__(self, *entries: Entry | None, broken: BaseException | None = None) -> None:
        is_encrypted = type("Function", (), {"__call__": lambda _, entry: entry})()
        self.ffi = SimpleNamespace(
            libarchive=SimpleNamespace(archive_entry_is_encrypted=is_encrypted), c_archive_entry_p="pointer"
        )
        self.asked: dict[str, str] = {}
        self.closed = 0
        self._entries = entries
        self._broken = broken

    @contextmanager
    def file_reader(self, path: str, **asked: str) -> Iterator[Iterator[Entry]]:
        self.asked = asked
        if self._broken is not None:
            raise self._broken
        try:
            yield self._given()
        finally:
            self.closed += 1

    def _given(self) -> Iterator[Entry]:
        for entry in self._entries:
            if entry is None:
                raise Broken
            yield entry


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Library, Any]]:
    def opened(library: Library, container: Container = "rar", head: bytes = b"") -> tuple[Library, Any]:
        path = tmp_path / "a"
        path.write_bytes(head)
        monkeypatch.setattr(members, "_libarchive", lambda *_: library)
        return library, open_members(path, container)

    return opened


@pytest.mark.parametrize(
    ("container", "head", "kind", "packed_by"),
    [
        ("rar", b"Rar!\x1a\x07\x01\0", "rar5", "none"),
        ("rar", b"Rar!\x1a\x07\0\0", "rar", "none"),
        ("7z", b"7z\xbc\xaf\x27\x1c", "7zip", "none"),
        ("tar", b"\x28\xb5\x2f\xfd", "tar", "zstd"),
    ],
)
def test_each_kind_is_read_as_itself_alone(
    given: Any, container: Container, head: bytes, kind: str, packed_by: str
) -> None:
    library, opening = given(Library(), container, head)
    with opening as found:
        assert list(found) == []
        assert library.closed == 0
    assert (library.asked, library.closed) == ({"format_name": kind, "filter_name": packed_by}, 1)


@pytest.mark.parametrize(
    ("entry", "facts"),
    [
        (Entry("a.png"), ("a.png", 3, True, False, False, False)),
        (Entry("表紙.png".encode("cp932"), size=None), ("表紙.png", None, True, False, False, False)),
        (Entry(None), ("", 3, True, False, False, False)),
        (Entry("l.png", islnk=True), ("l.png", 3, False, False, False, True)),
        (Entry("s.png", isreg=False, issym=True), ("s.png", 3, False, False, False, True)),
        (Entry("d", isreg=False, isdir=True), ("d", 3, False, True, False, False)),
        (Entry("e.png", _entry_p=1), ("e.png", 3, True, False, True, False)),
    ],
)
def test_a_member_says_what_it_is(given: Any, entry: Entry, facts: tuple[object, ...]) -> None:
    _, opening = given(Library(entry))
    with opening as found:
        (one,) = found
        assert isinstance(one, Member)
        assert (one.name, one.size, one.is_file, one.is_folder, one.is_encrypted, one.is_link) == facts
        assert b"".join(one.blocks()) == b"abc"


def test_faults_are_told_with_the_librarys_words_and_what_was_opened_is_closed(given: Any) -> None:
    for fault, words in ((Broken(), "Truncated"), (OSError("gone"), "gone"), (ValueError("no name"), "no name")):
        library, opening = given(Library(broken=fault))
        with pytest.raises(ArchiveFault, match=words), opening:
            pass
        assert library.closed == 0
    library, opening = given(Library(Entry("a.png", blocks=[b"ab", None]), None))
    with opening as found:
        one = next(found)
        blocks = one.blocks()
        assert next(blocks) == b"ab"
        with pytest.raises(ArchiveFault, match="Truncated"):
            next(blocks)
        with pytest.raises(ArchiveFault, match="Truncated"):
            next(found)
    assert library.closed == 1


def test_where_nothing_reads_such_an_archive_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.cbr"
    path.write_bytes(b"Rar!\x1a\x07\x01\0")
    monkeypatch.setitem(sys.modules, "libarchive", None)
    with pytest.raises(BadRequest, match="is a RAR archive, and nothing here reads those") as refused:
        read(path, "rar")
    assert "Install libarchive" in refused.value.hint
