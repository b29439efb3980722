"""`irodori colorize`: books in, the host's own pipeline in between, pictures out."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from host.application import Application
from host.books.book import UnreadablePage
from host.books.corrections import require_pages
from host.books.hints import parse_hints
from host.books.inbox import Inbox
from host.books.inputs import open_inputs
from host.books.outputs import SUFFIX_OF_MIME, ArchiveOutput, FolderOutput, write_whole
from host.books.palettes import parse_palettes
from host.books.run import PageEnd, Style, colour_book
from host.cli_outcome import Outcome, PageRecord
from host.cli_progress import BookProgress
from host.errors import BadRequest, ImageInvalid, IrodoriError, NotFound, TooLarge
from host.logs import start_log
from host.messaging.messages import Direction, Options, ReferenceAdd
from host.paths import state_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.books.book import Book
    from host.books.layout import Layout
    from host.books.outputs import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line. None: the settings decide."""

    inputs: tuple[Path, ...]
    layout: Layout
    references: tuple[Path, ...] = ()
    hints: tuple[str, ...] = ()
    hints_file: Path | None = None
    palettes: tuple[str, ...] = ()
    palettes_file: Path | None = None
    engine: str | None = None
    seed: int | None = None
    strength: float | None = None
    direction: Direction = "auto"
    keep_coloured: bool | None = None
    runmeta: bool = False
    report: bool = False
    json: bool = False


def run(request: Request) -> int:
    """Colour everything; return 0 if all pages are done or skipped, 1 if some failed.

    Raises:
        IrodoriError: nothing could be begun; BadRequest and NotFound are the caller's mistakes.
    """
    paths, inbox = state_paths(), Inbox()
    start_log(paths.log_file)
    output_format = request.layout.output_format
    with ExitStack() as stack:
        books = open_inputs(request.inputs, request.layout.target)
        for book in books:
            stack.callback(book.close)
        names = [page.name for book in books for page in book.pages]
        hints = parse_hints(request.hints, request.hints_file)
        require_pages(hints, names, "hint")
        palettes = parse_palettes(request.palettes, request.palettes_file)
        require_pages(palettes, names, "palette")
        references = [(path.name, _read_reference(path)) for path in request.references]
        explicit = {"output_format": output_format} if output_format else {}
        application = stack.enter_context(Application.open(paths, inbox, explicit=explicit))
        stack.callback(inbox.close)
        style = replace(_style(application, request, references), hints=hints, palettes=palettes)
        outputs = request.layout.outputs(books, application.settings.current.output_format)
        for output in outputs:
            stack.callback(output.discard)
        work = list(zip(books, outputs, strict=True))
        outcome = _colour(application, inbox, work, style, pictures=request.report, records=request.runmeta)
        engine = request.engine or application.settings.current.default_engine
        return _conclude(request, outcome, books, engine, references)


def _read_reference(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise BadRequest(f"The reference {path} cannot be read: {exc.strerror}.", "Name a picture.") from exc


def _style(application: Application, request: Request, references: Sequence[tuple[str, bytes]]) -> Style:
    known = [info.id for info in application.engines.infos()]
    if request.engine is not None and request.engine not in known:
        raise NotFound(f"There is no engine {request.engine!r}.", f"The engines are: {', '.join(known)}.")
    options = Options(seed=request.seed, strength=request.strength, keep_coloured=request.keep_coloured)
    ids = [_add_reference(application, name, image) for name, image in references]
    return Style(tuple(dict.fromkeys(ids)), request.engine, request.direction, options)


def _add_reference(application: Application, name: str, image: bytes) -> str:
    try:
        return application.store.references.add(ReferenceAdd(image=image, name=name)).reference_id
    except (ImageInvalid, TooLarge) as exc:
        raise BadRequest(f"The reference {name} cannot be used: {exc.message}", exc.hint) from exc


def _colour(
    application: Application,
    inbox: Inbox,
    work: Sequence[tuple[Book, Output]],
    style: Style,
    *,
    pictures: bool,
    records: bool,
) -> Outcome:
    outcome = Outcome(pictures=pictures)
    for book, output in work:
        for each in book.left_out:
            _say(f"  {each.name}: left out, {each.reason}")
        with BookProgress(_stderr, book) as progress:
            for event in colour_book(book, style, application.board, inbox):
                if isinstance(event, PageEnd):
                    record = _keep(book, output, event)
                    if records and record.output and record.runmeta:
                        text = json.dumps(record.runmeta, indent=1)
                        write_whole(Path(f"{record.output}.runmeta.json"), text.encode())
                    outcome.add(record, event)
                    progress.end(event.page, record.line)
                else:
                    progress.advance(event)
        output.finish()
    return outcome


def _keep(book: Book, output: Output, end: PageEnd) -> PageRecord:
    try:
        path = _write(output, end)
    except (IrodoriError, UnreadablePage) as exc:
        error = exc.wire() if isinstance(exc, IrodoriError) else {"code": "E_IMAGE", "message": str(exc), "hint": ""}
        return PageRecord(book.name, end.page.name, "failed", error=error)
    return PageRecord(
        book.name, end.page.name, end.verdict, str(path) if path else None, end.reason, end.error, end.runmeta
    )


def _write(output: Output, end: PageEnd) -> Path | None:
    """Write what the page became.

    A skipped page goes along as it is; a failed one only into an archive, where a gap would break the reading.
    """
    if end.verdict in ("coloured", "cached"):
        return output.put(end.page.name, end.image, SUFFIX_OF_MIME[end.mime])
    own_suffix = f".{end.page.name.rpartition('.')[2]}"
    if end.verdict == "skipped" and isinstance(output, ArchiveOutput | FolderOutput):
        return output.put(end.page.name, end.page.read(), own_suffix)
    if end.verdict == "failed" and isinstance(output, ArchiveOutput) and end.error["code"] != "E_IMAGE":
        output.put(end.page.name, end.page.read(), own_suffix)
    return None


def _conclude(
    request: Request, outcome: Outcome, books: Sequence[Book], engine: str, references: Sequence[tuple[str, bytes]]
) -> int:
    if request.report:
        orders = {book.name: [page.name for page in book.pages] for book in books}
        write_whole(request.layout.report, outcome.report(orders, engine, references).encode())
        _say(f"Before/after: {request.layout.report}")
    _say(f"{outcome.summary()} -> {request.layout.target}")
    if request.json:
        Console(soft_wrap=True).print(json.dumps(outcome.plain(), indent=2), markup=False, highlight=False)
    return 1 if outcome.has_failures else 0


def _say(line: str) -> None:
    _stderr.print(line, markup=False, soft_wrap=True)


_stderr = Console(stderr=True, highlight=False)
