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
from host.pipeline.analysis.classical.balloons import solidity_of
from host.pipeline.analysis.classical.blocks import text_boxes
from host.pipeline.analysis.classical.findings import bodies_of, with_slices
from host.pipeline.analysis.classical.glyphs import glyphs_by_pixels, glyphs_in
from host.pipeline.analysis.classical.lettering import Letters, likeness, mask_of, typical_size
from host.pipeline.analysis.fusion.grow import (
    ellipse_region,
    grown_region,
    is_bounded_alike,
    likely_01,
    trimmed_region,
    unseen_regions,
)
from host.pipeline.analysis.fusion.sound_effects import find_sound_effects
from host.pipeline.analysis.fusion.words import Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.detect.base import Detection
    from host.pipeline.analysis.classical.balloons import Region
    from host.pipeline.analysis.fusion.evidence import PageEvidence

_SAME_OVERLAP_MIN: Final = 0.3
_SUPPORT_SHARE_MIN: Final = 0.5
_NESTED_IOU_MIN: Final = 0.5
_HELD_IOU_MIN: Final = 0.35
_SAME_BOX_IOU_MIN: Final = 0.75
_NESTED_SHARE_MIN: Final = 0.95
_INSIDE_SHARE_MIN: Final = 0.6
_COVERED_SHARE_MIN: Final = 0.3
_TEXT_SHARE: Final = 0.25
_BALLOON_LIKELY_MIN: Final = 0.4
_GROUND_LEVEL_MIN: Final = 128
_GROUND_SHARE: Final = 0.1
_STROKE_LEVEL_MIN: Final = 110
_STROKE_SHARE: Final = 0.02
_FACE_MAYBE_SCORE_MIN: Final = 0.2
_FACE_SURE_SCORE_MIN: Final = 0.45
_ONE_OPINION_SCORE: Final = 0.8
_ELLIPSE_SCORE_MIN: Final = 0.4
_SURE_SCORE_MIN: Final = 0.5
_WRITTEN_MARKS_MIN: Final = 8
_WRITTEN_LIKENESS_MIN: Final = 0.6
_ROUND_SOLIDITY_MIN: Final = 0.9
# Of a letter.
_WORD_GAP: Final = 1.5
# Of the page's width.
_RIM: Final = 0.012
_BLACK: Final = 65


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


def find_speech(evidence: PageEvidence) -> Speech:
    """Weigh what speaks for balloons, free lettering and sound effects."""
    regions = [region for region in evidence.classical.regions if not _is_denied(region, evidence)]
    regions += [region for seen in evidence.balloons if (region := _missed(seen, regions, evidence)) is not None]
    regions = [trimmed_region(evidence, region) for region in regions]
    unseen = unseen_regions(evidence, regions)
    bodies = with_slices(bodies_of([*regions, *unseen], evidence.grey.shape), evidence.classical.gutters.sure)
    letters = evidence.classical.letters
    free = [group for group in evidence.classical.free if not _is_face(box_around(letters, group), evidence)]
    free = [group for group in free if not _is_within(letters, group, bodies) and _is_read(evidence, group)]
    read = _read_marks(evidence)
    free = [kept for group in free if len(kept := group[read[group]])]
    whole = [_with_dots(letters, one, read) for one in free]
    lettering = mask_of(letters, [region.letters for region in regions] + whole)
    lettering |= _rims(evidence, whole) | _strokes(evidence, bodies)
    sound = find_sound_effects(evidence)
    balloons = _balloons(regions, evidence)
    free_words = _free(free, letters, evidence, bodies, sound)
    return Speech(balloons, free_words, sound, bodies, lettering, sum(map(len, free)))


def _balloons(regions: list[Region], evidence: PageEvidence) -> list[Words]:
    """Return each balloon once: as the detector bounds it, by its region's exact box where the two are one."""
    seen = [one for one in evidence.balloons if _is_written(one.box, evidence)]
    listed = [_words(one, regions, evidence) for one in seen]
    for region in regions:
        covered = sum(one.box.intersection(region.box).area for one in seen)
        if covered < _COVERED_SHARE_MIN * region.box.area:
            score = _ONE_OPINION_SCORE if evidence.has_detector else 1.0
            listed.append(Words(region.box, _lines(region, evidence.classical.letters), score))
    return listed


def _words(seen: Detection, regions: list[Region], evidence: PageEvidence) -> Words:
    region = max(regions, key=lambda one: one.box.iou(seen.box), default=None)
    if region is not None and _is_the_same(region.box, seen.box):
        return Words(region.box, _lines(region, evidence.classical.letters), max(_ONE_OPINION_SCORE, seen.score))
    text = tuple(one.box for one in evidence.of("text") if _covers(seen.box, one.box))
    return Words(seen.box, text, seen.score)


