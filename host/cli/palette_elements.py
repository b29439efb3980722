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

if TYPE_CHECKING:
    from pathlib import Path

    from host.palette_records import ElementKind


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
    remove: bool = False


def change_element(change: ElementChange) -> None:
    """Change an element, or make it, and print all of the series; its pictures become references of the series.

    Raises:
        BadRequest: the trigger word is none, or another element has it or the name. NotFound: it is to go and is not
        there. ImageInvalid, TooLarge: a picture cannot be used.
    """
    pictures = None if change.pictures is None else read_references(change.pictures)[0]
    with Application.open(state_paths(), lambda _: None) as application:
        elements = application.palettes.get(PaletteQuery(series=change.series)).palette.elements
        known = next((one for one in elements if change.which in (one.element_id, one.name)), None)
        asked = ElementSet(
            element_id=known.element_id if known is not None else (change.which if change.remove else None),
            name=change.name if known is not None or change.name is not None else change.which,
            kind=change.kind,
            trigger=change.trigger,
            description=change.description,
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
        view = application.palettes.set(PaletteSet(series=change.series, element=asked))
    for one in view.palette.elements:
        count = len(one.pictures)
        told = " ".join(filter(None, [one.element_id, one.name, one.trigger]))
        say(f"{told}: {one.kind}, {one.description or '–'}, {count} picture{'' if count == 1 else 's'}")
