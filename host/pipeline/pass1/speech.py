"""Balloons and lettering by two opinions: regions with writing in them, and what the networks saw.

A region keeps its exact edge; the networks say whether it is a balloon. What only the detector saw gets its edge from
the pixel network, or from the even ground around its lettering. Measured on drawn and painted pages: of 50 regions that
the detector was silent on, even below its threshold, three were balloons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Box
from host.pipeline.pass1.balloons import solidity_of
from host.pipeline.pass1.blocks import text_boxes
from host.pipeline.pass1.classical import bodies_of, with_slices
from host.pipeline.pass1.glyphs import glyphs_by_pixels, glyphs_in
from host.pipeline.pass1.grow import ellipse_region, grown_region, likely_01, trimmed_region, unseen_regions
from host.pipeline.pass1.lettering import Letters, likeness, mask_of, typical_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.detect.base import Detection
    from host.pipeline.pass1.balloons import Region
    from host.pipeline.pass1.look import Look

_SAME: Final = 0.3
_HALF: Final = 0.5
_ONE: Final = 0.5
_HELD: Final = 0.35
_EXACT: Final = 0.75
_WITHIN: Final = 0.95
_INSIDE: Final = 0.6
_COVERED: Final = 0.3
_TEXT_SHARE: Final = 0.25
_LIKELY: Final = 0.4
_GROUND: Final = 128
_GROUND_SHARE: Final = 0.1
_STROKE: Final = 110
_STROKE_SHARE: Final = 0.02
_FACE_MAYBE: Final = 0.2
_FACE_SURE: Final = 0.45
_ALONE: Final = 0.8
_ELLIPSE_SURE: Final = 0.4
_WRITTEN: Final = 8
_WRITTEN_LIKENESS: Final = 0.6
_ROUND: Final = 0.9
# Of a letter.
_WORD_GAP: Final = 1.5
# Of the page's width.
_RIM: Final = 0.012
_BLACK: Final = 65


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
    regions = [region for region in look.classical.regions if not _is_denied(region, look)]
    regions += [region for seen in look.balloons if (region := _missed(seen, regions, look)) is not None]
    regions = [trimmed_region(look, region) for region in regions]
    unseen = unseen_regions(look, regions)
    bodies = with_slices(bodies_of([*regions, *unseen], look.grey.shape), look.classical.gutters.sure)
    letters = look.classical.letters
    free = [group for group in look.classical.free if not _is_face(box_around(letters, group), look)]
    free = [group for group in free if not _is_within(letters, group, bodies) and _is_read(look, group)]
    lettering = mask_of(letters, [region.letters for region in regions] + [_with_dots(letters, one) for one in free])
    lettering |= _rims(look, free) | _strokes(look, bodies)
    sound = [Words(seen.box, (), seen.score) for seen in look.of("sfx")]
    balloons = _balloons(regions, look)
    free_words = _free(free, letters, look, bodies, sound)
    return Speech(balloons, free_words, sound, bodies, lettering, sum(map(len, free)))


def _balloons(regions: list[Region], look: Look) -> list[Words]:
    """Return each balloon once: as the detector bounds it, by its region's exact box where the two are one."""
    seen = [one for one in look.balloons if _is_written(one.box, look)]
    listed = [_words(one, regions, look) for one in seen]
    for region in regions:
        covered = sum(one.box.intersection(region.box).area for one in seen)
        if covered < _COVERED * region.box.area:
            score = _ALONE if look.has_detector else 1.0
            listed.append(Words(region.box, _lines(region, look.classical.letters), score))
    return listed


def _words(seen: Detection, regions: list[Region], look: Look) -> Words:
    region = max(regions, key=lambda one: one.box.iou(seen.box), default=None)
    if region is not None and _is_the_same(region.box, seen.box):
        return Words(region.box, _lines(region, look.classical.letters), max(_ALONE, seen.score))
    text = tuple(one.box for one in look.of("text") if _covers(seen.box, one.box))
    return Words(seen.box, text, seen.score)


def _is_the_same(region: Box, seen: Box) -> bool:
    """Tell whether a region is what the detector saw: nearly its box, or the tight box of what lies within."""
    overlap = region.iou(seen)
    return overlap >= _EXACT or (overlap >= _ONE and region.intersection(seen).area >= _WITHIN * region.area)


def _missed(seen: Detection, regions: list[Region], look: Look) -> Region | None:
    """Return the region of a balloon that only the detector saw; where no edge can be found, an ellipse in its box."""
    if any(_covers(region.box, seen.box) or region.box.iou(seen.box) >= _HELD for region in regions):
        return None
    if not _is_written(seen.box, look):
        return None
    return grown_region(look, seen.box) or (ellipse_region(look, seen.box) if seen.score >= _ELLIPSE_SURE else None)


