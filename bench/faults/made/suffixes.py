"""Files that are something else than their suffix says, cut off, or wrapped in something."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING, Final

from bench.faults.made.made import Made, encoded, grey_page, small_page, zipped

if TYPE_CHECKING:
    from collections.abc import Iterator

_READ: Final = frozenset({0})
_PART: Final = frozenset({0, 1})
_FAILS: Final = frozenset({1})
_REFUSED: Final = frozenset({2})
_ANY: Final = frozenset({0, 1, 2})


def suffixes() -> Iterator[Made]:
    """Yield each file by itself, with the statuses that are right for it."""
    book = zipped({"1.png": small_page(1), "2.png": small_page(2)})
    for suffix in ("cbr", "rar", "7z", "cb7", "cbt", "tar", "dat", "epub", "pdf", "zip"):
        yield Made(f"suffix: a ZIP named .{suffix}", {f"in.{suffix}": book}, 2, _READ)
    yield Made("suffix: a ZIP without one", {"in": book}, 2, _READ)
    for suffix in ("png", "jpg"):
        yield Made(f"suffix: a ZIP named .{suffix}", {f"in.{suffix}": book}, None, _PART)
    tar = _tar({"1.png": small_page(1)})
    yield Made("suffix: a TAR named .zip", {"in.zip": tar}, 1, _READ)
    yield Made("suffix: a gzipped TAR named .cbz", {"in.cbz": gzip.compress(tar)}, 1, _READ)
    for name, data in _STRANGERS.items():
        yield Made(f"suffix: {name}", {"in.cbz": data}, None, _REFUSED)
    yield Made("suffix: a gzipped ZIP named .cbz", {"in.cbz": gzip.compress(book)}, None, _ANY)
    yield Made("suffix: a picture named .cbz", {"in.cbz": small_page(3)}, None, _ANY)
    yield Made("suffix: words before a ZIP", {"in.cbz": b"#!/bin/sh\n" * 30 + book}, 2, _READ)
    yield Made("suffix: zeros after a ZIP", {"in.cbz": book + bytes(5000)}, 2, _READ)
    for share in (5, 50, 95):
        yield Made(f"suffix: {share} % of a ZIP", {"in.cbz": book[: len(book) * share // 100]}, None, _ANY)
    for name, data in _NO_PICTURES.items():
        yield Made(f"suffix: {name}", {name: data}, 1, _FAILS)
    deep = book
    for _ in range(40):
        deep = zipped({"inner.cbz": deep})
    yield Made("suffix: 40 ZIPs in each other", {"in.cbz": deep}, None, _ANY)
    bomb = zipped({"1.png": bytes(400 << 20)}, zipfile.ZIP_DEFLATED)
    yield Made("suffix: a page of 400 MiB of zeros", {"in.cbz": bomb}, None, frozenset({1, 2}))
    damaged = bytearray(zipped({"1.png": small_page(1), "2.png": small_page(2)}, zipfile.ZIP_LZMA))
    damaged[120:140] = bytes(20)
    yield Made("suffix: damaged LZMA", {"in.cbz": bytes(damaged)}, None, _ANY)


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            facts = tarfile.TarInfo(name)
            facts.size = len(data)
            archive.addfile(facts, io.BytesIO(data))
    return buffer.getvalue()


_STRANGERS: Final = {
    "a PDF's first bytes": b"%PDF-1.7\n" + b"x" * 500,
    "a document": b"<html>404</html>",
    "a RAR 5's first bytes": b"Rar!\x1a\x07\x01\x00" + bytes(300),
    "a RAR 4's first bytes": b"Rar!\x1a\x07\x00" + bytes(300),
    "a 7z's first bytes": b"7z\xbc\xaf\x27\x1c" + bytes(300),
    "an xz's first bytes": b"\xfd7zXZ\0" + bytes(100),
    "a Zstandard's first bytes": b"\x28\xb5\x2f\xfd" + bytes(100),
    "nothing": b"",
    "zeros": bytes(5000),
}
_NO_PICTURES: Final = {
    "svg.png": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "heic.png": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200),
    "html.jpg": b"<!doctype html><html>",
    "empty.png": b"",
    "words.png": b"hello",
    "head.jpg": bytes(10) + encoded(grey_page(), "JPEG"),
}
