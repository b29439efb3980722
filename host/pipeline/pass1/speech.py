"""Balloons and lettering by two opinions: regions with writing in them, and what the networks saw.

A region keeps its exact edge; the networks say whether it is a balloon. What only the detector saw gets its edge from
the pixel network, or from the even ground around its lettering. Where both are silent the classical opinion stands: a
balloon that is coloured is worse than a cloud that is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engines.geometry import Box
from host.pipeline.pass1.blocks import text_boxes
from host.pipeline.pass1.classical import bodies_of, with_slices
from host.pipeline.pass1.grow import grown_region
from host.pipeline.pass1.lettering import Letters, mask_of, typical_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from host.pipeline.pass1.balloons import Region
    from host.pipeline.pass1.look import Look

_SAME: Final = 0.3
_INSIDE: Final = 0.6
_UNLIKELY: Final = 25
_STROKE: Final = 110
_FACE_SURE: Final = 0.45
_ALONE: Final = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Something with lettering: its box, the boxes of its text, and how sure it is (1 where two opinions agree)."""

    box: Box
    text: tuple[Box, ...] = ()
    score: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """All lettering of a page at reading size. `bodies` and `lettering` are `(h, w)` bool.

    free_letters: how many letter-like marks make up the free lettering that was found without weights.
    """

    balloons: list[Words]
    free: list[Words]
    sound: list[Words]
    bodies: NDArray[np.bool_]
    lettering: NDArray[np.bool_]
    free_letters: int


def find_speech(look: Look) -> Speech:
    """Weigh what speaks for balloons, free lettering and sound words."""
    kept = [region for region in look.classical.regions if not _denied(region.box, look, region)]
    missed = [seen for seen in look.of("balloon") if not _is_known(seen.box, kept)]
    grown = [(region, seen.score) for seen in missed if (region := grown_region(look, seen.box)) is not None]
    grown = _without_twins(grown, kept)
    regions = kept + [region for region, _ in grown]
    bodies = with_slices(bodies_of(regions, look.grey.shape), look.classical.gutters.sure)
    letters = look.classical.letters
    free = [group for group in look.classical.free if not _denied(box_around(letters, group), look)]
    free = [group for group in free if not _is_within(letters, group, bodies)]
    lettering = mask_of(letters, [region.letters for region in regions] + free) | look.classical.white
    lettering |= _strokes(look)
    balloons = [Words(r.box, _lines(r, letters), _agreement(r.box, look)) for r in kept]
    balloons += [Words(r.box, _lines(r, letters), score) for r, score in grown]
    sound = [Words(seen.box, (), seen.score) for seen in look.of("sfx")]
    return Speech(balloons, _free(free, letters, look, bodies, sound), sound, bodies, lettering, sum(map(len, free)))


def box_around(letters: Letters, group: NDArray[np.intp]) -> Box:
    """Return the box of a group of marks."""
    reach = letters.size[group] / 2
    left, top = (letters.x[group] - reach).min(), (letters.y[group] - reach).min()
    right, bottom = (letters.x[group] + reach).max(), (letters.y[group] + reach).max()
    return Box(max(0, int(left)), max(0, int(top)), int(np.ceil(right)), int(np.ceil(bottom)))


def _denied(box: Box, look: Look, region: Region | None = None) -> bool:
    """Tell whether the networks speak against what the classical reader took for lettering."""
    words = [*look.of("balloon"), *look.of("text"), *look.of("sfx")]
    if any(one.box.intersection(box).area >= _SAME * min(box.area, one.box.area) for one in words):
        return False
    if any(one.score >= _FACE_SURE and _covers(one.box, box) for one in look.of("face")):
        return True
    if look.pixels is None:
        return False
    window = slice(box.top, box.bottom), slice(box.left, box.right)
    ground = look.pixels.balloon[window][region.body > 0] if region is not None else np.zeros(0)
    likely = max(float(ground.mean()) if ground.size else 0.0, 4 * float(look.pixels.lettering[window].mean()))
    return likely < _UNLIKELY


def _covers(outer: Box, inner: Box) -> bool:
    return outer.intersection(inner).area >= _INSIDE * inner.area > 0


def _is_known(box: Box, regions: list[Region]) -> bool:
    return any(_covers(region.box, box) or box.iou(region.box) >= _SAME for region in regions)


def _without_twins(grown: list[tuple[Region, float]], kept: list[Region]) -> list[tuple[Region, float]]:
    """Return regions grown from detections, each piece of ground once, the best detection's."""
    chosen: list[tuple[Region, float]] = []
    for region, score in grown:
        if not _is_known(region.box, [*kept, *(other for other, _ in chosen)]):
            chosen.append((region, score))
    return chosen


def _is_within(letters: Letters, group: NDArray[np.intp], bodies: NDArray[np.bool_]) -> bool:
    return bool(np.mean(bodies[letters.y[group].astype(int), letters.x[group].astype(int)]) > _INSIDE)


def _agreement(box: Box, look: Look) -> float:
    """Return 1 where the detector saw the balloon as well, or where there is none to ask."""
    if not look.has_detector or any(seen.box.iou(box) >= _SAME for seen in look.of("balloon")):
        return 1.0
    return _ALONE


def _strokes(look: Look) -> NDArray[np.bool_]:
    """Return glyphs by the pixel network; without it, letter-like marks in what the detector calls text or a sound."""
    if look.pixels is not None:
        return np.asarray(look.pixels.lettering >= _STROKE, np.bool_)
    letters = look.classical.letters
    inside = [letters.inside(seen.box) for seen in [*look.of("text"), *look.of("sfx")]]
    return mask_of(letters, inside)


def _lines(region: Region, letters: Letters) -> tuple[Box, ...]:
    box = region.box
    ink = letters.mask[box.top : box.bottom, box.left : box.right] & (region.body > 0)
    return text_boxes(ink, typical_size(letters.size[region.letters]), box.left, box.top)


def _free(
    groups: list[NDArray[np.intp]], letters: Letters, look: Look, bodies: NDArray[np.bool_], sound: list[Words]
) -> list[Words]:
    """Return free lettering: groups of marks, and text that the detector saw outside of balloons and sound words."""
    found = [Words(box_around(letters, group)) for group in groups]
    for seen in look.of("text"):
        ground = bodies[seen.box.top : seen.box.bottom, seen.box.left : seen.box.right]
        known = any(_covers(seen.box, one.box) or seen.box.iou(one.box) >= _SAME for one in [*found, *sound])
        if not known and ground.mean() < _SAME:
            found.append(Words(seen.box, (), seen.score))
    return found
