"""What speaks about a page, gathered before anything is decided: the classical findings and the two networks'."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import EngineUnavailable, ModelInvalid, ModelMissing
from engines.cores import Beside
from engines.detect.base import PixelEvidence
from engines.geometry import Box
from host.pipeline.analysis.classical.findings import ClassicalFindings, find_classically
from host.pipeline.progress import unchecked

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engines.detect.base import Detection, Label, PageDetector, PixelReader

_LOG = logging.getLogger(__name__)

BALLOON_SURE: Final = 0.3
BALLOON_HINT: Final = 0.15
"""Least scores: of a balloon, and of what may support a region that looks like one."""
_UNUSABLE: Final = (EngineUnavailable, ModelInvalid, ModelMissing)
_READING_WIDTH: Final = 1000
_READING_HEIGHT: Final = 1400
# Strips are read in parts, and double pages are no wider: only pages hundreds of times as wide as high are over it.
_READING_PIXELS: Final = 8_000_000


@dataclass(frozen=True, slots=True, eq=False)
class PageEvidence:
    """A page at reading size, `grey` `(h, w)` uint8, and what was found on it, all in its pixels.

    seen: empty without a detector. pixels: `(h, w)`; None without a pixel reader. has_detector: whether one looked.
    """

    grey: NDArray[np.uint8]
    classical: ClassicalFindings
    seen: tuple[Detection, ...] = ()
    pixels: PixelEvidence | None = None
    has_detector: bool = False

    def of(self, label: Label) -> list[Detection]:
        """Return what the detector saw of one kind, best first."""
        return [one for one in self.seen if one.label == label]

    @property
    def balloons(self) -> list[Detection]:
        """The balloons that the detector is sure of; those below only support what others found."""
        return [one for one in self.of("balloon") if one.score >= BALLOON_SURE]


class Detectors:
    """What looks at pages. A network that is missing or broken is told once, and the others go on."""

    def __init__(self, detector: PageDetector | None = None, pixel_reader: PixelReader | None = None) -> None:
        self._detector = detector
        self._pixel_reader = pixel_reader

    def gather(
        self,
        grey: NDArray[np.uint8],
        part: Box,
        seen: tuple[Detection, ...] | None,
        check: Callable[[], None] = unchecked,
    ) -> PageEvidence:
        """Look at a part of a page, `(h, w)` uint8 at reading size; `seen` is what `detect` said of the page.

        check: called within both looks, which go on side by side; what it raises ends them.
        """
        within = tuple(_within(one, part, grey.shape) for one in seen or () if _belongs(one.box, part))
        with Beside(partial(self._evidence, grey, check)) as pixels:
            classical = find_classically(grey, check)
            evidence = pixels.result()
        check()
        return PageEvidence(grey, classical, within, evidence, has_detector=seen is not None)

    def detect(self, grey: NDArray[np.uint8], check: Callable[[], None] = unchecked) -> tuple[Detection, ...] | None:
        """Return what the detector sees on a `(H, W)` uint8 page; None where there is no detector.

        check: called between its looks; what it raises ends them.
        """
        if self._detector is None:
            return None
        try:
            return self._detector.detect(grey, check)
        except _UNUSABLE as exc:
            _LOG.warning("pages are read without the detector: %s", exc)
            self._detector = None
            return None

    def _evidence(self, grey: NDArray[np.uint8], check: Callable[[], None]) -> PixelEvidence | None:
        if self._pixel_reader is None:
            return None
        try:
            found = self._pixel_reader.read_pixels(grey, check)
        except _UNUSABLE as exc:
            _LOG.warning("pages are read without the pixel network: %s", exc)
            self._pixel_reader = None
            return None
        return PixelEvidence(balloon=_enlarged(found.balloon, grey), lettering=_enlarged(found.lettering, grey))


def for_reading(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a page at reading size: the width for portrait pages and strips, the height for double pages.

    Never more than some megapixels, however long a side is.
    """
    height, width = grey.shape
    scale = min(1.0, max(_READING_WIDTH / width, min(1.0, _READING_HEIGHT / height)))
    scale = min(scale, (_READING_PIXELS / (width * height)) ** 0.5)
    if scale == 1.0:
        return grey
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _belongs(box: Box, part: Box) -> bool:
    return 2 * part.intersection(box).area > box.area


def _within(one: Detection, part: Box, shape: tuple[int, ...]) -> Detection:
    """Return a detection in the pixels of a part at reading size."""
    down, across = shape[0] / part.height, shape[1] / part.width
    box = part.intersection(one.box)
    edges = (box.left - part.left) * across, (box.top - part.top) * down
    far = (box.right - part.left) * across, (box.bottom - part.top) * down
    left, top = min(shape[1] - 1, int(edges[0])), min(shape[0] - 1, int(edges[1]))
    right, bottom = min(shape[1], int(np.ceil(far[0]))), min(shape[0], int(np.ceil(far[1])))
    return replace(one, box=Box(left, top, max(left + 1, right), max(top + 1, bottom)))


def _enlarged(evidence: NDArray[np.uint8], grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if evidence.shape == grey.shape:
        return evidence
    return np.asarray(cv2.resize(evidence, grey.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
