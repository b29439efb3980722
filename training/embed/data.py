"""Batches of pairs: two pictures of the same character, or two views of the same panel or figure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engines.embed.picture import as_input
from training.embed.crops import named
from training.embed.drawn import draw_character
from training.embed.views import comic_view, drawn_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.embed.config import DataConfig
    from training.embed.crops import Crop

    Grey = NDArray[np.uint8]
    Rng = np.random.Generator

_PANEL, _FIGURE, _DRAWN = range(3)
# Far from the seeds that measures and tests draw.
_FIRST_PERSON = 10_000_000


class Pair(NamedTuple):
    """Two looks at one thing. group: what it is; kind: whether that is a panel, a figure or a drawn person."""

    first: Grey
    second: Grey
    group: str
    kind: int


@dataclass(frozen=True, slots=True)
class Batch:
    """`2n` views: row i and row n + i are a pair.

    pictures: `(2n, 1, 96, 96)` float32. same: `(2n, 2n)` bool, two different rows that show the same. apart: `(2n, 2n)`
    bool, two that show different things; what is neither (a panel and a figure that may stand in it) teaches nothing.
    """

    pictures: NDArray[np.float32]
    same: NDArray[np.bool_]
    apart: NDArray[np.bool_]


class Sampler:
    """Draws batches; the same seed and iteration always give the same batch, so that a run can be resumed."""

    def __init__(self, crops: list[Crop], config: DataConfig, seed: int) -> None:
        self._config = config
        self._seed = seed
        self._panels = [crop for crop in crops if crop.kind == "panel"]
        self._figures = [crop for crop in crops if crop.kind == "character"]
        self._named = named(crops)
        # A drawing costs ten times what a view of it costs.
        self._drawing = cache(draw_character)

    def batch(self, iteration: int, pairs: int) -> Batch:
        """Return the batch of an iteration."""
        rng = np.random.default_rng([self._seed, iteration])
        drawn = [self._pair(rng) for _ in range(pairs)]
        views = [as_input(view) for view in (*(pair.first for pair in drawn), *(pair.second for pair in drawn))]
        groups, kinds = np.array([pair.group for pair in drawn] * 2), np.array([pair.kind for pair in drawn] * 2)
        same = groups[:, None] == groups[None]
        comic = kinds != _DRAWN
        apart = ~same & ~(comic[:, None] & comic[None] & (kinds[:, None] != kinds[None]))
        np.fill_diagonal(same, False)
        return Batch(np.stack(views)[:, None], same, apart)

    def _pair(self, rng: Rng) -> Pair:
        chance = rng.random()
        if chance < self._config.drawn_share or not self._panels:
            return self._drawn_pair(rng)
        if chance < self._config.drawn_share + self._config.character_share and self._figures:
            return self._figure_pair(rng)
        index = int(rng.integers(len(self._panels)))
        return self._views(self._panels[index], self._panels[index], rng, f"panel {index}", _PANEL)

    def _drawn_pair(self, rng: Rng) -> Pair:
        person = int(rng.integers(self._config.drawn_people))
        first, second = (int(one) for one in rng.choice(self._config.drawings_each, 2, replace=False))
        seed = _FIRST_PERSON + person
        views = [drawn_view(self._drawing(seed, one), rng) for one in (first, second)]
        return Pair(views[0], views[1], f"drawn {person}", _DRAWN)

    def _figure_pair(self, rng: Rng) -> Pair:
        index = int(rng.integers(len(self._figures)))
        first = second = self._figures[index]
        if first.name and rng.random() < self._config.other_crop_share:
            others = self._named[first.episode, first.name]
            second = others[int(rng.integers(len(others)))]
        # A name is the same one in every episode; who has none is only like himself.
        return self._views(first, second, rng, first.name or f"figure {index}", _FIGURE)

    def _views(self, first: Crop, second: Crop, rng: Rng, group: str, kind: int) -> Pair:
        share = self._config.manga_share
        return Pair(comic_view(first, rng, share), comic_view(second, rng, share), group, kind)
