"""Pages drawn for the tests of the pipeline."""

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.detect.base import Detection, DetectorInfo, PageDetector, unchecked
from engines.geometry import Box
from host.pipeline.compose.compose import Composition, lay_colour
from host.pipeline.compose.field import colour_field
from host.pipeline.compose.paper_colour import PaperColour
from host.pipeline.decode import DecodedPage, as_page
from host.pipeline.drawing import Drawing

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def decoded(grey: Grey) -> DecodedPage:
    """Return a grey page as `decode_page` would."""
    return as_page(None, grey.copy())


def compose_page(
    page: DecodedPage,
    protect: Mask,
    oklab: NDArray[np.float32],
    strength_01: float = 1.0,
    paper_01: float = 1.0,
    drawing: Drawing | None = None,
    tint: PaperColour | None = None,
) -> Composition:
    """Compose a page with an engine's `(h, w, 3)` OKLab picture, as `PagePipeline.finish` does at its first try."""
    field = colour_field(page, protect, oklab, strength_01, drawing)
    return lay_colour(page, protect, field, paper_01=paper_01, tint=tint)


def two_regions(height: int = 400, width: int = 400, line_px: int = 3) -> Grey:
    """Return white paper with one ink line down the middle."""
    page = np.full((height, width), 255, np.uint8)
    page[:, width // 2 - line_px // 2 : width // 2 - line_px // 2 + line_px] = 0
    return page


def manga_page(height: int = 1400, width: int = 1000) -> Grey:
    """Return four framed panels on white, with a figure in each, two balloons with lettering, and screentone."""
    page = np.full((height, width), 255, np.uint8)
    for left, top, right, bottom in PANELS:
        cv2.rectangle(page, (left, top), (right - 1, bottom - 1), 0, 4)
    cv2.circle(page, (300, 400), 110, 0, 4)
    cv2.ellipse(page, (270, 390), (14, 6), 0, 0, 360, 0, -1)
    cv2.ellipse(page, (330, 392), (14, 6), 0, 0, 360, 0, -1)
    page[900:1200:6, 560:900:6] = 0
    page[901:1200:6, 560:900:6] = 0
    for centre, axes, lines in BALLOONS:
        cv2.ellipse(page, centre, axes, 0, 0, 360, 255, -1)
        cv2.ellipse(page, centre, axes, 0, 0, 360, 0, 3)
        for row, words in enumerate(lines):
            at = (centre[0] - 9 * len(words), centre[1] - 16 * len(lines) + 34 * row + 24)
            cv2.putText(page, words, at, cv2.FONT_HERSHEY_DUPLEX, 0.9, 0, 2, cv2.LINE_AA)
    return page


PANELS = ((60, 60, 480, 660), (520, 60, 940, 660), (60, 700, 480, 1340), (520, 700, 940, 1340))
BALLOONS = (
    ((740, 220), (150, 100), ("What is", "this place?")),
    ((260, 880), (160, 110), ("I have been", "here before", "you know")),
)


def balloon_mask(index: int, height: int = 1400, width: int = 1000) -> NDArray[np.bool_]:
    """Return the inside of a balloon, without its outline."""
    centre, (across, down), _ = BALLOONS[index]
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, centre, (across - 3, down - 3), 0, 0, 360, 1, -1)
    return mask.astype(np.bool_)


class Told(PageDetector):
    """Sees what it is told to see, shares of the page; counts its calls."""

    info = DetectorInfo("told", "1")

    def __init__(self, *seen: Detection) -> None:
        self.seen = seen
        self.calls = 0

    def detect(self, grey, check=unchecked):
        self.calls += 1
        page = Box(0, 0, grey.shape[1], grey.shape[0])
        kept = ((one, one.box.intersection(page)) for one in self.seen)
        return tuple(Detection(one.label, box, one.score) for one, box in kept if box.area)


WIDTH, PANEL, GAP = 500, 900, 60
"""Of a strip's panels, and the paper between them."""


def strip_panel() -> Grey:
    """Return a framed panel with a figure and shades."""
    drawn = np.full((PANEL, WIDTH), 255, np.uint8)
    cv2.rectangle(drawn, (20, 4), (WIDTH - 21, PANEL - 5), 0, 3)
    drawn[7 : PANEL - 7, 23 : WIDTH - 23] = np.linspace(150, 230, WIDTH - 46).astype(np.uint8)
    cv2.circle(drawn, (WIDTH // 2, PANEL // 2), 150, 120, -1)
    cv2.circle(drawn, (WIDTH // 2, PANEL // 2), 150, 0, 3)
    cv2.line(drawn, (40, 40), (WIDTH - 40, PANEL - 40), 20, 4)
    return drawn


def strip(count: int = 16, blank: frozenset[int] = frozenset()) -> Grey:
    """Return panels one below the other, some of them left out."""
    gap = np.full((GAP, WIDTH), 255, np.uint8)
    rows = [
        one
        for number in range(count)
        for one in (gap, np.full_like(strip_panel(), 255) if number in blank else strip_panel())
    ]
    return np.vstack([*rows, gap])
