"""A part of a picture made anew: a region (inpainting), or paper added at its sides (outpainting).

The engine gets the region with some of what lies around it, and only what was asked for is taken from its answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import ColorizeRequest, Plan, Repair, StagePlan
from engines.geometry import Box, box_around
from engines.oklab import oklab_to_srgb
from host.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engines.base import ColorizeResult

    Infer = Callable[[ColorizeRequest], ColorizeResult]

_AROUND: Final = 0.5
_AROUND_LEAST_PX: Final = 64
_FILL_RADIUS_PX: Final = 5
_PIXELS_MAX: Final = 60_000_000
PAPER: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """How many pixels are added at each side."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


def extended(rgb: NDArray[np.uint8], margins: Margins) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return the picture with paper at its sides, and the mask of what was added.

    Raises:
        BadRequest: nothing is added. TooLarge: it would have over 60 million pixels.
    """
    sides = margins.top, margins.bottom, margins.left, margins.right
    if not any(sides):
        raise BadRequest(
            "Nothing is added.", "Name a side: --left, --right, --top or --bottom.", told=("nothing_added",)
        )
    height, width = rgb.shape[0] + margins.top + margins.bottom, rgb.shape[1] + margins.left + margins.right
    if height * width > _PIXELS_MAX:
        raise TooLarge(
            f"It would have {height} x {width} pixels.",
            "Add less.",
            told=("made_too_many_pixels", f"{width}", f"{height}"),
        )
    wider = cv2.copyMakeBorder(rgb, *sides, cv2.BORDER_CONSTANT, value=(PAPER,) * 3)
    old = np.zeros(rgb.shape[:2], np.uint8)
    mask = cv2.copyMakeBorder(old, *sides, cv2.BORDER_CONSTANT, value=(1, 0, 0))
    return np.asarray(wider, np.uint8), np.asarray(mask > 0)


def repaint(
    rgb: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    infer: Infer,
    plan: Plan,
    references: tuple[NDArray[np.uint8], ...] = (),
) -> NDArray[np.uint8]:
    """Return the `(H, W, 3)` picture with what the mask covers made anew; every pixel outside stays to the bit.

    plan.prompt: what is there. infer: an engine that paints parts anew (`Supports.inpaint`).

    Raises:
        BadRequest: the mask covers nothing. What `infer` raises.
    """
    box = _around(mask)
    view = slice(box.top, box.bottom), slice(box.left, box.right)
    part, wanted = np.ascontiguousarray(rgb[view]), np.ascontiguousarray(mask[view])
    stage = StagePlan(
        prompt=plan.prompt, negative_prompt=plan.negative_prompt, steps=plan.steps, structure_strength=0.0
    )
    request = ColorizeRequest(
        page=np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8),
        protect=~wanted,
        references=references,
        plan=Plan(
            seed=plan.seed,
            steps=plan.steps,
            prompt=plan.prompt,
            negative_prompt=plan.negative_prompt,
            quality=plan.quality,
            stages=(stage,),
        ),
        repair=Repair(picture=part, mask=wanted),
    )
    made = oklab_to_srgb(infer(request).oklab)
    return _merged(rgb, view, made, wanted)


def fill(rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the picture with what the mask covers painted on from its rim (Telea 2004): for scratches and thin strips.

    Raises:
        BadRequest: the mask covers nothing.
    """
    box = _around(mask)
    view = slice(box.top, box.bottom), slice(box.left, box.right)
    part, wanted = np.ascontiguousarray(rgb[view]), np.ascontiguousarray(mask[view])
    made = cv2.inpaint(part, wanted.view(np.uint8), _FILL_RADIUS_PX, cv2.INPAINT_TELEA)
    return _merged(rgb, view, np.asarray(made, np.uint8), wanted)


def _around(mask: NDArray[np.bool_]) -> Box:
    """Return the mask's box with some of what lies around it."""
    if not mask.any():
        raise BadRequest(
            "The mask covers nothing of the page.", "White is made anew, black stays.", told=("nothing_marked",)
        )
    box = box_around(mask)
    more = max(_AROUND_LEAST_PX, round(_AROUND * max(box.height, box.width)))
    return box.grown(more).intersection(Box(0, 0, *mask.shape[::-1]))


def _merged(
    rgb: NDArray[np.uint8], view: tuple[slice, slice], made: NDArray[np.uint8], wanted: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Lay what was made into the picture, where it is wanted and nowhere else.

    The engine saw the rim and went on from it; what the mask covers may be blank paper, of which nothing may stay.
    """
    height, width = wanted.shape
    new = cv2.resize(made, (width, height), interpolation=cv2.INTER_LINEAR)
    whole = rgb.copy()
    whole[view] = np.where(wanted[..., None], new, rgb[view])
    return whole
