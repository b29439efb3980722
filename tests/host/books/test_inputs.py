import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.books import archive as archive_module
from host.books import book as book_module
from host.books.archive import open_archive, safe_name
from host.books.book import UnreadablePage, natural_key
from host.books.inputs import open_inputs
from host.errors import BadRequest, TooLarge


def names(book) -> list[str]:
    return [page.name for page in book.pages]


def make_zip(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["10.png", "9.png", "1.png"], ["1.png", "9.png", "10.png"]),
        (["Ch 10/1.png", "ch 2/1.png"], ["ch 2/1.png", "Ch 10/1.png"]),
        (["p2b.png", "p2a.png", "p2.png"], ["p2.png", "p2a.png", "p2b.png"]),
        (["b/1.png", "a/2.png", "a/10.png"], ["a/2.png", "a/10.png", "b/1.png"]),
    ],
)
def test_pages_come_in_the_order_that_people_count_in(names: list[str], expected: list[str]) -> None:
    assert sorted(names, key=natural_key) == expected


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), max_size=8))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    assert len(sorted(names, key=natural_key)) == len(names)


@given(st.text())
def test_a_safe_name_stays_below_its_folder(name: str) -> None:
    safe = safe_name(name)
    if safe is not None:
        target = (Path("/out") / safe).resolve()
        assert target.is_relative_to("/out")
        assert target != Path("/out")


@pytest.mark.parametrize(
    "name", ["../x.png", "a/../../x.png", "/etc/x.png", "C:\\x.png", "..\\x.png", "a\0.png", ".", ""]
)
def test_names_that_lead_out_of_the_archive_are_refused(name: str) -> None:
    assert safe_name(name) is None


def test_folders_are_walked_in_natural_order_without_hidden_files_and_the_output(tmp_path: Path) -> None:
    for name in ("10.png", "2.jpg", "sub/1.webp", ".hidden.png", "__MACOSX/1.png", "notes.txt", "out/2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    [book] = open_inputs([tmp_path], tmp_path / "out")
    assert names(book) == ["2.jpg", "10.png", "sub/1.webp"]
    assert [(each.name, each.reason) for each in book.left_out] == [("notes.txt", "not a picture")]


def test_single_pictures_are_one_book_in_the_order_given(tmp_path: Path) -> None:
    paths = [tmp_path / "b.png", tmp_path / "a.png"]
    for path in paths:
        path.write_bytes(path.name.encode())
    [book] = open_inputs(paths, tmp_path / "out")
    assert [page.read() for page in book.pages] == [b"b.png", b"a.png"]


def test_archives_are_read_in_natural_order_and_what_is_no_page_is_left_out_with_a_word(tmp_path: Path) -> None:
    path = make_zip(
        tmp_path / "c.cbz",
        {"p/10.png": b"ten", "p/2.png": b"two", "ComicInfo.xml": b"<a/>", "../evil.png": b"e", "__MACOSX/p/2.png": b""},
    )
    [book] = open_inputs([path], tmp_path / "out")
    assert names(book) == ["p/2.png", "p/10.png"]
    assert [page.read() for page in book.pages] == [b"two", b"ten"]
    assert {each.name: each.reason for each in book.left_out} == {
        "ComicInfo.xml": "not a picture",
        "../evil.png": "its name leads out of the archive",
    }
    book.close()


def test_a_second_entry_of_a_name_is_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "c.cbz", "w") as file:
        file.writestr("1.png", b"first")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("1.png", b"second")
    book = open_archive(tmp_path / "c.cbz")
    assert [page.read() for page in book.pages] == [b"first"]
    assert [each.reason for each in book.left_out] == ["a second entry of this name"]
    book.close()


def encrypted(path: Path) -> Path:
    make_zip(path, {"1.png": b"secret"})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag in the local header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    path.write_bytes(data)
    return path


def test_encrypted_pages_are_left_out_and_an_archive_of_nothing_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="encrypted"):
        open_inputs([encrypted(tmp_path / "c.cbz")], tmp_path / "out")


def test_a_bomb_is_neither_unpacked_nor_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "PAGE_BYTES_MAX", 1000)
    path = make_zip(tmp_path / "c.cbz", {"1.png": b"\0" * 5000, "2.png": b"ok"})
    book = open_archive(path)
    assert names(book) == ["2.png"]
    assert book.left_out[0].reason.startswith("over")
    book.close()

    data = path.read_bytes().replace((5000).to_bytes(4, "little"), (500).to_bytes(4, "little"))
    path.write_bytes(data)  # the directory lies about the size
    book = open_archive(path)
    with pytest.raises(UnreadablePage):
        book.pages[0].read()
    book.close()


def test_a_damaged_entry_is_an_unreadable_page(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "c.cbz", "w", zipfile.ZIP_STORED) as file:
        file.writestr("1.png", b"some bytes")
    path = tmp_path / "c.cbz"
    path.write_bytes(path.read_bytes().replace(b"some bytes", b"sOme bytes"))
    book = open_archive(path)
    with pytest.raises(UnreadablePage, match="damaged"):
        book.pages[0].read()
    book.close()


@given(st.binary(max_size=300))
def test_any_bytes_called_cbz_are_a_book_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("cbz") / "c.cbz"
    path.write_bytes(data)
    try:
        open_archive(path).close()
    except BadRequest:
        return


@pytest.mark.parametrize("name", ["c.cbr", "c.rar", "c.7z", "c.pdf"])
def test_formats_that_are_not_read_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(BadRequest, match="not read"):
        open_inputs([tmp_path / name], tmp_path / "out")


def test_what_is_missing_empty_or_the_output_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="There is no"):
        open_inputs([tmp_path / "nothing"], tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadRequest, match="no page"):
        open_inputs([tmp_path / "empty"], tmp_path / "out")
    with pytest.raises(BadRequest, match="input itself"):
        open_inputs([tmp_path / "empty"], tmp_path / "empty")


def test_more_pages_than_a_job_takes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.books.inputs.PAGES_MAX", 2)
    assert book_module.PAGES_MAX == 5000
    for index in range(3):
        (tmp_path / f"{index}.png").write_bytes(b"x")
    with pytest.raises(TooLarge):
        open_inputs([tmp_path], tmp_path / "out")