def box_around(letters: Letters, group: NDArray[np.intp]) -> Box:
    """Return the box of a group of marks."""
    reach = letters.size[group] / 2
    left, top = (letters.x[group] - reach).min(), (letters.y[group] - reach).min()
    right, bottom = (letters.x[group] + reach).max(), (letters.y[group] + reach).max()
    return Box(max(0, int(left)), max(0, int(top)), int(np.ceil(right)), int(np.ceil(bottom)))


def _is_denied(region: Region, look: Look) -> bool:
    """Tell whether the networks are silent on what the classical reader took for a balloon.

    They seldom miss one wholly; only writing in a round body is believed against them. Where the pixel network sees
    neither a balloon nor lettering, there is none.
    """
    if look.pixels is not None:
        if likely_01(look.pixels.balloon, region) >= _LIKELY:
            return False
        if not _is_written(region.box, look, region.body > 0):
            return True
    elif not look.has_detector:
        return False
    balloons = (
        one.box.intersection(region.box).area / min(region.box.area, one.box.area) for one in look.of("balloon")
    )
    text = sum(one.box.intersection(region.box).area for one in look.of("text"))
    if max(balloons, default=0.0) >= _HALF or text >= _TEXT_SHARE * region.box.area:
        return False
    letters, width = look.classical.letters, look.grey.shape[1]
    written = len(region.letters) >= _WRITTEN and likeness(letters, region.letters, width) >= _WRITTEN_LIKENESS
    return not written or solidity_of(region) < _ROUND or _is_face(region.box, look)


def _is_face(box: Box, look: Look) -> bool:
    words = [*look.of("balloon"), *look.of("text"), *look.of("sfx")]
    if any(one.box.intersection(box).area >= _SAME * min(box.area, one.box.area) for one in words):
        return False
    return any(one.score >= _FACE_SURE and _covers(one.box, box) for one in look.of("face"))


def _covers(outer: Box, inner: Box) -> bool:
    return outer.intersection(inner).area >= _INSIDE * inner.area > 0


def _is_within(letters: Letters, group: NDArray[np.intp], bodies: NDArray[np.bool_]) -> bool:
    return bool(np.mean(bodies[letters.y[group].astype(int), letters.x[group].astype(int)]) > _INSIDE)


def _is_written(box: Box, look: Look, body: NDArray[np.bool_] | None = None) -> bool:
    """Tell whether the pixel network, where there is one, sees a balloon or lettering in a box, or in a body there."""
    if look.pixels is None:
        return True
    view = slice(box.top, box.bottom), slice(box.left, box.right)
    ground, letters = look.pixels.balloon[view] >= _GROUND, look.pixels.lettering[view] >= _STROKE
    if body is not None:
        ground, letters = ground[body], letters[body]
    return bool(ground.mean() >= _GROUND_SHARE or letters.mean() >= _STROKE_SHARE)


def _is_read(look: Look, group: NDArray[np.intp]) -> bool:
    """Tell whether free light marks are lettering to the pixel network as well: stars and highlights stand like it."""
    letters = look.classical.letters
    return not letters.light[group[0]] or _is_written(box_around(letters, group), look)


def _with_dots(letters: Letters, group: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return a group with the dots among its letters and the short words beside them, too little to tell writing by."""
    largest = letters.size[group].max()
    # On black there is little else that looks like a letter; on white there are strokes of the art.
    reach = _WORD_GAP * typical_size(letters.size[group]) if letters.light[group[0]] else 0.0
    while True:
        box = box_around(letters, group)
        inside = letters.inside(
            Box(*(round(edge + way * reach) for edge, way in zip(box, (-1, -1, 1, 1), strict=True)))
        )
        alike = (letters.light[inside] == letters.light[group[0]]) & (letters.size[inside] <= largest)
        wider = np.union1d(group, inside[alike])
        if len(wider) == len(group):
            return group
        group = wider


def _rims(look: Look, free: list[NDArray[np.intp]]) -> NDArray[np.bool_]:
    """Return the black around free white letters, which colour would fringe."""
    letters = look.classical.letters
    light = [group for group in free if letters.light[group[0]]]
    if not light:
        return np.zeros(look.grey.shape, np.bool_)
    side = max(3, round(_RIM * look.grey.shape[1])) | 1
    around = cv2.dilate(
        mask_of(letters, [_with_dots(letters, one) for one in light]).view(np.uint8), np.ones((side, side), np.uint8)
    )
    return np.asarray((around > 0) & (look.grey <= _BLACK), np.bool_)


def _strokes(look: Look, bodies: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return glyphs by the pixel network; without it, what stands out in the detector's boxes outside of balloons."""
    seen = [one.box for one in [*look.of("text"), *look.of("sfx")]]
    if look.pixels is not None:
        faces = [one.box for one in look.of("face") if one.score >= _FACE_MAYBE]
        return glyphs_by_pixels(look.pixels.lettering, seen, faces)
    return glyphs_in(look.grey, [box for box in seen if not _on_ground(box, bodies)])


def _on_ground(box: Box, bodies: NDArray[np.bool_]) -> bool:
    return bool(bodies[box.top : box.bottom, box.left : box.right].mean() > _INSIDE)


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
