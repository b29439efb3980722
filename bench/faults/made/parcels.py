"""Books as rare programs pack them, sound or not: streams, old TARs, litter, bombs, EPUBs of others, PDFs of parts."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

from bench.faults.made.made import Made, encoded, grey_page, small_page, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_READ: Final = frozenset({0})
_PART: Final = frozenset({0, 1})
_FAILS: Final = frozenset({1})
_REFUSED: Final = frozenset({2})
_ANY: Final = frozenset({0, 1, 2})
_PACKAGE: Final = (
    '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf"><metadata/>'
    "<manifest>{}</manifest><spine>{}</spine></package>"
)


def parcels() -> Iterator[Made]:
    """Yield each by itself: with how many pages have to come in and out, where that is certain."""
    for make in (_zips, _litter, _tars, _packed_tars, _epubs, _pdfs):
        yield from make()


def _zips() -> Iterator[Made]:
    pages = {"1.png": small_page(1), "2.png": small_page(2)}
    book = zipped(pages)
    yield Made("parcel: sizes of nothing", {"in.cbz": book[:6] + b"\x08\0" + book[8:14] + bytes(12) + book[26:]}, 2)
    wrong = book.replace(struct.pack("<I", zlib.crc32(pages["1.png"])), bytes(4))
    yield Made("parcel: a wrong sum", {"in.cbz": wrong}, 2, _FAILS, {"1.png": "failed", "2.png": "coloured|cached"})
    yield Made("parcel: names of nothing", {"in.cbz": zipped({"0.png": small_page(1), "..": small_page(2)})}, 2)
    inner = {"v1.cbz": book, "v2.cbz": zipped({"1.png": small_page(3)}), "x.cbt": _tar({"1.png": small_page(4)})}
    # Several volumes do not go into one archive: that is refused before work.
    yield Made("parcel: ZIPs and a TAR in a ZIP", {"in.cbz": zipped(inner)}, 4, frozenset({0, 2}))
    yield Made("parcel: streamed", {"in.cbz": _streamed(pages)}, 2)
    for name, method in {"deflated": 8, "bzip2": 12, "LZMA": 14}.items():
        yield Made(f"parcel: {name}", {"in.cbz": zipped(pages, method)}, 2)
    yield Made("parcel: a picture before it", {"in.cbz": encoded(grey_page(), "JPEG") + book}, 2)
    yield Made("parcel: a book after a picture", {"in.jpg": encoded(grey_page(), "JPEG") + book}, 1)
    end = book.rindex(b"PK\5\6")
    yield Made(
        "parcel: the second of two disks", {"in.cbz": book[: end + 4] + b"\1\0\1\0" + book[end + 8 :]}, None, _ANY
    )
    yield Made("parcel: one letter", {"in.cbz": b"P"}, None, frozenset({1, 2}))
    yield Made("parcel: no entry", {"in.cbz": zipped({})}, None, _REFUSED)
    dated = book.replace(struct.pack("<HH", *struct.unpack("<HH", book[10:14])), b"\xff" * 4)
    yield Made("parcel: of no day", {"in.cbz": dated}, 2)
    yield Made("parcel: one picture five times", {"in.cbz": zipped({f"{n}.png": pages["1.png"] for n in range(5)})}, 5)
    yield Made("parcel: a page of no byte", {"in.cbz": zipped({**pages, "3.png": b""})}, 3, _FAILS, {"3.png": "failed"})


def _streamed(files: dict[str, bytes]) -> bytes:
    """Return a ZIP as it is written where nobody can go back: sizes behind the data, ZIP64 throughout."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.data += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:  # type: ignore[arg-type]
        for name, data in files.items():
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(data)
    return bytes(pipe.data)


def _litter() -> Iterator[Made]:
    pages = {"b/1.png": small_page(1), "b/2.png": small_page(2)}
    litter = {"__MACOSX/b/._1.png": b"\0\5\x16\7" + bytes(60), "b/.DS_Store": b"\0\0\0\1Bud1", "b/Thumbs.db": bytes(99),
              "b/desktop.ini": b"[x]", "b/1.png.bak": b"x", "b/": b""}  # fmt: skip
    yield Made("parcel: litter", {"in.cbz": zipped({**litter, **pages})}, None)
    info = "<ComicInfo><Manga>YesAndRightToLeft</Manga></ComicInfo>".encode("utf-16le")
    yield Made("parcel: ComicInfo of UTF-16", {"in.cbz": zipped({"ComicInfo.xml": b"\xff\xfe" + info, **pages})}, 2)
    fine = b"<?xml version='1.0'?><ComicInfo><Number>1</Number><Manga>Yes</Manga></ComicInfo>"
    yield Made(
        "parcel: two ComicInfos", {"in.cbz": zipped({"ComicInfo.xml": fine, "b/comicinfo.XML": fine, **pages})}, 2
    )
    words = {f"{n}.{kind}": b"x" for n, kind in enumerate(("exe", "sh", "html", "mp3", "svg", "xmp", "url"))}
    yield Made("parcel: files of others", {"in.cbz": zipped({**words, **pages})}, 2)


