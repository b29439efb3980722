"""Figures one by one: who has references or words of their own is made anew in a crop, under the figure's mask.

The model has no masks for its references: shown all of them it mixes whose colours are whose. So the page is coloured
as a whole first; then each such figure is inpainted in its surroundings, shown its own references alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import Repair
from engines.geometry import Box, box_around

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, OnStep, Plan, Region

    Paint = Callable[[ColorizeRequest, Repair, OnStep], NDArray[np.uint8]]
    """Returns the request's page with the repair made, `(h, w, 3)` uint8 sRGB RGB."""

# Each takes as long as a small page; whom one hardly sees is left as the page has it.
FIGURES_MAX: Final = 4
_SHARE_MIN: Final = 0.004
_MARGIN: Final = 0.15
_MARGIN_MIN_PX: Final = 32


def figures_apart(request: ColorizeRequest) -> tuple[Region, ...]:
    """Return the regions that are worth a turn of their own, the largest first.

    Those with words, or with references that are not all of the page's.
    """
    everybody = len(request.references)
    known = [one for one in request.regions if one.prompt or 0 < len(one.references) < everybody]
    seen = [one for one in known if one.mask.mean() >= _SHARE_MIN]
    return tuple(sorted(seen, key=lambda one: -int(one.mask.sum()))[:FIGURES_MAX])


def painted_apart(
    picture: NDArray[np.uint8], request: ColorizeRequest, figures: tuple[Region, ...], paint: Paint, on_step: OnStep
) -> NDArray[np.uint8]:
    """Return a coloured page `(h, w, 3)` with its figures made anew, one after the other.

    on_step: hears of the turns as of one way, whose steps are as many for each.
    """
    for turn, figure in enumerate(figures):
        crop = _around(figure.mask)
        rows, columns = slice(crop.top, crop.bottom), slice(crop.left, crop.right)
        asked = replace(
            request,
            page=np.ascontiguousarray(request.page[rows, columns]),
            protect=np.ascontiguousarray(request.protect[rows, columns]),
            references=tuple(request.references[at] for at in figure.references) or request.references,
            plan=_told(request, figure.prompt),
            regions=(), tone=None, parts=None, panels=None,
        )  # fmt: skip
        there, where = _part(picture, crop, figure.mask.shape)
        repair = Repair(picture=there, mask=np.ascontiguousarray(figure.mask[rows, columns]))
        made = paint(asked, repair, _turn(on_step, turn, len(figures)))
        picture = _laid(picture, made, repair.mask, where)
    return picture


def parted(on_step: OnStep, turns: int) -> tuple[OnStep, OnStep]:
    """Return who hears of the page and who of so many turns after it, each as long as the page."""
    if not turns:
        return on_step, on_step

    def page(step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
        on_step(step, steps * (1 + turns), preview)

    def after(step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
        each = steps // turns
        on_step(each + step, each * (1 + turns), preview)

    return page, after


def _told(request: ColorizeRequest, prompt: str) -> Plan:
    if not prompt:
        return request.plan
    stages = tuple(replace(stage, prompt=prompt) for stage in request.plan.stages)
    return replace(request.plan, prompt=prompt, stages=stages)


def _turn(on_step: OnStep, turn: int, turns: int) -> OnStep:
    def told(step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
        del preview  # of a crop, not of the page
        on_step(turn * steps + step, turns * steps)

    return told


def _around(mask: NDArray[np.bool_]) -> Box:
    """Return a mask's box with its surroundings, within the page."""
    box = box_around(mask)
    margin = max(_MARGIN_MIN_PX, round(_MARGIN * max(box.width, box.height)))
    return box.grown(margin).intersection(Box(0, 0, mask.shape[1], mask.shape[0]))


def _part(picture: NDArray[np.uint8], crop: Box, page: tuple[int, ...]) -> tuple[NDArray[np.uint8], Box]:
    """Return what a picture of a page has in a crop of it, and where that lies in the picture."""
    down, across = picture.shape[0] / page[0], picture.shape[1] / page[1]
    where = Box(
        int(crop.left * across), int(crop.top * down), max(int(crop.left * across) + 1, round(crop.right * across)),
        max(int(crop.top * down) + 1, round(crop.bottom * down)),
    )  # fmt: skip
    return np.ascontiguousarray(picture[where.top : where.bottom, where.left : where.right]), where


def _laid(
    picture: NDArray[np.uint8], made: NDArray[np.uint8], mask: NDArray[np.bool_], where: Box
) -> NDArray[np.uint8]:
    """Return a picture with a crop of it made anew under a mask of that crop."""
    size = where.width, where.height
    share = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)[..., None]
    new = cv2.resize(made, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    out = picture.copy()
    under = out[where.top : where.bottom, where.left : where.right]
    under[:] = np.rint(under + (new - under) * share).astype(np.uint8)
    return out
