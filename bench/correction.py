"""A hair corrected once on page 2 of 20: `python -m bench.correction [--runs N]`.

Twenty pages (`demo/chapter`, `tests/pages` and mirrored ones) are coloured by the engine that ships. Then somebody on
page 2 is named, and on four more pages, as a reader does by "this is ..."; their hair is given another colour. Printed:
which pages change, which stay to the byte, and how long the palette, the page in view and all of them take.
A page that the palette touched stays where no hair can be told on the figure, not even guessed; the log says so. Ends
with status 1 where a page changed that the palette did not touch.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from bench.chapter import Chapters
from bench.ink import PAGES, SOURCES
from host.messaging.messages import PageDone, PageFailed
from host.palette_records import FigureAt, PaletteQuery, PaletteSet
from host.pipeline.decode import decode_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.messaging.messages import Message

COUNT: Final = 20
CORRECTED: Final = 1
_NAMED: Final = 5
_SERIES: Final = "S"  # of `Chapters`
_RED: Final = (190, 40, 40)


@dataclass
class Figures:
    """Seconds of each run, and which pages changed in the last."""

    palette_s: list[float] = field(default_factory=list)
    in_view_s: list[float] = field(default_factory=list)
    all_s: list[float] = field(default_factory=list)
    chapter_s: list[float] = field(default_factory=list)
    touched: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)


class Reader(Chapters):
    """Keeps what came, with when."""

    def __init__(self, home: Path, pages: Sequence[bytes]) -> None:
        self.pages = pages
        self.digests = [hashlib.sha256(one).hexdigest() for one in pages]
        self.came: dict[int, tuple[float, bytes]] = {}
        super().__init__(home)

    def colour(self, indices: Sequence[int], in_view: int | None = None) -> float:
        """Colour pages as the extension asks for them; return when the last one came, seconds after the call."""
        self.came.clear()
        began_s = time.perf_counter()
        self.run(self.pages, indices, in_view)
        self.came = {index: (when - began_s, image) for index, (when, image) in self.came.items()}
        return time.perf_counter() - began_s

    def _hear(self, message: Message) -> None:
        if isinstance(message, PageFailed):
            sys.stderr.write(f"page {message.page_id}: {message.error.message}\n")
        elif isinstance(message, PageDone):
            self.came[int(message.page_id[1:])] = (time.perf_counter(), message.image)
        super()._hear(message)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.correction", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args(arguments).runs
    figures = Figures()
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as home:
            _measure(Path(home), figures)
    _print(figures)
    return 0 if set(figures.changed) <= set(figures.touched) else 1


def _measure(home: Path, figures: Figures) -> None:
    reader = Reader(home, twenty_pages())
    figures.chapter_s.append(reader.colour(range(COUNT)))
    before = {index: image for index, (_, image) in reader.came.items()}
    book = reader.application.palettes
    pixels = [decode_page(one).pixels_sha256 for one in reader.pages]
    found: dict[int, FigureAt] = {}
    while len(found) < _NAMED:
        for one in book.get(PaletteQuery(series=_SERIES)).others:
            found.setdefault(pixels.index(one.figure.page), one.figure)
        time.sleep(0.05)
    first = found.pop(CORRECTED, None) or found.pop(min(found))
    view = book.set(PaletteSet(series=_SERIES, figure=first, name="Aki"))
    about = view.about
    for index in sorted(found)[: _NAMED - 1]:
        book.set(PaletteSet(series=_SERIES, character_id=about, figure=found[index]))
    began_s = time.perf_counter()
    view = book.set(PaletteSet(series=_SERIES, character_id=about, hair=_RED))
    figures.palette_s.append(time.perf_counter() - began_s)
    figures.touched = sorted({reader.digests.index(one) for one in view.pages})
    in_view = figures.touched[-1]
    figures.all_s.append(reader.colour(figures.touched, in_view))
    figures.in_view_s.append(reader.came[in_view][0])
    reader.colour(range(COUNT))
    figures.changed = sorted(index for index, (_, image) in reader.came.items() if image != before[index])
    reader.application.close()


def twenty_pages() -> list[bytes]:
    """Return the encoded pages, all different."""
    files = sorted((PAGES.parents[1] / "demo" / "chapter").glob("0*.webp"))
    files += [PAGES / one for one in sorted((*SOURCES, "figures-en.webp"))]
    pages = [one.read_bytes() for one in files]
    for one in pages[: COUNT - len(pages)]:
        picture = cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR)
        pages.append(bytes(cv2.imencode(".png", np.ascontiguousarray(picture[:, ::-1]))[1]))
    return pages[:COUNT]


def _print(figures: Figures) -> None:
    table = Table("what", "median s", "slowest s")
    for name, seconds in (
        ("20 pages, first time", figures.chapter_s), ("the palette's answer", figures.palette_s),
        ("the page in view anew", figures.in_view_s), (f"all {len(figures.touched)} pages anew", figures.all_s),
    ):  # fmt: skip
        table.add_row(name, f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}")
    console = Console()
    console.print(table)
    numbers = ", ".join(str(index + 1) for index in figures.changed)
    console.print(f"pages that changed: {numbers}; the other {COUNT - len(figures.changed)} stay to the byte")
    touched = ", ".join(str(index + 1) for index in figures.touched)
    lost = "" if set(figures.changed) <= set(figures.touched) else "LOST: "
    console.print(f"{lost}the palette touched: {touched}")


if __name__ == "__main__":
    sys.exit(main())
