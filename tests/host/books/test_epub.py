"""Which pictures of an EPUB are its pages, in which order, and what is said of the others: by table."""

from __future__ import annotations

import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from host.books import epub
from host.books.epub import _Pictures, _resolved, open_epub
from host.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)
CONTAINER = '<container><rootfiles><rootfile full-path="{}"/></rootfiles></container>'


def page(*addresses: str, text: str = "") -> str:
    shown = "".join(f'<img src="{one}"/>' for one in addresses)
    return f"<html><head><title>A title</title></head><body>{shown}{text}</body></html>"


def package(spine: str, items: str, metadata: str = "", progression: str = "") -> str:
    listed = f"<metadata>{metadata}</metadata><manifest>{items}</manifest>"
    return f"<package>{listed}<spine{progression}>{spine}</spine></package>"


def item(name: str, href: str, kind: str = "application/xhtml+xml", more: str = "") -> str:
    return f'<item id="{name}" href="{href}" media-type="{kind}" {more}/>'


def made(path: Path, content: str, files: dict[str, Any], root: str = "O/c.opf") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", CONTAINER.format(root))
        archive.writestr(root, content)
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def refs(*names: str) -> str:
    return "".join(f'<itemref idref="{name}"/>' for name in names)


FILES = {
    "O/i/1.png": PNG + b"1",
    "O/i/2.png": PNG + b"2",
    "O/p/1.xhtml": page("../i/1.png"),
    "O/p/2.xhtml": page("../i/2.png"),
}
ITEMS = (
    item("p1", "p/1.xhtml")
    + item("p2", "p/2.xhtml")
    + item("i1", "i/1.png", "image/png")
    + item("i2", "i/2.png", "image/png")
)


def pictures_of(path: Path) -> list[bytes]:
    with closing(open_epub(path)) as book:
        return [one.read()[-1:] for one in book.pages]


