"""Archives, TARs, EPUBs and PDFs that lie about what they hold, or hold it as few programs do."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

from bench.faults.made.made import Made, encoded, grey_page, small_page, zipped
from bench.faults.made.names import raw_zip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_READ: Final = frozenset({0})
_PART: Final = frozenset({0, 1})
_ANY: Final = frozenset({0, 1, 2})


def books() -> Iterator[Made]:
    """Yield each by itself: with how many pages have to come in and out, where that is certain."""
    for make in (_zips, _more_names, _tars, _epubs, _pdfs):
        yield from make()


def _zips() -> Iterator[Made]:
    pages = {"1.png": small_page(1), "2.png": small_page(2)}
    book = zipped(pages)
    end = book.rindex(b"PK\5\6")
    directory = book.index(b"PK\1\2")
    second = book.index(b"PK\1\2", directory + 4)

    def changed(place: int, code: str, value: int) -> bytes:
        return book[:place] + struct.pack(code, value) + book[place + struct.calcsize(code) :]

    yield Made("book: end says 9 entries", {"in.cbz": changed(end + 10, "<H", 9)}, None, _ANY)
    yield Made("book: end says none", {"in.cbz": changed(end + 10, "<H", 0)}, None, _ANY)
    yield Made("book: directory lies 4 GiB on", {"in.cbz": changed(end + 16, "<I", 0xFFFFFFF0)}, None, _ANY)
    yield Made("book: both entries are one place", {"in.cbz": changed(second + 42, "<I", 0)}, 2, _PART)
    yield Made("book: entry beyond the file", {"in.cbz": changed(second + 42, "<I", 0x7FFFFFF0)}, 2, _PART)
    yield Made("book: size says 4 GiB", {"in.cbz": changed(second + 24, "<I", 0xFFFFFFFE)}, 2, _PART)
    yield Made("book: size says 5", {"in.cbz": changed(second + 24, "<I", 5)}, 2, _PART)
    yield Made("book: packed size says 5", {"in.cbz": changed(second + 20, "<I", 5)}, 2, _PART)
    yield Made("book: the local name is another", {"in.cbz": book.replace(b"1.png", b"3.png", 1)}, 2, _PART)
    yield Made("book: encrypted by flag alone", {"in.cbz": changed(second + 8, "<H", 1)}, 2, _PART)
    yield Made("book: strong encryption by flag", {"in.cbz": changed(second + 8, "<H", 0x2041)}, 2, _PART)
    for method in (1, 6, 9, 93, 95, 97, 99, 65535):
        yield Made(f"book: packed by method {method}", {"in.cbz": changed(second + 10, "<H", method)}, 2, _PART)
    for bits, kind in ((0o120777, "link"), (0o010666, "pipe"), (0o060666, "device"), (0o040755, "folder")):
        yield Made(f"book: entry is a {kind}", {"in.cbz": changed(second + 38, "<I", bits << 16)}, None, _PART)
    huge = struct.pack("<HHQQQ", 1, 24, 1 << 60, 1 << 60, 1 << 60)
    yield Made("book: ZIP64 sizes of 2^60", {"in.cbz": _with_extra(huge)}, None, _ANY)
    yield Made("book: ZIP64 that is cut", {"in.cbz": _with_extra(struct.pack("<HH", 1, 24))}, None, _ANY)
    yield Made("book: an extra field of chance", {"in.cbz": _with_extra(b"\x75\x70\xff\xff\1")}, None, _ANY)
    comment = b"PK\5\6" + bytes(18) + b"c" * 60_000
    yield Made("book: an end within its comment", {"in.cbz": book[:-2] + struct.pack("<H", len(comment)) + comment})
    yield Made("book: two books in a row", {"in.cbz": book + zipped({"3.png": small_page(3)})}, None, _PART)
    many = {f"{number}.png": small_page(1) for number in range(3)} | {f"{number}.txt": b"" for number in range(19_000)}
    yield Made("book: 19,000 notes", {"in.cbz": zipped(many)}, 3, _READ)
    for name, xml in _COMIC_INFOS.items():
        yield Made(f"book: ComicInfo {name}", {"in.cbz": zipped({**pages, "ComicInfo.xml": xml})}, 2, _READ)


def _with_extra(extra: bytes) -> bytes:
    """Return a book whose second entry has sizes in an extra field."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("1.png", small_page(1))
        facts = zipfile.ZipInfo("2.png")
        facts.extra = b"\xfe\xca" + struct.pack("<H", len(extra)) + extra
        archive.writestr(facts, small_page(2))
    data = buffer.getvalue()
    wanted = b"\xfe\xca" + struct.pack("<H", len(extra)) + extra
    place = data.rindex(wanted)
    data = data[:place] + extra + bytes(4) + data[place + len(wanted) :]
    header = data.rindex(b"PK\1\2")
    return data[: header + 20] + b"\xff" * 8 + data[header + 28 :]