def _tars() -> Iterator[Made]:
    def link(kind: bytes, name: str, target: str) -> tarfile.TarInfo:
        facts = tarfile.TarInfo(name)
        facts.type, facts.linkname = kind, target
        return facts

    pages = {"1.png": small_page(1), "2.png": small_page(2)}
    tar = _tar(pages)
    odd = [link(tarfile.LNKTYPE, "2.png", "1.png"), link(tarfile.SYMTYPE, "3.png", "/etc/passwd"),
           link(tarfile.FIFOTYPE, "4.png", ""), link(tarfile.CHRTYPE, "5.png", "")]  # fmt: skip
    linked = _tar({"1.png": small_page(1), "../../6.png": small_page(7)}, odd)
    # What a link stands for is a page that the book should have, and that nobody gets.
    yield Made("parcel: TAR of links", {"in.cbt": linked}, 2, _FAILS)
    head = bytearray(tar)
    head[124:136] = b"77777777777\0"
    yield Made("parcel: TAR of 8 GiB by word", {"in.cbt": _summed(head)}, None, _ANY)
    old = bytearray(tar)
    old[257:265] = bytes(8)
    yield Made("parcel: TAR of Version 7", {"in.cbt": _summed(old)}, 2)
    wrong = bytearray(tar)
    wrong[148:156] = b"000000\0 "
    yield Made("parcel: TAR whose sum is wrong", {"in.cbt": bytes(wrong)}, None, _ANY)
    yield Made(
        "parcel: TAR without its end", {"in.cbt": tar.rstrip(b"\0") + bytes(512 - len(tar.rstrip(b"\0")) % 512)}, 2
    )
    yield Made("parcel: TAR cut in its second page", {"in.cbt": tar[: 1536 + len(pages["1.png"])]}, None, _ANY)
    long = {"d/" * 60 + "頁.png": small_page(1), "n" * 200 + ".png": small_page(2)}
    for name, form in {"GNU": tarfile.GNU_FORMAT, "PAX": tarfile.PAX_FORMAT}.items():
        yield Made(f"parcel: TAR, long names of {name}", {"in.cbt": _tar(long, form=form)}, 2)
    yield Made("parcel: two TARs in a row", {"in.cbt": tar + _tar({"3.png": small_page(3)})}, None, _PART)


