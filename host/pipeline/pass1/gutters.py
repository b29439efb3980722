"""Margins and gutters: flat paper that reaches the page's border and lies around panels, not inside of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOLERANCE: Final = 12
# Paper covers at least this share of the page's border, else the art bleeds off and there is no margin.
_BORDER_SHARE_MIN: Final = 0.12
_PANEL_SHARE_MIN: Final = 0.006
# A gutter is long one way and narrow the other, in shares of the page's width.
_CORRIDOR_LENGTH: Final = 0.12
_CORRIDOR_WIDTH: Final = 0.07


def find_gutters(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return margins and gutters of a `(H, W)` uint8 page, white, black or cream; nothing where art bleeds off.

    White art that lies open to the margin (a figure without a frame) is not a gutter inside of the figure's hull.
    """
    paper = _paper_level(grey)
    if paper is None:
        return np.zeros(grey.shape, np.bool_)
    flood = _reach_border(np.abs(grey.astype(np.int16) - paper) <= _TOLERANCE)
    return flood & (~_panel_hulls(flood) | _corridors(flood))


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


def _panel_hulls(flood: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the convex hulls of everything large that the paper surrounds."""
    hulls = np.zeros(flood.shape, np.uint8)
    content = (~flood).astype(np.uint8)
    contours, _ = cv2.findContours(content, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        hull = cv2.convexHull(contour)
        if cv2.contourArea(hull) >= _PANEL_SHARE_MIN * flood.size:
            cv2.fillConvexPoly(hulls, hull, 1)
    return hulls.astype(np.bool_)


def _corridors(flood: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the paper that is long one way and narrow the other: gutters, also where a balloon bridges them."""
    width = flood.shape[1]
    length, narrow = max(3, round(_CORRIDOR_LENGTH * width)), max(2, round(_CORRIDOR_WIDTH * width))
    paper = flood.astype(np.uint8)
    lying = _open(paper, length, 1) & ~_open(paper, 1, narrow)
    standing = _open(paper, 1, length) & ~_open(paper, narrow, 1)
    return (lying | standing).astype(np.bool_)


def _open(mask: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Keep what holds a rectangle; beyond the page the paper goes on."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (width, height))
    eroded = cv2.erode(mask, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    opened = cv2.dilate(eroded, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(opened, np.uint8)