def _more_names() -> Iterator[Made]:
    kinds = {
        "one after NFKC": ["ｶ.png", "カ.png", "ﬀ.png", "ff.png", "①.png", "1.png", "Å.png", "Å.png"],
        "not to be seen": ["a\u00ad.png", "a\u200d.png", "a\u2060.png", "a\ufe0e.png", "a.png", "\u3164.png",
                           "a\u034f.png"],
        "alike": ["А.png", "A.png", "Α.png", "ſ.png", "s.png", "İ.png", "i̇.png", "ı.png", "I.png"],
        "Hangul": ["각.png", "각.png", "ᄀ.png"],
        "devices": ["CON .png", "con.tar.png", "LPT¹.png", "COM0.png", "AUX.", "prn/1.png", "CLOCK$.png", "CONIN$.png"],
        "dots": ["....png", ". .png", "a/./1.png", "a/.../1.png", "a /1.png", "a./1.png", "a/1.png", "-rf.png"],
        "commands": ["$(id).png", "`id`.png", "a;b.png", "a|b.png", "%41.png", "A.png", "a&b.png",
                     "--help.png", "@f.png"],
    }  # fmt: skip
    for kind, names in kinds.items():
        entries = [(name.encode(), True, small_page(number)) for number, name in enumerate(names)]
        yield Made(f"book: names {kind}", {"in.cbz": raw_zip(entries)}, len(names))
    long = raw_zip([(b"n" * 65_000 + b".png", False, small_page(1)), (b"d/" * 30_000 + b"1.png", False, small_page(2))])
    yield Made("book: names of 65,000 bytes", {"in.cbz": long}, None, _PART)


def _tars() -> Iterator[Made]:
    def link(kind: bytes, name: str, target: str) -> tarfile.TarInfo:
        facts = tarfile.TarInfo(name)
        facts.type, facts.linkname = kind, target
        return facts

    pages = [("1.png", small_page(1)), ("2.png", small_page(2))]
    links = {
        "links out": [link(tarfile.SYMTYPE, "3.png", "../../../../etc/passwd")],
        "hard links": [link(tarfile.LNKTYPE, "3.png", "1.png"), link(tarfile.LNKTYPE, "4.png", "4.png")],
        "links to folders": [link(tarfile.SYMTYPE, "d", "/tmp")],
        "pipes": [link(tarfile.FIFOTYPE, "3.png", ""), link(tarfile.CHRTYPE, "4.png", "")],
        "a folder that is a page": [link(tarfile.DIRTYPE, "3.png", "")],
    }
    for kind, more in links.items():
        yield Made(f"book: TAR with {kind}", {"in.cbt": _tar(pages, more)}, None, _PART)
    yield Made("book: TAR with twins", {"in.cbt": _tar([*pages, ("1.png", small_page(3))], [])}, 3, _PART)
    ways_out = [("../../e.png", small_page(1)), ("/e.png", small_page(2)), ("a/../../e.png", small_page(3))]
    yield Made("book: TAR with ways out", {"in.cbt": _tar(ways_out, [])}, 3, _PART)
    named = tarfile.TarInfo("3.png")
    named.pax_headers = {"path": "p\udc80/\x1b[31m.png", "size": "99999999999", "comment": "c" * 100_000}
    yield Made("book: TAR with lies of PAX", {"in.cbt": _tar(pages, [named])}, None, _ANY)
    tar = bytearray(_tar(pages, []))
    tar[124:136] = b"\x80" + b"\xff" * 11
    tar[148:156] = b"%06o\0 " % (sum(tar[:148]) + 8 * 32 + sum(tar[156:512]))
    yield Made("book: TAR with a size of 2^88", {"in.cbt": bytes(tar)}, None, _ANY)


def _tar(pages: list[tuple[str, bytes]], more: list[tarfile.TarInfo]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, errors="surrogatepass") as archive:
        for name, data in pages:
            facts = tarfile.TarInfo(name)
            facts.size = len(data)
            archive.addfile(facts, io.BytesIO(data))
        for facts in more:
            archive.addfile(facts)
    return buffer.getvalue()


def _epubs() -> Iterator[Made]:
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><body><img src="{}"/></body></html>'
    sound = {"a.png": small_page(1), "b.png": small_page(2)}
    items = '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
    documents = {"a.xhtml": page.format("a.png").encode()}
    spine = '<itemref idref="a"/>'
    bomb = '<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    kinds: dict[str, tuple[str, str, dict[str, bytes], str]] = {
        "without an item of its spine": (items, spine + '<itemref idref="zzz"/>', documents, ""),
        "whose document is gone": (
            items + '<item id="b" href="b.xhtml" media-type="t"/>', spine + '<itemref idref="b"/>', documents, "",
        ),
        "whose picture is gone": (items, spine, {"a.xhtml": page.format("gone.png").encode()}, ""),
        "with ways out": (items, spine, {"a.xhtml": page.format("../../../etc/passwd").encode()}, ""),
        "with addresses of the web": (items, spine, {"a.xhtml": page.format("https://a/b.png").encode()}, ""),
        "with escaped names": (items, spine, {"a.xhtml": page.format("%61.png?x#y").encode()}, ""),
        "with a bomb of entities": (items, spine, documents, bomb),
        "with a page twice": (items, spine * 3, documents, ""),
        "with an empty spine": (items, "", documents, ""),
        "with a document of 9 MB": (items, spine, {"a.xhtml": page.format("a.png").encode() + b" " * (9 << 20)}, ""),
        "with deep documents": (items, spine, {"a.xhtml": b"<div>" * 100_000 + page.format("a.png").encode()}, ""),
        "of UTF-16": (items, spine, {"a.xhtml": page.format("a.png").encode("utf-16")}, ""),
    }  # fmt: skip
    for kind, (manifest, order, files, before) in kinds.items():
        package = (
            f'<?xml version="1.0"?>{before}<package xmlns="http://www.idpf.org/2007/opf"><metadata/>'
            f"<manifest>{manifest}</manifest><spine>{order}</spine></package>"
        )
        yield Made(f"book: EPUB {kind}", {"in.epub": _epub(package.encode(), {**sound, **files})}, None, _ANY)
    yield Made("book: EPUB whose package is no XML", {"in.epub": _epub(b"\xff\xfe{", sound)}, None, _ANY)


