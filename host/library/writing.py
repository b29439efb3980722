"""A volume out: its coloured pages, those that stay as they were, and what travels along."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from host.books.book import UnreadablePage
from host.books.names import numbered, on_disk, told_apart
from host.books.outputs import SUFFIX_OF_FORMAT, SUFFIX_OF_MIME, ArchiveOutput, DocumentOutput, FolderOutput
from host.books.whole_files import write_whole
from host.errors import IrodoriError
from host.library.manifest import OutputRecord
from host.library.plan import size_of
from host.library.shelf import file_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from host.books.book import Book, BookPage
    from host.books.outputs import Output
    from host.library.colourer import PageResult
    from host.vocabulary import Direction, OutputKind, PageFormat


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the books of one run below `root`; `waiting` is a folder of ours on the same disk.

    records: keep each coloured page's record beside it.
    """

    root: Path
    kind: OutputKind
    page_format: PageFormat
    waiting: Path
    records: bool = False

    def write(
        self,
        book: Book,
        place: str,
        result_of: Callable[[BookPage], PageResult],
        direction: Direction,
        reference: str,
        earlier: Sequence[OutputRecord] = (),
        palette: str = "",
    ) -> OutputRecord:
        """Write a book, and say what is in it.

        place: below the root, without a suffix. reference, palette: whose colours it took, in words. earlier: what was
        written of its volume before, and may be replaced.

        Raises:
            BadRequest: it cannot be written there. DiskFull, InternalError
        """
        output = self._output(book, place, earlier)
        output.check()
        kept = _Kept(records=self.records)
        try:
            for page in book.pages:
                kept.keep(output, page, result_of(page))
            finished = output.finish(direction if direction != "auto" else kept.direction())
        finally:
            output.discard()
        if self.kind == "folder" and finished.path is not None:
            _take_along(finished.path, book)
        path = finished.path
        is_there = path is not None and path.exists()
        return OutputRecord(
            path=path.relative_to(self.root).as_posix() if path is not None and is_there else "",
            size=size_of(path) if path is not None and is_there else 0,
            sha256=_digest(path) if path is not None and is_there else "",
            pages=len(book.pages),
            coloured=kept.coloured,
            left=sum(kept.left.values()),
            failed=tuple(kept.failed),
            left_reasons=dict(kept.left),
            written=kept.written if is_there else 0,
            reference=reference,
            palette=palette,
            direction=direction if direction != "auto" else kept.direction(),
            words=" ".join(filter(None, [finished.words, kept.wanting()])),
            undone=kept.undone,
        )

    def _output(self, book: Book, place: str, earlier: Sequence[OutputRecord]) -> Output:
        suffix = SUFFIX_OF_FORMAT[self.page_format]
        if self.kind == "folder":
            return FolderOutput(self.root / place, book, book.sources, suffix)
        path = self.root / f"{place}.{self.kind}"
        ours = any(self.root / one.path == path and size_of(path) == one.size for one in earlier if one.path)
        waiting = self.waiting / hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        if self.kind == "cbz":
            return ArchiveOutput(path, book, book.sources, suffix, waiting, ours=ours)
        return DocumentOutput(path, book, book.sources, suffix, waiting, self.kind, ours=ours)


def places(place: str, books: Sequence[Book], taken: Sequence[str], kind: OutputKind) -> list[str]:
    """Return where each book of a volume goes: the volume itself to `place`, what lies in it below or beside that."""
    names = []
    for book in books:
        _, _, below = book.name.partition("/") if book.within else ("", "", "")
        if kind == "folder":  # no volume's folder stands in another's
            names.append(on_disk(f"{place} - {below.replace('/', ' - ')}") if below else place)
        else:
            names.append(on_disk(f"{place}/{below}") if below else place)
    inner = [name for name in names if name != place]
    if not inner:  # nearly always: all names of a large shelf are not to be gone through for each of its volumes
        return names
    apart = iter(told_apart(inner, suffixes=False, others=taken))
    return [name if name == place else next(apart) for name in names]


class _Kept:
    """What became of a book's pages."""

    def __init__(self, *, records: bool) -> None:
        self.coloured = self.written = self.undone = 0
        self._records = records
        self._faults: dict[str, str] = {}
        self.left: Counter[str] = Counter()
        self.failed: list[tuple[str, str]] = []
        self._read: Counter[str] = Counter()

    def keep(self, output: Output, page: BookPage, result: PageResult) -> None:
        self._read[result.direction] += 1
        try:
            if result.verdict == "coloured":
                output.put(page, result.image, SUFFIX_OF_MIME[result.mime])
                self.coloured += 1
                self.written += 1
                self.undone += bool(result.undone)
                self._faults |= dict(result.undone)
                if self._records and result.runmeta:
                    output.put_record(page, json.dumps(result.runmeta, indent=1).encode())
                return
            self.written += output.keep(page, left=result.verdict == "skipped") is not None
        except UnreadablePage as exc:
            self.failed.append((page.name, _words(result) or str(exc)))
            return
        if result.verdict == "skipped":
            self.left[result.reason] += 1
        else:
            self.failed.append((page.name, _words(result)))

    def wanting(self) -> str:
        """Return which steps of the reader's words failed, and why; empty where none did."""
        if not self.undone:
            return ""
        why = "; ".join(f"{step}: {fault}" for step, fault in sorted(self._faults.items()))
        return f"On {self.undone} of {self.coloured} pages words stayed as they are ({why})."

    def direction(self) -> Direction:
        """Return which way most pages were read."""
        rtl, ltr = self._read["rtl"], self._read["ltr"]
        return "auto" if rtl == ltr else "rtl" if rtl > ltr else "ltr"


def _words(result: PageResult) -> str:
    return f"{result.error.get('message', '')} {result.error.get('hint', '')}".strip()


def _take_along(folder: Path, book: Book) -> None:
    for extra in book.extras:
        try:
            data = extra.original()
        except (UnreadablePage, IrodoriError):
            continue
        path = _place_for(folder, on_disk(extra.name))
        if extra.source is None or not path.exists():
            write_whole(path, data, book.sources)


def _place_for(folder: Path, name: str) -> Path:
    """Return where a file goes: through no other file, and not where a folder is."""
    *parents, last = name.split("/")
    for part in parents:
        folder = numbered(folder / part, Path.is_file)
    return numbered(folder / last, Path.is_dir)


def _digest(path: Path) -> str:
    if path.is_file():
        return file_digest(path)
    digest = hashlib.sha256()
    for each in sorted(one for one in path.rglob("*") if one.is_file()):
        name = PurePosixPath(each.relative_to(path).as_posix())
        digest.update(f"{str(name).encode('utf-8', 'surrogateescape').hex()}:{file_digest(each)}\n".encode())
    return digest.hexdigest()
