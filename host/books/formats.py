"""Which kind of container a file is, told by its content: names lie."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from pathlib import Path

Container = Literal["zip", "epub", "rar", "7z", "tar", "pdf"]

LABELS: Final[dict[Container, str]] = {
    "zip": "ZIP", "epub": "EPUB", "rar": "RAR", "7z": "7z", "tar": "TAR", "pdf": "PDF",
}  # fmt: skip
VOLUME_SUFFIXES: Final = frozenset(
    {".cbz", ".zip", ".cbr", ".rar", ".cb7", ".7z", ".cbt", ".tar", ".tgz", ".pdf", ".epub"}
)
"""Names under which a whole volume is expected, so that one that cannot be read is told as such."""
HEAD_BYTES: Final = 1100
_TAIL_BYTES: Final = 1 << 17
_STARTS: Final[dict[bytes, Container]] = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"Rar!\x1a\x07": "rar",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x1f\x8b\x08": "tar",
    b"\xfd7zXZ\0": "tar",
    b"BZh": "tar",
    b"\x28\xb5\x2f\xfd": "tar",
}
_TAR_HEAD: Final = 512
_EPUB_MARK: Final = b"META-INF/container.xml"


def container_of(path: Path) -> Container | None:
    """Return what a file is; None for what is no container, or cannot be read.

    A compressed stream is taken for a TAR.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            kind = container_of_head(head)
            if kind == "zip":
                file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
                return "epub" if _EPUB_MARK in file.read(_TAIL_BYTES) else "zip"
    except OSError:
        return None
    if kind is None and len(head) > 4 and zipfile.is_zipfile(path):
        return "zip"  # with something before it, as self-extracting archives have
    return kind


def container_of_head(head: bytes) -> Container | None:
    """Return what a file is by its first `HEAD_BYTES`; an EPUB is called a ZIP."""
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    if b"%PDF-" in head:
        return "pdf"
    return "tar" if _is_tar(head[:_TAR_HEAD]) else None


def _is_tar(head: bytes) -> bool:
    if len(head) < _TAR_HEAD or not head[0]:
        return False
    try:
        said = int(head[148:156].strip(b" \0") or b"0", 8)
    except ValueError:
        return False
    return bool(said) and said == sum(head[:148]) + 8 * 0x20 + sum(head[156:])
