import os
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.books import archive as archive_module
from host.books import book as book_module
from host.books.archive import open_archive
from host.books.book import UnreadablePage, natural_key
from host.books.inputs import open_inputs
from host.books.names import decode_name, printable, safe_name
from host.books.whole_files import write_whole
from host.errors import BadRequest, TooLarge

PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)


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
    ("name", "safe"),
    [
        ("../x.png", "x.png"),
        ("a/../../x.png", "a/x.png"),
        ("/etc/x.png", "etc/x.png"),
        ("C:\\x.png", "x.png"),
        ("a\0\x1b.png", "a__.png"),
        ("Re:Life 1: Dawn/001.jpg", "Re:Life 1: Dawn/001.jpg"),
        (".hack/...and then.jpg", ".hack/...and then.jpg"),
        ("..", None),
        ("", None),
    ],
)
def test_names_never_lead_out_of_the_archive_and_legal_ones_are_kept(name: str, safe: str | None) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("第１話/ソ十.jpg", "cp932"),
        ("表.jpg", "cp932"),
        ("表.jpg", "utf-8"),
        ("été/Señor.jpg", "cp437"),
        ("événement.jpg", "cp437"),
        ("schön.jpg", "cp437"),
    ],
)
def test_names_are_decoded_whatever_wrote_them(text: str, encoding: str) -> None:
    assert decode_name(text.encode(encoding)) == text


def test_names_are_printed_without_control_characters() -> None:
    assert printable("a\x1b[31m\n\u202e\udc83 第\u3000[b]") == "a\\x1b[31m\\n\\u202e\\udc83 第\u3000[b]"


def test_names_that_are_not_the_utf_8_that_they_claim_to_be_are_read(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "c.cbz", {"ééé.png": b"page"})
    path.write_bytes(path.read_bytes().replace("ééé".encode(), "表ソ話".encode("cp932")))
    book = open_archive(path)
    assert [(page.name, page.read()) for page in book.pages] == [("表ソ話.png", b"page")]
    book.close()


def test_folders_are_walked_in_natural_order_without_hidden_files_and_the_output(tmp_path: Path) -> None:
    for name in ("10.png", "2.jpg", "sub/1.webp", ".hidden.png", "__MACOSX/1.png", "notes.txt", "out/2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    [book] = open_inputs([tmp_path], tmp_path / "out")
    assert names(book) == ["2.jpg", "10.png", "sub/1.webp"]
    assert [(each.name, each.reason) for each in book.left_out] == [(".hidden.png", "a hidden file")]
    assert [each.name for each in book.extras] == ["notes.txt"]


JPEG_HEAD = b"\xff\xd8\xff\xe0\0\x10JFIF\0"


def test_pictures_without_a_suffix_are_pages_and_copies_that_programs_keep_are_not(tmp_path: Path) -> None:
    named = ["06", "07.jpg-large", "08.png", "09.jpg.bak", "10.jpg~", "notes"]
    files = {name: JPEG_HEAD if name != "notes" else b"BM as in bookmark" for name in named}
    archive = make_zip(tmp_path / "c.cbz", files)
    (tmp_path / "in").mkdir()
    for name, data in files.items():
        (tmp_path / "in" / name).write_bytes(data)
    for source in (archive, tmp_path / "in"):
        [book] = open_inputs([source], tmp_path / "out")
        assert names(book) == ["06", "07.jpg-large", "08.png"]
        assert sorted(each.name for each in book.extras) == ["09.jpg.bak", "10.jpg~", "notes"]
        book.close()


@pytest.mark.slow
def test_links_pipes_and_deep_folders_are_told_and_harm_nothing(tmp_path: Path, deep_folder: Path) -> None:
    folder = tmp_path / "in"
    write_whole(deep_folder / "1.png", b"deep")
    (tmp_path / "secret.png").write_bytes(b"outside")
    (folder / "out.png").symlink_to(tmp_path / "secret.png")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "around").symlink_to(folder)
    os.mkfifo(folder / "pipe.png")
    [book] = open_inputs([folder], tmp_path / "out")
    assert [page.read() for page in book.pages] == [b"deep"]
    assert {each.name: each.reason for each in book.left_out} == {
        "out.png": "a link that leads out of the folder",
        "loop": "a broken link",
        "around": "a link to a folder",
        "pipe.png": "not a file",
    }
    with pytest.raises(BadRequest):
        open_inputs([folder / "loop"], tmp_path / "out")
    with pytest.raises(BadRequest, match="neither"):
        open_inputs([folder / "pipe.png"], tmp_path / "out")


