"""What is unpacked of an archive, and how many volumes are looked for within one another: to the byte and the one."""

from __future__ import annotations

import io
import tarfile
import zipfile
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from host.books import unpacked, volume
from host.books.archived import needs_password
from host.books.book import UnreadablePage
from host.books.members import ArchiveFault, _Bounded, open_members
from host.books.unpacked import open_unpacked
from host.books.volume import open_volumes
from host.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)


def tar(path: Path, entries: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as file:
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return path


def zipped(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(("most", "is_read"), [(40, True), (39, False)])
def test_a_page_has_so_many_bytes_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, *, is_read: bool
) -> None:
    monkeypatch.setattr(unpacked, "PAGE_BYTES_MAX", most)
    monkeypatch.setattr(unpacked, "AS_IT_WAS_BYTES_MAX", 40)
    with closing(open_unpacked(tar(tmp_path / "a.cbt", {"a.png": PNG + b"12"}), "tar")) as book:
        (page,) = book.pages
        if is_read:
            assert page.read() == PNG + b"12"
        else:
            with pytest.raises(UnreadablePage, match="over 0 MiB when unpacked"):
                page.read()
        assert page.original() == PNG + b"12"


@pytest.mark.parametrize(("most", "is_read"), [(40, True), (39, False)])
def test_no_entry_unpacks_to_more_than_a_volume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, *, is_read: bool
) -> None:
    monkeypatch.setattr(unpacked, "VOLUME_BYTES_MAX", most)
    with closing(open_unpacked(tar(tmp_path / "a.cbt", {"a.png": PNG + b"12", "b.png": PNG}), "tar")) as book:
        first, second = book.pages
        if is_read:
            assert first.read() == PNG + b"12"
        else:
            with pytest.raises(UnreadablePage, match="the archive unpacks to too much"):
                first.read()
        assert second.read() == PNG  # the others are there


@pytest.mark.parametrize(("room", "are_read"), [(78, [True, True]), (77, [True, False])])
def test_all_of_it_unpacks_to_so_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, are_read: list[bool]
) -> None:
    monkeypatch.setattr(unpacked, "_RATIO_MAX", 0)
    monkeypatch.setattr(unpacked, "_RATIO_FROM_BYTES", room)
    with closing(open_unpacked(tar(tmp_path / "a.cbt", {"a.png": PNG + b"12", "b.png": PNG}), "tar")) as book:
        found = []
        for page in book.pages:
            try:
                page.read()
                found.append(True)
            except UnreadablePage:
                found.append(False)
        assert found == are_read


def test_a_large_archive_may_unpack_to_a_multiple_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "_RATIO_FROM_BYTES", 0)
    with closing(open_unpacked(tar(tmp_path / "a.cbt", {"a.png": PNG}), "tar")) as book:
        assert book.pages[0].read() == PNG


@pytest.mark.parametrize(("count", "is_read"), [(3, True), (4, False)])
def test_an_archive_has_so_many_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, *, is_read: bool
) -> None:
    monkeypatch.setattr(unpacked, "ENTRIES_MAX", 3)
    path = tar(tmp_path / "a.cbt", {f"{number}.png": PNG for number in range(count)})
    if is_read:
        open_unpacked(path, "tar").close()
    else:
        with pytest.raises(TooLarge, match="has over 3 entries"):
            open_unpacked(path, "tar")


