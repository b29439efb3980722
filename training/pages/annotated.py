"""The shared comic pages: what is on them, from their annotations, their masks and the labels made by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from engines.geometry import Box
from training.pages.synth.labels import LabelledBox

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.pages.synth.labels import Label

    Grey = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

LANGUAGES = ("en", "ja")
BY_HAND: frozenset[Label] = frozenset({"face", "character", "sfx"})
"""What only the labels made by hand know of a comic page."""
HAND_LABELS = Path(__file__).with_name("labels")
_BLOCK_GAP_PX = 14
_GLYPH_PX = 60


@dataclass(frozen=True, slots=True)
class ComicPage:
    """A page of one language, grey, with and without its balloons; all pictures have one size.

    drawn: everything but what differs by language: panels, balloons that belong to the art, faces, characters.
    lettering: balloons, blocks of text and sound words of this language. hand: faces, characters and sound words are
    labelled; where not, their absence says nothing.
    """

    name: str
    language: str
    art: Grey
    lettered: Grey
    balloons: Mask
    glyphs: Mask
    drawn: tuple[LabelledBox, ...]
    lettering: tuple[LabelledBox, ...]
    hand: bool


def page_names(folder: Path, split: str) -> list[str]:
    """Return the names of the pages of `train` or `dev`.

    Raises:
        OSError, KeyError: there is no such file, or no such split.
    """
    return list(json.loads((folder / "splits.json").read_text("utf-8"))[split])


def read_page(folder: Path, name: str, language: str, labels: Path | None = None) -> ComicPage:
    """Read one page. labels: the folder of the labels made by hand; None is the one that ships.

    Raises:
        OSError: a file of it is missing or no picture.
    """
    notes = json.loads((folder / "annotations" / f"{name}.json").read_text("utf-8"))
    hand_file = (labels or HAND_LABELS) / f"{name}.json"
    hand: dict[str, Any] | None = json.loads(hand_file.read_text("utf-8")) if hand_file.is_file() else None
    glyphs = _grey(folder / "masks" / language / f"{name}.text.png") > 0
    bodies = [Box(*bubble["body"]) for bubble in notes["languages"][language]["bubbles"]]
    words = [] if hand is None else [Box(*box) for box in hand.get("sfx", {}).get(language, [])]
    drawn = [LabelledBox("panel", Box(*box)) for box in notes["panels"]]
    drawn += [LabelledBox("balloon", Box(*box)) for box in notes.get("painted_balloons", [])]
    if hand is not None:
        drawn += [LabelledBox("face", Box(*face["box"])) for face in hand["faces"]]
        drawn += [LabelledBox("character", Box(*figure["box"])) for figure in hand["characters"]]
    lettering = [LabelledBox("balloon", box) for box in bodies]
    lettering += [LabelledBox("text", box) for box in text_blocks(glyphs, bodies, words)]
    lettering += [LabelledBox("sfx", box) for box in words]
    return ComicPage(
        name,
        language,
        _grey(folder / "art" / f"{name}.webp"),
        _grey(folder / "lettered" / language / f"{name}.webp"),
        _grey(folder / "masks" / language / f"{name}.bubble.png") > 0,
        glyphs,
        tuple(drawn),
        tuple(lettering),
        hand is not None,
    )


def text_blocks(glyphs: Mask, bodies: list[Box], sound_words: list[Box]) -> list[Box]:
    """Return the boxes of the blocks that glyph pixels form: near ones together, in a balloon or free.

    Sound words are no text; free glyphs of a size that only sound words have are left out too.
    """
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_BLOCK_GAP_PX | 1, _BLOCK_GAP_PX | 1))
    count, regions = cv2.connectedComponents(cv2.dilate(glyphs.astype(np.uint8), reach))
    blocks = []
    for index in range(1, count):
        left, top, width, height = cv2.boundingRect((glyphs & (regions == index)).astype(np.uint8))
        box = Box(left, top, left + width, top + height)
        if min(width, height) < 4:
            continue
        inside = any(_share(box, body) > 0.5 for body in bodies)
        if inside or not (_is_large(glyphs, box) or any(_share(box, word) > 0.5 for word in sound_words)):
            blocks.append(box)
    return blocks


def _is_large(glyphs: Mask, box: Box) -> bool:
    piece = glyphs[box.top : box.bottom, box.left : box.right].astype(np.uint8)
    _, _, facts, _ = cv2.connectedComponentsWithStats(piece)
    return bool(np.median(facts[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1)) > _GLYPH_PX)


def _share(box: Box, other: Box) -> float:
    return box.intersection(other).area / max(1, box.area)


def _grey(path: Path) -> Grey:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise OSError(f"{path} is missing or no picture")
    return np.asarray(picture, np.uint8)
