"""Where coloured pages go: a folder, one picture, a CBZ, or a document. Files appear whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Protocol

from host.books.book import UnreadablePage
from host.books.chapter_file import Chapter, Picture, write_chapter
from host.books.comic_info import NAME, updated
from host.books.locked import LockedEntry
from host.books.names import numbered, on_disk, same_place, targets, told_apart
from host.books.pack import pack
from host.books.waiting import SetAside, WaitingRoom
from host.books.whole_files import require_writable, sweep_parts, temporary_beside, write_whole
from host.errors import BadRequest
from host.picture_types import mime_of
from host.store.disk import disk_errors

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator, Mapping

    from host.books.book import Book, BookPage
    from host.vocabulary import Direction, PageFormat

SUFFIX_OF_MIME: Final = {
    "image/png": ".png", "image/webp": ".webp", "image/jpeg": ".jpg", "image/avif": ".avif", "image/jxl": ".jxl",
}  # fmt: skip
SUFFIX_OF_FORMAT: Final[dict[PageFormat, str]] = {
    "png": ".png", "webp_lossless": ".webp", "webp": ".webp", "jpeg": ".jpg", "avif": ".avif", "jxl": ".jxl",
}  # fmt: skip
RECORD_SUFFIX: Final = ".runmeta.json"


@dataclass(frozen=True, slots=True)
class Finished:
    """What to open; None: nothing was made. `words`: what the reader has to know about it."""

    path: Path | None
    words: str = ""


class Output(Protocol):
    """Takes pages in any order; every page once. `carries_extras`: what is no page goes along."""

    carries_extras: ClassVar[bool]

    def check(self) -> None:
        """Refuse, before work starts, what could not be written.

        Raises:
            BadRequest
        """

    def paths(self) -> Iterator[Path]:
        """Yield every path that may be written, each once."""

    def put(self, page: BookPage, image: bytes, suffix: str) -> Path:
        """Keep a coloured page; return where.

        Raises:
            DiskFull, InternalError, BadRequest
        """

    def keep(self, page: BookPage, *, left: bool) -> Path | None:
        """Keep a page as it was; return where, None where this output has no place for it.

        left: it was left on purpose, it did not fail.

        Raises:
            UnreadablePage: nothing of it can be had. DiskFull, InternalError, BadRequest
        """

    def put_record(self, page: BookPage, record: bytes) -> None:
        """Keep a coloured page's record beside it."""

    def finish(self, direction: Direction = "auto") -> Finished:
        """Complete the output. direction: which way it is read, as far as the run knows."""

    def discard(self) -> None:
        """Give up; what was incomplete is gone."""


class FolderOutput:
    """Pictures below a folder, named as in the book. `names`: of each page, its paths coloured and as it was."""

    carries_extras: ClassVar[bool] = False

    def __init__(self, root: Path, book: Book, sources: frozenset[Path], suffix: str) -> None:
        self._root = root
        self._book = book
        self._suffix = suffix
        self._names = _names(book, suffix)
        self._sources = sources

    def check(self) -> None:
        """Refuse a root that is a file, or that cannot be written to."""
        require_writable(self._root)
        if self._root.is_dir():
            for folder in {self._root, *((self._root / coloured).parent for coloured, _ in self._names.values())}:
                sweep_parts(folder)

    def paths(self) -> Iterator[Path]:
        """Yield every page's paths, coloured and as it was; but not a page's own file, see `keep`."""
        for page in self._book.pages:
            coloured, as_it_was = (self._root / name for name in self._names[page.name])
            yield coloured
            others = {same_place(coloured)} | ({same_place(page.source)} if page.source is not None else set())
            # A page becomes one of the two: `1.PNG` may be `1.png` coloured.
            if same_place(as_it_was) not in others:
                yield as_it_was

    def put(self, page: BookPage, image: bytes, suffix: str) -> Path:
        """Write the picture; replaces one of an earlier run."""
        path = self._root / _with_suffix(self._names[page.name][0], self._suffix, suffix)
        write_whole(path, image, self._sources)
        return path

    def keep(self, page: BookPage, *, left: bool) -> Path | None:
        """Write the page as it was; where its own file stands at that place, it is kept already.

        What failed takes no other file's place: that may be whole.
        """
        path = self._root / self._names[page.name][1]
        if page.source is not None and path.exists() and path.samefile(page.source):
            return path
        data = page.original()
        if not left and path.exists():
            if _holds(path, data):
                return path
            path = numbered(path, Path.exists)
        write_whole(path, data, self._sources)
        return path

    def put_record(self, page: BookPage, record: bytes) -> None:
        """Write the record beside the picture."""
        path = self._root / self._names[page.name][0]
        write_whole(path.with_name(path.name + RECORD_SUFFIX), record, self._sources)

    def finish(self, direction: Direction = "auto") -> Finished:  # noqa: ARG002
        """Return the folder."""
        return Finished(self._root)

    def discard(self) -> None:
        """Keep what is complete."""


