"""`irodori analyze`: books in, what analysis reads on their pages out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host.analyses.analyze import Analysis, analyze_book
from host.analyses.files import AnalysisFolder, unique_stems
from host.annotations.coco import write_coco
from host.annotations.from_meta import annotations_of
from host.books.inputs import open_inputs
from host.books.names import on_disk
from host.books.whole_files import require_nameable, require_writable, write_whole
from host.cli.console import say
from host.errors import BadRequest, IrodoriError
from host.logs import start_log
from host.paths import state_paths
from host.pipeline.analysis.shipped import shipped_reader
from host.settings import SettingsFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from host.books.book import Book
    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.records.page_meta import PageMeta
    from host.vocabulary import Direction

ANNOTATIONS_NAME: Final = "annotations.coco.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line."""

    inputs: tuple[Path, ...]
    output: Path
    direction: Direction = "auto"
    overlay: bool = False


def run(request: Request) -> int:
    """Analyze everything; return 0 if all pages were read, 1 if some were not.

    Raises:
        IrodoriError: nothing could be begun, or the annotations could not be written.
    """
    paths = state_paths()
    start_log(paths.log_file)
    require_nameable(request.output)
    require_writable(request.output)
    with ExitStack() as stack:
        books = open_inputs(request.inputs, request.output)
        for book in books:
            stack.callback(book.close)
        if request.output.exists() and not request.output.is_dir():
            raise BadRequest(f"{request.output} is a file.", "Choose a folder as --output.")
        reader = shipped_reader(SettingsFile(paths.settings_file).current.detector_weights)
        sources: frozenset[Path] = frozenset().union(*(book.sources for book in books))
        read: list[tuple[str, PageMeta]] = []
        failed = 0
        for book in books:
            metas = _analyze(book, reader, request, _folder(request, book, sources, alone=len(books) == 1))
            failed += len(book.pages) - len(metas)
            folder = "" if len(books) == 1 else f"{book.name}/"
            read += [(f"{folder}{book.pages[place].name}", meta) for place, meta in sorted(metas.items())]
        title = " + ".join(book.name for book in books)
        write_whole(request.output / ANNOTATIONS_NAME, write_coco(annotations_of(read, title)), sources)
    say(f"{len(read)} read{f', {failed} left out' if failed else ''} -> {request.output}")
    return 1 if failed else 0


def _folder(request: Request, book: Book, sources: frozenset[Path], *, alone: bool) -> AnalysisFolder:
    root = request.output if alone else request.output / book.name
    return AnalysisFolder(root, unique_stems([on_disk(page.name) for page in book.pages]), sources, request.overlay)


def _analyze(book: Book, reader: PageReader, request: Request, folder: AnalysisFolder) -> dict[int, PageMeta]:
    """Write every page of a book that can be read, say a line for each; return the records by the page's place."""
    for each in book.left_out:
        say(f"  {each.name}: left out, {each.reason}")
    metas: dict[int, PageMeta] = {}
    for found in analyze_book(book, reader, book.direction if request.direction == "auto" else request.direction):
        name, again = book.pages[found.place].name, found.place in metas
        error = _write(folder, found) if isinstance(found, Analysis) else found.error
        if error is not None:
            metas.pop(found.place, None)
            say(f"  {name}  skipped: {error.words}")
        elif isinstance(found, Analysis):
            metas[found.place] = found.meta
            say(f"  {name}  {_in_words(found.meta)}{', as the whole chapter' if again else ''}")
    return metas


def _write(folder: AnalysisFolder, found: Analysis) -> IrodoriError | None:
    try:
        folder.write(found)
    except IrodoriError as exc:
        return exc
    return None


def _in_words(meta: PageMeta) -> str:
    counts: Sequence[tuple[str, int]] = (
        ("panel", len(meta.panels)),
        ("balloon", len(meta.balloons)),
        ("sound effect", len(meta.sound_effects)),
        ("figure", len(meta.characters)),
        ("face", len(meta.faces)),
    )
    things = ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts if count)
    return f"{meta.kind.replace('_', ' ')}, {meta.direction}{f': {things}' if things else ''}"
