import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.books.book import Book, BookPage
from host.books.outputs import ArchiveOutput, FileOutput, FolderOutput, target_stems, write_whole
from host.errors import BadRequest, InternalError

NONE: frozenset[Path] = frozenset()


def make_book(*names: str) -> Book:
    return Book("book", tuple(BookPage(name, lambda: b"") for name in names), (), NONE)


@given(st.lists(st.sampled_from(["a.png", "a.jpg", "A.webp", "b.png", "c/a.png", "c/a.jpg", "d.a.png"]), unique=True))
def test_no_two_pages_are_written_to_one_file(names: list[str]) -> None:
    stems = target_stems(names)
    assert len({f"{stem}.png".casefold() for stem in stems.values()}) == len(names)


def test_names_are_kept_where_they_can_be() -> None:
    assert target_stems(["1.jpg", "sub/2.webp", "3.a.png"]) == {"1.jpg": "1", "sub/2.webp": "sub/2", "3.a.png": "3.a"}
    assert target_stems(["1.jpg", "1.png"]) == {"1.jpg": "1.jpg", "1.png": "1.png"}


def test_a_folder_gets_pages_under_their_names_and_earlier_ones_are_replaced(tmp_path: Path) -> None:
    output = FolderOutput(tmp_path / "out", make_book("1.jpg", "sub/2.webp"), NONE)
    output.put("sub/2.webp", b"old", ".png")
    assert output.put("sub/2.webp", b"new", ".png") == tmp_path / "out" / "sub" / "2.png"
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")] == ["out/sub/2.png"]
    assert (tmp_path / "out" / "sub" / "2.png").read_bytes() == b"new"


def test_a_source_is_never_written_to(tmp_path: Path) -> None:
    source = tmp_path / "1.png"
    source.write_bytes(b"source")
    sources = frozenset({source.resolve()})
    (tmp_path / "sub").mkdir()
    outputs = (
        FolderOutput(tmp_path, make_book("1.png"), sources),
        FileOutput(tmp_path / "sub" / ".." / "1.png", sources),
    )
    for output in outputs:
        with pytest.raises(BadRequest, match="source"):
            output.check(".png")
        with pytest.raises(BadRequest, match="source"):
            output.put("1.png", b"coloured", ".png")
    assert source.read_bytes() == b"source"


def test_what_stands_in_the_way_of_an_output_is_said_before_work_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "c.cbz").mkdir()
    with pytest.raises(BadRequest, match="is a file"):
        FolderOutput(tmp_path / "file", make_book("1.jpg"), NONE).check(".png")
    archive = ArchiveOutput(tmp_path / "c.cbz", make_book("1.jpg"), NONE)
    with pytest.raises(BadRequest, match="is a folder"):
        archive.check(".png")
    archive.discard()


def test_an_archive_has_its_pages_in_reading_order_whatever_the_order_of_work(tmp_path: Path) -> None:
    output = ArchiveOutput(tmp_path / "deep" / "c.cbz", make_book("1.jpg", "2.jpg", "10.jpg"), NONE)
    for name in ("10.jpg", "1.jpg"):
        output.put(name, name.encode(), ".png")
    assert not (tmp_path / "deep").exists()
    with zipfile.ZipFile(output.finish()) as file:
        assert file.namelist() == ["1.png", "10.png"]
        assert file.read("10.png") == b"10.jpg"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["c.cbz"]


def test_the_same_pages_give_the_same_archive(tmp_path: Path) -> None:
    for name in ("a.cbz", "b.cbz"):
        output = ArchiveOutput(tmp_path / name, make_book("1.jpg"), NONE)
        output.put("1.jpg", b"page", ".png")
        output.finish()
    assert (tmp_path / "a.cbz").read_bytes() == (tmp_path / "b.cbz").read_bytes()


def test_a_discarded_archive_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    output = ArchiveOutput(tmp_path / "c.cbz", make_book("1.jpg"), NONE)
    output.put("1.jpg", b"page", ".png")
    output.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_no_partial_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "1.png"
    path.write_bytes(b"old")

    def no_room(self: Path, data: bytes) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "write_bytes", no_room)
    with pytest.raises(InternalError):
        write_whole(path, b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["1.png"]
    assert path.read_bytes() == b"old"


def test_an_interrupt_leaves_no_partial_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "1.png", b"new")
    assert list(tmp_path.iterdir()) == []
