"""Annotations in files: which format a file has, and one file for each page of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from host.annotations.annotations import Annotations, Reading
from host.annotations.coco import BYTES_MAX as COCO_BYTES_MAX
from host.annotations.coco import read_coco
from host.annotations.from_meta import annotations_of
from host.annotations.manga109 import BYTES_MAX as MANGA109_BYTES_MAX
from host.annotations.manga109 import read_manga109
from host.books.names import safe_name
from host.errors import BadRequest
from host.pipeline.records.json_files import named, parse_json, read_limited, refused
from host.pipeline.records.validation import page_meta_of

if TYPE_CHECKING:
    from pathlib import Path

META_SUFFIX: Final = ".meta.json"
PAGE_SUFFIX: Final = ".annotations.json"
_XML_STARTS: Final = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<\x00", b"\xfe\xff\x00<")


def read_foreign(path: Path) -> Reading:
    """Return what a COCO or a Manga109 file says; its first character tells which it is.

    Raises:
        BadRequest: it cannot be read; the message names the file. TooLarge
    """
    data = read_limited(path, COCO_BYTES_MAX)
    try:
        if not data.lstrip().startswith(_XML_STARTS):
            return read_coco(data)
        return read_manga109(read_limited(path, MANGA109_BYTES_MAX))
    except BadRequest as exc:
        raise named(path, exc) from exc


def read_own(path: Path) -> Annotations:
    """Return what one of our files says: `….meta.json` of an analysis or `….annotations.json` of an import.

    Of a record the picture's name is not known; the page gets that of the file, without a suffix.

    Raises:
        BadRequest: it is neither, or not valid. TooLarge
    """
    data = read_limited(path, COCO_BYTES_MAX)
    try:
        document = parse_json(data)
        if isinstance(document, dict) and "pixels_sha256" in document:
            return annotations_of([(path.name.removesuffix(META_SUFFIX), page_meta_of(data))])
        return Annotations.model_validate(document)
    except ValidationError as exc:
        raise named(path, refused("It is no record of a page and no annotations.", exc)) from exc
    except BadRequest as exc:
        raise named(path, exc) from exc


def single_pages(annotations: Annotations) -> list[tuple[str, Annotations]]:
    """Return a book page by page, each with a safe name for its file, without a suffix."""
    return [
        (_stem(page.name, page.number), annotations.model_copy(update={"pages": (page,)})) for page in annotations.pages
    ]


def _stem(name: str, number: int) -> str:
    safe = safe_name(name)
    return f"page-{number}" if safe is None else safe
