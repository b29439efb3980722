"""Retrieval: whether a crop of a page without colour finds its like among coloured crops of the split.

    panel    a panel finds itself in colour, among all panels
    figure   a figure finds itself in colour, among all figures
    who      a figure finds somebody of its name on another page, among the figures of all other pages

recall@k is the share of queries with a right answer among the first k; `chance` is what guessing gives.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from math import comb
from statistics import fmean
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.base import EngineError
from engines.embed.registry import EMBEDDERS, choose_embedder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from engines.geometry import Box

    Rgb = NDArray[np.uint8]

_LOG = logging.getLogger(__name__)
KS = (1, 5)
_LEAST_PX = 24


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A piece of a page, without colour as it is read and in its true colours. name: who is on it, empty for panels."""

    page: str
    name: str
    query: Rgb
    answer: Rgb


@dataclass(frozen=True, slots=True)
class Recall:
    """recall@k and chance@k, by k."""

    embedder: str
    what: str
    queries: int
    recall: dict[int, float]
    chance: dict[int, float]


def embedders() -> list[Embedder]:
    """Return every embedder of the registry that can run here; of the others the log tells why not."""
    found = []
    for wanted in EMBEDDERS:
        choice = choose_embedder(wanted)
        if not choice.id.startswith(wanted):
            continue
        try:
            embedder = choice.open()
            embedder.embed([np.zeros((_LEAST_PX, _LEAST_PX, 3), np.uint8)])
        except EngineError as exc:
            _LOG.warning("the embedder %s cannot run: %s", wanted, exc.message)
        else:
            found.append(embedder)
    return found


def crops(page: str, named: Sequence[tuple[str, Box]], uncoloured: Rgb, colour: Rgb) -> list[Crop]:
    """Cut boxes out of both pictures of a page; those under 24 px are left out."""
    found = []
    for name, box in named:
        cut = np.s_[box.top : box.bottom, box.left : box.right]
        if min(box.width, box.height) >= _LEAST_PX:
            found.append(Crop(page, name, uncoloured[cut], colour[cut]))
    return found


def measure(embedder: Embedder, panels: Sequence[Crop], figures: Sequence[Crop]) -> list[Recall]:
    """Return what an embedder finds; kinds of crops that are not there are left out."""
    found = []
    for what, those in (("panel", panels), ("figure", figures)):
        if len(those) > 1:
            likeness = _likeness(embedder, those)
            found.append(
                _recall(embedder, what, likeness, np.eye(len(those), dtype=bool), np.ones((len(those),) * 2, bool))
            )
            if what == "figure":
                pages, names = np.array([one.page for one in those]), np.array([one.name for one in those])
                elsewhere = pages[:, None] != pages[None]
                found.append(_recall(embedder, "who", likeness, (names[:, None] == names[None]) & elsewhere, elsewhere))
    return [one for one in found if one.queries]


def recall_at(
    likeness: NDArray[np.float32], right: NDArray[np.bool_], offered: NDArray[np.bool_], k: int
) -> list[bool]:
    """Return for each query, a row, whether one of its k likest offered answers is right; no entry if none can be."""
    ranked = np.argsort(-np.where(offered, likeness, -np.inf), axis=1, kind="stable")[:, :k]
    good = right & offered
    return [bool(good[query, ranked[query]].any()) for query in range(len(good)) if good[query].any()]


def chance_at(right: NDArray[np.bool_], offered: NDArray[np.bool_], k: int) -> float:
    """Return the expected recall of guessing: one less the probability of k wrong answers."""
    counts = zip((right & offered).sum(axis=1).tolist(), offered.sum(axis=1).tolist(), strict=True)
    return fmean(1 - comb(all_ - good, min(k, all_)) / comb(all_, min(k, all_)) for good, all_ in counts if good)


def _recall(
    embedder: Embedder, what: str, likeness: NDArray[np.float32], right: NDArray[np.bool_], offered: NDArray[np.bool_]
) -> Recall:
    hits = {k: recall_at(likeness, right, offered, k) for k in KS}
    if not hits[1]:
        return Recall(embedder.info.id, what, 0, {}, {})
    chance = {k: chance_at(right, offered, k) for k in KS}
    return Recall(embedder.info.id, what, len(hits[1]), {k: fmean(those) for k, those in hits.items()}, chance)


def _likeness(embedder: Embedder, those: Sequence[Crop]) -> NDArray[np.float32]:
    queries = embedder.embed([np.ascontiguousarray(one.query) for one in those])
    answers = embedder.embed([np.ascontiguousarray(one.answer) for one in those])
    return np.asarray(queries @ answers.T, np.float32)


def as_rgb(grey: NDArray[np.uint8]) -> Rgb:
    """Return a grey page with three channels."""
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
