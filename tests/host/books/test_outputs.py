import os
import zipfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.books.book import Book, BookPage, UnreadablePage
from host.books.names import on_disk, same_name, targets
from host.books.outputs import ArchiveOutput, FileOutput, Finished, FolderOutput
from host.books.whole_files import sweep_parts, write_whole
from host.errors import BadRequest, InternalError
from host.locks import ProcessLock

NONE: frozenset[Path] = frozenset()


def make_book(*names: str) -> Book:
    return Book("book", tuple(BookPage(name, lambda: b"") for name in names), (), NONE)


def page(book: Book, name: str) -> BookPage:
    return next(each for each in book.pages if each.name == name)


NAMES = ["a.png", "a.jpg", "A.webp", "b.png", "c/a.png", "c/a.jpg", "d.a.png", "a.png.webp", "a.jpg.png", "a (2).png",
         "a", "a.png/b.png", "a.jpg/a (2).png/1", "c", "b.jpg/1.png"]  # fmt: skip


@given(st.lists(st.sampled_from(NAMES), unique_by=same_name))
def test_no_path_of_a_page_is_one_of_another_s(names: list[str]) -> None:
    taken: dict[str, str] = {}
    for name, paths in targets(names, ".png").items():
        for path in paths:
            assert taken.setdefault(same_name(path), name) == name
    folders = {same_name(str(parent)) for path in taken for parent in PurePosixPath(path).parents}
    assert not folders & taken.keys()


@given(st.lists(st.sampled_from(["1.png", "1.png.json", "1.png.json.json", "1.jpg", "1", "1.json"]), unique=True))
def test_no_path_of_a_page_is_that_of_another_s_record(names: list[str]) -> None:
    found = targets(names, ".png", ".json")
    for name, paths in found.items():
        others = {same_name(path) for other, those in found.items() if other != name for path in those}
        assert not others & {same_name(f"{path}.json") for path in paths}


def test_a_file_and_a_folder_of_one_name_are_both_in_the_output(tmp_path: Path) -> None:
    book = make_book("a.png", "a.png/b.png", "a")
    output = FolderOutput(tmp_path / "out", book, NONE, ".png")
    assert len({output.put(one, one.name.encode(), ".png") for one in book.pages}) == 3
    assert (tmp_path / "out" / "a.png" / "b.png").read_bytes() == b"a.png/b.png"


def test_names_are_kept_where_they_can_be() -> None:
    assert targets(["1.jpg", "s/2.webp", "3.a.png"], ".png") == {
        "1.jpg": ("1.png", "1.jpg"), "s/2.webp": ("s/2.png", "s/2.webp"), "3.a.png": ("3.a.png", "3.a.png")
    }  # fmt: skip
    assert targets(["01.jpg", "01.png", "01.jpg.webp"], ".png") == {
        "01.jpg": ("01.jpg.png", "01.jpg"),
        "01.png": ("01.png.png", "01.png"),
        "01.jpg.webp": ("01.jpg.webp.png", "01.jpg.webp"),
    }


def test_a_folder_gets_pages_under_their_names_and_earlier_ones_are_replaced(tmp_path: Path) -> None:
    book = make_book("1.jpg", "sub/2.webp")
    output = FolderOutput(tmp_path / "out", book, NONE, ".png")
    output.put(book.pages[1], b"old", ".png")
    assert output.put(book.pages[1], b"new", ".png") == tmp_path / "out" / "sub" / "2.png"
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")] == ["out/sub/2.png"]
    assert (tmp_path / "out" / "sub" / "2.png").read_bytes() == b"new"
    assert output.keep(book.pages[0], left=False) == tmp_path / "out" / "1.jpg"


def test_a_page_that_failed_takes_no_other_file_s_place(tmp_path: Path) -> None:
    book = make_book("1.jpg")
    output = FolderOutput(tmp_path, book, NONE, ".png")
    (tmp_path / "1.jpg").write_bytes(b"whole")
    failed = BookPage("1.jpg", lambda: b"cut")
    assert output.keep(failed, left=False) == tmp_path / "1 (2).jpg"
    assert (tmp_path / "1.jpg").read_bytes() == b"whole"
    again = BookPage("1.jpg", lambda: b"whole")
    assert output.keep(again, left=False) == tmp_path / "1.jpg"


def test_what_could_not_travel_along_is_told(tmp_path: Path) -> None:
    def gone() -> bytes:
        raise UnreadablePage("nothing of it can be had")

    book = Book("b", make_book("1.jpg").pages, (), NONE, extras=(BookPage("ComicInfo.xml", gone),))
    output = ArchiveOutput(tmp_path / "c.cbz", book, NONE, ".png", tmp_path / "waiting")
    output.put(book.pages[0], b"1", ".png")
    assert output.finish().words == "1 other files could not be taken along: ComicInfo.xml."


