"""What the network marks on pages that it was not trained on: lettering, and art wrongly."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.detect.pixels import NetworkPixelReader
from training.pages import annotated
from training.pages.synth import load_fonts, synth_page
from training.pixels.comic import as_manga, read_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from training.pixels.overlay import Grey, Mask

KINDS = ("grey", "manga", "drawn")
_MARKED = 64
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


def measure(data: Path, out: Path) -> dict[str, dict[str, float]]:
    """Ask the network that ships about the dev pages; write shares of pixels it marks, 0..1, to `out/measures.json`."""
    reader = NetworkPixelReader()
    tables = {}
    for kind in KINDS:
        sums = {name: [0, 0] for name in ("lettering", "free", "art")}
        for page in true_pages(data, kind):
            found = reader.read_pixels(page.grey)
            likely = np.maximum(found.lettering, found.balloon)
            marked = cv2.resize(likely, page.grey.shape[::-1], interpolation=cv2.INTER_LINEAR) >= _MARKED
            for name, (hits, there) in sums.items():
                mask = getattr(page, name)
                sums[name] = [hits + int((marked & mask).sum()), there + int(mask.sum())]
        tables[kind] = {name: round(hits / max(1, there), 4) for name, (hits, there) in sums.items()}
        _log.info("%s: %s", kind, tables[kind])
    (out / "measures.json").write_text(json.dumps(tables, indent=1), "utf-8")
    return tables


def true_pages(data: Path, kind: str) -> Iterator[TruePage]:
    """Yield the dev pages in both languages, `grey` or as `manga`, or `drawn` ones."""
    if kind == "drawn":
        fonts = load_fonts([data / "fonts"])
        for number in range(_DRAWN):
            made = synth_page(_DRAWN_SEED + number, 900, fonts=fonts)
            art = ~made.gutter_mask & _away(made.balloon_mask | made.lettering_mask)
            free = made.lettering_mask & ~made.balloon_mask
            yield TruePage(f"drawn-{number}", made.grey, made.lettering_mask, free, art)
        return
    for index, name in enumerate(annotated.page_names(data, "dev")):
        source = read_source(data, name)
        for number, language in enumerate(annotated.LANGUAGES):
            page = annotated.read_page(data, name, language)
            rng = np.random.default_rng([index, number])
            grey = page.lettered if kind == "grey" else as_manga(source, language, rng).grey
            free = page.glyphs & ~page.balloons
            yield TruePage(f"{name}-{language}", grey, page.glyphs, free, _art(page))


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
