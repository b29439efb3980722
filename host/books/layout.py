"""Which output each book gets: what the reader wrote after `--output` decides, and `--format` where that is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host.books.archive import ARCHIVE_SUFFIXES
from host.books.outputs import ArchiveOutput, FileOutput, FolderOutput
from host.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from host.books.book import Book
    from host.books.outputs import Output
    from host.settings import OutputFormat

_FORMATS: Final[dict[str, OutputFormat]] = {".png": "png", ".webp": "webp_lossless", ".jpg": "jpeg", ".jpeg": "jpeg"}
_SUFFIXES: Final[dict[OutputFormat, str]] = {"png": ".png", "webp_lossless": ".webp", "webp": ".webp", "jpeg": ".jpg"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything goes. `as_images`, `as_archives`: what `--format` says; neither: the target's suffix decides."""

    target: Path
    as_images: bool = False
    as_archives: bool = False

    @property
    def packs(self) -> bool:
        """Whether pages go into CBZ archives."""
        return self.as_archives or (not self.as_images and self._names_archive)

    @property
    def output_format(self) -> OutputFormat | None:
        """The encoding that the target's suffix asks for, if the target is one picture."""
        if self.packs or self.target.is_dir():
            return None
        return _FORMATS.get(self.target.suffix.casefold())

    @property
    def report(self) -> Path:
        """Where the report goes: into the target, or beside it where it is a file."""
        if self.output_format or self._names_archive:
            return self.target.with_suffix(".report.html")
        return self.target / "report.html"

    def outputs(self, books: Sequence[Book], output_format: OutputFormat) -> list[Output]:
        """Return an output for each book; `output_format` is how its pages will be encoded.

        Raises:
            BadRequest: the target does not fit the books, or a page would overwrite a source.
        """
        self._check(books)
        sources: frozenset[Path] = frozenset().union(*(book.sources for book in books))
        outputs: list[Output] = []
        try:
            for book in books:
                outputs.append(self._output(book, sources, alone=len(books) == 1))
                outputs[-1].check(_SUFFIXES[output_format])
        except BadRequest:
            for output in outputs:
                output.discard()
            raise
        return outputs

    @property
    def _names_archive(self) -> bool:
        return self.target.suffix.casefold() in ARCHIVE_SUFFIXES

    def _check(self, books: Sequence[Book]) -> None:
        pages = sum(len(book.pages) for book in books)
        if self.output_format and pages != 1:
            raise BadRequest(f"{self.target} is one picture, but there are {pages} pages.", "Choose a folder.")
        if self._names_archive and self.as_images:
            raise BadRequest(f"{self.target} is an archive, but --format is images.", "Choose a folder.")
        if self._names_archive and len(books) > 1:
            raise BadRequest(f"{self.target} is one archive, but there are {len(books)} inputs.", "Choose a folder.")

    def _output(self, book: Book, sources: frozenset[Path], *, alone: bool) -> Output:
        if self.output_format:
            return FileOutput(self.target, sources)
        if not self.packs:
            return FolderOutput(self.target if alone else self.target / book.name, book, sources)
        path = self.target if self._names_archive else self.target / f"{book.name}.cbz"
        return ArchiveOutput(path, book, sources)
