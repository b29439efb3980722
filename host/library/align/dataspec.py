"""DataSpec v0.3, the training files of the CoMix project: one JSON a page, its panels in reading order with their text.

    {"page_image_path": PATH, "panels": [{"panel_coords": [x, y, width, height],
     "text": {"dialogue": [...], "narration": [...], "sfx": [...]}}]}

Lengths are pixels of the page. The format has no place for speakers, characters, balloons and scores.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engines.geometry import Size
from host.annotations.annotations import AnnotatedBox, AnnotatedPage, Annotations, Rectangle
from host.books.names import on_disk
from host.books.whole_files import write_whole
from host.errors import BadRequest, IrodoriError
from host.library.align.measures import text_of_panels
from host.library.align.path_map import PathMap, normalized
from host.library.understand.story import PageStory, StoryPanel, Utterance
from host.pipeline.records.json_files import named, parse_json, read_limited, refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from host.library.align.pairs import PagePair

Naming = Literal["preserve_tree", "flat"]
_BYTES_MAX: Final = 16 << 20
_SIDE_MAX: Final = 10_000_000
_Length = Annotated[float, Field(ge=-_SIDE_MAX, le=_SIDE_MAX)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class DataSpecText(_Model):
    """What is written in a panel."""

    dialogue: tuple[str, ...] = ()
    narration: tuple[str, ...] = ()
    sfx: tuple[str, ...] = ()


class DataSpecPanel(_Model):
    """A panel: x, y, width, height in pixels, and its text."""

    panel_coords: tuple[_Length, _Length, _Length, _Length]
    text: DataSpecText = DataSpecText()


class DataSpec(_Model):
    """A page."""

    page_image_path: Annotated[str, Field(min_length=1)]
    panels: tuple[DataSpecPanel, ...] = ()


def dataspec_of(pair: PagePair, paths: PathMap | None = None) -> DataSpec:
    """Return a page as DataSpec. paths: where its picture is for whoever reads it."""
    panels = []
    for panel, told in zip(pair.detected, text_of_panels(pair), strict=True):
        box = panel.box
        text = DataSpecText() if told is None else _text(told)
        panels.append(DataSpecPanel(panel_coords=(box.left, box.top, box.width, box.height), text=text))
    return DataSpec(page_image_path=(paths or PathMap()).there(pair.picture_path), panels=tuple(panels))


def _text(told: StoryPanel) -> DataSpecText:
    return DataSpecText(dialogue=tuple(one.text for one in told.dialogue), narration=told.narration, sfx=told.sfx)


def write_dataspecs(
    pairs: Iterable[PagePair], root: Path, list_path: Path, naming: Naming, paths: PathMap, only: frozenset[str] | None
) -> int:
    """Write a file for each page with a panel, and a list of them; return how many.

    naming: `preserve_tree`: as the page's id; `flat`: all in one folder. only: pictures (`normalized`) that are
    written; None for all.

    Raises:
        DiskFull, InternalError
    """
    written = []
    for pair in pairs:
        if not pair.detected or (only is not None and normalized(pair.picture_path) not in only):
            continue
        stem = pair.id if naming == "preserve_tree" else pair.id.replace("/", "__")
        path = root / on_disk(f"{stem.lstrip('/')}.json")
        write_whole(path, (dataspec_of(pair, paths).model_dump_json(indent=1) + "\n").encode())
        written.append(path)
    write_list(list_path, [str(path.absolute()) for path in written])
    return len(written)


def read_dataspec(path: Path) -> DataSpec:
    """Return what a DataSpec file says.

    Raises:
        BadRequest: it is none; the message names the file. TooLarge
    """
    try:
        return DataSpec.model_validate(parse_json(read_limited(path, _BYTES_MAX)))
    except ValidationError as exc:
        raise named(path, refused("It is no DataSpec.", exc)) from exc
    except BadRequest as exc:
        raise named(path, exc) from exc


def story_of(spec: DataSpec) -> PageStory:
    """Return a page's text as if a model had told it."""
    return PageStory(
        model="dataspec",
        place="dataspec",
        panels=tuple(
            StoryPanel(
                order=order,
                dialogue=tuple(Utterance(text=text[:2000]) for text in one.text.dialogue),
                narration=tuple(text[:2000] for text in one.text.narration),
                sfx=tuple(text[:2000] for text in one.text.sfx),
            )
            for order, one in enumerate(spec.panels)
        ),
    )


def annotated_page(spec: DataSpec, number: int, name: str, size: Size) -> AnnotatedPage:
    """Return a page's panels as annotations, in reading order; box ids begin with the page's number."""
    boxes = tuple(
        AnnotatedBox(
            id=f"{number}-{order}",
            label="panel",
            box=Rectangle(*one.panel_coords[:2], max(0.0, one.panel_coords[2]), max(0.0, one.panel_coords[3])),
            order=order,
            text="\n".join([*one.text.narration, *one.text.dialogue, *one.text.sfx]) or None,
        )
        for order, one in enumerate(spec.panels)
    )
    return AnnotatedPage(number=number, name=name, width=max(1, size.width), height=max(1, size.height), boxes=boxes)


def read_in(files: Sequence[Path], paths: PathMap) -> Iterator[tuple[str, DataSpec, Size]]:
    """Yield the pages of DataSpec files: a name, the page, and its size: the picture's, else what its panels reach.

    Raises:
        BadRequest: a file is none.
    """
    for path in files:
        spec = read_dataspec(path)
        name = normalized(spec.page_image_path).lstrip("/")
        yield name, spec, _size(spec, Path(paths.here(spec.page_image_path)))


def _size(spec: DataSpec, picture: Path) -> Size:
    from host.pipeline.decode import decode_page

    try:
        return decode_page(picture.read_bytes()).size
    except (OSError, IrodoriError):
        reach = [one.panel_coords for one in spec.panels]
        return Size(
            max((round(y + height) for _, y, _, height in reach), default=1),
            max((round(x + width) for x, _, width, _ in reach), default=1),
        )


def book_of(pages: Sequence[AnnotatedPage]) -> Annotations:
    """Return pages as one book."""
    return Annotations(title="DataSpec", pages=tuple(pages))


def read_list(path: Path) -> list[str]:
    """Return the lines of a list file.

    Raises:
        BadRequest: it cannot be read.
    """
    try:
        lines = path.read_text("utf-8", "surrogateescape").splitlines()
    except OSError as exc:
        raise BadRequest(f"{path} cannot be read: {exc.strerror}.", "Check the path.") from exc
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def write_list(path: Path, lines: Iterable[str]) -> None:
    """Write a list file, a line for each.

    Raises:
        DiskFull, InternalError
    """
    write_whole(path, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))


def subset(specs: Sequence[str], pictures: Sequence[str], paths: PathMap) -> list[str]:
    """Return those of the DataSpec files whose pictures are among others, in their order.

    Raises:
        BadRequest: one of the files is none.
    """
    wanted = {normalized(one) for one in pictures} | {normalized(paths.there(one)) for one in pictures}
    found = []
    for one in specs:
        picture = read_dataspec(Path(paths.here(one))).page_image_path
        if normalized(picture) in wanted or normalized(paths.here(picture)) in wanted:
            found.append(one)
    return found


def coco_of(pages: Sequence[AnnotatedPage]) -> bytes:
    """Return pages as a COCO file, as `library align --coco` reads it."""
    from host.annotations.coco import write_coco

    return write_coco(book_of(pages))


def story_json(story: PageStory) -> bytes:
    """Return a story as it is kept."""
    return json.dumps(story.model_dump(mode="json"), indent=1, ensure_ascii=False).encode()