def _is_the_same(region: Box, seen: Box) -> bool:
    """Tell whether a region is what the detector saw: nearly its box, or the tight box of what lies within."""
    overlap = region.iou(seen)
    return overlap >= _SAME_BOX_IOU_MIN or (
        overlap >= _NESTED_IOU_MIN and region.intersection(seen).area >= _NESTED_SHARE_MIN * region.area
    )


def _missed(seen: Detection, regions: list[Region], evidence: PageEvidence) -> Region | None:
    """Return the region of a balloon that only the detector saw; where no edge can be found, an ellipse in its box."""
    if any(_covers(region.box, seen.box) or region.box.iou(seen.box) >= _HELD_IOU_MIN for region in regions):
        return None
    if not _is_written(seen.box, evidence):
        return _marked(seen, evidence)
    return grown_region(evidence, seen.box) or (
        ellipse_region(evidence, seen.box) if seen.score >= _ELLIPSE_SCORE_MIN else None
    )


def _marked(seen: Detection, evidence: PageEvidence) -> Region | None:
    """Return a balloon that the pixel network does not know, if it is round, even ground with a mark on it."""
    if seen.score < _SURE_SCORE_MIN or _is_face(seen.box, evidence):
        return None
    region = grown_region(evidence, seen.box)
    return region if region and len(region.letters) and solidity_of(region) >= _ROUND_SOLIDITY_MIN else None


def box_around(letters: Letters, group: NDArray[np.intp]) -> Box:
    """Return the box of a group of marks."""
    reach = letters.size[group] / 2
    left, top = (letters.x[group] - reach).min(), (letters.y[group] - reach).min()
    right, bottom = (letters.x[group] + reach).max(), (letters.y[group] + reach).max()
    return Box(max(0, int(left)), max(0, int(top)), int(np.ceil(right)), int(np.ceil(bottom)))


def _is_denied(region: Region, evidence: PageEvidence) -> bool:
    """Tell whether the networks are silent on what the classical reader took for a balloon.

    They seldom miss one wholly; only writing in a round body is believed against them. Where the pixel network sees
    neither a balloon nor lettering, there is none, unless the detector sees a balloon just there and it reads as
    writing: large lettering in large balloons is strange to the pixel network.
    """
    if evidence.pixels is not None:
        if likely_01(evidence.pixels.balloon, region) >= _BALLOON_LIKELY_MIN:
            return False
        if not _is_written(region.box, evidence, region.body > 0):
            return not (_reads_as_writing(region, evidence) and is_bounded_alike(evidence, region))
    elif not evidence.has_detector:
        return False
    balloons = (
        one.box.intersection(region.box).area / min(region.box.area, one.box.area) for one in evidence.of("balloon")
    )
    text = sum(one.box.intersection(region.box).area for one in evidence.of("text"))
    if max(balloons, default=0.0) >= _SUPPORT_SHARE_MIN or text >= _TEXT_SHARE * region.box.area:
        return False
    return not _reads_as_writing(region, evidence) or _is_face(region.box, evidence)


def _reads_as_writing(region: Region, evidence: PageEvidence) -> bool:
    """Tell whether a round body holds enough marks that stand and look like letters."""
    like = likeness(evidence.classical.letters, region.letters, evidence.grey.shape[1])
    enough = len(region.letters) >= _WRITTEN_MARKS_MIN and like >= _WRITTEN_LIKENESS_MIN
    return enough and solidity_of(region) >= _ROUND_SOLIDITY_MIN


def _is_face(box: Box, evidence: PageEvidence) -> bool:
    words = [*evidence.of("balloon"), *evidence.of("text"), *evidence.of("sfx")]
    if any(one.box.intersection(box).area >= _SAME_OVERLAP_MIN * min(box.area, one.box.area) for one in words):
        return False
    return any(one.score >= _FACE_SURE_SCORE_MIN and _covers(one.box, box) for one in evidence.of("face"))


def _covers(outer: Box, inner: Box) -> bool:
    return outer.intersection(inner).area >= _INSIDE_SHARE_MIN * inner.area > 0


def _is_within(letters: Letters, group: NDArray[np.intp], bodies: NDArray[np.bool_]) -> bool:
    return bool(np.mean(bodies[letters.y[group].astype(int), letters.x[group].astype(int)]) > _INSIDE_SHARE_MIN)


