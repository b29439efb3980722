"""Small shelves, and a colourer that needs no network: it answers by what a page's bytes are."""

from __future__ import annotations

import io
import zipfile
from collections import deque
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from host.library.colourer import PageResult
from host.palette_records import PaletteCharacter, PartColour, SeriesPalette

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from host.library.workers import Task


def picture(number: int, size: tuple[int, int] = (40, 60), *, coloured: bool = False) -> bytes:
    shape = (size[1], size[0], 3 if coloured else 1)
    noise = np.random.default_rng(number).integers(0, 256, shape, np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise if coloured else noise[:, :, 0]).save(buffer, "PNG")
    return buffer.getvalue()


def make_cbz(path: Path, files: Mapping[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


class Inline:
    """Colours in this process, at once: a page becomes itself with a word before it; `skip` stays, `fail` fails."""

    keep_results = False

    def __init__(self, room: int = 3) -> None:
        self.coloured: list[bytes] = []
        self.end_after: int | None = None
        self.word = b"col"
        self._room = room
        self._waiting: deque[Task] = deque()

    @property
    def has_room(self) -> bool:
        return len(self._waiting) < self._room

    @property
    def is_idle(self) -> bool:
        return not self._waiting

    def add(self, task: Task) -> None:
        self._waiting.append(task)

    def finished(self) -> Iterator[tuple[Task, PageResult]]:
        if self.end_after is not None and len(self.coloured) >= self.end_after:
            raise KeyboardInterrupt
        task = self._waiting.pop()  # the last one first: the order must not matter
        self.coloured.append(task.encoded)
        yield task, self._result(task.encoded)

    def has_colour(self, encoded: bytes) -> bool:
        try:
            with Image.open(io.BytesIO(encoded)) as image:
                return image.mode == "RGB"
        except OSError:
            return False

    def close(self) -> None:
        self._waiting.clear()

    def _result(self, encoded: bytes) -> PageResult:
        if encoded.startswith(b"skip"):
            return PageResult(verdict="skipped", reason="blank", direction="rtl", seconds=1)
        if encoded.startswith(b"fail"):
            return PageResult(verdict="failed", error={"message": "It failed.", "hint": ""}, seconds=1)
        return PageResult(
            verdict="coloured", image=self.word + encoded, mime="image/png", direction="rtl", seconds=1, thumb="YQ=="
        )


def people_of_page(encoded: bytes, hair: tuple[int, int, int]) -> SeriesPalette:
    """Return a palette of series S with everybody who is on a page, each with this hair."""
    from engines.embed.registry import choose_embedder
    from host.palettes.look import look_at
    from host.pipeline.analysis.shipped import shipped_reader
    from host.pipeline.decode import decode_page

    page, choice = decode_page(encoded), choose_embedder()
    reading, embedder = shipped_reader("").read(page, "auto"), f"{choice.id} {choice.version}"
    characters = reading.maps.characters if reading.maps is not None else None
    seen = look_at(page.grey, page.pixels_sha256, reading.meta, characters, choice.open(), embedder)
    colour = PartColour(rgb=hair, origin="reader")
    people = [
        PaletteCharacter(character_id=f"p{place}", hair=colour, looks=[one.look])
        for place, one in enumerate(seen.figures)
    ]
    return SeriesPalette(version=1, series="S", embedder=embedder, characters=people)
