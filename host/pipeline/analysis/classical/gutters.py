"""Margins and gutters: flat paper that reaches the page's border and lies around panels, not inside of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.components import find_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOLERANCE: Final = 12
# Paper covers at least this share of the page's border, else the art bleeds off and there is no margin.
_BORDER_SHARE_MIN: Final = 0.12
_PANEL_SHARE_MIN: Final = 0.006
# A gutter is long one way and narrow the other, in shares of the page's width.
_CORRIDOR_LENGTH: Final = 0.13
_CORRIDOR_WIDTH: Final = 0.07
_BAR_SLIMNESS: Final = 0.5
_BAR_FULLNESS: Final = 0.6
_LETTER_GAP: Final = 0.014
_HALVING: Final = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Gutters:
    """Margins and gutters, `(H, W)` bool.

    `sure` leaves out the notches of panels, where a balloon may stand open to the margin, and has everything long and
    narrow, which may cut through balloons and open art; `outer` has nothing that lies between panels.
    """

    all: NDArray[np.bool_]
    sure: NDArray[np.bool_]
    outer: NDArray[np.bool_]


def find_gutters(grey: NDArray[np.uint8], writing: NDArray[np.bool_]) -> Gutters:
    """Find margins and gutters of a `(H, W)` uint8 page, white, black or cream; nothing where art bleeds off.

    White art that lies open to the margin (a figure without a frame) is not a gutter inside of the figure's hull.
    `writing` is where letter-like marks are: between the lines of a balloon that lies open to a gutter is no gutter.
    """
    paper = _paper_level(grey)
    if paper is None:
        nothing = np.zeros(grey.shape, np.bool_)
        return Gutters(nothing, nothing, nothing)
    flood = _reach_border(np.abs(grey.astype(np.int16) - paper) <= _TOLERANCE)
    hulls, boxes = _around_panels(flood)
    bars, gaps = _corridors(flood | _fat(writing))
    outer = flood & ~boxes
    return Gutters(flood & (~hulls | bars), outer | (flood & gaps), outer)


def _paper_level(grey: NDArray[np.uint8]) -> int | None:
    ring = np.concatenate([grey[:2].ravel(), grey[-2:].ravel(), grey[:, :2].ravel(), grey[:, -2:].ravel()])
    counts = np.bincount(ring, minlength=256).astype(np.float64)
    near = np.convolve(counts, np.ones(2 * _TOLERANCE // 2 + 1), mode="same")
    level = int(np.argmax(near))
    return level if near[level] >= _BORDER_SHARE_MIN * ring.size else None


def _reach_border(paper: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the parts of a mask that are connected to the border."""
    framed = cv2.copyMakeBorder(paper.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, labels = cv2.connectedComponents(framed, connectivity=4)
    return np.asarray(labels[1:-1, 1:-1] == labels[0, 0], np.bool_)


def _around_panels(flood: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the convex hulls and the boxes of everything large that the paper surrounds."""
    hulls, boxes = np.zeros(flood.shape, np.uint8), np.zeros(flood.shape, np.uint8)
    content = (~flood).astype(np.uint8)
    contours, _ = cv2.findContours(content, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        hull = cv2.convexHull(contour)
        if cv2.contourArea(hull) >= _PANEL_SHARE_MIN * flood.size:
            cv2.fillConvexPoly(hulls, hull, 1)
            left, top, width, height = cv2.boundingRect(contour)
            boxes[top : top + height, left : left + width] = 1
    return hulls.view(np.bool_), boxes.view(np.bool_)


def _fat(writing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return marks grown until those of a line touch, so that a balloon reads as one wide space."""
    side = max(3, round(_LETTER_GAP * writing.shape[1]))
    return np.asarray(cv2.dilate(writing.view(np.uint8), np.ones((side, side), np.uint8)), np.uint8).view(np.bool_)


def _corridors(flood: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the straight bars of paper, gutters that a balloon bridges; and all paper that is long and narrow."""
    paper = _halved(flood)
    width = paper.shape[1]
    length, narrow = max(3, round(_CORRIDOR_LENGTH * width)), max(2, round(_CORRIDOR_WIDTH * width))
    lying = _open(paper, length, 1) & ~_open(paper, 1, narrow)
    standing = _open(paper, 1, length) & ~_open(paper, narrow, 1)
    bars = _bars(lying, length) | _bars(standing.T, length).T
    return _doubled(bars, flood.shape), _doubled((lying | standing).astype(np.bool_), flood.shape)


def _halved(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return a mask at half of its size, 1 where all of it is: enough for corridors, in a quarter of the time."""
    size = max(1, mask.shape[1] // 2), max(1, mask.shape[0] // 2)
    shrunk = cv2.resize(mask.view(np.uint8) * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk == 255, np.uint8)


def _doubled(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return a halved mask at a shape, grown by the pixel that halving takes."""
    grown = cv2.resize(mask.view(np.uint8), (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.dilate(grown, _HALVING), np.uint8).view(np.bool_)


def _bars(mask: NDArray[np.uint8], length: int) -> NDArray[np.bool_]:
    """Keep the lying straight bars of a mask: a gutter is one, the gaps between strokes of open white art are none."""
    labels, stats, _ = find_components(np.ascontiguousarray(mask), 8)
    across, down, area = stats[:, 2], stats[:, 3], stats[:, 4]
    bars = (across >= length) & (down <= length * _BAR_SLIMNESS) & (area >= _BAR_FULLNESS * across * down)
    bars[0] = False
    return np.asarray(bars[labels], np.bool_)


def _open(mask: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Keep what holds a rectangle; beyond the page the paper goes on."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (width, height))
    eroded = cv2.erode(mask, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    opened = cv2.dilate(eroded, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(opened, np.uint8)