def test_a_volume_in_a_volume_is_unpacked_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = make_zip(tmp_path / "inner.cbz", {"1.png": b"x"}).read_bytes()
    book = open_archive(make_zip(tmp_path / "c.cbz", {"inner.cbz": inner}))
    [nested] = book.nested
    monkeypatch.setattr(archive_module, "VOLUME_BYTES_MAX", len(inner))
    nested.place(tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == inner
    monkeypatch.setattr(archive_module, "VOLUME_BYTES_MAX", len(inner) - 1)
    with pytest.raises(UnreadablePage, match="when unpacked"):
        nested.place(tmp_path / "over")
    book.close()


def test_a_picture_without_a_name_is_a_page(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "c.cbz", {"1.png": b"x", "..": PNG, "./..": PNG, "Q": PNG})
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("Q")
    # An empty name, as no packer of ours writes it: the name's length and its byte are taken out, twice.
    head = entry.header_offset
    data = data[: head + 26] + bytes(2) + data[head + 28 : head + 30] + data[head + 31 :]
    at = data.rindex(b"PK\1\2")
    data = data[: at + 28] + bytes(2) + data[at + 30 : at + 46] + data[at + 47 :]
    end = data.rindex(b"PK\5\6")
    size, offset = struct.unpack("<II", data[end + 12 : end + 20])
    data = data[: end + 12] + struct.pack("<II", size - 1, offset - 1) + data[end + 20 :]
    path.write_bytes(data)
    [book] = open_inputs([path], tmp_path / "out")
    assert [(one.name, one.read()) for one in book.pages] == [
        ("1.png", b"x"), ("unnamed", PNG), ("unnamed (2)", PNG), ("unnamed (3)", PNG)
    ]  # fmt: skip
    assert not book.left_out
    book.close()


def test_an_entry_without_a_name_is_told_as_what_may_be_lost(tmp_path: Path) -> None:
    [book] = open_inputs([make_zip(tmp_path / "c.cbz", {"1.png": b"x", "..": b"y"})], tmp_path / "out")
    assert [(each.name, each.reason, each.lost) for each in book.left_out] == [("..", "it has no name", True)]
    book.close()


def test_names_of_a_folder_that_are_no_utf_8_become_text(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/in/" + "表紙.png".encode("cp932"))).write_bytes(b"x")
    [book] = open_inputs([tmp_path / "in"], tmp_path / "out")
    assert names(book) == ["表紙.png"]


def test_pictures_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    paths = [tmp_path / "ch1" / "01.jpg", tmp_path / "ch2" / "01.jpg"]
    for path in paths:
        write_whole(path, path.parent.name.encode())
    [book] = open_inputs([*paths, paths[0]], tmp_path / "out")
    assert names(book) == ["ch1/01.jpg", "ch2/01.jpg", "ch1/01 (2).jpg"]
    assert [page.read() for page in book.pages] == [b"ch1", b"ch2", b"ch1"]


def test_single_pictures_are_one_book_in_the_order_given(tmp_path: Path) -> None:
    paths = [tmp_path / "b.png", tmp_path / "a.png"]
    for path in paths:
        path.write_bytes(path.name.encode())
    [book] = open_inputs(paths, tmp_path / "out")
    assert [page.read() for page in book.pages] == [b"b.png", b"a.png"]


def test_archives_are_read_in_natural_order_and_what_is_no_page_goes_along(tmp_path: Path) -> None:
    path = make_zip(
        tmp_path / "c.cbz",
        {"p/10.png": b"ten", "p/2.png": b"two", "ComicInfo.xml": b"<a/>", "../evil.png": b"e", "__MACOSX/p/2.png": b""},
    )
    [book] = open_inputs([path], tmp_path / "out")
    assert names(book) == ["evil.png", "p/2.png", "p/10.png"]
    assert [page.read() for page in book.pages] == [b"e", b"two", b"ten"]
    assert [each.name for each in book.extras] == ["ComicInfo.xml"]
    assert book.left_out == ()
    book.close()


@pytest.mark.parametrize(("flag", "direction"), [("YesAndRightToLeft", "rtl"), ("No", "ltr"), ("Yes", "auto")])
def test_the_direction_that_comic_info_tells_is_the_book_s(tmp_path: Path, flag: str, direction: str) -> None:
    info = f"<ComicInfo>\n<Manga> {flag}</Manga></ComicInfo>".encode()
    book = open_archive(make_zip(tmp_path / "c.cbz", {"1.png": b"x", "ComicInfo.xml": info}))
    assert book.direction == direction
    book.close()


def test_a_second_entry_of_a_name_is_a_page_of_its_own(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "c.cbz", "w") as file:
        file.writestr("1.png", b"first")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("1.png", b"second")
    book = open_archive(tmp_path / "c.cbz")
    assert {page.name: page.read() for page in book.pages} == {"1.png": b"first", "1 (2).png": b"second"}
    book.close()


def encrypted(path: Path, entries: dict[str, bytes]) -> Path:
    """Pack the entries, the first of them encrypted as far as its flags tell."""
    make_zip(path, entries)
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag in the local header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    path.write_bytes(data)
    return path


def test_encrypted_pages_fail_and_an_archive_of_nothing_else_is_refused(tmp_path: Path) -> None:
    [book] = open_inputs([encrypted(tmp_path / "c.cbz", {"1.png": b"secret", "2.png": b"open"})], tmp_path / "out")
    with pytest.raises(UnreadablePage, match="encrypted"):
        book.pages[0].read()
    with pytest.raises(UnreadablePage):
        book.pages[0].original()
    assert book.pages[1].read() == b"open"
    book.close()
    with pytest.raises(BadRequest, match="password"):
        open_inputs([encrypted(tmp_path / "d.cbz", {"1.png": b"secret"})], tmp_path / "out")


def test_a_bomb_is_neither_unpacked_nor_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "PAGE_BYTES_MAX", 1000)
    monkeypatch.setattr(archive_module, "AS_IT_WAS_BYTES_MAX", 2000)
    path = make_zip(tmp_path / "c.cbz", {"1.png": b"\0" * 5000, "2.png": b"ok"})
    for lie in (5000, 500):
        path.write_bytes(path.read_bytes().replace((5000).to_bytes(4, "little"), lie.to_bytes(4, "little")))
        book = open_archive(path)
        for read in (book.pages[0].read, book.pages[0].original):
            with pytest.raises(UnreadablePage):
                read()
        assert book.pages[1].read() == b"ok"
        book.close()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_damaged_entry_is_an_unreadable_page_that_goes_along(tmp_path: Path, method: int) -> None:
    path = tmp_path / "c.cbz"
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("1.png", b"some bytes")
        crc = file.infolist()[0].CRC.to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(crc, b"\1\2\3\4"))
    book = open_archive(path)
    with pytest.raises(UnreadablePage, match="damaged"):
        book.pages[0].read()
    assert book.pages[0].original() == b"some bytes"
    book.close()


