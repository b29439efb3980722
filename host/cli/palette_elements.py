"""`irodori palette element`: who, where and what comes again in a series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from host.application import Application
from host.books.references import read_references
from host.cli.console import say
from host.errors import BadRequest
from host.palette_records import ElementSet, PaletteQuery, PaletteSet
from host.paths import state_paths
from host.store_records import ReferenceAdd
from host.studio.elements.records import read_elements

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
    """Make the elements of a record those of a series; one that has their name is changed.

    Raises:
        BadRequest: it is no such record, or another element has the trigger word. As `change_element`; what was taken
        in before stays.
    """
    record = read_elements(file)
    view = None
    with Application.open(state_paths(), lambda _: None) as application:
        for one in record.elements:
            pictures = tuple(file.parent / name for name in one.pictures)
            change = ElementChange(
                series=series or record.series, which=one.name, kind=one.kind, trigger=one.trigger or "",
                description=one.description, pictures=pictures,
            )  # fmt: skip
            view = _changed(application, change)
    if view is None:
        raise BadRequest(f"There is no element in {file}.", "Write some; see docs/STUDIO.md.")
    _tell(view)


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
