"""Which output each book gets: what the reader wrote after `--output` decides, and `--format` where that is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from host.books.names import on_disk
from host.books.outputs import (
    RECORD_SUFFIX,
    SUFFIX_OF_FORMAT,
    ArchiveOutput,
    DocumentOutput,
    FileOutput,
    FolderOutput,
)
from host.books.plan import require_apart
from host.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from host.books.book import Book
    from host.books.outputs import Output
    from host.vocabulary import PageFormat

ARCHIVE_SUFFIXES: Final = frozenset({".cbz", ".zip"})
_DOCUMENTS: Final[dict[str, Literal["pdf", "epub"]]] = {".pdf": "pdf", ".epub": "epub"}
PICTURE_FORMATS: Final[dict[str, PageFormat]] = {
    ".png": "png", ".webp": "webp_lossless", ".jpg": "jpeg", ".jpeg": "jpeg", ".avif": "avif", ".jxl": "jxl"
}  # fmt: skip
_NOT_WRITTEN: Final = frozenset(
    [
        ".cbr",
        ".rar",
        ".cb7",
        ".7z",
        ".cbt",
        ".tar",
        ".gz",
        ".mobi",
        ".azw3",
        ".tif",
        ".tiff",
        ".bmp",
        ".gif",
        ".jp2",
        ".heic",
        ".psd",
        ".svg",
        ".jfif",
        ".jpe",
        ".html",
        ".json",
        ".txt",
        ".xml",
    ]
)
_ONE_EACH: Final = "Choose a folder. An archive in a folder is a book of its own."
_WHAT_IS_WRITTEN: Final = "Name a folder, a .cbz, .pdf or .epub, or for one page a .png, .webp, .jpg, .avif or .jxl."


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything goes.

    as_images, as_archives, as_document: what `--format` says; none of them: the target's suffix decides.
    """

    target: Path
    as_images: bool = False
    as_archives: bool = False
    as_document: Literal["pdf", "epub"] | None = None

    @property
    def packs(self) -> bool:
        """Whether the pages of a book go into one file."""
        return self.as_archives or self.document is not None or (not self.as_images and self._names_archive)

    @property
    def document(self) -> Literal["pdf", "epub"] | None:
        """Which kind of document a book becomes; None: none."""
        if self.as_document or self.as_images or self.as_archives or self.target.is_dir():
            return self.as_document
        return _DOCUMENTS.get(self.target.suffix.casefold())

    @property
    def output_format(self) -> PageFormat | None:
        """The encoding that the target's suffix asks for, if the target is one picture."""
        if self.packs or self.target.is_dir():
            return None
        return PICTURE_FORMATS.get(self.target.suffix.casefold())

    @property
    def report(self) -> Path:
        """Where the report goes: into the target, or beside it where it is a file."""
        if self.output_format or self._names_archive:
            return self.target.with_suffix(".report.html")
        return self.target / "report.html"

    def outputs(
        self,
        books: Sequence[Book],
        output_format: PageFormat,
        waiting: Path,
        *,
        reads: Iterable[Path] = (),
        report: bool = False,
    ) -> list[Output]:
        """Return an output for each book.

        output_format: how pages will be encoded. waiting: a folder of ours for pages on their way into archives.
        reads: files besides the books that the run reads. report: whether one will be written.

        Raises:
            BadRequest: the target does not fit the books or cannot be written, or two paths of the run are one.
        """
        self._check(books)
        sources: frozenset[Path] = frozenset().union(*(book.sources for book in books))
        suffix = SUFFIX_OF_FORMAT[output_format]
        outputs = [
            self._output(book, sources, suffix, waiting / str(number), alone=_is_alone(book, books))
            for number, book in enumerate(books)
        ]
        require_apart([*sources, *reads], self._writes(outputs, report=report))
        for output in outputs:
            output.check()
        return outputs

    def _writes(self, outputs: Sequence[Output], *, report: bool) -> Iterator[Path]:
        for output in outputs:
            for path in output.paths():
                yield path
                if not isinstance(output, ArchiveOutput):
                    yield path.with_name(path.name + RECORD_SUFFIX)
        if report:
            yield self.report

    @property
    def _names_archive(self) -> bool:
        return self.target.suffix.casefold() in {*ARCHIVE_SUFFIXES, *_DOCUMENTS}

    def _check(self, books: Sequence[Book]) -> None:
        pages = sum(len(book.pages) for book in books)
        suffix = self.target.suffix.casefold()
        if suffix in _NOT_WRITTEN and not self.target.is_dir():
            raise BadRequest(f"{self.target}: {suffix} files are not written.", _WHAT_IS_WRITTEN)
        if self.output_format and pages != 1:
            raise BadRequest(f"{self.target} is one picture, but there are {pages} pages.", "Choose a folder.")
        if self._names_archive and self.as_images:
            raise BadRequest(f"{self.target} is an archive, but --format is images.", "Choose a folder.")
        if self._names_archive and not self.target.is_dir() and suffix not in self._suffixes:
            wanted = self.as_document or "cbz"
            raise BadRequest(
                f"{self.target} is named otherwise than --format {wanted}.", f"Name a .{wanted}, or a folder."
            )
        if self._names_archive and len(books) > 1:
            raise BadRequest(f"{self.target} is one archive, but there are {len(books)} books.", _ONE_EACH)

    @property
    def _suffixes(self) -> frozenset[str]:
        return frozenset({f".{self.document}"}) if self.document else ARCHIVE_SUFFIXES

    def _output(self, book: Book, sources: frozenset[Path], suffix: str, waiting: Path, *, alone: bool) -> Output:
        if self.output_format:
            return FileOutput(self.target, sources)
        name = on_disk(book.name.replace("/", "_"))
        if not self.packs:
            return FolderOutput(self.target if alone else self.target / name, book, sources, suffix)
        path = self.target if self._names_archive else self.target / f"{name}.{self.document or 'cbz'}"
        if self.document is not None:
            return DocumentOutput(path, book, sources, suffix, waiting, self.document)
        return ArchiveOutput(path, book, sources, suffix, waiting)


def _is_alone(book: Book, books: Sequence[Book]) -> bool:
    """Say whether a book has the target for itself; archives that were found in it go to folders of their own there."""
    return not book.within and sum(not each.within for each in books) == 1