def _packed_tars() -> Iterator[Made]:
    tar = _tar({"1.png": small_page(1), "2.png": small_page(2)})
    ways: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
    for name, pack in ways.items():
        yield Made(f"parcel: TAR in {name}", {f"in.tar.{name}" if name != "gz" else "in.tgz": pack(tar)}, 2)
        packed = pack(tar)
        yield Made(f"parcel: half of a TAR in {name}", {"in.cbt": packed[: len(packed) // 2]}, None, _ANY)
    yield Made("parcel: a bomb of gzip", {"in.cbz": gzip.compress(bytes(300 << 20), 9)}, None, _REFUSED)
    yield Made("parcel: a bomb in xz", {"in.cbt": lzma.compress(_tar({"1.png": bytes(300 << 20)}))}, None, _ANY)
    yield Made("parcel: gzip in gzip", {"in.cbz": gzip.compress(gzip.compress(tar))}, None, _ANY)


def _tar(files: dict[str, bytes], more: Sequence[tarfile.TarInfo] = (), form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in files.items():
            facts = tarfile.TarInfo(name)
            facts.size = len(data)
            archive.addfile(facts, io.BytesIO(data))
        for facts in more:
            archive.addfile(facts)
    return buffer.getvalue()


def _summed(tar: bytearray) -> bytes:
    """Return a TAR with the right sum of its first head."""
    tar[148:156] = b" " * 8
    tar[148:156] = b"%06o\0 " % sum(tar[:512])
    return bytes(tar)


def _epubs() -> Iterator[Made]:
    pages = {"i/ä 1.png": small_page(1), "i/2.png": small_page(2), "i/3.png": small_page(3)}
    reads = {"a.xhtml": b'<html><body><img src="i/%C3%A4%201.png"/></body></html>',
             "b.xhtml": b'<html xmlns:x="http://www.w3.org/1999/xlink"><svg><image x:href="i/2.png"/></svg></html>',
             "c.xhtml": b'<html><body><object data="i/3.png" type="image/png"></object></body></html>'}  # fmt: skip
    items = "".join(f'<item id="{n}" href="{n}.xhtml" media-type="application/xhtml+xml"/>' for n in "abc")
    for kind, order in {"": "abc", ", last page first": "cba"}.items():
        spine = "".join(f'<itemref idref="{n}"/>' for n in order)
        yield Made(f"parcel: EPUB of three ways{kind}", {"in.epub": _epub(items, spine, {**pages, **reads})}, 3)
    spine = '<itemref idref="a"/><itemref idref="b" linear="no"/>'
    yield Made("parcel: EPUB with a page aside", {"in.epub": _epub(items, spine, {**pages, **reads})}, None, _PART)
    locked = {"META-INF/encryption.xml": b"<encryption><EncryptedData/></encryption>", "META-INF/rights.xml": b"<r/>"}
    yield Made("parcel: EPUB under lock", {"in.epub": _epub(items, spine, {**pages, **reads, **locked})}, None, _ANY)
    container = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><container>&b;</container>'
    outside = zipped({"mimetype": b"application/epub+zip", "META-INF/container.xml": container, **pages})
    yield Made("parcel: EPUB that asks for a file", {"in.epub": outside}, None, _REFUSED)


def _epub(items: str, spine: str, files: dict[str, bytes]) -> bytes:
    container = b'<container><rootfiles><rootfile full-path="p.opf"/></rootfiles></container>'
    package = _PACKAGE.format(items, spine).encode()
    return zipped({"mimetype": b"application/epub+zip", "META-INF/container.xml": container, "p.opf": package, **files})


def _pdfs() -> Iterator[Made]:
    import pikepdf

    pages = b"2 0 obj<</Type/Pages/Kids[2 0 R]/Count 99999999>>endobj trailer<</Root 1 0 R>>"
    yield Made("parcel: PDF of itself", {"in.pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj " + pages},
               None, _REFUSED)  # fmt: skip
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    changes: dict[str, Callable[[Any], object]] = {
        "a script": lambda document: document.Root.__setitem__("/OpenAction", script),
        "a file in it": lambda document: document.attachments.__setitem__("a.exe", b"MZ"),
        "a layer": lambda document: document.Root.__setitem__("/OCProperties", pikepdf.Dictionary(OCGs=[])),
        "a page of nothing": lambda document: document.add_blank_page(page_size=(300, 424)),
        "its pages twice": lambda document: document.pages.extend(list(document.pages)),
    }
    counts = {"a page of nothing": 3, "its pages twice": 4}
    for name, change in changes.items():
        yield Made(f"parcel: PDF with {name}", {"in.pdf": _pdf(change)}, counts.get(name, 2), _PART)
    streams = pikepdf.ObjectStreamMode.generate
    yield Made("parcel: PDF in streams", {"in.pdf": _pdf(lambda _: None, object_stream_mode=streams)}, 2)
    yield Made("parcel: PDF for the web", {"in.pdf": _pdf(lambda _: None, linearize=True)}, 2)
    yield Made("parcel: words before a PDF", {"in.pdf": b"\r\n" * 200 + _pdf(lambda _: None)}, None, _ANY)
    yield Made("parcel: words after a PDF", {"in.pdf": _pdf(lambda _: None) + b"</body></html>" * 20}, 2)


def _pdf(change: Callable[[Any], object], **how: Any) -> bytes:
    """Return a PDF of two pictures, one deflated and one as JPEG 2000, changed."""
    import pikepdf

    picture = grey_page().resize((300, 424))
    kinds = (
        (zlib.compress(picture.tobytes()), pikepdf.Name.FlateDecode),
        (encoded(picture.rotate(1), "JPEG2000"), pikepdf.Name.JPXDecode),
    )
    document = pikepdf.new()
    for data, kind in kinds:
        stream = document.make_stream(
            data, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=300, Height=424,
            ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8, Filter=kind,
        )  # fmt: skip
        page = document.add_blank_page(page_size=(300, 424))
        page.obj["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=stream))
        page.obj["/Contents"] = document.make_stream(b"q 300 0 0 424 0 0 cm /Im Do Q")
    change(document)
    buffer = io.BytesIO()
    document.save(buffer, **how)
    return buffer.getvalue()