def _is_written(box: Box, evidence: PageEvidence, body: NDArray[np.bool_] | None = None) -> bool:
    """Tell whether the pixel network, where there is one, sees a balloon or lettering in a box, or in a body there."""
    if evidence.pixels is None:
        return True
    view = slice(box.top, box.bottom), slice(box.left, box.right)
    ground, letters = (
        evidence.pixels.balloon[view] >= _GROUND_LEVEL_MIN,
        evidence.pixels.lettering[view] >= _STROKE_LEVEL_MIN,
    )
    if body is not None:
        ground, letters = ground[body], letters[body]
    return bool(ground.mean() >= _GROUND_SHARE or letters.mean() >= _STROKE_SHARE)


def _is_read(evidence: PageEvidence, group: NDArray[np.intp]) -> bool:
    """Tell whether free light marks are lettering to the pixel network as well: stars and highlights stand like it."""
    letters = evidence.classical.letters
    return not letters.light[group[0]] or _is_written(box_around(letters, group), evidence)


def _read_marks(evidence: PageEvidence) -> NDArray[np.bool_]:
    """Return which marks may be lettering: dark ones, and of light ones those of which the pixel network sees some.

    On a night page lights and highlights stand among letters, and words would grow from them over all of the art.
    """
    letters = evidence.classical.letters
    if evidence.pixels is None:
        return np.ones(len(letters.ids), np.bool_)
    written = letters.labels[evidence.pixels.lettering >= _STROKE_LEVEL_MIN]
    seen = np.bincount(written, minlength=letters.label_count)
    return np.asarray(~letters.light | (seen[letters.ids] > 0), np.bool_)


def _with_dots(letters: Letters, group: NDArray[np.intp], read: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return a group with the dots among its letters and the short words beside them, too little to tell writing by."""
    largest = letters.size[group].max()
    # On black there is little else that looks like a letter; on white there are strokes of the art.
    reach = _WORD_GAP * typical_size(letters.size[group]) if letters.light[group[0]] else 0.0
    while True:
        box = box_around(letters, group)
        inside = letters.inside(
            Box(*(round(edge + way * reach) for edge, way in zip(box, (-1, -1, 1, 1), strict=True)))
        )
        alike = (letters.light[inside] == letters.light[group[0]]) & (letters.size[inside] <= largest) & read[inside]
        wider = np.union1d(group, inside[alike])
        if len(wider) == len(group):
            return group
        group = wider


def _rims(evidence: PageEvidence, free: list[NDArray[np.intp]]) -> NDArray[np.bool_]:
    """Return the black around free white letters, which colour would fringe."""
    letters = evidence.classical.letters
    light = [group for group in free if letters.light[group[0]]]
    if not light:
        return np.zeros(evidence.grey.shape, np.bool_)
    side = max(3, round(_RIM * evidence.grey.shape[1])) | 1
    around = cv2.dilate(mask_of(letters, light).view(np.uint8), np.ones((side, side), np.uint8))
    return np.asarray((around > 0) & (evidence.grey <= _BLACK), np.bool_)


def _strokes(evidence: PageEvidence, bodies: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return glyphs by the pixel network; without it, what stands out in the detector's boxes outside of balloons."""
    seen = [one.box for one in [*evidence.of("text"), *evidence.of("sfx")]]
    if evidence.pixels is not None:
        faces = [one.box for one in evidence.of("face") if one.score >= _FACE_MAYBE_SCORE_MIN]
        return glyphs_by_pixels(evidence.pixels.lettering, evidence.grey, seen, faces)
    return glyphs_in(evidence.grey, [box for box in seen if not _on_ground(box, bodies)])


def _on_ground(box: Box, bodies: NDArray[np.bool_]) -> bool:
    return bool(bodies[box.top : box.bottom, box.left : box.right].mean() > _INSIDE_SHARE_MIN)


def _lines(region: Region, letters: Letters) -> tuple[Box, ...]:
    box = region.box
    ink = letters.mask[box.top : box.bottom, box.left : box.right] & (region.body > 0)
    return text_boxes(ink, typical_size(letters.size[region.letters]), box.left, box.top)


def _free(
    groups: list[NDArray[np.intp]],
    letters: Letters,
    evidence: PageEvidence,
    bodies: NDArray[np.bool_],
    sound: list[Words],
) -> list[Words]:
    """Return free lettering: groups of marks, and text that the detector saw outside of balloons and sound effects."""
    found = [Words(box_around(letters, group)) for group in groups]
    for seen in evidence.of("text"):
        ground = bodies[seen.box.top : seen.box.bottom, seen.box.left : seen.box.right]
        known = any(
            _covers(seen.box, one.box) or seen.box.iou(one.box) >= _SAME_OVERLAP_MIN for one in [*found, *sound]
        )
        if not known and ground.mean() < _SAME_OVERLAP_MIN:
            found.append(Words(seen.box, (), seen.score))
    return found