def test_a_source_is_never_written_to(tmp_path: Path) -> None:
    source = tmp_path / "1.png"
    source.write_bytes(b"source")
    sources = frozenset({source.resolve()})
    (tmp_path / "sub").mkdir()
    book = Book("book", (BookPage("1.png", source.read_bytes, source=source),), (), sources)
    outputs = (
        FolderOutput(tmp_path, book, sources, ".png"),
        FileOutput(tmp_path / "sub" / ".." / "1.png", sources),
    )
    for output in outputs:
        with pytest.raises(BadRequest, match="source"):
            output.put(book.pages[0], b"coloured", ".png")
        assert output.keep(book.pages[0], left=False) is not None  # it is there already
    assert source.read_bytes() == b"source"


def test_a_picture_that_its_file_cannot_hold_stands_beside_it_as_what_it_is(tmp_path: Path) -> None:
    output, page = FileOutput(tmp_path / "a.webp", frozenset()), BookPage("1.png", lambda: b"")
    assert output.put(page, b"x", ".webp") == tmp_path / "a.webp"
    assert output.put(page, b"y", ".png") == tmp_path / "a.png"
    assert (tmp_path / "a.webp").read_bytes() == b"x"
    with pytest.raises(BadRequest, match="too large for a"):
        output.put(page, b"z", ".png")
    assert (tmp_path / "a.png").read_bytes() == b"y"
    assert FileOutput(tmp_path / "b.JPEG", frozenset()).put(page, b"x", ".jpg") == tmp_path / "b.JPEG"


def test_what_stands_in_the_way_of_an_output_is_said_before_work_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "c.cbz").mkdir()
    with pytest.raises(BadRequest, match="is a file"):
        FolderOutput(tmp_path / "file", make_book("1.jpg"), NONE, ".png").check()
    with pytest.raises(BadRequest, match="is a file"):
        FolderOutput(tmp_path / "file" / "deep", make_book("1.jpg"), NONE, ".png").check()
    with pytest.raises(BadRequest, match="is a folder"):
        ArchiveOutput(tmp_path / "c.cbz", make_book("1.jpg"), NONE, ".png", tmp_path / "w").check()
    with pytest.raises(BadRequest, match="Nothing can be written"):
        FolderOutput(tmp_path / ("n" * 300), make_book("1.jpg"), NONE, ".png").check()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("name", ["1.png", "1.cbz"])
