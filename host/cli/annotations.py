"""`irodori annotations export|import`: to and from COCO JSON and Manga109 XML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from rich.console import Console

from host.analyses.files import unique_stems
from host.annotations.annotations import merged
from host.annotations.coco import write_coco
from host.annotations.files import PAGE_SUFFIX, read_foreign, read_own, single_pages
from host.annotations.manga109 import write_manga109
from host.books.book import natural_key
from host.books.whole_files import write_whole
from host.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from host.annotations.annotations import Annotations


def export_annotations(files: Sequence[Path], output: Path, form: Literal["coco", "manga109"], title: str = "") -> None:
    """Write what our files say as one file of another format; pages in natural order of the files' names.

    Raises:
        BadRequest: a file cannot be read or they contradict each other. TooLarge, DiskFull, InternalError
    """
    ordered = sorted(files, key=lambda path: natural_key(path.as_posix()))
    try:
        book = merged([read_own(path) for path in ordered])
    except ValueError as exc:
        raise BadRequest(f"The files do not fit together: {exc}.", "Export them apart.") from exc
    if title:
        book = book.model_copy(update={"title": title})
    data, left_out = write_manga109(book) if form == "manga109" else (write_coco(book), {})
    write_whole(output, data, frozenset(path.resolve() for path in files))
    _tell(left_out, f"{form} has no place for them")
    _say(f"{_counted(book, sum(left_out.values()))} -> {output}")


def import_annotations(file: Path, output: Path) -> None:
    """Write a COCO or Manga109 file as one `….annotations.json` for each page.

    Raises:
        BadRequest: it cannot be read. TooLarge, DiskFull, InternalError
    """
    if output.exists() and not output.is_dir():
        raise BadRequest(f"{output} is a file.", "Choose a folder as --output.")
    reading = read_foreign(file)
    pages = single_pages(reading.annotations)
    for stem, (_, page) in zip(unique_stems([name for name, _ in pages]), pages, strict=True):
        record = {"schema_version": page.schema_version} | page.model_dump(mode="json", exclude_defaults=True)
        data = json.dumps(record, ensure_ascii=False, indent=1).encode()
        write_whole(output / f"{stem}{PAGE_SUFFIX}", data, frozenset({file.resolve()}))
    _tell(reading.left_out, "Irodori does not know them")
    _say(f"{_counted(reading.annotations)} -> {output}")


def _counted(book: Annotations, left_out: int = 0) -> str:
    boxes = sum(len(page.boxes) for page in book.pages) - left_out
    return f"{len(book.pages)} page{'s' if len(book.pages) != 1 else ''}, {boxes} box{'es' if boxes != 1 else ''}"


def _tell(left_out: Mapping[str, int], reason: str) -> None:
    for what, count in left_out.items():
        _say(f"  {count} {what} left out: {reason}")


def _say(line: str) -> None:
    Console(stderr=True, highlight=False).print(line, markup=False, soft_wrap=True)
