"""What was found on a page, or on a part of it, before it is ordered and classified."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Box, Size
from host.pipeline.analysis.fusion.frames import Frame
from host.pipeline.analysis.fusion.words import Words
from host.pipeline.progress import unchecked
from host.pipeline.records.masks import PageMasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from host.pipeline.analysis.layout.direction import DirectionVote

_SOFT_EDGE: Final = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageFindings:
    """Things with their boxes, in no order, and masks; all in pixels of the picture that they were found on.

    panels: by part, for parts are read one after the other. vote: which way this is read. letters: how many marks
    stand outside of balloons.
    """

    panels: tuple[tuple[Frame, ...], ...]
    balloons: tuple[Words, ...]
    free: tuple[Words, ...]
    sound: tuple[Words, ...]
    faces: tuple[Frame, ...]
    characters: tuple[Frame, ...]
    masks: PageMasks
    letters: int = 0
    votes: tuple[DirectionVote, ...] = field(default=())


def enlarged(found: PageFindings, size: Size, check: Callable[[], None] = unchecked) -> PageFindings:
    """Return what was found at reading size, at the size of the picture, inside of it.

    check: called before each mask; what it raises ends it.
    """
    height, width = found.masks.gutters.shape
    across, down = size.width / width, size.height / height

    def scaled(box: Box) -> Box:
        return Box(
            min(size.width - 1, max(0, int(box.left * across))),
            min(size.height - 1, max(0, int(box.top * down))),
            max(1, min(size.width, int(np.ceil(box.right * across)))),
            max(1, min(size.height, int(np.ceil(box.bottom * down)))),
        )

    def at_size(mask: NDArray[np.bool_], *, soft_edge: bool) -> NDArray[np.bool_]:
        check()
        return _at_size(mask, size, soft_edge=soft_edge)

    masks = PageMasks(
        balloons=at_size(found.masks.balloons, soft_edge=True),
        lettering=at_size(found.masks.lettering, soft_edge=True),
        gutters=at_size(found.masks.gutters, soft_edge=False),
    )
    return replace(_with_boxes(found, scaled), masks=masks)


def joined(all_findings: Sequence[PageFindings], parts: Sequence[Box], size: Size) -> PageFindings:
    """Return what was found on the parts of a page as found on the page."""
    if len(all_findings) == 1:
        return all_findings[0]
    moved = [_with_boxes(found, _mover(part)) for found, part in zip(all_findings, parts, strict=True)]
    return PageFindings(
        panels=tuple(frames for found in moved for frames in found.panels),
        balloons=tuple(one for found in moved for one in found.balloons),
        free=tuple(one for found in moved for one in found.free),
        sound=tuple(one for found in moved for one in found.sound),
        faces=tuple(one for found in moved for one in found.faces),
        characters=tuple(one for found in moved for one in found.characters),
        masks=PageMasks(
            balloons=_laid([found.masks.balloons for found in all_findings], parts, size),
            lettering=_laid([found.masks.lettering for found in all_findings], parts, size),
            gutters=_laid([found.masks.gutters for found in all_findings], parts, size),
        ),
        letters=sum(found.letters for found in all_findings),
        votes=tuple(vote for found in all_findings for vote in found.votes),
    )


def _mover(part: Box) -> Callable[[Box], Box]:
    def moved(box: Box) -> Box:
        return Box(box.left + part.left, box.top + part.top, box.right + part.left, box.bottom + part.top)

    return moved


def _with_boxes(found: PageFindings, change: Callable[[Box], Box]) -> PageFindings:
    def frames(given: Sequence[Frame]) -> tuple[Frame, ...]:
        return tuple(Frame(change(one.box), one.score) for one in given)

    def words(given: Sequence[Words]) -> tuple[Words, ...]:
        return tuple(Words(change(one.box), tuple(change(line) for line in one.text), one.score) for one in given)

    return replace(
        found,
        panels=tuple(frames(part) for part in found.panels),
        balloons=words(found.balloons),
        free=words(found.free),
        sound=words(found.sound),
        faces=frames(found.faces),
        characters=frames(found.characters),
    )


def _laid(masks: Sequence[NDArray[np.bool_]], parts: Sequence[Box], size: Size) -> NDArray[np.bool_]:
    page = np.zeros(size, np.bool_)
    for mask, part in zip(masks, parts, strict=True):
        page[part.top : part.bottom, part.left : part.right] = mask
    return page


def _at_size(mask: NDArray[np.bool_], size: Size, *, soft_edge: bool) -> NDArray[np.bool_]:
    """Return a mask at another size, with the antialiased rim of what it covers."""
    bits = mask.view(np.uint8)
    if bits.shape != size:
        smooth = cv2.resize(bits * np.uint8(255), (size.width, size.height), interpolation=cv2.INTER_LINEAR)
        bits = np.asarray(smooth > 127).view(np.uint8)
    if soft_edge:
        bits = np.asarray(cv2.dilate(bits, _SOFT_EDGE), np.uint8)
    return bits.view(np.bool_)
