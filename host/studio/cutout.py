"""A figure alone: its pixels with an alpha channel, everything else transparent.

A matting network says how much of each pixel is figure, asked about each figure by itself. Without one, where a figure
is is what analysis says (`PageMaps.characters`), and where it ends is what the picture says (`host.studio.edges`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engines.geometry import Box
from host.errors import BadRequest
from host.studio.edges import alpha_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from host.pipeline.records.page_meta import Character
    from host.studio.page import StudioPage

    Matte = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

_AROUND: Final = 0.08
_SEEN: Final = 0.2


def cut_out(
    page: StudioPage,
    figures: Sequence[int] = (),
    matte: Matte | None = None,
    progress: Callable[[float], None] = lambda _: None,
) -> NDArray[np.uint8]:
    """Return the `(H, W, 4)` RGBA picture of the figures of these indices; of all where none is named.

    matte: how much of each pixel of a picture is figure; None for none. progress: after each figure; may raise.

    Raises:
        BadRequest: the page has no such figure, or none at all. What matte raises.
    """
    wanted = figures_of(page, figures)
    cut = _by_edges(page, wanted) if matte is None else (_matted(page, index, wanted, matte) for index in wanted)
    alpha = np.zeros(page.rgb.shape[:2], np.uint8)
    for number, (view, own) in enumerate(cut):
        np.maximum(alpha[view], own, out=alpha[view])
        progress((number + 1) / len(wanted))
    return with_alpha(page.rgb, alpha)


def figures_of(page: StudioPage, figures: Sequence[int]) -> list[int]:
    """Return the indices of the figures that are asked for, all where none is.

    Raises:
        BadRequest: the page has no such figure, or none at all.
    """
    there = sorted(one.index for one in page.meta.characters)
    strangers = [str(one) for one in figures if one not in there]
    if strangers or not there:
        known = ", ".join(map(str, there)) or "–"
        missing = f"The page has no figure {', '.join(strangers)}." if strangers else "No figure was found on the page."
        raise BadRequest(
            missing, f"Its figures are: {known}; see `irodori analyze --overlay`.", told=("no_figure", known)
        )
    return list(figures or there)


def _by_edges(page: StudioPage, wanted: Sequence[int]) -> Iterator[tuple[tuple[slice, slice], NDArray[np.uint8]]]:
    """Yield where each figure is looked at, which is the page, and its alpha there."""
    labels, lettering = page.figures()
    hidden = _strangers(labels, wanted) | page.masks.balloons | lettering
    hidden |= (page.maps.panels == 0) & (labels == 0)
    for index in wanted:
        yield np.s_[:, :], alpha_of(page.rgb, labels == index + 1, hidden)


def _strangers(labels: NDArray[np.uint8], wanted: Sequence[int]) -> NDArray[np.bool_]:
    return np.asarray((labels > 0) & ~np.isin(labels, [one + 1 for one in wanted]))


def _matted(
    page: StudioPage, index: int, wanted: Sequence[int], matte: Matte
) -> tuple[tuple[slice, slice], NDArray[np.uint8]]:
    """Return where a figure is looked at, and its alpha there; by its mask where the network sees nobody."""
    (figure,) = (one for one in page.meta.characters if one.index == index)
    view = _around(page, figure)
    rgb, labels = np.ascontiguousarray(page.rgb[view]), page.maps.characters[view]
    alpha = matte(rgb)
    if alpha.max() < _SEEN:
        return view, alpha_of(rgb, labels == index + 1)
    hidden = _strangers(labels, wanted) | page.masks.balloons[view] | page.masks.lettering[view]
    return view, np.asarray(np.rint(255 * np.where(hidden, 0, alpha)), np.uint8)


def _around(page: StudioPage, figure: Character) -> tuple[slice, slice]:
    """Return the figure's box with some of what lies around it, within its panel."""
    box = figure.box
    more = round(_AROUND * max(box.width, box.height))
    height, width = page.rgb.shape[:2]
    limit = Box(0, 0, width, height)
    for panel in page.meta.panels:
        if panel.order == figure.panel:
            limit = panel.box
    grown = box.grown(more).intersection(limit)
    seen = grown if grown.area else box
    return slice(seen.top, seen.bottom), slice(seen.left, seen.right)


def with_alpha(rgb: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGBA; where nothing is to be seen the colour is black, so that nothing hides there."""
    seen = np.where((alpha > 0)[..., None], rgb, 0)
    return np.dstack([seen, alpha]).astype(np.uint8)
