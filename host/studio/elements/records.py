"""`Elements`: a series' characters, places and things. The contract of `elements.json`, which a person writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field, ValidationError, model_validator

from host.errors import BadRequest
from host.pipeline.records.json_files import faults_of, named, parse_json, read_limited, refused
from host.pipeline.records.page_meta import Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from host.palette_records import PaletteElement

SCHEMA_VERSION: Final = 1
BYTES_MAX: Final = 4 * 2**20

_Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class Element(Record):
    """Somebody, somewhere or something that comes again.

    trigger: the word that stands for it in texts, `@Hero`. pictures: files that show it, relative to the record's own.
    """

    name: _Name
    kind: Literal["character", "place", "thing"] = "character"
    trigger: Annotated[str, Field(pattern=r"^@[\w-]{1,64}$")] | None = None
    description: Annotated[str, Field(max_length=2000)] = ""
    pictures: Annotated[tuple[_Name, ...], Field(max_length=16)] = ()


class Elements(Record):
    """All elements of a series; no two have one name or one trigger word, whatever their case."""

    schema_version: Literal[1] = SCHEMA_VERSION
    series: Annotated[str, Field(max_length=200)] = ""
    elements: Annotated[tuple[Element, ...], Field(max_length=1000)] = ()

    @model_validator(mode="after")
    def _told_apart(self) -> Elements:
        for what in ("name", "trigger"):
            seen = [value.casefold() for one in self.elements if (value := getattr(one, what))]
            double = next((value for value in seen if seen.count(value) > 1), None)
            if double is not None:
                raise ValueError(f"two elements have the {what} {double!r}")
        return self


def elements_of_palette(known: Sequence[PaletteElement]) -> tuple[Element, ...]:
    """Return the elements of a series' palette that have a name; their pictures are ids of references."""
    return tuple(
        Element(
            name=one.name, kind=one.kind, trigger=one.trigger or None, description=one.description,
            pictures=tuple(one.pictures),
        )
        for one in known
        if one.name.strip()
    )  # fmt: skip


def elements_of(data: bytes) -> Elements:
    """Return the elements that a record holds.

    Raises:
        BadRequest: it is not valid; the hint names its first faults.
    """
    try:
        return Elements.model_validate(parse_json(data))
    except ValidationError as exc:
        where = faults_of(exc)[0].field
        error = refused(f"It is no valid list of elements (at {where}).", exc)
        raise BadRequest(error.message, error.hint, told=("elements_invalid", where)) from exc
    except BadRequest as exc:
        raise BadRequest(exc.message, exc.hint, told=("elements_invalid", "JSON")) from exc


def read_elements(path: Path) -> Elements:
    """Return the elements of a file.

    Raises:
        BadRequest: it cannot be read, or is not valid. TooLarge
    """
    data = read_limited(path, BYTES_MAX)
    try:
        return elements_of(data)
    except BadRequest as exc:
        raise named(path, exc) from exc