def _epub(package: bytes, files: dict[str, bytes]) -> bytes:
    container = b'<container><rootfiles><rootfile full-path="p.opf"/></rootfiles></container>'
    return zipped({"mimetype": b"application/epub+zip", "META-INF/container.xml": container, "p.opf": package, **files})


def _pdfs() -> Iterator[Made]:
    changes: dict[str, Callable[[Any], object]] = {
        "turned": lambda page: page.__setitem__("/Rotate", 90),
        "turned by 45": lambda page: page.__setitem__("/Rotate", 45),
        "200 inches high": lambda page: page.__setitem__("/MediaBox", [0, 0, 14_400, 14_400]),
        "of a million points": lambda page: page.__setitem__("/MediaBox", [0, 0, 1e6, 1e6]),
        "of no size": lambda page: page.__setitem__("/MediaBox", [5, 5, 5, 5]),
        "upside down box": lambda page: page.__setitem__("/MediaBox", [600, 800, 0, 0]),
        "a box of words": lambda page: page.__setitem__("/MediaBox", "words"),
        "very narrow": lambda page: page.__setitem__("/MediaBox", [0, 0, 1, 14_000]),
        "units of 1e9": lambda page: page.__setitem__("/UserUnit", 1e9),
        "no content": lambda page: page.__delitem__("/Contents"),
        "no resources": lambda page: page.__delitem__("/Resources"),
    }
    for kind, change in changes.items():
        yield Made(f"book: PDF {kind}", {"in.pdf": _pdf(change)}, 2, _PART)
    import pikepdf

    for kind, how in {
        "a password": pikepdf.Encryption(user="u", owner="o"),
        "the owner's password": pikepdf.Encryption(user="", owner="o"),
    }.items():  # fmt: skip
        yield Made(f"book: PDF with {kind}", {"in.pdf": _pdf(lambda _: None, encryption=how)}, None, _ANY)
    whole = _pdf(lambda _: None)
    yield Made("book: PDF cut in half", {"in.pdf": whole[: len(whole) // 2]}, None, _ANY)
    yield Made("book: PDF without its table", {"in.pdf": whole[: whole.rindex(b"startxref")]}, None, _ANY)
    yield Made(
        "book: PDF whose pages go round",
        {"in.pdf": _pdf(lambda page: page.__setitem__("/Type", page.Parent.Type))},
        None,
        _ANY,
    )
    yield Made("book: PDF with no page", {"in.pdf": _pdf(None)}, None, _ANY)


def _pdf(change: Callable[[Any], object] | None, **how: Any) -> bytes:
    """Return a PDF of two pictures, whose second page was changed; without a change: of none."""
    import pikepdf

    document = pikepdf.new()
    for number in range(2 if change is not None else 0):
        picture = grey_page().resize((300, 424)).rotate(number)
        stream = document.make_stream(
            encoded(picture, "JPEG"), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=300, Height=424,
            ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8, Filter=pikepdf.Name.DCTDecode,
        )  # fmt: skip
        page = document.add_blank_page(page_size=(300, 424))
        page.obj["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=stream))
        page.obj["/Contents"] = document.make_stream(b"q 300 0 0 424 0 0 cm /Im Do Q")
    if change is not None:
        change(document.pages[1].obj)
    buffer = io.BytesIO()
    document.save(buffer, **how)
    return buffer.getvalue()


_COMIC_INFOS: Final = {
    "with a bomb": b'<!DOCTYPE l [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><ComicInfo>&b;</ComicInfo>',
    "of a file": b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><ComicInfo><Title>&x;</Title></ComicInfo>',
    "deep": b"<a>" * 50_000,
    "large": b"<ComicInfo>" + b"<Notes>" + b"n" * (20 << 20) + b"</Notes></ComicInfo>",
    "of another kind": zlib.compress(b"<ComicInfo/>"),
    "with words for numbers": b"<ComicInfo><Number>\xe2\x88\x9e</Number><Volume>-1e99</Volume><PageCount>x</PageCount>"
    b"<Pages><Page Image='-5'/><Page Image='99999999999999999999'/></Pages></ComicInfo>",
}
