"""`irodori page animate`: a page in, a film out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from host.books.whole_files import temporary_beside
from host.cli.console import say
from host.cli.page.pictures import read, require_output
from host.store.disk import disk_errors
from host.studio.animate import animate
from host.studio.film import kind_of, require_writer, write_film

if TYPE_CHECKING:
    from pathlib import Path

    from host.studio.animate import Motion
    from host.vocabulary import Direction


def film_page(picture: Path, output: Path, motion: Motion, direction: Direction) -> None:
    """Write a page's film; ended midway, nothing is left.

    Raises:
        BadRequest: the page has no such panel, or a file cannot be read or written.
        EngineNotAvailable, ImageInvalid, TooLarge, DiskFull
    """
    kind = kind_of(output)
    require_writer(kind)
    require_output(output, picture)
    began = time.perf_counter()
    frames = animate(read(picture, direction), motion)
    with disk_errors(str(output)), temporary_beside(output, frozenset({picture.resolve()})) as temporary:
        count = write_film(temporary, kind, frames, motion.rate)
    say(f"{output}: {count / motion.rate:.1f} s of film in {time.perf_counter() - began:.1f} s")
