"""`irodori palette element`: who, where and what comes again in a series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from host.application import Application
from host.books.references import read_references
from host.cli.console import say
from host.errors import BadRequest
from host.palette_records import ElementPicture, ElementSet, ElementsFile, PaletteQuery, PaletteSet
from host.paths import state_paths
from host.pipeline.records.json_files import read_limited
from host.store_records import ReferenceAdd
from host.studio.elements.records import BYTES_MAX, read_elements

if TYPE_CHECKING:
    from pathlib import Path

    from host.palette_records import ElementKind, PaletteView


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementChange:
    """What was asked for on the command line; None: it stays as it is."""

    series: str
    which: str
    name: str | None = None
    kind: ElementKind | None = None
    trigger: str | None = None
    description: str | None = None
    pictures: tuple[Path, ...] | None = None
    character: str | None = None
    remove: bool = False


def change_element(change: ElementChange) -> None:
    """Change an element, or make it, and print all of the series; its pictures become references of the series.

    Raises:
        BadRequest: the trigger word is none, or another element has it or the name. NotFound: it is to go and is not
        there. ImageInvalid, TooLarge: a picture cannot be used.
    """
    with Application.open(state_paths(), lambda _: None) as application:
        _tell(_changed(application, change))


def take_in_elements(file: Path, series: str) -> None:
    """Make the elements of a record those of a series, all or none; one that has their name is changed.

    Raises:
        BadRequest: it is no such record, or another element has the trigger word. As `change_element`.
    """
    record = read_elements(file)
    if not record.elements:
        raise BadRequest(f"There is no element in {file}.", "Write some; see docs/STUDIO.md.")
    if not (series or record.series):
        raise BadRequest("Of which series?", "Name it by --series.")
    names = dict.fromkeys(name for one in record.elements for name in one.pictures)
    pictures = [ElementPicture(name=name, image=read_references((file.parent / name,))[0][0][1]) for name in names]
    asked = ElementsFile(series=series or record.series, json=read_limited(file, BYTES_MAX), pictures=pictures)
    with Application.open(state_paths(), lambda _: None) as application:
        _tell(application.take_in_elements(asked))


def _changed(application: Application, change: ElementChange) -> PaletteView:
    pictures = None if change.pictures is None else read_references(change.pictures)[0]
    if not change.series:
        raise BadRequest("Of which series?", "Name it by --series.")
    elements = application.palettes.get(PaletteQuery(series=change.series)).palette.elements
    known = next((one for one in elements if change.which in (one.element_id, one.name)), None)
    asked = ElementSet(
        element_id=known.element_id if known is not None else (change.which if change.remove else None),
        name=change.name if known is not None or change.name is not None else change.which,
        kind=change.kind,
        trigger=change.trigger,
        description=change.description,
        character=change.character,
        remove=change.remove,
    )
    if pictures is not None:
        store = application.store.references
        added = [store.add(ReferenceAdd(image=image, name=name, series=change.series)) for name, image in pictures]
        asked = msgspec.structs.replace(asked, pictures=[one.reference_id for one in added])
    try:
        asked = msgspec.convert(msgspec.to_builtins(asked), ElementSet)
    except msgspec.ValidationError as exc:
        raise BadRequest(f"This is no element: {exc}.", "A trigger word is @ and letters, such as @Hero.") from exc
    return application.palettes.set(PaletteSet(series=change.series, element=asked))


def _tell(view: PaletteView) -> None:
    names = {one.character_id: one.name for one in view.palette.characters}
    for one in view.palette.elements:
        count = len(one.pictures)
        is_one = f"is {names.get(one.character) or one.character}" if one.character else ""
        told = " ".join(filter(None, [one.element_id, one.name, one.trigger, is_one]))
        say(f"{told}: {one.kind}, {one.description or '–'}, {count} picture{'' if count == 1 else 's'}")