class FileOutput:
    """One picture in one file of the reader's own naming; a page that was not coloured has no place in it."""

    carries_extras: ClassVar[bool] = False

    def __init__(self, path: Path, sources: frozenset[Path]) -> None:
        self._path = path
        self._sources = sources

    def check(self) -> None:
        """Refuse what cannot be written."""
        require_writable(self._path.parent)
        if self._path.exists() and not self._path.is_file():
            raise BadRequest(f"{self._path} is no file.", "Name another picture as --output.")
        sweep_parts(self._path.parent)

    def paths(self) -> Iterator[Path]:
        """Yield the one path."""
        yield self._path

    def put(self, page: BookPage, image: bytes, suffix: str) -> Path:  # noqa: ARG002
        """Write the picture under the reader's name; what such a file cannot hold stands beside it, as what it is."""
        path = self._path
        if path.suffix.casefold().replace("jpeg", "jpg") != suffix:
            path = path.with_suffix(suffix)
            if path.exists():
                raise BadRequest(f"The page is too large for {self._path.name}.", f"Name a {suffix} file.")
        write_whole(path, image, self._sources)
        return path

    def keep(self, page: BookPage, *, left: bool) -> Path | None:  # noqa: ARG002
        """Write a page beside it as it was, under the file's name and the page's own suffix.

        Nothing that is there already is replaced.
        """
        path = self._path.with_suffix(PurePosixPath(page.name).suffix)
        if path.exists():
            return path if page.source is not None and path.samefile(page.source) else None
        write_whole(path, page.original(), self._sources)
        return path

    def put_record(self, page: BookPage, record: bytes) -> None:  # noqa: ARG002
        """Write the record beside the picture."""
        write_whole(self._path.with_name(self._path.name + RECORD_SUFFIX), record, self._sources)

    def finish(self, direction: Direction = "auto") -> Finished:  # noqa: ARG002
        """Return the file."""
        return Finished(self._path)

    def discard(self) -> None:
        """Keep what is complete."""


class ArchiveOutput:
    """A CBZ with the pages in reading order, and with what travelled along. Until `finish` they wait in `waiting`.

    An archive that is there is replaced only by one in which no page is missing, and at least one was made; but with
    `ours` it was made of this book before, and is replaced by any.
    """

    carries_extras: ClassVar[bool] = True

    def __init__(
        self, path: Path, book: Book, sources: frozenset[Path], suffix: str, waiting: Path, *, ours: bool = False
    ) -> None:
        self._ours = ours
        self._path = path
        self._book = book
        self._suffix = suffix
        self._names = targets([page.name for page in book.pages], suffix, RECORD_SUFFIX)
        self._sources = sources
        self._waiting = WaitingRoom(waiting, path)
        self._entries: dict[str, list[_Waiting]] = {}
        self._lost: list[str] = []
        self._misfits: list[str] = []
        self._made = 0

    def check(self) -> None:
        """Refuse a folder of the archive's name, and what cannot be written."""
        require_writable(self._path.parent)
        if self._path.exists() and not self._path.is_file():
            what = "a folder" if self._path.is_dir() else "no file"
            raise BadRequest(f"{self._path} is {what}.", "Name a file that ends in .cbz.")
        sweep_parts(self._path.parent)
        self._waiting.sweep()

    def paths(self) -> Iterator[Path]:
        """Yield the archive's path."""
        yield self._path

    def put(self, page: BookPage, image: bytes, suffix: str) -> Path:
        """Set the picture aside for the archive."""
        self._made += 1
        return self._wait(page, _with_suffix(self._names[page.name][0], self._suffix, suffix), image)

    def keep(self, page: BookPage, *, left: bool) -> Path | None:
        """Set the page aside as it was, locked where only a password opens it."""
        self._made += left
        name = self._names[page.name][1]
        if page.locked is None:
            return self._wait(page, name, page.original())
        entry = page.locked()
        return self._wait(page, name, entry.packed, entry.facts)

    def put_record(self, page: BookPage, record: bytes) -> None:
        """Set the record aside: it stands beside its picture in the archive."""
        self._wait(page, f"{self._names[page.name][0]}{RECORD_SUFFIX}", record)

    def finish(self, direction: Direction = "auto") -> Finished:
        """Pack the archive; pictures are stored as they are, they are compressed already."""
        if not self._made:
            return Finished(None, f"No page was made, so {self._path} was {self._left_word()}.")
        missing = [page.name for page in self._book.pages if page.name not in self._entries]
        path = numbered(self._path, Path.exists) if missing and not self._ours else self._path
        with disk_errors(str(path)), temporary_beside(path, self._sources) as temporary:
            self._write(temporary, direction)
        words = [f"{len(missing)} pages are missing in it: {', '.join(missing[:5])}."] if missing else []
        if self._lost:
            words.append(f"{len(self._lost)} other files could not be taken along: {', '.join(self._lost[:5])}.")
        if self._misfits:
            words.append(f"{len(self._misfits)} pages do not fit into it: {', '.join(self._misfits[:5])}.")
        if path != self._path:
            words.append(f"{self._path} stays as it was.")
        return Finished(path, " ".join(words))

    def discard(self) -> None:
        """Remove what waits."""
        self._waiting.close()

    def _write(self, temporary: Path, direction: Direction) -> None:  # noqa: ARG002
        pack(temporary, self._content())

    def _left_word(self) -> str:
        return "left as it was" if self._path.exists() else "not written"

    def _wait(self, page: BookPage, name: str, data: bytes, locked: zipfile.ZipInfo | None = None) -> Path:
        self._entries.setdefault(page.name, []).append(_Waiting(name, self._waiting.put(data), locked))
        return self._path

    def _content(self) -> Iterator[tuple[str, bytes | LockedEntry]]:
        names = []
        for page in self._book.pages:
            for each in self._entries.get(page.name, ()):
                names.append(each.name)
                yield each.name, each.content()
        apart = told_apart([*names, *(extra.name for extra in self._book.extras)])[len(names) :]
        for name, extra in zip(apart, self._book.extras, strict=True):
            try:
                data = extra.locked() if extra.locked is not None else extra.original()
            except UnreadablePage:
                self._lost.append(extra.name)
                continue
            yield name, self._true_of_pages(data) if name.casefold() == NAME and isinstance(data, bytes) else data

    def _true_of_pages(self, data: bytes) -> bytes:
        """Return the ComicInfo.xml of the source, true of what is in the archive now."""
        first = [self._entries[page.name][0] for page in self._book.pages if page.name in self._entries]
        coloured = any(each.name != self._names[page][1] for page, made in self._entries.items() for each in made[:1])
        return updated(data, [each.aside.size for each in first], coloured=coloured)


