"""Whether a page's kind is told: a small set made of the split's own pages, and of nothing.

story      lettered pages of two panels and more, grey, as JPEG
sepia      the same as a tinted, yellowed scan with chroma noise: not coloured, still a story
one panel  the same with one panel in its colours: a story, that panel marked and no other
coloured   lettered pages in colour: already coloured
cover      the largest panel of a page in colour, a title over it: already coloured, too
text       lines of lettering and nothing else
blank      paper with grain, an empty page with a shadow at the fold, a black page
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.analysis.boxes import IOU
from bench.folder import read_picture
from host.pipeline.decode import decode_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.analysis.truth import TruePage
    from engines.geometry import Box
    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.records.page_meta import PageKind, PageMeta

    Rgb = np.typing.NDArray[np.uint8]

Made = Literal["story", "sepia", "one panel", "coloured", "cover", "text", "blank"]
_SIDES = (1400, 990)
_SEPIA_INK, _SEPIA_PAPER = np.array([62, 44, 30]), np.array([242, 226, 192])
_WORDS = (
    "Thank you for reading so far. The next volume tells what became of the two of them after the fire, and why nobody "
    "in the village would ever speak of that night again. Letters reach us under the address on the last page. "
)


@dataclass(frozen=True, slots=True, eq=False)
class MadePage:
    """A page whose kind is known. coloured: the panel that has colour of its own, if one has."""

    made: Made
    name: str
    rgb: Rgb
    kind: PageKind
    coloured: Box | None = None


@dataclass(frozen=True, slots=True)
class KindVerdict:
    """What the analysis made of a page. right: the kind, and on a page with one coloured panel the mark as well."""

    made: Made
    name: str
    wanted: PageKind
    found: PageKind
    right: bool


def classify_kinds(pages: Sequence[MadePage], reader: PageReader) -> list[KindVerdict]:
    """Read all pages, each alone."""
    verdicts = []
    for page in pages:
        encoded = cv2.imencode(".jpg", cv2.cvtColor(page.rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
        meta = reader.read(decode_page(encoded.tobytes()), "ltr").meta
        right = meta.kind == page.kind and _marked(meta, page.coloured)
        verdicts.append(KindVerdict(page.made, page.name, page.kind, meta.kind, right))
    return verdicts


def made_pages(data: Path, pages: Sequence[TruePage], language: str, count: int = 6) -> Iterator[MadePage]:
    """Yield the set; of every kind that is made of the split's pages at most `count`."""
    told = [page for page in pages if len(page.boxes["panel"]) > 1]
    for number, page in enumerate(told[:count]):
        rng = np.random.default_rng(number)
        colour = read_picture(data / "lettered" / language / f"{page.name}.webp")
        art = read_picture(data / "art" / f"{page.name}.webp")
        grey = np.asarray(cv2.cvtColor(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
        box = page.boxes["panel"][number % len(page.boxes["panel"])]
        yield MadePage("story", page.name, grey, "story")
        yield MadePage("sepia", page.name, sepia(grey, rng), "story")
        yield MadePage("one panel", page.name, with_panel(grey, colour, box), "story", box)
        yield MadePage("coloured", page.name, colour, "already_coloured")
        yield MadePage(
            "cover", page.name, cover(art, max(page.boxes["panel"], key=lambda one: one.area)), "already_coloured"
        )
    for number in range(3):
        yield MadePage("text", f"text {number}", text_page(number), "text")
    for name, rgb in blank_pages():
        yield MadePage("blank", name, rgb, "blank")


def sepia(grey: Rgb, rng: np.random.Generator) -> Rgb:
    """Return a grey page as a yellowed scan: ink brown, paper cream, a stain and chroma noise."""
    share = grey[..., :1] / 255
    height, width = grey.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    away = np.hypot(rows - rng.uniform(0, height), columns - rng.uniform(0, width)) / height
    stain = 1 - 0.08 * np.exp(-8 * away[..., None] ** 2) * np.array([0.4, 0.7, 1.0])
    tinted = (_SEPIA_INK + (_SEPIA_PAPER - _SEPIA_INK) * share) * stain + rng.normal(0, 2.5, grey.shape)
    return np.asarray(np.clip(np.round(tinted), 0, 255), np.uint8)


def with_panel(grey: Rgb, colour: Rgb, box: Box) -> Rgb:
    """Return a grey page with one panel in its colours."""
    page = grey.copy()
    inside = np.s_[box.top : box.bottom, box.left : box.right]
    page[inside] = colour[inside]
    return page


def cover(art: Rgb, box: Box) -> Rgb:
    """Return a coloured picture as the cover of a volume, a title over its upper part."""
    height, width = _SIDES
    piece = art[box.top : box.bottom, box.left : box.right]
    scale = max(height / piece.shape[0], width / piece.shape[1])
    sides = tuple(
        max(least, round(side * scale)) for side, least in zip(piece.shape[1::-1], (width, height), strict=True)
    )
    wide = np.asarray(cv2.resize(piece, sides, interpolation=cv2.INTER_CUBIC), np.uint8)
    left = (wide.shape[1] - width) // 2
    picture = Image.fromarray(np.ascontiguousarray(wide[:height, left : left + width]))
    draw = ImageDraw.Draw(picture)
    title = ImageFont.load_default(150)
    draw.text(
        (width / 2, 140), "IRODORI", (255, 214, 64), title, anchor="mm", stroke_width=10, stroke_fill=(40, 10, 60)
    )
    draw.text((width / 2, height - 60), "volume one", "white", ImageFont.load_default(44), anchor="mm", stroke_width=3)
    return np.asarray(picture, np.uint8)


def text_page(number: int) -> Rgb:
    """Return a page of print, each number with another size and measure."""
    height, width = _SIDES
    picture = Image.new("RGB", (width, height), (250, 250, 250))
    size = (26, 34, 22)[number % 3]
    columns = width // size * (2 if number % 3 < 2 else 1)
    lines = textwrap.wrap(_WORDS * (6 - number), columns - 12)
    words = "\n".join(lines[: (height - 240) // (size + 14)])
    ImageDraw.Draw(picture).multiline_text((90, 120), words, (20, 20, 20), ImageFont.load_default(size), spacing=12)
    return np.asarray(picture, np.uint8)


def blank_pages() -> Iterator[tuple[str, Rgb]]:
    """Yield pages with nothing on them."""
    rng = np.random.default_rng(0)
    grain = rng.normal(0, 2, (*_SIDES, 1))
    fold = 30 * np.exp(-np.arange(_SIDES[1]) / 40)[None, :, None]
    for name, paper in (
        ("paper with grain", 247 + grain),
        ("shadow at the fold", 250 - fold + grain),
        ("black", 12 + grain),
    ):
        yield name, np.clip(np.round(np.repeat(paper, 3, axis=2)), 0, 255).astype(np.uint8)


def _marked(meta: PageMeta, coloured: Box | None) -> bool:
    """Tell whether exactly the panel that has colour is marked so; where the page is coloured, marks say nothing."""
    if meta.kind == "already_coloured":
        return True
    marked = [panel.box for panel in meta.panels if panel.coloured]
    if coloured is None:
        return not marked
    return len(marked) == 1 and marked[0].iou(coloured) >= IOU
