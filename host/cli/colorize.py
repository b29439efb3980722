"""`irodori colorize`: books in, the host's own pipeline in between, pictures out."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rich.console import Console

from host.application import Application
from host.books.book import UnreadablePage, why_no_page
from host.books.correction_kinds import KINDS
from host.books.corrections import read_corrections
from host.books.inbox import Inbox
from host.books.inputs import open_inputs
from host.books.outputs import SUFFIX_OF_MIME
from host.books.references import read_references
from host.books.run import PageEnd, Style, colour_book
from host.books.whole_files import require_nameable, write_whole
from host.cli.console import STDERR, say
from host.cli.options import engine_options
from host.cli.outcome import LeftRecord, Outcome, PageRecord
from host.cli.presets import chosen_preset
from host.cli.progress import BookProgress
from host.errors import BadRequest, ImageInvalid, IrodoriError, NotFound, TooLarge
from host.logs import start_log
from host.messaging.messages import Options
from host.paths import state_paths
from host.store.presets import with_preset
from host.store.process_folder import ProcessFolder
from host.store_records import ReferenceAdd
from host.studio.elements.records import read_elements
from host.studio.elements.wishes import Wish, understood

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from host.books.book import Book
    from host.books.corrections import CorrectionTexts
    from host.books.layout import Layout
    from host.books.outputs import Output
    from host.messaging.messages import Preset
    from host.vocabulary import Direction, EnhancerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line. None: the settings decide."""

    inputs: tuple[Path, ...]
    layout: Layout
    references: tuple[Path, ...] = ()
    corrections: Mapping[str, CorrectionTexts] = field(default_factory=dict)
    series: str = ""
    wish: str | None = None
    elements: Path | None = None
    translate: bool | None = None
    caption: bool | None = None
    enhance: EnhancerId | None = None
    preset: str | None = None
    engine: str | None = None
    seed: int | None = None
    strength: float | None = None
    engine_options: tuple[str, ...] = ()
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
    preset = chosen_preset(request.preset)
    require_nameable(request.layout.target)
    output_format = request.layout.output_format
    with ExitStack() as stack:
        books = open_inputs(request.inputs, request.layout.target)
        for book in books:
            stack.callback(book.close)
        names = [page.name for book in books for page in book.pages]
        corrections = read_corrections(KINDS, request.corrections, names)
        wish = _wish(request)
        references, said = read_references((*request.references, *(wish.pictures if wish else ())))
        application = stack.enter_context(Application.open(paths, inbox, page_format=output_format))
        stack.callback(inbox.close)
        style = _style(application, request, references, wish, preset)
        style = replace(style, corrections=corrections, series=request.series)
        waiting = ProcessFolder.claim_or_none(paths.cache / "waiting")
        stack.callback(waiting.close)
        outputs = request.layout.outputs(
            books,
            output_format or application.settings.current.output_format,
            waiting.path,
            reads=(*request.references, *filter(None, (one.file for one in request.corrections.values()))),
            report=request.report,
        )
        for output in outputs:
            stack.callback(output.discard)
        for line in said:
            say(line)
        work = list(zip(books, outputs, strict=True))
        outcome = _colour(application, inbox, work, style, pictures=request.report, records=request.runmeta)
        engine = style.engine or application.settings.current.default_engine
        return _conclude(request, outcome, books, engine, references)


def _wish(request: Request) -> Wish | None:
    if request.wish is None:
        return None
    if request.elements is None:
        return Wish(request.wish, ())
    return understood(request.wish, read_elements(request.elements).elements, request.elements.parent)


def _style(
    application: Application, request: Request, references: Sequence[tuple[str, bytes]], wish: Wish | None,
    preset: Preset | None,
) -> Style:  # fmt: skip
    said = Options(
        seed=request.seed,
        strength=request.strength,
        keep_coloured=request.keep_coloured,
        prompt=wish.words if wish else None,
        engine_options=engine_options(request.engine_options),
        translate=request.translate,
        caption=request.caption,
        enhance=request.enhance,
    )
    engine, options = with_preset(preset, request.engine, said)
    known = [info.id for info in application.engines.infos()]
    if engine is not None and engine not in known:
        raise NotFound(f"There is no engine {engine!r}.", f"The engines are: {', '.join(known)}.")
    ids = [_add_reference(application, name, image) for name, image in references]
    return Style(tuple(dict.fromkeys(ids)), engine, request.direction, options)


def _add_reference(application: Application, name: str, image: bytes) -> str:
    try:
        return application.store.references.add(ReferenceAdd(image=image, name=name), for_now=True).reference_id
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
        read: Counter[str] = Counter()
        _tell_left_out(book, output, outcome)
        with BookProgress(STDERR, book) as progress:
            for event in colour_book(book, style, application.board, inbox):
                if isinstance(event, PageEnd):
                    record = _keep(book, output, event, records=records)
                    outcome.add(record, event)
                    read[str(event.runmeta.get("read_direction", ""))] += 1
                    progress.end(event.page, record.line)
                else:
                    progress.advance(event)
        finished = output.finish(_direction(style.direction, read))
        if finished.path is None:
            outcome.unwritten(book.name)
        if finished.words:
            say(finished.words)
    return outcome


def _direction(wanted: Direction, read: Counter[str]) -> Direction:
    """Return which way a book is read: as it was asked for, or as most of its pages were read."""
    if wanted != "auto" or read["rtl"] == read["ltr"]:
        return wanted
    return "rtl" if read["rtl"] > read["ltr"] else "ltr"


def _tell_left_out(book: Book, output: Output, outcome: Outcome) -> None:
    left = [LeftRecord(book.name, each.name, each.reason, lost=each.lost) for each in book.left_out]
    if not output.carries_extras:
        left += [LeftRecord(book.name, each.name, why_no_page(each)) for each in book.extras]
    for each in left:
        say(f"  {each.name}: left out, {each.reason}")
        outcome.leave_out(each)


def _keep(book: Book, output: Output, end: PageEnd, *, records: bool) -> PageRecord:
    """Write what a page became: coloured, or as it was. A page that cannot be written has failed."""
    name, verdict, error = end.page.name, end.verdict, end.error
    try:
        if verdict in ("coloured", "cached"):
            path: Path | None = output.put(end.page, end.image, SUFFIX_OF_MIME[end.mime])
            if records and end.runmeta:
                output.put_record(end.page, json.dumps(end.runmeta, indent=1).encode())
        else:
            path = output.keep(end.page, left=verdict == "skipped")
    except (IrodoriError, UnreadablePage) as exc:
        fault = exc.wire() if isinstance(exc, IrodoriError) else {"code": "E_IMAGE", "message": str(exc), "hint": ""}
        path, verdict, error = None, "failed", error or fault
    return PageRecord(book.name, name, verdict, str(path) if path else None, end.reason, error, end.runmeta)


def _conclude(
    request: Request, outcome: Outcome, books: Sequence[Book], engine: str, references: Sequence[tuple[str, bytes]]
) -> int:
    if request.report:
        orders = {book.name: [page.name for page in book.pages] for book in books}
        write_whole(request.layout.report, outcome.report(orders, engine, references).encode())
        say(f"Before/after: {request.layout.report}")
    say(f"{outcome.summary()} -> {request.layout.target}")
    if request.json:
        Console(soft_wrap=True).print(json.dumps(outcome.plain(), indent=2), markup=False, highlight=False)
    return 1 if outcome.has_failures else 0
