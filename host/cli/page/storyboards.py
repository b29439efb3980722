"""`irodori page storyboard`: pages or a script in, scenes and shots out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engines.vlm.base import ModelFault
from host.analyses.analyze import Analysis, analyze_book
from host.application import Application
from host.books.book import UnreadablePage
from host.books.inputs import open_inputs
from host.books.whole_files import require_nameable, require_writable, write_whole
from host.cli.console import say
from host.cli.library.analyse import ModelChoice, open_teller
from host.cli.page.pictures import reader
from host.errors import BadRequest, IrodoriError
from host.library.understand.reading import WordsChoice
from host.paths import state_paths
from host.pipeline.analysis.words import with_words
from host.pipeline.decode import decode_page
from host.pipeline.faults import faults_mapped
from host.pipeline.records.json_files import read_limited
from host.studio.elements.match import matched, matches
from host.studio.elements.records import elements_of_palette, read_elements
from host.studio.storyboard.fountain import as_fountain
from host.studio.storyboard.from_pages import ReadPage, storyboard_of_pages
from host.studio.storyboard.replies import INSTRUCTIONS, SCHEMA, storyboard_of_reply
from host.studio.storyboard.script import BYTES_MAX as SCRIPT_BYTES_MAX
from host.studio.storyboard.script import storyboard_of_script
from host.studio.storyboard.sheet import contact_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engines.vlm.base import VisionLanguageModel
    from host.books.book import Book
    from host.palettes.book import PaletteBook
    from host.studio.elements.records import Element
    from host.studio.storyboard.records import Storyboard
    from host.studio.storyboard.sheet import PictureOf
    from host.vocabulary import Direction

_SCRIPTS: Final = frozenset({".txt", ".fountain", ".md"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line."""

    inputs: tuple[Path, ...]
    output: Path
    elements: Path | None = None
    series: str = ""
    title: str = ""
    direction: Direction = "auto"
    words: WordsChoice = field(default_factory=WordsChoice)
    model: ModelChoice = field(default_factory=ModelChoice)


def run(request: Request) -> int:
    """Write the storyboard's three files; return 0, or 1 where a page could not be read.

    Raises:
        BadRequest: there is no such input, or nothing in it. What writing raises.
    """
    require_nameable(request.output)
    require_writable(request.output)
    if request.series:
        with Application.open(state_paths(), lambda _: None) as application:
            return _run(request, application.palettes)
    return _run(request, None)


def _run(request: Request, palettes: PaletteBook | None) -> int:
    elements = _elements(request, palettes)
    if any(path.suffix.casefold() in _SCRIPTS and path.is_file() for path in request.inputs):
        return _of_script(request, elements)
    with ExitStack() as stack:
        books = open_inputs(request.inputs, request.output)
        for book in books:
            stack.callback(book.close)
        pages, failed = _read(books, request, palettes)
        title = request.title or " + ".join(book.name for book in books)
        _write(request, matched(storyboard_of_pages(pages, title), elements), _pictures(books))
    return 1 if failed else 0


def _elements(request: Request, palettes: PaletteBook | None) -> tuple[Element, ...]:
    """Return the elements of the record, else of the series' palette."""
    if request.elements is not None:
        return read_elements(request.elements).elements
    return elements_of_palette(palettes.elements(request.series)) if palettes is not None else ()


def _of_script(request: Request, elements: Sequence[Element]) -> int:
    if len(request.inputs) != 1:
        raise BadRequest("A script stands alone.", "Name one script, or pages.")
    (path,) = request.inputs
    text = read_limited(path, SCRIPT_BYTES_MAX).decode("utf-8-sig", "replace")
    board = storyboard_of_script(text, request.title or path.stem)
    if not board.scenes:
        raise BadRequest(f"There is nothing in {path}.", "Write scenes: headings, actions, dialogue.")
    teller = open_teller(request.model)
    if teller is not None:
        board = _told(teller.model, text, board)
    _write(request, matched(board, elements), lambda _: None)
    return 0


def _told(model: VisionLanguageModel, text: str, by_rules: Storyboard) -> Storyboard:
    """Return what a model makes of a script; what the rules made where it fails."""
    try:
        answer = model.ask(None, f"{INSTRUCTIONS}\n\nThe text:\n\n{text}", SCHEMA)
        return storyboard_of_reply(answer.text, by_rules.title)
    except (ModelFault, BadRequest) as exc:
        say(f"{model.name} did not help: {exc.words} The rules do it.")
        return by_rules
    finally:
        model.close()


def _read(books: Sequence[Book], request: Request, palettes: PaletteBook | None) -> tuple[list[ReadPage], int]:
    """Return the pages of all books that could be read, in order, and how many could not.

    palettes: of the series whose people are named; None for none.
    """
    pages: list[ReadPage] = []
    failed = 0
    reads, direction = reader(), request.direction
    with faults_mapped():
        letters = request.words.open()
    for book in books:
        found: dict[int, ReadPage] = {}
        for one in analyze_book(book, reads, book.direction if direction == "auto" else direction):
            if isinstance(one, Analysis):
                meta = one.meta if letters is None else with_words(one.meta, one.page.rgb, letters)
                people = {} if palettes is None else _people(palettes, request.series, one)
                found[one.place] = ReadPage(_name(book, one.place, books), meta, people)
            else:
                failed += 1
                say(f"  {book.pages[one.place].name}: left out, {one.error.words}")
        pages += [page for _, page in sorted(found.items())]
    return pages, failed


def _people(palettes: PaletteBook, series: str, one: Analysis) -> Mapping[int, Sequence[str]]:
    make = one.layers.maps.get("characters")
    return palettes.people_on(series, one.page, one.meta, None if make is None else make())


def _name(book: Book, place: int, books: Sequence[Book]) -> str:
    return book.pages[place].name if len(books) == 1 else f"{book.name}/{book.pages[place].name}"


def _pictures(books: Sequence[Book]) -> PictureOf:
    pages = {_name(book, place, books): page for book in books for place, page in enumerate(book.pages)}

    def picture_of(name: str) -> NDArray[np.uint8] | None:
        try:
            return decode_page(pages[name].read()).rgb
        except (UnreadablePage, IrodoriError):  # it went since it was read
            return None

    return picture_of


def _write(request: Request, board: Storyboard, picture_of: PictureOf) -> None:
    if not board.scenes:
        raise BadRequest("No panel was found on the pages.", "A storyboard is made of panels.")
    for name, data in (
        ("storyboard.fountain", as_fountain(board).encode()),
        ("storyboard.html", contact_sheet(board, picture_of)),
        ("storyboard.json", board.model_dump_json(indent=1).encode()),
    ):
        write_whole(request.output / name, data, frozenset(path.resolve() for path in request.inputs))
    shots = [shot for scene in board.scenes for shot in scene.shots]
    linked = sum(bool(shot.matched_elements) for shot in shots)
    for one in matches(board):
        where = f"{one['page']}, panel {one['panel']}" if one["page"] else f"scene {one['scene']}, shot {one['shot']}"
        reasons = ", ".join(name.replace("_", " ") for name in one["signals"])
        say(f"  {where}: {one['element']} {one['confidence']:.2f} ({reasons})")
    found = f", {linked} with elements" if linked else ""
    say(f"{len(board.scenes)} scenes, {len(shots)} shots{found} -> {request.output}")
