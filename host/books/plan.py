"""All paths of one run, compared before the first pixel: nothing read is written to, nothing is written twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host.books.names import same_place
from host.books.whole_files import is_a_source
from host.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def require_apart(reads: Iterable[Path], writes: Iterable[Path]) -> None:
    """Compare paths as a file system may: links followed, case and composition of letters not counted.

    Raises:
        BadRequest: a path to write is one to read, or is to be written twice.
    """
    sources = {same_place(path) for path in reads}
    taken: set[str] = set()
    for path in writes:
        place = same_place(path)
        if place in sources:
            raise is_a_source(path)
        if place in taken:
            raise BadRequest(f"{path} would be written twice.", "Colour the inputs one by one.")
        taken.add(place)
