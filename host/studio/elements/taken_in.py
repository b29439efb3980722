"""A written list of elements as changes of a series' palette: whole, or not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from host.errors import BadRequest
from host.palette_records import ElementSet

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from host.palette_records import PaletteElement
    from host.studio.elements.records import Elements


def pictures_named(record: Elements, given: Collection[str]) -> dict[str, str]:
    """Return which of the given pictures each name of the record means: the one called so, else that of its last part.

    Raises:
        BadRequest: there is no element in the record, or a picture that it names is not given.
    """
    if not record.elements:
        raise BadRequest("There is no element in it.", "Write some; see docs/STUDIO.md.", told=("no_element",))
    names = dict.fromkeys(name for one in record.elements for name in one.pictures)
    found = {name: name if name in given else re.split(r"[/\\]", name)[-1] for name in names}
    missing = ", ".join(name for name, file in found.items() if file not in given)[:300]
    if missing:
        words = f"The list names pictures that were not chosen: {missing}."
        raise BadRequest(words, "Choose them together with it.", told=("pictures_missing", missing))
    return found


def changes_of(
    record: Elements, known: Sequence[PaletteElement], pictures: Mapping[str, str]
) -> tuple[ElementSet, ...]:
    """Return what makes the elements of a record a palette's; one that has their name is changed.

    pictures: the id of the reference that each name means.

    Raises:
        BadRequest: an element says more than a palette holds.
    """
    ids = {one.name.casefold(): one.element_id for one in known}
    try:
        return tuple(
            msgspec.convert(
                {
                    "element_id": ids.get(one.name.casefold()), "name": one.name, "kind": one.kind,
                    "trigger": one.trigger or "", "description": one.description,
                    "pictures": [pictures[name] for name in one.pictures],
                },
                ElementSet,
            )
            for one in record.elements
        )  # fmt: skip
    except msgspec.ValidationError as exc:
        words = f"An element says more than a palette holds: {exc}."
        raise BadRequest(words, "A description has at most 700 characters.", told=("element_long",)) from exc
