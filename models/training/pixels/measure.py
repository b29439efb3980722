"""What the whole reader protects on pages that no network was trained on: lettering kept, art wrongly kept."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.detect.base import Detection
from host.pipeline.decode import DecodedPage
from host.pipeline.pass1.shipped import shipped_reader
from models.training.pages import annotated
from models.training.pages.measure import Measure
from models.training.pages.synth import load_fonts, synth_page
from models.training.pages.variants import LabelledPage
from models.training.pixels.comic import as_manga, read_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engines.detect.base import Label
    from host.pipeline.pass1.read import TwoOpinionReader
    from host.pipeline.pass1.reader import PageReading
    from models.training.pages.synth.labels import LabelledBox
    from models.training.pixels.comic import Grey, Mask

KINDS = ("grey", "manga", "drawn")
_BOXES: tuple[Label, ...] = ("panel", "balloon")
_DRAWN = 16
# Soft edges and outlines of lettering and balloons are neither art nor lettering.
_EDGE_PX = 9
_CHANGED = 16
# Far from the seeds of the training set.
_DRAWN_SEED = 900_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class TruePage:
    """A page and the truth about it; masks `(H, W)` bool.

    lettering: glyph pixels, of them `free` those outside of balloons. art: what must not be protected.
    """

    name: str
    grey: Grey
    lettering: Mask
    free: Mask
    art: Mask
    boxes: tuple[LabelledBox, ...]


@dataclass
class Tally:
    """Sums over pages of one kind."""

    pixels: dict[str, list[int]] = field(default_factory=lambda: {"lettering": [0, 0], "free": [0, 0], "art": [0, 0]})
    boxes: Measure = field(default_factory=Measure)

    def add(self, page: TruePage, reading: PageReading) -> None:
        """Count a page."""
        kept = reading.masks.protect
        for name, sums in self.pixels.items():
            mask = getattr(page, name)
            sums[0] += int(np.count_nonzero(kept & mask))
            sums[1] += int(np.count_nonzero(mask))
        found = [Detection("panel", one.box, 1.0) for one in reading.meta.panels]
        found += [Detection("balloon", one.box, 1.0) for one in reading.meta.balloons]
        self.boxes.add(LabelledPage(page.grey, page.boxes, hand=False), found)

    def table(self) -> dict[str, float]:
        """Return shares 0..1 of pixels that are protected, and F1 of boxes."""
        shares = {name: round(kept / max(1, there), 4) for name, (kept, there) in self.pixels.items()}
        return shares | {label: round(self.boxes.score(label, 0.0).f1, 3) for label in _BOXES}


def measure(data: Path, out: Path) -> dict[str, dict[str, float]]:
    """Read the dev pages with the reader that ships; write `measures.json` into `out`."""
    tables = {}
    for kind in KINDS:
        tally, reader = Tally(), shipped_reader()
        for page in true_pages(data, kind):
            tally.add(page, read(reader, page.grey))
        tables[kind] = tally.table()
        _log.info("%s: %s", kind, tables[kind])
    (out / "measures.json").write_text(json.dumps(tables, indent=1), "utf-8")
    return tables


def read(reader: TwoOpinionReader, grey: Grey) -> PageReading:
    """Read a grey page, left to right."""
    rgb = np.repeat(grey[:, :, None], 3, axis=2)
    return reader.read(DecodedPage(rgb=rgb, grey=grey, pixels_sha256="0" * 64), "ltr")


def true_pages(data: Path, kind: str) -> Iterator[TruePage]:
    """Yield the dev pages in both languages, `grey` or as `manga`, or `drawn` ones."""
    if kind == "drawn":
        fonts = load_fonts([data / "fonts"])
        for number in range(_DRAWN):
            made = synth_page(_DRAWN_SEED + number, 900, fonts=fonts)
            art = ~made.gutter_mask & _away(made.balloon_mask | made.lettering_mask)
            free = made.lettering_mask & ~made.balloon_mask
            yield TruePage(f"drawn-{number}", made.grey, made.lettering_mask, free, art, made.boxes)
        return
    for index, name in enumerate(annotated.page_names(data, "dev")):
        source = read_source(data, name)
        for number, language in enumerate(annotated.LANGUAGES):
            page = annotated.read_page(data, name, language)
            rng = np.random.default_rng([index, number])
            grey = page.lettered if kind == "grey" else as_manga(source, language, rng).grey
            boxes = page.drawn + page.lettering
            free = page.glyphs & ~page.balloons
            yield TruePage(f"{name}-{language}", grey, page.glyphs, free, _art(page), boxes)


def _art(page: annotated.ComicPage) -> Mask:
    """Return what lies in panels at a distance from everything that sets the lettered page off its art."""
    art = np.zeros(page.art.shape, np.bool_)
    for label, box in page.drawn:
        if label in ("panel", "balloon"):
            art[box.top : box.bottom, box.left : box.right] = label == "panel"
    changed = cv2.absdiff(page.lettered, page.art) > _CHANGED
    return art & _away(page.balloons | page.glyphs | changed)


def _away(words: Mask) -> Mask:
    edge = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_EDGE_PX, _EDGE_PX))
    return np.asarray(cv2.dilate(words.view(np.uint8), edge) == 0, np.bool_)
