"""The files of an analysis: a page's record, its masks and maps, its overlay. Each appears whole or not at all."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from PIL import Image

from host.analyses.overlay import draw_overlay
from host.books.whole_files import write_whole
from host.pipeline.encode import encode_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from host.analyses.analyze import Analysis


@dataclass(frozen=True, slots=True)
class AnalysisFolder:
    """Where the pages of a book go. `sources` are never written to; `stems`: of each page, its path without suffix."""

    root: Path
    stems: tuple[str, ...]
    sources: frozenset[Path]
    overlay: bool = False

    def write(self, analysis: Analysis) -> None:
        """Write everything about a page: `STEM.meta.json`, a 1-bit PNG for each mask, an 8-bit one for each map.

        Raises:
            BadRequest: a file would replace a source. DiskFull, InternalError
        """
        stem, layers = self.stems[analysis.place], analysis.layers
        for name, make in chain(layers.masks.items(), layers.maps.items()):
            self._put(f"{stem}.{name}.png", _png(Image.fromarray(make())))
        if self.overlay:
            drawn = draw_overlay(analysis.page.rgb, analysis.meta, layers)
            self._put(f"{stem}.overlay.png", encode_page(drawn, "png", given_up=True)[0])
        # Last, so that a record stands only where everything that it tells of does.
        self._put(f"{stem}.meta.json", analysis.meta.model_dump_json(indent=1).encode())

    def _put(self, name: str, data: bytes) -> None:
        write_whole(self.root / name, data, self.sources)


def unique_stems(names: Sequence[str]) -> tuple[str, ...]:
    """Return for each page's name its path without a suffix: different ones for all, also where case does not count.

    `1.png` and `1.jpg` keep their suffixes; two pages of one name are numbered.
    """
    stems = [str(PurePosixPath(name).with_suffix("")) for name in names]
    sharing = Counter(stem.casefold() for stem in stems)
    named_alike = Counter(name.casefold() for name in names)
    taken: set[str] = set()
    unique = []
    for name, stem in zip(names, stems, strict=True):
        told_apart = sharing[stem.casefold()] > 1 and named_alike[name.casefold()] == 1
        wanted = candidate = name if told_apart else stem
        number = 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{wanted} ({number})"
        taken.add(candidate.casefold())
        unique.append(candidate)
    return tuple(unique)


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()
