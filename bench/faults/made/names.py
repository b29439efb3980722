"""Archives with names that other programs write: every encoding, twins, ways out of the folder, words of systems."""

from __future__ import annotations

import struct
import unicodedata
import zlib
from typing import TYPE_CHECKING, Final

from bench.faults.made.made import Made, small_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Entry = tuple[bytes, bool]

_UTF8: Final = 0x800


def names() -> Iterator[Made]:
    """Yield an archive for each kind of names; every entry is a page of its own, and has to come out."""
    for kind, entries in _NAMES.items():
        pages = [(name, is_utf8, small_page(number + len(kind))) for number, (name, is_utf8) in enumerate(entries)]
        # What is still being fetched is no page.
        count = len([name for name, _ in entries if not name.endswith(b".part")])
        yield Made(f"names {kind}", {"in.cbz": raw_zip(pages)}, count)


def raw_zip(entries: Sequence[tuple[bytes, bool, bytes]]) -> bytes:
    """Return a ZIP whose entries have these very bytes as names; stored, each with its flag of UTF-8 and its data."""
    files, directory = bytearray(), bytearray()
    for name, is_utf8, data in entries:
        flag, place = _UTF8 if is_utf8 else 0, len(files)
        common = struct.pack("<HHHHIIIHH", flag, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), 0)
        files += b"PK\3\4" + struct.pack("<H", 20) + common + name + data
        tail = struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, place)
        directory += b"PK\1\2" + struct.pack("<HH", 0x314, 20) + common + tail + name
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(files), 0)
    return bytes(files + directory) + b"PK\5\6" + end


def _plain(*names: bytes) -> list[Entry]:
    return [(name, False) for name in names]


def _utf8(*names: str) -> list[Entry]:
    return [(name.encode(), True) for name in names]


_NAMES: Final[dict[str, list[Entry]]] = {
    "cp932": _plain(*(name.encode("cp932") for name in ("第１話/表紙.png", "ソ十予.png", "噂\\能.png"))),
    "cp437": _plain("caf\xe9 \xf1.png".encode("cp437"), "\xdcber.png".encode("cp437")),
    "big5": _plain("第一話/許功蓋.png".encode("big5"), "閱讀.png".encode("big5")),
    "euc-kr": _plain("제1화/표지.png".encode("euc-kr"), "똠.png".encode("cp949")),
    "UTF-8 without its flag": _plain("頁１.png".encode(), "é.png".encode()),
    "a wrong flag": [("頁１.png".encode("cp932"), True), (b"ok.png", True), (b"\xff\xfe.png", True)],
    "controls": [
        *_plain(b"a\x01b.png", b"new\nline.png", b"esc\x1b[31m.png", b"tab\t.png", b"del\x7f.png"),
        *_utf8("rtl\u202egnp.png", "c1\x9b31m.png", "zero\u200b.png", "line\u2028.png"),
    ],
    "colons and dots": _plain(b"Re:1/001.png", b".hidden.png", b"...png", b"c:.png", b"C:\\x\\1.png", b"..a.png"),
    "blanks": _plain(b" lead.png", b"trail .png", b"dot..png", b"a /b .png", b"a/b.png", b"\xa0.png"),
    "case": [*_plain(b"P/01.png", b"p/01.PNG", b"P/01.jpg"), *_utf8("Straße.png", "STRASSE.png", "ﬁ.png", "fi.png")],
    "forms": _utf8(*(unicodedata.normalize(form, "が é.png") for form in ("NFC", "NFD"))),
    "twins": _plain(b"1.png", b"1.png", b"./1.png", b"/1.png", b"x/../1.png", b"x//1.png"),
    "files and folders": _plain(b"a.png", b"a.png/b.png", b"a"),
    "long": [*_plain(b"n" * 300 + b".png", b"d/" * 60 + b"1.png"), *_utf8("頁" * 90 + ".png", "頁" * 90 + "2.png")],
    "ways out": _plain(b"../../evil.png", b"/etc/evil.png", b"..\\..\\evil.png", b"\\\\srv\\evil.png", b"~/evil.png"),
    "Windows": _plain(b"CON.png", b"nul.png", b"aux", b"a?b*.png", b'q"<>|.png', b"COM1.jpg", b"a.png:stream"),
    "no name": _plain(b"", b"ok.png"),
    "no suffix": _plain(b"one", b"two.dat", b"three.PNG", b"four.jpeg.part"),
    "stems": _plain(b"1.jpg", b"1.png", b"1.webp", b"1.jpg.png", b"1 (2).png"),
    "emoji": _utf8("🎴/😀.png", "🎴/😀\ufe0f.png", "\u200b.png"),
    "ours": _plain(b".irodori-x.part", b"report.html", b"1.png.runmeta.json", b"1.png"),
}