def test_an_archive_that_changed_while_it_was_read_is_told(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.cbt", {"a.png": PNG, "b.png": PNG})
    with closing(open_unpacked(path, "tar")) as book:
        tar(path, {"c.png": PNG, "b.png": PNG})
        with pytest.raises(UnreadablePage, match="the archive changed while it was read"):
            book.pages[0].read()
        assert book.pages[1].read() == PNG


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.cbt"
    with tarfile.open(path, "w") as file:
        for name, kind in (("folder", tarfile.DIRTYPE), ("link", tarfile.SYMTYPE), ("..", tarfile.REGTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "elsewhere"
            file.addfile(info)
        info = tarfile.TarInfo("__MACOSX/a.png")
        file.addfile(info)
    with closing(open_unpacked(path, "tar")) as book:
        assert [(one.name, str(one.reason), one.lost) for one in book.left_out] == [
            ("link", "not a file", False), ("..", "it has no name", True)
        ]  # fmt: skip
        assert not book.pages


def test_a_picture_without_a_name_is_a_page(tmp_path: Path) -> None:
    with closing(open_unpacked(tar(tmp_path / "a.cbt", {"..": PNG, "a.png": PNG}), "tar")) as book:
        assert [(one.name, one.read()) for one in book.pages] == [("a.png", PNG), ("unnamed", PNG)]
        assert not book.left_out


def test_what_is_no_archive_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.cbt"
    path.write_bytes(b"")
    with pytest.raises(BadRequest, match="is not a readable TAR archive: "):
        open_unpacked(path, "tar")
    with pytest.raises(BadRequest, match="cannot be read: "):
        open_unpacked(tmp_path / "none.cbt", "tar")


@pytest.mark.parametrize(("size", "is_read"), [(0, True), (4 << 20, True), ((4 << 20) + 1, False), (-1, False)])
def test_headers_are_read_in_small_pieces(size: int, *, is_read: bool) -> None:
    file = _Bounded(io.BytesIO(b"content"))
    if is_read:
        assert file.read(size) == b"content"[:size]
    else:
        with pytest.raises(tarfile.ReadError, match="too large"):
            file.read(size)


def test_members_say_what_they_are(tmp_path: Path) -> None:
    with open_members(tar(tmp_path / "a.cbt", {"a.png": PNG, "b.txt": b"x"}), "tar") as members:
        found = [(one.name, one.size, one.is_file, one.is_folder, b"".join(one.blocks())) for one in members]
    assert found == [("a.png", 38, True, False, PNG), ("b.txt", 1, True, False, b"x")]


class TestNested:
    def nested(self, depth: int) -> bytes:
        """Return a volume in a volume, so many times."""
        inner = zipped({"page.png": PNG})
        for number in range(depth):
            inner = zipped({f"{number}.cbz": inner, "page.png": PNG})
        return inner

    @pytest.mark.parametrize(("depth", "books"), [(0, 1), (3, 4), (4, 4)])
    def test_volumes_are_looked_for_three_deep(self, tmp_path: Path, depth: int, books: int) -> None:
        path = tmp_path / "outer.cbz"
        path.write_bytes(self.nested(depth))
        found = open_volumes(path)
        try:
            assert len(found) == books
            assert all(len(one.pages) == 1 for one in found)
            assert [one.within for one in found] == [False] + [True] * (books - 1)
            deep = [str(one.reason) for one in found[-1].left_out]
            assert deep == (["it lies too deep, or too many lie here"] if depth == 4 else [])
        finally:
            for book in found:
                book.close()

    @pytest.mark.parametrize(("most", "books"), [(3, 4), (2, 3)])
    def test_so_many_are_opened(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, books: int) -> None:
        monkeypatch.setattr(volume, "NESTED_MAX", most)
        path = tmp_path / "outer.cbz"
        inner = zipped({"page.png": PNG})
        path.write_bytes(zipped({f"{number}.cbz": inner for number in range(3)}))
        found = open_volumes(path)
        assert len(found) == books
        assert [one.name for one in found[1:]] == [f"outer/{number}" for number in range(books - 1)]
        assert len(found[0].extras) == len(found[0].left_out) == 4 - books
        for book in found:
            book.close()

    def test_what_turns_out_to_be_no_volume_travels_along(self, tmp_path: Path) -> None:
        path = tmp_path / "outer.cbz"
        broken = zipped({"page.png": PNG})[:40]
        path.write_bytes(
            zipped({"page.png": PNG, "broken.cbz": broken, "empty.cbz": zipped({"a.txt": b"x"}), "data.bin": broken})
        )
        (book,) = open_volumes(path)
        with closing(book):
            assert sorted(one.name for one in book.extras) == ["broken.cbz", "data.bin", "empty.cbz"]
            assert [(one.name, one.lost) for one in book.left_out] == [("broken.cbz", True)]


def failing(monkeypatch: pytest.MonkeyPatch, fault: Exception, *members: object) -> None:
    """Let an archive give these members and then fail."""

    @contextmanager
    def opened(path: Path, container: str) -> Iterator[Iterator[object]]:
        def given() -> Iterator[object]:
            yield from members
            raise fault

        yield given()

    monkeypatch.setattr(unpacked, "open_members", opened)


@pytest.mark.parametrize("words", ["the headers are encrypted", "a passphrase is required"])
def test_an_archive_of_which_nothing_is_seen_without_a_password_asks_for_it(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, ArchiveFault(words))
    with pytest.raises(BadRequest) as told:
        open_unpacked(tmp_path / "a.cb7", "7z")
    assert told.value.message == needs_password(tmp_path / "a.cb7").message


@pytest.mark.parametrize(
    ("fault", "words", "hint"),
    [
        (ArchiveFault("torn"), "{path} is not a readable 7z archive: torn.", "Open it in a reader, or pack it anew"),
        (
            ArchiveFault(""),
            "{path} is not a readable 7z archive: nothing is in it, it may be cut off.",
            "Open it in a reader, or pack it anew",
        ),
        (PermissionError(13, "Permission denied"), "{path} cannot be read: Permission denied.", "Check the file."),
    ],
)
def test_an_archive_of_which_nothing_is_seen_says_why(
    fault: Exception, words: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, fault)
    with pytest.raises(BadRequest) as told:
        open_unpacked(tmp_path / "a.cb7", "7z")
    assert told.value.message == words.format(path=tmp_path / "a.cb7")
    assert told.value.hint.startswith(hint)
