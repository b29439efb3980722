"""What the embedder finds of what it was not trained on: recall at 1, by the nearest of all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.embed.drawn import draw_character
from training.embed.views import comic_view, drawn_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from training.embed.crops import Crop

    Grey = NDArray[np.uint8]

_FIRST_PERSON = 500_000


def drawn_recall(embedder: Embedder, people: int = 100, *, worn: bool = True) -> float:
    """Return how often a drawn person's other picture is the nearest among `people`: who is who.

    worn: the pictures are cut, turned, covered and printed as in training; else clean drawings.
    """
    rng = np.random.default_rng(_FIRST_PERSON)
    pictures = [[draw_character(_FIRST_PERSON + one, drawing) for one in range(people)] for drawing in (0, 1)]
    views = [[drawn_view(one, rng) for one in side] if worn else side for side in pictures]
    first, second = (_vectors(embedder, side) for side in views)
    return float((np.argmax(first @ second.T, axis=1) == np.arange(people)).mean())


def panel_recall(embedder: Embedder, crops: Sequence[Crop]) -> float:
    """Return how often a panel in ink and tone finds itself in grey among all panels."""
    panels = [crop for crop in crops if crop.kind == "panel"]
    rng = np.random.default_rng(1)
    plain = _vectors(embedder, [_plain(crop) for crop in panels])
    inked = _vectors(embedder, [comic_view(crop, rng, 1.0) for crop in panels])
    return float((np.argmax(inked @ plain.T, axis=1) == np.arange(len(panels))).mean())


def name_recall(embedder: Embedder, crops: Sequence[Crop]) -> tuple[float, float]:
    """Return how often the figure nearest to one, on other pages of its episode, has its name; and that by chance.

    Only figures whose name another page has too are asked.
    """
    figures = [crop for crop in crops if crop.kind == "character" and crop.name]
    vectors = _vectors(embedder, [_plain(crop) for crop in figures])
    likeness = vectors @ vectors.T
    hits, chances = [], []
    for index, crop in enumerate(figures):
        others = [n for n, one in enumerate(figures) if one.episode == crop.episode and one.page != crop.page]
        same = [n for n in others if figures[n].name == crop.name]
        if same:
            hits.append(others[int(np.argmax(likeness[index, others]))] in same)
            chances.append(len(same) / len(others))
    return float(np.mean(hits)), float(np.mean(chances))


def _plain(crop: Crop) -> Grey:
    box = crop.box
    return crop.pictures[0][box.top : box.bottom, box.left : box.right]


def _vectors(embedder: Embedder, pictures: Sequence[Grey]) -> NDArray[np.float32]:
    return embedder.embed(pictures)
