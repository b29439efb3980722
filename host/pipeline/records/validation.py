"""Whether a record from a file is one: its schema first, then what a schema cannot say."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import ValidationError

from engines.geometry import Box
from host.errors import BadRequest
from host.pipeline.records.json_files import Fault, faults_of, field_name, in_words, parse_json
from host.pipeline.records.page_meta import PageMeta
from host.pipeline.records.run_meta import RunMeta

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engines.geometry import Size

BYTES_MAX: Final = 16 * 2**20

# A field that only the other kind of record has, and what that is.
_OTHER_KIND: Final = {
    PageMeta: ("pipeline_version", "is a picture's record", "check it with `irodori runmeta validate`"),
    RunMeta: ("perceptual_hash", "is a page's record", "check it with `irodori meta validate`"),
}
_PAGE_ANEW: Final = "make the record anew with `irodori analyze`"
_RUN_ANEW: Final = "colour the page anew with `irodori colorize --runmeta`"


def check_page_meta(data: bytes) -> list[Fault]:
    """Return what is wrong with the bytes of a `meta.json`; nothing where it is valid."""
    return _check(data, PageMeta, _PAGE_ANEW, _contradictions)


def check_run_meta(data: bytes) -> list[Fault]:
    """Return what is wrong with the bytes of a `runmeta.json`; nothing where it is valid."""
    return _check(data, RunMeta, _RUN_ANEW, lambda record: _size(record.size))


def page_meta_of(data: bytes) -> PageMeta:
    """Return the record that a `meta.json` holds.

    Raises:
        BadRequest: it is not valid; the hint names its first faults.
    """
    return _valid(data, PageMeta, check_page_meta(data), "It is no valid record of a page.")


def run_meta_of(data: bytes) -> RunMeta:
    """Return the record that a `runmeta.json` holds.

    Raises:
        BadRequest: it is not valid; the hint names its first faults.
    """
    return _valid(data, RunMeta, check_run_meta(data), "It is no valid record of a picture.")


_Checked = TypeVar("_Checked", PageMeta, RunMeta)


def _valid(data: bytes, record: type[_Checked], faults: list[Fault], otherwise: str) -> _Checked:
    if faults:
        raise BadRequest(otherwise, in_words(faults))
    return record.model_validate(parse_json(data))


def _check(
    data: bytes, record: type[_Checked], anew: str, contradictions: Callable[[_Checked], Iterator[Fault]]
) -> list[Fault]:
    try:
        document = parse_json(data)
    except BadRequest as exc:
        return [Fault("the document", exc.message.rstrip("."), anew)]
    version = record.model_fields["schema_version"].default
    if not isinstance(document, dict):
        return [Fault("the document", "is no JSON object", anew)]
    mark, what, mend = _OTHER_KIND[record]
    if mark in document:
        return [Fault("the document", what, mend)]
    if document.get("schema_version", version) != version:
        what = f"is {document['schema_version']!r:.40}, this version of Irodori reads {version}"
        return [Fault("schema_version", what, anew)]
    try:
        return list(contradictions(record.model_validate(document)))
    except ValidationError as exc:
        return faults_of(exc)


def _contradictions(meta: PageMeta) -> Iterator[Fault]:
    yield from _size(meta.size)
    yield from _boxes(meta)
    yield from _doubles("panels", [one.order for one in meta.panels], "order")
    yield from _doubles("balloons", [one.order for one in meta.balloons], "order")
    yield from _doubles("characters", [one.index for one in meta.characters], "index")
    panels, balloons = {one.order for one in meta.panels}, {one.order for one in meta.balloons}
    figures = {one.index for one in meta.characters}
    for kind in ("balloons", "sound_effects", "characters", "faces"):
        yield from _strangers(kind, "panel", [one.panel for one in getattr(meta, kind)], panels)
    yield from _strangers("text", "balloon", [one.balloon for one in meta.text], balloons)
    yield from _strangers("faces", "character", [one.character for one in meta.faces], figures)


def _size(size: Size) -> Iterator[Fault]:
    if min(size) < 1:
        yield Fault("size", f"is {size.height} x {size.width}", "give a height and a width of at least 1 pixel")


def _boxes(meta: PageMeta) -> Iterator[Fault]:
    page = Box(0, 0, meta.size.width, meta.size.height)
    for kind in ("panels", "balloons", "text", "sound_effects", "characters", "faces"):
        for place, one in enumerate(getattr(meta, kind)):
            yield from _box(field_name((kind, place, "box")), one.box, page)
    for place, box in enumerate(meta.parts):
        yield from _box(field_name(("parts", place)), box, page)


def _box(field: str, box: Box, page: Box) -> Iterator[Fault]:
    if not box.area:
        yield Fault(
            field, f"is empty, {list(box)}", "give left, top, right and bottom; the last two are the larger ones"
        )
    elif box.intersection(page) != box:
        yield Fault(field, f"leaves the page, {list(box)}", f"keep it within {page.right} x {page.bottom} pixels")


def _doubles(kind: str, values: list[int], name: str) -> Iterator[Fault]:
    for value, count in Counter(values).items():
        if count > 1:
            yield Fault(kind, f"have the {name} {value} {count} times", "give each its own")


def _strangers(kind: str, name: str, values: list[int | None], known: set[int]) -> Iterator[Fault]:
    for place, value in enumerate(values):
        if value is not None and value not in known:
            there = ", ".join(map(str, sorted(known)[:8])) or "none"
            yield Fault(
                field_name((kind, place, name)), f"is {value}, which the page does not have", f"there is {there}"
            )
