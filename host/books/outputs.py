"""Where coloured pages go: pictures in a folder, one picture file, or a CBZ. Files appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, Protocol

from host.errors import BadRequest
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from host.books.book import Book

SUFFIX_OF_MIME: Final = {"image/png": ".png", "image/webp": ".webp", "image/jpeg": ".jpg"}


class Output(Protocol):
    """Takes pages in any order."""

    def check(self, suffix: str) -> None:
        """Refuse, before work starts, what could not be written with this suffix.

        Raises:
            BadRequest: it would overwrite a source, or a file stands where a folder should be.
        """

    def put(self, name: str, image: bytes, suffix: str) -> Path:
        """Keep a page under its name in the book, with this suffix; return where.

        Raises:
            DiskFull, InternalError, BadRequest
        """

    def finish(self) -> Path:
        """Complete the output and return what to open."""

    def discard(self) -> None:
        """Give up; what was incomplete is gone."""


def target_stems(names: Sequence[str]) -> dict[str, str]:
    """Return for each page's name the path, without a suffix, that it is written to: different ones for all."""
    stems = {name: str(PurePosixPath(name).with_suffix("")) for name in names}
    shared = Counter(stem.casefold() for stem in stems.values())
    return {name: stem if shared[stem.casefold()] == 1 else name for name, stem in stems.items()}


class FolderOutput:
    """Pictures below a folder, named as in the book."""

    def __init__(self, root: Path, book: Book, sources: frozenset[Path]) -> None:
        self._root = root
        self._stems = target_stems([page.name for page in book.pages])
        self._sources = sources

    def check(self, suffix: str) -> None:
        """Refuse a root that is a file, and pages that would replace a source."""
        if self._root.is_file():
            raise BadRequest(f"{self._root} is a file.", "Choose a folder as --output.")
        for stem in self._stems.values():
            _refuse_source(self._root / f"{stem}{suffix}", self._sources)

    def put(self, name: str, image: bytes, suffix: str) -> Path:
        """Write the picture; replaces one of an earlier run."""
        path = self._root / f"{self._stems[name]}{suffix}"
        write_whole(path, image, self._sources)
        return path

    def finish(self) -> Path:
        """Return the folder."""
        return self._root

    def discard(self) -> None:
        """Keep what is complete."""


class FileOutput:
    """One picture in one file of the reader's own naming."""

    def __init__(self, path: Path, sources: frozenset[Path]) -> None:
        self._path = path
        self._sources = sources

    def check(self, suffix: str) -> None:  # noqa: ARG002
        """Refuse a source."""
        _refuse_source(self._path, self._sources)

    def put(self, name: str, image: bytes, suffix: str) -> Path:  # noqa: ARG002
        """Write the picture; the name and suffix are the reader's."""
        write_whole(self._path, image, self._sources)
        return self._path

    def finish(self) -> Path:
        """Return the file."""
        return self._path

    def discard(self) -> None:
        """Keep what is complete."""


class ArchiveOutput:
    """A CBZ with the pages in reading order. Until `finish` they wait in a temporary folder."""

    def __init__(self, path: Path, book: Book, sources: frozenset[Path]) -> None:
        self._path = path
        self._order = [page.name for page in book.pages]
        self._stems = target_stems(self._order)
        self._sources = sources
        self._waiting = Path(tempfile.mkdtemp(prefix="irodori-"))
        self._entries: dict[str, tuple[str, Path]] = {}

    def check(self, suffix: str) -> None:  # noqa: ARG002
        """Refuse a source, and a folder of the archive's name."""
        if self._path.is_dir():
            raise BadRequest(f"{self._path} is a folder.", "Name a file that ends in .cbz.")
        _refuse_source(self._path, self._sources)

    def put(self, name: str, image: bytes, suffix: str) -> Path:
        """Set the picture aside for the archive."""
        waiting = self._waiting / f"{len(self._entries)}"
        with disk_errors("a page"):
            waiting.write_bytes(image)
        self._entries[name] = f"{self._stems[name]}{suffix}", waiting
        return self._path

    def finish(self) -> Path:
        """Pack the archive; pictures are stored as they are, they are compressed already."""
        present = [self._entries[name] for name in self._order if name in self._entries]
        with disk_errors(str(self._path)), _temporary_beside(self._path, self._sources) as temporary:
            _pack(temporary, present)
        self.discard()
        return self._path

    def discard(self) -> None:
        """Remove what waits."""
        shutil.rmtree(self._waiting, ignore_errors=True)


def write_whole(path: Path, data: bytes, sources: frozenset[Path] = frozenset()) -> None:
    """Write a file by way of a temporary one beside it.

    Raises:
        BadRequest: the file is one of the sources. DiskFull, InternalError
    """
    with disk_errors(str(path)), _temporary_beside(path, sources) as temporary:
        temporary.write_bytes(data)


def _refuse_source(path: Path, sources: frozenset[Path]) -> None:
    if path.resolve() in sources:
        raise BadRequest(f"{path} is a source.", "Choose another --output; sources are never overwritten.")


@contextlib.contextmanager
def _temporary_beside(path: Path, sources: frozenset[Path]) -> Iterator[Path]:
    _refuse_source(path, sources)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".irodori-", suffix=".part")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _pack(path: Path, entries: Sequence[tuple[str, Path]]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, picture in entries:
            # without a date the same pages give the same archive, byte for byte
            archive.writestr(zipfile.ZipInfo(name), picture.read_bytes())
