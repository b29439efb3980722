"""The reader of pages: two opinions, the classical one and the networks', weighed into one reading.

1 detect     the networks, on the whole page                5 direction  which way the chapter is read
2 split      strips and double pages into parts             6 order      panels, then balloons in their panels
3 inspect    each part at reading size                      7 classify   kind of page, panels that have colour
4 fuse       panels, balloons, lettering, figures, masks    8 map        outlines, depth, tone, lines; then PageMeta
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Box, Size
from host.pipeline.analysis.fusion.evidence import Detectors, PageEvidence, for_reading
from host.pipeline.analysis.fusion.findings import PageFindings, enlarged, joined
from host.pipeline.analysis.fusion.frames import Frame, find_frames, gutters_around_panels
from host.pipeline.analysis.fusion.page_records import record_page
from host.pipeline.analysis.fusion.speech import find_speech
from host.pipeline.analysis.layout.direction import ChapterDirection, lettering_vote, shape_vote
from host.pipeline.analysis.layout.parts import find_parts, in_reading_order
from host.pipeline.analysis.maps.depth import with_depth
from host.pipeline.analysis.maps.outlines import with_polygons
from host.pipeline.analysis.page_kind import classify_page
from host.pipeline.analysis.page_maps import UNMAPPED, Piece, map_page
from host.pipeline.analysis.perceptual_hash import perceptual_hash
from host.pipeline.analysis.reader import PageReading
from host.pipeline.progress import unchecked
from host.pipeline.records.masks import PageMasks, record_maps, record_masks
from host.pipeline.records.page_meta import PageMeta

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engines.detect.base import Detection, PageDetector, PixelReader
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.page_meta import ReadingDirection
    from host.vocabulary import Direction

_ISLAND_SHARE: Final = 0.001


class TwoOpinionReader:
    """Reads pages with what there is: both networks, one, or none; the classical opinion is always asked."""

    def __init__(self, detector: PageDetector | None = None, pixel_reader: PixelReader | None = None) -> None:
        self._detectors = Detectors(detector, pixel_reader)

    def read(
        self,
        page: DecodedPage,
        direction: Direction | ReadingDirection,
        chapter: ChapterDirection | None = None,
        check: Callable[[], None] = unchecked,
    ) -> PageReading:
        """Read a page; `auto` asks the chapter's pages so far, this one among them, or this one alone.

        check: called between steps; what it raises ends the reading.
        """
        seen = self._detectors.detect(page.grey, check)
        check()
        parts = find_parts(page.grey, [one.box for one in seen or () if one.label == "panel"])
        pieces = [_piece(page.grey, part) for part in parts]
        all_findings = [self._read_piece(piece, seen, check) for piece in pieces]
        found = joined(all_findings, parts, page.size)
        check()
        reads = _decided(direction, chapter or ChapterDirection(), page.pixels_sha256, found, page.size)
        check()
        things = record_page(found, in_reading_order(parts, reads), reads)
        check()
        verdict = classify_page(page.rgb, page.grey, found, things.panels)
        check()
        panels, masks, maps = with_polygons(verdict.panels, verdict.masks.gutters), verdict.masks, None
        figures = with_depth(things.characters, things.faces, panels, page.size)
        if verdict.kind not in UNMAPPED:
            maps, masks = map_page(page.grey, pieces, masks, panels, figures, things.faces, check)
            check()
        check()
        meta = PageMeta(
            size=page.size,
            pixels_sha256=page.pixels_sha256,
            perceptual_hash=perceptual_hash(page.grey),
            kind=verdict.kind,
            direction=reads,
            parts=tuple(parts[place] for place in in_reading_order(parts, reads)) if len(parts) > 1 else (),
            panels=panels,
            balloons=things.balloons,
            text=things.text,
            sound_effects=things.sound_effects,
            characters=figures,
            faces=things.faces,
            masks=record_masks(masks, check),
            maps={} if maps is None else record_maps(maps),
        )
        return PageReading(meta=meta, masks=masks, maps=maps)

    def _read_piece(self, piece: Piece, seen: tuple[Detection, ...] | None, check: Callable[[], None]) -> PageFindings:
        check()
        evidence = self._detectors.gather(piece.small, piece.box, seen, check)
        check()
        return enlarged(weigh(evidence, check), Size(piece.box.height, piece.box.width), check)


def weigh(evidence: PageEvidence, check: Callable[[], None] = unchecked) -> PageFindings:
    """Return what a look at a picture amounts to, at reading size. check: called between steps."""
    speech = find_speech(evidence)
    check()
    gutters = gutters_around_panels(evidence)
    check()
    letters = evidence.classical.letters
    blocks = [(line, one.box) for one in speech.balloons for line in one.text]
    lettering = speech.lettering | _enclosed(gutters | speech.bodies | speech.lettering)
    return PageFindings(
        panels=(tuple(find_frames(evidence)),),
        balloons=tuple(speech.balloons),
        free=tuple(speech.free),
        sound=tuple(speech.sound),
        faces=tuple(Frame(one.box, one.score) for one in evidence.of("face")),
        characters=tuple(Frame(one.box, one.score) for one in evidence.of("character")),
        masks=PageMasks(balloons=speech.bodies, lettering=lettering, gutters=gutters),
        letters=speech.free_letters,
        votes=(lettering_vote(letters.mask, [*blocks, *((one.box, None) for one in speech.free)]),),
    )


def _piece(grey: NDArray[np.uint8], part: Box) -> Piece:
    # A copy, for decoded pages may not be written to, and OpenCV asks for that even where it only marks.
    return Piece(part, for_reading(grey[part.top : part.bottom, part.left : part.right].copy()))


def _decided(
    direction: Direction | ReadingDirection, chapter: ChapterDirection, page: str, found: PageFindings, size: Size
) -> ReadingDirection:
    return direction if direction != "auto" else chapter.decide(page, [*found.votes, shape_vote(size)])


def _enclosed(protect: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the small islands in what is protected: letters that stand alone, numbers and marks on the margin."""
    # Counting alone takes half of the time that boxes and centres would.
    _, labels = cv2.connectedComponents((~protect).view(np.uint8), connectivity=8)
    small = np.bincount(np.ravel(labels)) < _ISLAND_SHARE * protect.size
    small[0] = False
    return np.asarray(np.take(small, np.asarray(labels, np.int32)), np.bool_)
