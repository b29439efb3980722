"""A page's panels that begin to move: each is the first picture of a film that a network makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from engines.geometry import Size
from engines.motion.ltx2 import Shot
from host.errors import BadRequest
from host.studio.animate import on_stage
from host.studio.storyboard.from_pages import ReadPage, shot_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from host.pipeline.records.page_meta import PageMeta, Panel
    from host.studio.page import StudioPage


class FilmMaker(Protocol):
    """A network that makes a film of a picture: `engines.motion.ltx2.Ltx2`."""

    @property
    def grid_px(self) -> int:
        """What height and width are multiples of."""

    def film(
        self, picture: NDArray[np.uint8], shot: Shot, on_step: Callable[[float], None]
    ) -> Iterator[NDArray[np.uint8]]:
        """Yield the frames of a shot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How panels move. panels: numbers in reading order, from 1; empty for all.

    words: what happens, beside what is seen. longest_px: about how long the longer side is.
    """

    panels: tuple[int, ...] = ()
    words: str = ""
    seconds: float = 5.0
    rate: int = 24
    longest_px: int = 768
    steps: int = 30
    seed: int = 0


def come_alive(
    maker: FilmMaker, page: StudioPage, wish: Wish, on_step: Callable[[float], None]
) -> Iterator[NDArray[np.uint8]]:
    """Yield the film's frames, all of one size. on_step: hears how much is done, 0 to 1; what it raises ends it.

    Raises:
        BadRequest: the page has no such panel, or none. What the maker raises.
    """
    panels = [page.panel(number) for number in wish.panels] or sorted(page.meta.panels, key=lambda one: one.order)
    if not panels:
        raise BadRequest("No panel was found on the page.", "A film is made of panels.", told=("no_panel",))
    return _frames(maker, page, panels, wish, on_step)


def _frames(
    maker: FilmMaker, page: StudioPage, panels: list[Panel], wish: Wish, on_step: Callable[[float], None]
) -> Iterator[NDArray[np.uint8]]:
    sizes = [_size(panel, wish.longest_px, maker.grid_px) for panel in panels]
    stage = Size(max(one.height for one in sizes), max(one.width for one in sizes))
    for done, (panel, size) in enumerate(zip(panels, sizes, strict=True)):
        box = panel.box
        crop = np.ascontiguousarray(page.rgb[box.top : box.bottom, box.left : box.right])
        picture = np.asarray(cv2.resize(crop, (size.width, size.height), interpolation=cv2.INTER_AREA), np.uint8)
        shot = Shot(
            words=prompt_of(panel, page.meta, wish.words),
            frames=max(1, round(wish.seconds * wish.rate)),
            rate=wish.rate,
            height=size.height,
            width=size.width,
            steps=wish.steps,
            seed=wish.seed,
        )

        def told(share: float, before: int = done) -> None:
            on_step((before + share) / len(panels))

        for frame in maker.film(picture, shot, told):
            yield on_stage(stage, frame)


def prompt_of(panel: Panel, meta: PageMeta, words: str) -> str:
    """Return what a network is told of a panel: the reader's words, its shot in the storyboard, and what is spoken."""
    shot = shot_of(ReadPage("", meta), panel)
    said = f'Somebody says: "{shot.dialogue}"' if shot.dialogue else ""
    kind = f"A {shot.shot_type.replace('_', ' ')} shot."
    return " ".join(filter(None, (words.strip(), kind, shot.action, said)))


def _size(panel: Panel, longest_px: int, grid: int) -> Size:
    """Return the size on the grid that is nearest to the panel's proportions, its longer side about `longest_px`.

    Two steps of the grid are the least: the network pads by mirroring, and one has nothing to mirror.
    """
    scale = longest_px / max(1, panel.box.height, panel.box.width)
    return Size(*(max(2 * grid, grid * round(scale * side / grid)) for side in (panel.box.height, panel.box.width)))