def test_a_pipe_is_no_output(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    outputs = (
        FileOutput(tmp_path / name, NONE),
        ArchiveOutput(tmp_path / name, make_book("1.png"), NONE, ".png", tmp_path),
    )
    for output in outputs:
        with pytest.raises(BadRequest, match="is no file"):
            output.check()


def test_an_archive_has_its_pages_in_reading_order_whatever_the_order_of_work(tmp_path: Path) -> None:
    book = Book("b", make_book("1.jpg", "2.jpg", "10.jpg").pages, (), NONE, extras=(BookPage("i.xml", lambda: b"i"),))
    output = ArchiveOutput(tmp_path / "deep" / "c.cbz", book, NONE, ".png", tmp_path / "waiting")
    for name in ("10.jpg", "1.jpg"):
        output.put(page(book, name), name.encode(), ".png")
    output.keep(page(book, "2.jpg"), left=False)
    assert not (tmp_path / "deep").exists()
    finished = output.finish()
    assert finished.path is not None
    with zipfile.ZipFile(finished.path) as file:
        assert file.namelist() == ["1.png", "2.jpg", "10.png", "i.xml"]
        assert file.read("10.png") == b"10.jpg"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["c.cbz"]


def test_an_archive_that_is_there_is_replaced_by_a_whole_one_alone(tmp_path: Path) -> None:
    old = tmp_path / "c.cbz"
    old.write_bytes(b"old")
    book = make_book("1.jpg", "2.jpg")
    failed = ArchiveOutput(old, book, NONE, ".png", tmp_path / "w1")
    for each in book.pages:
        failed.keep(each, left=False)
    assert failed.finish().path is None
    assert old.read_bytes() == b"old"
    gap = ArchiveOutput(old, book, NONE, ".png", tmp_path / "w2")
    gap.put(book.pages[0], b"1", ".png")
    assert gap.finish().path == tmp_path / "c (2).cbz"
    assert old.read_bytes() == b"old"
    whole = ArchiveOutput(old, book, NONE, ".png", tmp_path / "w3")
    whole.put(book.pages[0], b"1", ".png")
    whole.keep(book.pages[1], left=False)
    assert whole.finish().path == old
    assert zipfile.ZipFile(old).namelist() == ["1.png", "2.jpg"]


def test_the_same_pages_give_the_same_archive(tmp_path: Path) -> None:
    for name in ("a.cbz", "b.cbz"):
        book = make_book("1.jpg")
        output = ArchiveOutput(tmp_path / name, book, NONE, ".png", tmp_path / "waiting")
        output.put(book.pages[0], b"page", ".png")
        output.finish()
    assert (tmp_path / "a.cbz").read_bytes() == (tmp_path / "b.cbz").read_bytes()


def test_a_discarded_archive_leaves_nothing(tmp_path: Path) -> None:
    book = make_book("1.jpg")
    output = ArchiveOutput(tmp_path / "c.cbz", book, NONE, ".png", tmp_path / "waiting")
    output.put(book.pages[0], b"page", ".png")
    output.discard()
    assert list(tmp_path.iterdir()) == []


def test_files_have_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_whole(tmp_path / "1.png", b"private")
    finally:
        os.umask(before)
    assert (tmp_path / "1.png").stat().st_mode & 0o777 == 0o600


def test_what_a_killed_process_left_is_swept_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    old, used = tmp_path / ".irodori-1.part", tmp_path / ".irodori-2.part"
    for path in (old, used):
        path.write_bytes(b"")
        os.utime(path, (0, 0))
    lock = ProcessLock(used)
    assert lock.try_acquire()
    sweep_parts(tmp_path)
    lock.close()
    assert list(tmp_path.iterdir()) == [used]


@pytest.mark.slow
def test_folders_are_made_however_deep(deep_folder: Path) -> None:
    path = deep_folder / "1.png"
    write_whole(path, b"x")
    assert path.read_bytes() == b"x"


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


def test_names_that_no_disk_takes_are_cut_and_stay_apart_with_their_suffix() -> None:
    short = "第１話/" + "x" * 190 + ".png"
    assert on_disk(short) == short
    long = [on_disk(f"{'あ' * 100}{number}.png") for number in range(2)]
    assert long[0] != long[1]
    for name in [*long, on_disk("y" * 300), on_disk(f"{'z' * 300}.no-suffix-at-all")]:
        assert len(name.encode()) <= 200
    assert all(name.endswith(".png") and name.startswith("あ" * 50) for name in long)
    assert "." not in on_disk(f"{'z' * 300}.no-suffix-at-all")
    assert on_disk("y" * 300) == on_disk("y" * 300)


def finished(folder: Path, missing: int = 0, lost: int = 0, *, there: bool = False, ours: bool = False) -> Finished:
    """Return what an archive of a made page says, with so many missing pages and files that cannot be had."""

    def gone() -> bytes:
        raise UnreadablePage("it is gone")

    extras = tuple(BookPage(f"{number}.txt", gone) for number in range(lost))
    book = replace(make_book("made.png", *(f"{number}.png" for number in range(missing))), extras=extras)
    if there:
        (folder / "out.cbz").write_bytes(b"before")
    output = ArchiveOutput(folder / "out.cbz", book, NONE, ".png", folder / "waiting", ours=ours)
    output.put(page(book, "made.png"), b"x", ".png")
    end = output.finish()
    output.discard()
    return end


def test_an_archive_says_nothing_where_nothing_is_amiss(tmp_path: Path) -> None:
    assert finished(tmp_path, there=True) == Finished(tmp_path / "out.cbz", "")
    assert zipfile.is_zipfile(tmp_path / "out.cbz")


def test_an_archive_names_five_of_what_it_lacks(tmp_path: Path) -> None:
    assert finished(tmp_path, missing=6, lost=7) == Finished(
        tmp_path / "out.cbz",
        "6 pages are missing in it: 0.png, 1.png, 2.png, 3.png, 4.png."
        " 7 other files could not be taken along: 0.txt, 1.txt, 2.txt, 3.txt, 4.txt.",
    )


def test_an_archive_that_is_there_gives_way_to_a_whole_one_or_to_one_of_its_own_book(tmp_path: Path) -> None:
    end = finished(tmp_path, missing=1, there=True)
    assert (tmp_path / "out.cbz").read_bytes() == b"before"
    assert end.path is not None
    assert end.path.name == "out (2).cbz"
    assert end.words == f"1 pages are missing in it: 0.png. {tmp_path / 'out.cbz'} stays as it was."
    assert finished(tmp_path, missing=1, there=True, ours=True).path == tmp_path / "out.cbz"
    assert zipfile.is_zipfile(tmp_path / "out.cbz")


def test_where_no_page_was_made_nothing_is_written_and_what_was_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "out.cbz"
    output = ArchiveOutput(path, make_book("1.png"), NONE, ".png", tmp_path / "waiting")
    assert output.finish() == Finished(None, f"No page was made, so {path} was not written.")
    path.write_bytes(b"before")
    assert output.finish() == Finished(None, f"No page was made, so {path} was left as it was.")
    output.discard()
