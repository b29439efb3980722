"""Whether one thing has one colour on all pages of an episode.

A *thing* is a **material**, what has one colour in truth: the pixels of an episode's true pages (an eighth of their
size, paper and black left out) fall into 12 clusters of a, b and, less so, lightness. A material counts on the pages
of which it covers at least one per cent. Where labels made by hand name **figures**, the materials of each are looked
at alone as well (Pepper's skin, her hair, her dress): those within the ellipse in its box, all figures of one name on a
page together. Whole crops would say nothing: by their colours even the true ones of one figure are hardly nearer to
one another than to another figure's.

A thing's colour on a page is told by the distribution of a and b: the quantiles 0.1 … 0.9 of the chroma along four
directions. The distance of two colours is the root mean square distance of these, scaled so that a plain shift of
chroma counts with its length (the sliced Wasserstein distance). Over all pairs of pages of an episode:

    drift   mean distance between a thing's colours on two pages, times 100. No colour at all drifts least, so also:
    told    the probability that a thing is nearer to itself on another page than to another thing there; 0.5 tells
            nothing. Distances under 0.004, which nobody sees, are equal
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from bench.folder import episode
from engines.oklab import srgb_to_oklab

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]
    Lab = NDArray[np.float32]
    Mask = NDArray[np.bool_]

_SCALE = 0.125
_MATERIALS = 12
_SAMPLE = 2500
_LIGHTNESS_WEIGHT = 0.4
_BLACK, _PAPER = 0.15, 0.97
_LEAST_SHARE = 0.01
_LEAST_PIXELS = 20
_UNSEEN = 0.004
_QUANTILES = np.linspace(0.1, 0.9, 9)
_DIRECTIONS = np.array([[1.0, 0.0], [0.0, 1.0], [0.5**0.5, 0.5**0.5], [0.5**0.5, -(0.5**0.5)]])


class Sight(NamedTuple):
    """A thing on a page, and its colour there. group: what it is compared within, an episode or a figure of one."""

    page: str
    group: str
    thing: str
    colour: NDArray[np.float64]


class Steadiness(NamedTuple):
    """`drift` and `told` as the module says, and how many pairs of sights they stand on; None without pairs."""

    drift: float | None
    told: float | None
    pairs: int


def colour_of(chroma: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the description of `(n, 2)` a and b: two equal distributions shifted by d are |d| apart (Euclidean)."""
    along = np.asarray(chroma, np.float64) @ _DIRECTIONS.T
    quantiles = np.quantile(along, _QUANTILES, axis=0)
    return np.asarray(quantiles.ravel() * (2 / quantiles.size) ** 0.5)


def steadiness(sights: Sequence[Sight]) -> Steadiness:
    """Compare all sights of a group on different pages."""
    same: list[float] = []
    other: list[float] = []
    for one, two in combinations(sights, 2):
        if one.page != two.page and one.group == two.group:
            distance = float(np.linalg.norm(one.colour - two.colour))
            (same if one.thing == two.thing else other).append(distance)
    drift = 100 * float(np.mean(same)) if same else None
    return Steadiness(drift, _nearer(same, other), len(same))


def _nearer(same: Sequence[float], other: Sequence[float]) -> float | None:
    """Return the probability that a value of the first list is below one of the second; equal ones count half."""
    if not same or not other:
        return None
    near, ordered = (np.round(np.asarray(distances) / _UNSEEN) for distances in (same, sorted(other)))
    below, below_or_equal = (np.searchsorted(ordered, near, side) for side in ("left", "right"))
    return float(1 - (below + below_or_equal).mean() / (2 * len(ordered)))


@dataclass
class Things:
    """Where the things of the true pages are: masks of each page at an eighth of its size."""

    materials: dict[str, dict[str, Mask]] = field(default_factory=dict)
    figures: dict[str, dict[str, Mask]] = field(default_factory=dict)

    def sights(self, page: str, result: Rgb) -> tuple[list[Sight], list[Sight]]:
        """Return the sights of materials and of figures on a coloured page."""
        lab = srgb_to_oklab(_small(result))
        there = self.materials.get(page, {})
        materials = [Sight(page, episode(page), name, colour_of(lab[mask][:, 1:])) for name, mask in there.items()]
        figures = [
            Sight(page, f"{episode(page)} {who}", name, colour_of(lab[mask & figure][:, 1:]))
            for who, figure in self.figures.get(page, {}).items()
            for name, mask in there.items()
            if np.count_nonzero(mask & figure) >= _LEAST_PIXELS
        ]
        return materials, figures


def find_things(truths: Iterable[tuple[str, Rgb]], labels: Path | None) -> Things:
    """Find the materials of named true pages, and the figures that a folder of hand labels (`NAME.json`) names."""
    sizes, small = {}, {}
    for name, truth in truths:
        sizes[name], small[name] = truth.shape[:2], srgb_to_oklab(_small(truth))
    things = Things()
    for one in dict.fromkeys(episode(name) for name in small):
        pages = {name: lab for name, lab in small.items() if episode(name) == one}
        things.materials.update(_materials(pages))
    for name, lab in small.items():
        file = labels / f"{name}.json" if labels else None
        if file is not None and file.is_file():
            things.figures[name] = _figures(json.loads(file.read_text("utf-8")), sizes[name], lab.shape[:2])
    return things


def _materials(pages: Mapping[str, Lab]) -> dict[str, dict[str, Mask]]:
    """Cluster an episode's pixels; return each page's materials."""
    weight = np.array([_LIGHTNESS_WEIGHT, 1, 1], np.float32)
    inked = {name: (lab[..., 0] > _BLACK) & (lab[..., 0] < _PAPER) for name, lab in pages.items()}
    samples = [(lab[inked[name]] * weight) for name, lab in pages.items()]
    sample = np.concatenate([one[:: max(1, len(one) // _SAMPLE)] for one in samples])
    if len(sample) < _MATERIALS:
        return {name: {} for name in pages}
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-5)
    cv2.setRNGSeed(1)
    start = np.empty(0, np.int32)
    _, _, centres = cv2.kmeans(np.ascontiguousarray(sample), _MATERIALS, start, stop, 3, cv2.KMEANS_PP_CENTERS)
    found: dict[str, dict[str, Mask]] = {}
    for name, lab in pages.items():
        nearest = np.square(lab[..., None, :] * weight - centres).sum(-1).argmin(-1)
        masks = {f"material {index}": (nearest == index) & inked[name] for index in range(_MATERIALS)}
        found[name] = {thing: mask for thing, mask in masks.items() if mask.mean() >= _LEAST_SHARE}
    return found


def _figures(
    labels: Mapping[str, list[dict[str, Any]]], size: tuple[int, int], small: tuple[int, int]
) -> dict[str, Mask]:
    """Return where figures stand, all of one name together."""
    scale = np.array([small[1] / size[1], small[0] / size[0]] * 2)
    rows, columns = np.ogrid[: small[0], : small[1]]
    found: dict[str, Mask] = {}
    for figure in labels.get("characters", []):
        left, top, right, bottom = np.array(figure["box"], float) * scale
        across = (columns + 0.5 - (left + right) / 2) / max(0.5, (right - left) / 2)
        down = (rows + 0.5 - (top + bottom) / 2) / max(0.5, (bottom - top) / 2)
        inside = across**2 + down**2 <= 1
        found[figure["name"]] = found.get(figure["name"], np.zeros(small, np.bool_)) | inside
    return found


def _small(rgb: Rgb) -> Rgb:
    height, width = (max(1, round(side * _SCALE)) for side in rgb.shape[:2])
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
