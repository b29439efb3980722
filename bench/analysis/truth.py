"""Pages of which it is known what is on them, made grey or like manga, or without their lettering.

grey    the lettered page in grey
manga   the same as ink, tone and paper, panels and balloons outlined; the same picture for the same name
art     the page without balloons and lettering, in grey: whatever is found of them is wrong
and the pages of manga that are white on black: see `bench.analysis.dark`
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from bench.analysis.dark import DARK, darkened
from bench.analysis.order import certain_pairs
from bench.folder import FolderUnusable
from bench.manga import inked
from engines.detect.base import LABELS
from engines.geometry import Box
from host.pipeline.decode import decode_page
from training.compact.manga import printed
from training.pages.annotated import BY_HAND, LANGUAGES, ComicPage, read_page

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.detect.base import Label
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.page_meta import ReadingDirection

    Grey = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

Input = Literal["grey", "manga", "art", "negative", "dark", "night"]
INPUTS: tuple[Input, ...] = ("grey", "manga", "art", *DARK)
# Soft edges and outlines of lettering and balloons are neither art nor lettering.
_EDGE_PX = 9
_CHANGED_LEVELS = 16
_RIM_PX = 3


@dataclass(frozen=True, slots=True, eq=False)
class TrueMasks:
    """What must be protected, and what must not; each `(H, W)` bool.

    lettering: glyph pixels. balloons: bodies and tails. art: within panels, at a distance from everything lettered.
    """

    lettering: Mask
    balloons: Mask
    art: Mask


@dataclass(frozen=True, slots=True, eq=False)
class TruePage:
    """A page and what is on it.

    boxes: by class; a class that is not there at all is one of which nothing is known, an empty list says that there
    is none. pairs: indices of panels that follow one another in reading order, where that is certain; None: unknown.
    named: boxes of figures and who they are.
    """

    name: str
    page: DecodedPage
    boxes: dict[Label, list[Box]]
    pairs: tuple[tuple[int, int], ...] | None
    masks: TrueMasks | None
    named: tuple[tuple[str, Box], ...] = ()


def read_true_page(
    data: Path, name: str, kind: Input, language: str, labels: Path, direction: ReadingDirection = "ltr"
) -> TruePage:
    """Read a page of the shared format with its annotations, masks and hand labels.

    Raises:
        FolderUnusable: a file of it is missing or damaged.
    """
    try:
        comic = read_page(data, name, language, labels)
    except (OSError, KeyError, ValueError, TypeError) as exc:
        raise FolderUnusable(
            f"page {name} of {data} cannot be read ({exc}); languages are {', '.join(LANGUAGES)}"
        ) from exc
    boxes = _boxes(comic, lettered=kind != "art")
    grey = _as_input(comic, kind)
    page = decode_page(cv2.imencode(".png", grey)[1].tobytes())
    pairs = certain_pairs(boxes["panel"], direction)
    return TruePage(name, page, boxes, tuple(pairs), true_masks(comic, lettered=kind != "art"), _named(labels, name))


def _as_input(comic: ComicPage, kind: Input) -> Grey:
    if kind == "grey":
        return comic.lettered
    if kind == "art":
        return comic.art
    if kind == "manga":
        return as_manga(comic)
    panels = [box for label, box in comic.drawn if label == "panel"]
    return darkened(as_manga(comic), kind, panels, comic.balloons, comic.glyphs)


def as_manga(comic: ComicPage) -> Grey:
    """Return a lettered page as a page of manga: bright outlined balloons, dark letters, ink, tone and grain."""
    rng = np.random.default_rng(zlib.crc32(f"{comic.name} {comic.language}".encode()))
    picture = inked(comic.lettered, [box for label, box in comic.drawn if label == "panel"], rng)
    picture[comic.balloons] = 0.98
    picture[comic.glyphs & comic.balloons] = 0.04
    free = comic.glyphs & ~comic.balloons
    picture[free] = (comic.lettered[free] > 127).astype(np.float32)
    # The outline stands around the balloon: ink need not be protected, paper must.
    around = cv2.dilate(comic.balloons.astype(np.uint8), np.ones((_RIM_PX + 2, _RIM_PX + 2), np.uint8))
    rims, _ = cv2.findContours(around, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, rims, -1, 0.05, _RIM_PX, cv2.LINE_AA)
    return np.round(printed(picture, rng) * 255).astype(np.uint8)


def true_masks(comic: ComicPage, *, lettered: bool) -> TrueMasks:
    """Return the exact masks of a page of the shared format, with or without its lettering."""
    art = np.zeros(comic.art.shape, np.bool_)
    for label, box in comic.drawn:
        if label in ("panel", "balloon"):
            art[box.top : box.bottom, box.left : box.right] = label == "panel"
    if not lettered:
        nothing = np.zeros(art.shape, np.bool_)
        return TrueMasks(nothing, nothing, art)
    # Sound effects that are outlines in the data stand on the page and in no mask.
    changed = cv2.absdiff(comic.lettered, comic.art) > _CHANGED_LEVELS
    words = (comic.balloons | comic.glyphs | changed).astype(np.uint8)
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_EDGE_PX, _EDGE_PX))
    return TrueMasks(comic.glyphs, comic.balloons, art & (cv2.dilate(words, reach) == 0))


def _boxes(comic: ComicPage, *, lettered: bool) -> dict[Label, list[Box]]:
    known = [label for label in LABELS if comic.hand or label not in BY_HAND]
    there = (*comic.drawn, *comic.lettering) if lettered else comic.drawn
    return {label: [box for name, box in there if name == label] for label in known}


def _named(labels: Path, name: str) -> tuple[tuple[str, Box], ...]:
    file = labels / f"{name}.json"
    if not file.is_file():
        return ()
    return tuple((str(one["name"]), Box(*one["box"])) for one in json.loads(file.read_text("utf-8"))["characters"])
