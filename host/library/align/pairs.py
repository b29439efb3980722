"""A page as detector and model saw it: from an analysis of ours, or from a COCO file and a folder of answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from engines.geometry import Box, Size
from host.annotations.files import read_foreign
from host.errors import BadRequest
from host.library.align.naming import BookName, book_name, name_of
from host.library.align.path_map import PathMap, normalized
from host.library.understand.answers import AnswerInvalid, read_answer
from host.library.understand.entries import STORY_SUFFIX
from host.library.understand.story import PageStory, StoryPanel
from host.pipeline.analysis.layout.order import reading_order
from host.pipeline.analysis.words import words_by_panel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.annotations.annotations import AnnotatedBox, AnnotatedPage
    from host.library.understand.shelf import AnalysedPage, AnalysedShelf
    from host.pipeline.records.page_meta import PageMeta, ReadingDirection

SCORE_MIN: Final = 0.5
_ANSWER_BYTES_MAX: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class DetectedPanel:
    """A panel that the detector found. words: what was read in it, in reading order."""

    box: Box
    score: float = 1.0
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePair:
    """A page. detected: in reading order. told: what a model said, None where none did; in its order.

    number: of the page in its book, from 0, of `pages`; pages 0 where nobody knows. comic_info: the page's type there.
    """

    id: str
    picture_path: str
    record_path: str = ""
    name: BookName = field(default_factory=lambda: BookName("", "", ""))
    number: int = 0
    pages: int = 0
    size: Size = field(default_factory=lambda: Size(0, 0))
    direction: str = ""
    kind: str = ""
    comic_info: str = ""
    md5: str = ""
    perceptual_hash: str = ""
    detected: tuple[DetectedPanel, ...] = ()
    told: PageStory | None = None
    loose_words: tuple[str, ...] = field(default=())


def pairs_of_analysis(shelf: AnalysedShelf, score_min: float = SCORE_MIN) -> Iterator[PagePair]:
    """Yield the pages of an analysis, those that could not be read as well. score_min: of the detector's panels."""
    for page in shelf.pages():
        yield pair_of(page, page.meta(), score_min)