@pytest.mark.parametrize(
    ("content", "pages"),
    [
        (package(refs("p1", "p2"), ITEMS), [b"1", b"2"]),
        (package(refs("p2", "p1"), ITEMS), [b"2", b"1"]),
        (package(refs("p1", "p2", "p1"), ITEMS), [b"1", b"2"]),  # each once
        (package(refs("p1", "missing"), ITEMS), [b"1"]),
        (package(refs("i2", "i1"), ITEMS), [b"2", b"1"]),  # pictures themselves
        (package(refs("p1"), ITEMS, '<meta name="cover" content="i2"/>'), [b"2", b"1"]),
        (package(refs("p1", "p2"), ITEMS, '<meta name="cover" content="i2"/>'), [b"1", b"2"]),  # it is a page
        (package(refs("p1"), ITEMS, '<meta name="cover" content="p2"/>'), [b"1"]),  # no picture
        (package(refs("p1"), ITEMS, '<meta name="other" content="i2"/>'), [b"1"]),
        (package(refs("p1"), ITEMS + item("c", "i/2.png", "image/png", 'properties="svg cover-image"')), [b"2", b"1"]),
        (package(refs("p1"), ITEMS + item("c", "i/9.png", "image/png", 'properties="cover-image"')), [b"1"]),
        ("<x:package xmlns:x='urn:x'>" + package(refs("p1"), ITEMS)[9:].replace("</package>", "</x:package>"), [b"1"]),
    ],
)
def test_pages_come_in_the_order_of_the_spine_after_a_cover_of_its_own(
    tmp_path: Path, content: str, pages: list[bytes]
) -> None:
    assert pictures_of(made(tmp_path / "a.epub", content, FILES)) == pages


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_documents_are_read_in_the_encoding_that_they_begin_with(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    document = (mark + page("../i/1.png")).encode(encoding)
    book = made(tmp_path / "b.epub", package(refs("p1"), ITEMS), FILES | {"O/p/1.xhtml": document})
    assert pictures_of(book) == [b"1"]


def test_pages_are_named_by_their_places(tmp_path: Path) -> None:
    files = FILES | {
        "O/i/2.JPG": b"\xff\xd8\xff2",
        "O/p/2.xhtml": page("../i/2.JPG"),
        "O/i/left.png": PNG,
        "ComicInfo.xml": "<ComicInfo/>",
    }
    with closing(open_epub(made(tmp_path / "v.epub", package(refs("p1", "p2"), ITEMS), files))) as book:
        assert [one.name for one in book.pages] == ["0001.png", "0002.jpg"]
        assert book.name == "v"
        assert [one.name for one in book.extras] == ["O/i/2.png", "O/i/left.png", "ComicInfo.xml"]
        assert book.left_out == ()


@pytest.mark.parametrize(
    ("progression", "comic", "direction"),
    [
        ("", "", "auto"),
        (' page-progression-direction="rtl"', "", "rtl"),
        (' page-progression-direction="ltr"', "", "ltr"),
        (' page-progression-direction="default"', "", "auto"),
        (' page-progression-direction="ltr"', "<Manga>YesAndRightToLeft</Manga>", "rtl"),
        (' page-progression-direction="ltr"', "<Manga>Unknown</Manga>", "ltr"),
    ],
)
def test_it_says_which_way_it_is_read(tmp_path: Path, progression: str, comic: str, direction: str) -> None:
    files = FILES | ({"ComicInfo.xml": f"<ComicInfo>{comic}</ComicInfo>"} if comic else {})
    content = package(refs("p1"), ITEMS, progression=progression)
    with closing(open_epub(made(tmp_path / "a.epub", content, files))) as book:
        assert book.direction == direction


@pytest.mark.parametrize(
    ("document", "reason", "lost"),
    [
        (page(text="words"), "a page of text", False),
        (page(), "a page without a picture", True),
        (page(text="<nav> </nav>"), "a page without a picture", False),
        (page("../i/9.png"), "its picture is not in the book: O/i/9.png", True),
        (None, "it is not in the book", True),
    ],
)
def test_what_has_no_picture_is_said(tmp_path: Path, document: str | None, reason: str, *, lost: bool) -> None:
    files = FILES | ({} if document is None else {"O/p/3.xhtml": document})
    content = package(refs("p1", "p3"), ITEMS + item("p3", "p/3.xhtml"))
    with closing(open_epub(made(tmp_path / "a.epub", content, files))) as book:
        assert [(one.name, str(one.reason), one.lost) for one in book.left_out] == [("O/p/3.xhtml", reason, lost)]


def test_documents_and_their_pictures_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = page("../i/1.png", "../i/2.png", "../i/1.png")
    path = made(tmp_path / "a.epub", package(refs("p1"), ITEMS), FILES | {"O/p/1.xhtml": many})
    monkeypatch.setattr(epub, "_PICTURES_OF_A_PAGE_MAX", 1)
    assert pictures_of(path) == [b"1"]
    monkeypatch.setattr(epub, "_DOCUMENT_BYTES_MAX", len(package(refs("p1"), ITEMS)))
    assert pictures_of(path) == [b"1"]
    monkeypatch.setattr(epub, "_DOCUMENT_BYTES_MAX", len(package(refs("p1"), ITEMS)) - 1)
    with pytest.raises(BadRequest, match=r"O/c\.opf: it is too large"):
        open_epub(path)
    monkeypatch.undo()
    monkeypatch.setattr(epub, "PAGES_MAX", 2)
    assert len(pictures_of(path)) == 2
    monkeypatch.setattr(epub, "PAGES_MAX", 1)
    with pytest.raises(TooLarge, match="has 2 pages; the limit is 1"):
        open_epub(path)


@pytest.mark.parametrize(
    ("algorithm", "is_open"),
    [
        ("http://www.idpf.org/2008/embedding", True),
        ("http://ns.adobe.com/pdf/enc#RC", True),
        ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", False),
        ("", False),
    ],
)
def test_fonts_alone_may_be_locked(tmp_path: Path, algorithm: str, *, is_open: bool) -> None:
    locked = f'<encryption><EncryptedData><EncryptionMethod Algorithm="{algorithm}"/></EncryptedData></encryption>'
    path = made(tmp_path / "a.epub", package(refs("p1"), ITEMS), FILES | {"META-INF/encryption.xml": locked})
    if is_open:
        assert pictures_of(path) == [b"1"]
    else:
        with pytest.raises(BadRequest, match="is protected"):
            open_epub(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<package/>", "it has no spine"),
        ("no xml", "O/c.opf: "),
        (None, "O/other.opf: it is not in the book"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(tmp_path: Path, content: str | None, words: str) -> None:
    path = made(tmp_path / "a.epub", content or "<package/>", FILES)
    if content is None:
        with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("META-INF/container.xml", CONTAINER.format("O/other.opf"))
    with pytest.raises(BadRequest, match=words) as told:
        open_epub(path)
    assert told.value.hint


@pytest.mark.parametrize(
    ("html", "addresses", "has_text", "has_navigation"),
    [
        ('<img src="a.png">', ["a.png"], False, False),
        ('<IMG SRC="a.png"/>', ["a.png"], False, False),
        ('<svg><image xlink:href="a.png"/></svg>', ["a.png"], False, False),
        ('<svg><image href="b.png"></image></svg>', ["b.png"], False, False),
        ('<svg:image xlink:href="a.png"/>', ["a.png"], False, False),
        ('<svg><image x:href="a.png"/></svg>', ["a.png"], False, False),
        ('<object data="a.png"></object><object data="a.pdf"></object>', ["a.png"], False, False),
        ('<img src="data:image/png;base64,AA"><img>', [], False, False),
        ('<a src="a.png">words</a>', [], True, False),
        ("<head><title>words</title></head> \n", [], False, False),
        ("<style>words</style><script>words</script>", [], False, False),
        ("<script/>words", [], True, False),
        ("</style>words", [], True, False),
        ("<nav> </nav>", [], False, True),
    ],
)
def test_what_a_page_shows(html: str, addresses: list[str], *, has_text: bool, has_navigation: bool) -> None:
    found = _Pictures.of(html)
    assert (found.addresses, found.has_text, found.has_navigation) == (addresses, has_text, has_navigation)


@pytest.mark.parametrize(
    ("base", "address", "name"),
    [
        ("O/p", "../i/a.png", "O/i/a.png"),
        ("", "a.png", "a.png"),
        ("O", "a%20b.png?x=1#y", "O/a b.png"),
        ("O", "/a.png", "/a.png"),
        ("O", "./x/../a.png", "O/a.png"),
    ],
)
def test_addresses_lead_from_where_they_stand(base: str, address: str, name: str) -> None:
    assert _resolved(base, address) == name
