"""What is in an archive that is read from its start: RAR, 7z and TAR, one member after the other.

TAR is read by the standard library. RAR, 7z and TAR under Zstandard need libarchive, which systems bring along.
"""

from __future__ import annotations

import bz2
import gzip
import logging
import lzma
import os
import sys
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Final, cast

from host.books.formats import HEAD_BYTES, LABELS
from host.books.names import decode_name, plain_name
from host.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from host.books.formats import Container

_BLOCK_BYTES: Final = 1 << 17
_TAR_BLOCK_BYTES: Final = 1 << 14  # of one that is cut off, a piece is lost
# What tarfile reads in one go is a header; those of archivers stay far below.
_TAR_READ_MAX: Final = 4 << 20
_RAR5: Final = b"Rar!\x1a\x07\x01\0"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_COMPRESSED: Final[dict[bytes, Callable[[Path], Any]]] = {
    b"\x1f\x8b\x08": gzip.open, b"\xfd7zXZ\0": lzma.open, b"BZh": bz2.open,
}  # fmt: skip
_NO_READER: Final = (
    "Install libarchive (Debian, Ubuntu: libarchive13; Fedora: libarchive; macOS: brew install libarchive) and"
    ' pip install "irodori[library]"; or pack it anew as a ZIP (CBZ).'
)


class ArchiveFault(Exception):
    """An archive cannot be read (any further); the message says why."""


@dataclass(frozen=True, slots=True)
class Member:
    """One entry. `blocks` gives its bytes, until the next member is asked for; raises `ArchiveFault`.

    is_link: it stands for another file, and has no bytes of its own.
    """

    name: str
    size: int | None
    is_file: bool
    is_folder: bool
    is_encrypted: bool
    blocks: Callable[[], Iterator[bytes]]
    is_link: bool = False


@contextmanager
def open_members(path: Path, container: Container) -> Iterator[Iterator[Member]]:
    """Give an archive's members, in its own order. Iterating raises `ArchiveFault` where it is damaged.

    Raises:
        BadRequest: nothing here reads archives of this kind; the hint says what to install.
        ArchiveFault: it is damaged from the start.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if container == "tar" and not head.startswith(_ZSTD):
        with _tar_members(path, head) as members:
            yield members
    else:
        with _libarchive_members(path, container, head) as members:
            yield members


class _Bounded:
    """A file of which no single read is large: tarfile takes a header's word for how long it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _TAR_READ_MAX:
            raise tarfile.ReadError("a header is too large")
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextmanager
def _tar_members(path: Path, head: bytes) -> Iterator[Iterator[Member]]:
    opener = next((one for start, one in _COMPRESSED.items() if head.startswith(start)), None)
    with opener(path) if opener else path.open("rb") as file:
        try:
            archive = tarfile.open(  # noqa: SIM115 - closed below
                fileobj=cast("IO[bytes]", _Bounded(file)), mode="r:", encoding="utf-8", errors="surrogateescape"
            )
        # The decompressors and tarfile raise whatever their parsers meet.
        except Exception as exc:
            raise ArchiveFault(f"it holds no TAR archive ({exc})" if opener else str(exc)) from exc
        with archive:
            yield _each_of_tar(archive)


def _each_of_tar(archive: tarfile.TarFile) -> Iterator[Member]:
    while True:
        try:
            found = archive.next()
        except Exception as exc:
            raise ArchiveFault(str(exc)) from exc
        if found is None:
            return
        # tarfile keeps every header that it met
        archive.members.clear()  # type: ignore[attr-defined]
        is_file = found.isreg() and not found.issparse()
        blocks = partial(_tar_blocks, archive, found)
        is_link = found.islnk() or found.issym()
        yield Member(plain_name(found.name), found.size, is_file, found.isdir(), False, blocks, is_link)


def _tar_blocks(archive: tarfile.TarFile, found: tarfile.TarInfo) -> Iterator[bytes]:
    try:
        file = archive.extractfile(found)
        while file is not None and (block := file.read(_TAR_BLOCK_BYTES)):
            yield block
    except Exception as exc:
        raise ArchiveFault(str(exc)) from exc


@contextmanager
def _libarchive_members(path: Path, container: Container, head: bytes) -> Iterator[Iterator[Member]]:
    library = _libarchive(path, container)
    kind = {"rar": "rar5" if head.startswith(_RAR5) else "rar", "7z": "7zip"}.get(container, "tar")
    try:
        reading = library.file_reader(str(path), format_name=kind, filter_name="zstd" if kind == "tar" else "none")
        archive = reading.__enter__()
    except (library.ArchiveError, OSError, ValueError) as exc:
        raise ArchiveFault(_words(exc)) from exc
    try:
        yield _each_of_libarchive(library, archive)
    finally:
        reading.__exit__(None, None, None)


def _each_of_libarchive(library: Any, archive: Any) -> Iterator[Member]:
    is_encrypted = library.ffi.libarchive.archive_entry_is_encrypted
    is_encrypted.argtypes = [library.ffi.c_archive_entry_p]
    entries = iter(archive)
    while True:
        try:
            entry = next(entries, None)
        except (library.ArchiveError, OSError, ValueError) as exc:
            raise ArchiveFault(_words(exc)) from exc
        if entry is None:
            return
        name = entry.pathname
        yield Member(
            decode_name(name) if isinstance(name, bytes) else plain_name(name or ""),
            entry.size,
            bool(entry.isreg and not entry.islnk),
            bool(entry.isdir),
            bool(is_encrypted(entry._entry_p)),  # noqa: SLF001 - the library has no word for it
            partial(_libarchive_blocks, library, entry),
            bool(entry.islnk or entry.issym),
        )


def _libarchive_blocks(library: Any, entry: Any) -> Iterator[bytes]:
    try:
        yield from entry.get_blocks(_BLOCK_BYTES)
    except (library.ArchiveError, OSError, ValueError) as exc:
        raise ArchiveFault(_words(exc)) from exc


def _libarchive(path: Path, container: Container) -> Any:
    if sys.platform == "win32":  # pragma: no cover - Windows brings it under another name
        os.environ.setdefault("LIBARCHIVE", "archiveint.dll")
    try:
        import libarchive
    # ctypes raises OSError or TypeError where the shared library is missing.
    except (ImportError, OSError, TypeError, AttributeError) as exc:
        raise BadRequest(f"{path} is a {LABELS[container]} archive, and nothing here reads those.", _NO_READER) from exc
    logging.getLogger("libarchive").setLevel(logging.ERROR)
    return libarchive


def _words(exc: BaseException) -> str:
    return str(getattr(exc, "msg", None) or exc)