class DocumentOutput(ArchiveOutput):
    """A PDF or an EPUB with the pages in reading order; what is no page has no place in it."""

    carries_extras: ClassVar[bool] = False

    def __init__(
        self,
        path: Path,
        book: Book,
        sources: frozenset[Path],
        suffix: str,
        waiting: Path,
        kind: Literal["pdf", "epub"],
        *,
        ours: bool = False,
    ) -> None:
        super().__init__(path, book, sources, suffix, waiting, ours=ours)
        self._kind = kind

    def put_record(self, page: BookPage, record: bytes) -> None:
        """Write the record into a folder beside the document."""
        folder = self._path.with_name(f"{self._path.name}.records")
        write_whole(folder / on_disk(f"{self._names[page.name][0]}{RECORD_SUFFIX}"), record, self._sources)

    def _write(self, temporary: Path, direction: Direction) -> None:
        info = self._book.info
        told = self._book.direction if self._book.direction != "auto" else direction
        series = self._book.series or self._book.name
        pages = [partial(self._picture, page.name) for page in self._book.pages]
        written = write_chapter(
            Chapter(series, info.number if info is not None else "", told, pages), self._kind, temporary
        )
        absent = {page.name for page in self._book.pages if page.name not in self._entries}
        names = [self._book.pages[number - 1].name for number in written.missing]
        self._misfits = [name for name in names if name not in absent]

    def _picture(self, name: str) -> Picture | None:
        waiting = self._entries.get(name)
        if not waiting or waiting[0].locked is not None:
            return None
        data = waiting[0].aside.read()
        return Picture(data, mime_of(data), is_coloured=waiting[0].name != self._names[name][1])


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What waits for its archive: its name there, its bytes, and how it is locked, if it is."""

    name: str
    aside: SetAside
    locked: zipfile.ZipInfo | None

    def content(self) -> bytes | LockedEntry:
        data = self.aside.read()
        return data if self.locked is None else LockedEntry(self.locked, data)


def _names(book: Book, suffix: str) -> Mapping[str, tuple[str, str]]:
    found = targets([page.name for page in book.pages], suffix, RECORD_SUFFIX)
    return {name: (on_disk(coloured), on_disk(as_it_was)) for name, (coloured, as_it_was) in found.items()}


def _with_suffix(name: str, planned: str, suffix: str) -> str:
    return name if suffix == planned else f"{name.removesuffix(planned)}{suffix}"


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