def pair_of(page: AnalysedPage, meta: PageMeta | None, score_min: float = 0.0) -> PagePair:
    """Return a page of an analysis."""
    words = words_by_panel(meta) if meta is not None else {}
    panels = sorted(meta.panels, key=lambda one: one.order) if meta is not None else []
    number = page.entry.number
    return PagePair(
        id=page.id,
        picture_path=page.picture_path,
        record_path=str(page.folder / f"{page.entry.stem}.meta.json"),
        name=book_name(page.book),
        number=number,
        pages=page.book.pages,
        size=meta.size if meta is not None else Size(0, 0),
        direction=meta.direction if meta is not None else "",
        kind=meta.kind if meta is not None else "",
        comic_info=page.book.kinds.get(str(number), ""),
        md5=page.entry.md5,
        perceptual_hash=(meta.perceptual_hash or "") if meta is not None else "",
        detected=tuple(
            DetectedPanel(one.box, one.score, tuple(words.get(one.order, ())))
            for one in panels
            if one.score >= score_min
        ),
        told=page.story(),
        loose_words=tuple(words.get(None, ())),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFiles:
    """What others made. coco: predictions; answers: a folder of one JSON for each page, ours or a model's own.

    answer_map: JSON from an answer's path to its picture's, where names do not tell. roots: where pictures lie.
    """

    coco: Path
    answers: Path
    answer_map: Path | None = None
    roots: tuple[Path, ...] = ()
    needs_picture: bool = False
    score_min: float = SCORE_MIN
    direction: ReadingDirection = "ltr"
    paths: PathMap = field(default_factory=PathMap)


def pairs_of_files(files: ForeignFiles) -> Iterator[PagePair]:
    """Yield the pages of a COCO file, each with the model's answer that belongs to it.

    Raises:
        BadRequest: the COCO file or the map cannot be read. TooLarge
    """
    pages = read_foreign(files.coco).annotations.pages
    answers = _answers(files)
    for page in pages:
        picture = _picture(page.name, files)
        if picture is None and files.needs_picture:
            continue
        path = next((answers[key] for key in _keys(page.name) if key in answers), None)
        told = _story(path) if path is not None else None
        yield _of_page(page, str(picture or files.paths.here(page.name)), told, files)


def _of_page(page: AnnotatedPage, picture: str, told: PageStory | None, files: ForeignFiles) -> PagePair:
    panels = [one for one in page.boxes if one.label == "panel" and (one.score is None or one.score >= files.score_min)]
    boxes = [_box(one) for one in panels]
    if all(one.order is not None for one in panels):
        order = sorted(range(len(panels)), key=lambda place: panels[place].order or 0)
    else:
        order = reading_order(boxes, files.direction)
    words = _words_of(page, boxes)
    return PagePair(
        id=page.name.replace("\\", "/"),
        picture_path=picture,
        name=name_of(page.name.replace("\\", "/").rpartition("/")[0] or page.name),
        size=Size(page.height, page.width),
        direction=str(page.attributes.get("direction", files.direction)),
        kind=str(page.attributes.get("kind", "")),
        detected=tuple(DetectedPanel(boxes[one], panels[one].score or 1.0, tuple(words[one])) for one in order),
        told=told,
    )


def _words_of(page: AnnotatedPage, panels: list[Box]) -> list[list[str]]:
    held: list[list[str]] = [[] for _ in panels]
    for one in page.boxes:
        if one.label != "panel" and one.text:
            inside = [(panel.intersection(_box(one)).area, place) for place, panel in enumerate(panels)]
            area, place = max(inside, default=(0, 0))
            if area:
                held[place].append(one.text)
    return held


def _box(one: AnnotatedBox) -> Box:
    left, top, width, height = one.box
    return Box(round(left), round(top), round(left + width), round(top + height))


def _picture(name: str, files: ForeignFiles) -> Path | None:
    here = Path(files.paths.here(name))
    for path in (here, *(root / name.replace("\\", "/") for root in files.roots)):
        if path.is_file():
            return path
    return None


def _answers(files: ForeignFiles) -> dict[str, Path]:
    """Return the answers' files by what may name their pages."""
    if not files.answers.is_dir():
        raise BadRequest(f"{files.answers} is no folder.", "Name the folder of the models' answers.")
    found: dict[str, Path] = {}
    if files.answer_map is not None:
        for answer, picture in _mapping(files.answer_map).items():
            path = Path(files.paths.here(answer))
            whole = path if path.is_absolute() else files.answers / path
            found.update(dict.fromkeys(_keys(picture), whole))
    for path in sorted(files.answers.rglob("*.json")):
        name = path.relative_to(files.answers).as_posix()
        stem = name.removesuffix(STORY_SUFFIX) if name.endswith(STORY_SUFFIX) else name.removesuffix(".json")
        for key in (normalized(stem), *_keys(stem)):
            found.setdefault(key, path)
    return found


def _keys(name: str) -> list[str]:
    """Return what names a page, the most telling first: its path, and its path without a suffix."""
    whole = normalized(name).lstrip("/")
    stem = whole.rpartition(".")[0] if "." in whole.rpartition("/")[2] else whole
    return [whole, stem]


def _mapping(path: Path) -> dict[str, str]:
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise BadRequest(f"{path} cannot be read: {exc}.", 'A JSON object: {"answer.json": "picture.jpg"}.') from exc
    if not isinstance(told, dict) or not all(isinstance(one, str) for one in told.values()):
        raise BadRequest(f"{path} is no map.", 'A JSON object: {"answer.json": "picture.jpg"}.')
    return told


def _story(path: Path) -> PageStory | None:
    """Return what an answer's file says; None where it cannot be used."""
    try:
        if path.stat().st_size > _ANSWER_BYTES_MAX:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    try:
        return PageStory.model_validate_json(data)
    except ValidationError:
        pass
    try:
        told = read_answer(data.decode("utf-8", "replace"))
    except AnswerInvalid:
        return None
    return PageStory(model="", page_type=told.page_type, summary=told.summary, panels=told.panels, mended=told.mended)


def panels_told(pair: PagePair) -> tuple[StoryPanel, ...]:
    """Return the model's panels in its order; none where it said nothing."""
    return () if pair.told is None else tuple(sorted(pair.told.panels, key=lambda one: one.order))
