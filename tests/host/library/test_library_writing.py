"""What stands in a record of a written volume, and where what lies in it goes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from host.books.book import Book, BookPage, UnreadablePage
from host.library.colourer import PageResult
from host.library.manifest import VolumeRecord
from host.library.writing import Writer, _digest, _Kept, _place_for, _words, places

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from host.library.manifest import OutputRecord

COLOURED = PageResult(verdict="coloured", image=b"colour", mime="image/png", direction="rtl")
BLANK = PageResult(verdict="skipped", reason="blank", direction="ltr")
FAILED = PageResult(verdict="failed", error={"message": "It failed.", "hint": "Mend it."}, direction="rtl")


def book(name: str = "B", pages: int = 1, *, within: bool = False, extras: Sequence[BookPage] = ()) -> Book:
    listed = tuple(BookPage(f"{number}.png", lambda: b"as it was") for number in range(pages))
    return Book(name, listed, (), frozenset(), extras=tuple(extras), within=within)


def written(folder: Path, made: Book, *results: PageResult, kind: Any = "cbz", **more: Any) -> OutputRecord:
    writer = Writer(folder / "out", kind, "png", folder / "waiting", more.pop("records", False))
    by_name = dict(zip((page.name for page in made.pages), results, strict=True))
    facts = {"direction": "auto", "reference": "ref"} | more
    return writer.write(made, "S/v", lambda page: by_name[page.name], **facts)


@pytest.mark.parametrize("kind", ["cbz", "folder", "pdf"])
def test_a_record_says_where_what_and_whose(kind: str, tmp_path: Path) -> None:
    results = (COLOURED, replace(COLOURED, direction="ltr"), BLANK, BLANK, FAILED, COLOURED)
    if kind == "pdf":
        pytest.importorskip("pikepdf")
        from tests.host.library.shelves import picture

        results = tuple(replace(one, image=picture(1, coloured=True)) if one.image else one for one in results)
    record = written(tmp_path, book(pages=6), *results, kind=kind, palette="pal")
    path = tmp_path / "out" / record.path
    assert record.path == ("S/v" if kind == "folder" else f"S/v.{kind}")
    assert (record.pages, record.coloured, record.left, record.left_reasons) == (6, 3, 2, {"blank": 2})
    assert record.failed == (("4.png", "It failed. Mend it."),)
    assert (record.reference, record.palette) == ("ref", "pal")
    assert record.direction == "auto"  # three of six were read each way
    if kind != "folder":
        assert (record.size, record.sha256) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    else:
        assert record.written == 6
        assert record.size == sum(one.stat().st_size for one in path.iterdir())
    assert not any((tmp_path / "waiting").rglob("*.*"))


@pytest.mark.parametrize(
    ("asked", "read", "direction"),
    [
        ("auto", ["rtl", "rtl", "ltr"], "rtl"),
        ("auto", ["ltr"], "ltr"),
        ("auto", ["", ""], "auto"),
        ("ltr", ["rtl"], "ltr"),
    ],
)
def test_it_is_read_as_asked_for_or_as_most_pages_were(
    asked: str, read: list[str], direction: str, tmp_path: Path
) -> None:
    results = [replace(COLOURED, direction=one) for one in read]
    assert written(tmp_path, book(pages=len(read)), *results, direction=asked).direction == direction


def test_records_stand_beside_pages_where_they_are_asked_for_and_words_that_stayed_are_said(tmp_path: Path) -> None:
    done = {"step": "translate", "fault": ""}
    failed = {"step": "enhance", "fault": "Ollama cannot be reached"}
    results = (*(replace(COLOURED, runmeta={"rewording": one}) for one in ([done], [done, failed])), BLANK)
    record = written(tmp_path, book(pages=3), *results, kind="folder", records=True)
    folder = tmp_path / "out" / record.path
    assert sorted(one.name for one in folder.iterdir()) == [
        "0.png", "0.png.runmeta.json", "1.png", "1.png.runmeta.json", "2.png",
    ]  # fmt: skip
    assert json.loads((folder / "1.png.runmeta.json").read_bytes()) == results[1].runmeta
    assert record.undone == 1
    assert record.words == "On 1 of 2 pages words stayed as they are (enhance: Ollama cannot be reached)."
    volume = VolumeRecord(place="v", stamp="", sha256="", order="", outputs=(record,))
    assert (volume.is_wanting, volume.has_failures) == (True, False)
    without = written(tmp_path / "again", book(pages=1), results[0], kind="folder")
    assert [one.name for one in (tmp_path / "again" / "out" / without.path).iterdir()] == ["0.png"]
    assert (without.undone, without.words) == (0, "")
    assert not VolumeRecord(place="v", stamp="", sha256="", order="", outputs=(without,)).is_wanting


def test_where_nothing_was_made_nothing_is_there(tmp_path: Path) -> None:
    record = written(tmp_path, book(), FAILED)
    assert (record.path, record.size, record.sha256, record.written, record.coloured) == ("", 0, "", 0, 0)
    assert record.words


def test_what_was_written_of_it_before_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    first = written(tmp_path, book(pages=2), COLOURED, COLOURED)
    whole = book(pages=2)
    lacking = replace(whole, pages=(whole.pages[0], extra("1.png", None)))
    again = written(tmp_path, lacking, COLOURED, FAILED, earlier=[first])
    assert (again.path, again.written) == ("S/v.cbz", 1)
    others = [replace(again, size=again.size + 1)], [replace(again, path="S/w.cbz")], [replace(again, path="")], []
    for earlier in others:
        assert written(tmp_path, lacking, COLOURED, FAILED, earlier=earlier).path.startswith("S/v (")


def extra(name: str, data: bytes | None, source: Path | None = None) -> BookPage:
    def read() -> bytes:
        if data is None:
            raise UnreadablePage("torn")
        return data

    return BookPage(name, read, source=source)


def test_what_travels_along_stands_beside_pages_in_a_folder(tmp_path: Path) -> None:
    own = tmp_path / "notes.txt"
    extras = [extra("a/notes.txt", b"notes"), extra("torn.txt", None), extra("own.txt", b"own", own)]
    record = written(tmp_path, book(extras=extras), COLOURED, kind="folder")
    folder = tmp_path / "out" / record.path
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
        "0.png", "a/notes.txt", "own.txt",
    }  # fmt: skip
    (folder / "own.txt").write_bytes(b"changed by the reader")
    (folder / "a" / "notes.txt").write_bytes(b"changed by the reader")
    written(tmp_path, book(extras=extras), COLOURED, kind="folder")
    assert (folder / "own.txt").read_bytes() == b"changed by the reader"
    assert (folder / "a" / "notes.txt").read_bytes() == b"notes"


def test_a_file_goes_through_no_file_and_not_where_a_folder_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "b").mkdir()
    assert _place_for(tmp_path, "a/x") == tmp_path / "a (2)" / "x"
    assert _place_for(tmp_path, "b") == tmp_path / "b (2)"
    assert _place_for(tmp_path, "a") == tmp_path / "a"
    assert _place_for(tmp_path, "b/x") == tmp_path / "b" / "x"


def test_a_folder_s_digest_is_of_its_files_names_and_contents(tmp_path: Path) -> None:
    def digest(**files: bytes) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, data in files.items():
            path = folder / name.replace("_", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return _digest(folder)

    one = digest(a=b"1", b_c=b"2")
    assert digest(b_c=b"2", a=b"1") == one
    assert len({one, digest(a=b"2", b_c=b"1"), digest(a=b"1", b_d=b"2"), digest(a=b"1"), digest(a=b"12", b_c=b"")}) == 5
    (tmp_path / "file").write_bytes(b"1")
    assert _digest(tmp_path / "file") == hashlib.sha256(b"1").hexdigest()


@pytest.mark.parametrize(
    ("kind", "names", "expected"),
    [
        ("cbz", [("v", False)], ["S/v"]),
        ("cbz", [("v", False), ("v/inner/one", True)], ["S/v", "S/v/inner/one"]),
        ("folder", [("v", False), ("v/inner/one", True)], ["S/v", "S/v - inner - one"]),
        ("cbz", [("v/one", False)], ["S/v"]),
        ("cbz", [("v/a", True), ("v/a", True)], ["S/v/a", "S/v/a (2)"]),
        ("cbz", [("v/taken", True)], ["S/v/taken (2)"]),
        ("folder", [("v/taken", True)], ["S/v - taken"]),
    ],
)
def test_what_lies_in_a_volume_goes_below_or_beside_it(
    kind: Any, names: list[tuple[str, bool]], expected: list[str]
) -> None:
    books = [book(name, within=within) for name, within in names]
    assert places("S/v", books, ["S/v", "S/v/taken"], kind) == expected


def test_a_page_that_cannot_be_written_has_failed_for_its_own_reason_or_that() -> None:
    class Output:
        def put(self, *_: object) -> None:
            raise UnreadablePage("it is torn")

        def keep(self, *_: object, left: bool) -> None:
            raise UnreadablePage("it is torn")

    page, kept = BookPage("1.png", lambda: b""), _Kept(records=False)
    for result in (COLOURED, BLANK, FAILED):
        kept.keep(Output(), page, result)  # type: ignore[arg-type]
    assert kept.failed == [("1.png", "it is torn"), ("1.png", "it is torn"), ("1.png", "It failed. Mend it.")]
    assert (kept.coloured, kept.written, kept.left) == (0, 0, Counter())
    assert kept.direction() == "rtl"


@pytest.mark.parametrize(
    ("error", "words"),
    [({"message": "a.", "hint": "b."}, "a. b."), ({"message": "a."}, "a."), ({"hint": "b."}, "b."), ({}, "")],
)
def test_an_error_in_words(error: dict[str, str], words: str) -> None:
    assert _words(PageResult(verdict="failed", error=error)) == words