def test_damaged_lzma_is_an_unreadable_page(tmp_path: Path) -> None:
    path = tmp_path / "c.cbz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("1.png", b"some bytes" * 100)
    data = bytearray(path.read_bytes())
    data[40:60] = b"\xff" * 20
    path.write_bytes(data)
    book = open_archive(path)
    with pytest.raises(UnreadablePage):
        book.pages[0].read()
    book.close()


@pytest.mark.parametrize(
    ("head", "kind"),
    [(b"Rar!\x1a\x07\x01\0", "RAR"), (b"7z\xbc\xaf\x27\x1c\0\4", "7z"), (b"BZh9", "TAR"), (b"%PDF-1.7", "PDF")],
)
def test_a_broken_volume_in_disguise_is_named(tmp_path: Path, head: bytes, kind: str) -> None:
    (tmp_path / "c.cbz").write_bytes(head + b"\0" * 600)
    with pytest.raises(BadRequest, match=kind) as refused:
        open_inputs([tmp_path / "c.cbz"], tmp_path / "out")
    assert "anew" in refused.value.hint


def test_a_zip_named_cbr_is_read(tmp_path: Path) -> None:
    [book] = open_inputs([make_zip(tmp_path / "c.cbr", {"1.png": b"x"})], tmp_path / "out")
    assert names(book) == ["1.png"]
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
def test_what_is_named_as_a_volume_and_is_none_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(BadRequest, match="not a readable"):
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


def test_files_that_travel_along_say_why_they_are_no_page() -> None:
    for name, reason in {"a/cover.PNG": "a picture that is on no page", "ComicInfo.xml": "not a picture"}.items():
        assert book_module.why_no_page(book_module.BookPage(name, bytes)) == reason
