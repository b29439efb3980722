"""Marks and evidence that are told rather than found, for tests of what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engines.detect.base import PixelEvidence
from engines.geometry import Box
from host.pipeline.analysis.classical.balloons import Region
from host.pipeline.analysis.classical.findings import ClassicalFindings
from host.pipeline.analysis.classical.gutters import Gutters
from host.pipeline.analysis.classical.lettering import Letters
from host.pipeline.analysis.fusion.evidence import PageEvidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engines.detect.base import Detection

SHAPE = (400, 1000)


def letters_at(
    *places: tuple[float, float, float],
    shape: tuple[int, int] = SHAPE,
    width_01: float | Sequence[float] = 1.0,
    fill_01: float | Sequence[float] = 1.0,
    light: bool | Sequence[bool] = False,
) -> Letters:
    """Return filled square marks, each by the place of its middle and its size; those off the page are no pixels."""
    count = len(places)
    labels = np.zeros(shape, np.int32)
    for number, (x, y, size) in enumerate(places, 1):
        left, top = round(x - size / 2), round(y - size / 2)
        labels[max(0, top) : max(0, top + round(size)), max(0, left) : max(0, left + round(size))] = number
    x, y, size = np.array(places, np.float64).reshape(count, 3).T
    return Letters(
        mask=labels > 0,
        labels=labels,
        ids=np.arange(1, count + 1, dtype=np.intp),
        x=x,
        y=y,
        size=size,
        width_01=np.broadcast_to(np.asarray(width_01, np.float64), count),
        fill_01=np.broadcast_to(np.asarray(fill_01, np.float64), count),
        light=np.broadcast_to(np.asarray(light, np.bool_), count),
    )


def row(count: int, size: float = 20, left: float = 200, top: float = 200, step: float = 30) -> list[tuple[float, ...]]:
    """Return places of marks in a row."""
    return [(left + step * number, top, size) for number in range(count)]


def strays(count: int, size: float = 20) -> list[tuple[float, ...]]:
    """Return places of marks far from each other and from everything, off the page."""
    return [(5000 + 300 * (number % 20), 5000 + 300 * (number // 20), size) for number in range(count)]


def region_at(
    left: int, top: int, body: NDArray[np.uint8], letters: Sequence[int] = (), ground: NDArray[np.uint8] | None = None
) -> Region:
    """Return a region with this body, and with the marks of these indices in it."""
    height, width = body.shape
    held = np.array(letters, np.intp)
    return Region(Box(left, top, left + width, top + height), body if ground is None else ground, body, held)


def evidence_of(
    *seen: Detection,
    grey: NDArray[np.uint8] | None = None,
    letters: Letters | None = None,
    regions: Sequence[Region] = (),
    free: Sequence[NDArray[np.intp]] = (),
    pixels: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None,
    outer: NDArray[np.bool_] | None = None,
    has_detector: bool = True,
) -> PageEvidence:
    """Return what is known of a page of paper; pixels: what may be balloon and lettering."""
    grey = np.full(SHAPE, 255, np.uint8) if grey is None else grey
    nothing = np.zeros(grey.shape, np.bool_)
    letters = letters_at(shape=grey.shape) if letters is None else letters
    gutters = Gutters(all=nothing, sure=nothing, outer=nothing if outer is None else outer)
    classical = ClassicalFindings(gutters, letters, list(regions), list(free))
    told = None if pixels is None else PixelEvidence(balloon=pixels[0], lettering=pixels[1])
    return PageEvidence(grey, classical, seen, told, has_detector)
