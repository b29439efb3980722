"""A page as a film: its panels one after the other as they are read, each seen by a slow camera, with depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Size
from host.errors import BadRequest
from host.studio.camera import camera_for, frames
from host.studio.layers import film_size, take_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from host.pipeline.records.page_meta import Panel
    from host.studio.page import StudioPage
    from host.vocabulary import CameraMove

_GROUND: Final = 24
_DISSOLVE_S: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """How a page is filmed. panels: numbers in reading order, from 1; empty for all. loop: each ends as it began."""

    panels: tuple[int, ...] = ()
    seconds: float = 4.0
    rate: int = 24
    longest_px: int = 960
    move: CameraMove = "auto"
    loop: bool = False


def animate(page: StudioPage, motion: Motion) -> Iterator[NDArray[np.uint8]]:
    """Yield the film's frames, all of one size with even sides.

    Raises:
        BadRequest: the page has no such panel, or none.
    """
    panels = [page.panel(number) for number in motion.panels] or sorted(page.meta.panels, key=lambda one: one.order)
    if not panels:
        raise BadRequest("No panel was found on the page.", "A film is made of panels.", told=("no_panel",))
    return _frames(page, panels, motion)


def _frames(page: StudioPage, panels: list[Panel], motion: Motion) -> Iterator[NDArray[np.uint8]]:
    sizes = [film_size(panel, motion.longest_px) for panel in panels]
    stage = Size(max(one.height for one in sizes), max(one.width for one in sizes))
    count = max(1, round(motion.seconds * motion.rate))
    dissolving = min(round(_DISSOLVE_S * motion.rate), count // 2)
    last: NDArray[np.uint8] | None = None
    for panel in panels:
        layers = take_apart(page, panel, motion.longest_px)
        camera = camera_for(motion.move, layers.size, page.meta.direction, there_and_back=motion.loop)
        shown = last
        for number, frame in enumerate(frames(layers, camera, count)):
            shown = on_stage(stage, frame)
            if last is not None and number < dissolving:
                share = (number + 1) / (dissolving + 1)
                shown = np.asarray(cv2.addWeighted(shown, share, last, 1 - share, 0), np.uint8)
            yield shown
        last = shown


def on_stage(stage: Size, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a frame in the middle of a dark stage, which is no smaller."""
    height, width = frame.shape[:2]
    if (height, width) == stage:
        return frame
    shown = np.full((*stage, 3), _GROUND, np.uint8)
    top, left = (stage.height - height) // 2, (stage.width - width) // 2
    shown[top : top + height, left : left + width] = frame
    return shown
