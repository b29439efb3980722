"""The classical reader: OpenCV only, no weights. Exact at the pixel, simple in judgement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.geometry import Box
from host.pipeline.pagemasks import PageMasks, record_masks
from host.pipeline.pagemeta import Balloon, PageMeta, TextBlock
from host.pipeline.pass1.balloons import Region, find_balloons
from host.pipeline.pass1.blocks import free_lettering, text_boxes
from host.pipeline.pass1.gutters import find_gutters
from host.pipeline.pass1.kind import classify_page
from host.pipeline.pass1.lettering import Letters, find_letters, mask_of, typical_size
from host.pipeline.pass1.panels import find_panels, panel_around
from host.pipeline.pass1.reader import PageReading

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.geometry import Size
    from host.messaging.messages import Direction
    from host.pipeline.decode import DecodedPage
    from host.pipeline.pagemeta import Panel, ReadingDirection

_READING_WIDTH: Final = 1000
_READING_HEIGHT: Final = 1400
_BLACK_GROUND_MIN: Final = 190
_WHITE_LETTER_MIN: Final = 0.015
_OUTLINE: Final = 0.012
_TOUCHING: Final = np.ones((7, 7), np.uint8)
_ISLAND_SHARE: Final = 0.001
_SOFT_EDGE: Final = np.ones((3, 3), np.uint8)


class ClassicalReader:
    """Reads at about 1000 pixels of width, then brings masks and boxes to the page's own size."""

    def read(self, page: DecodedPage, direction: Direction) -> PageReading:
        """Find panels, balloons, lettering, masks, reading order and kind; `auto` reads right to left."""
        reads: ReadingDirection = "ltr" if direction == "ltr" else "rtl"
        small = _for_reading(page.grey)
        letters = find_letters(small)
        gutters = find_gutters(small, letters.mask)
        regions = find_balloons(small, gutters, letters)
        bodies = _bodies(regions, gutters.sure)
        free = free_lettering(letters, bodies)
        lettering = mask_of(letters, [region.letters for region in regions] + free)
        lettering |= _white_lettering(small, bodies | gutters.all)
        masks = _masks(gutters.all, bodies, lettering, page.size)
        panels = find_panels(gutters.all, reads)
        scale = page.size.width / small.shape[1], page.size.height / small.shape[0]
        balloons = _balloons(regions, letters, panels, reads)
        text = _text(balloons, free, letters)
        kind = classify_page(page.rgb, page.grey, masks.protect, len(panels), sum(map(len, free)))
        meta = PageMeta(
            size=page.size,
            pixels_sha256=page.pixels_sha256,
            kind=kind,
            direction=reads,
            panels=tuple(p.model_copy(update={"box": _scaled(p.box, scale, page.size)}) for p in panels),
            balloons=tuple(_scaled_balloon(b, scale, page.size) for b in balloons),
            text=tuple(t.model_copy(update={"box": _scaled(t.box, scale, page.size)}) for t in text),
            masks=record_masks(masks),
        )
        return PageReading(meta=meta, masks=masks)


def _for_reading(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the page at reading size: the width for portrait pages and strips, the height for double pages."""
    height, width = grey.shape
    scale = min(1.0, max(_READING_WIDTH / width, min(1.0, _READING_HEIGHT / height)))
    if scale == 1.0:
        return grey
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _bodies(regions: list[Region], slices: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return all balloons, with those slices of paper, long and narrow like gutters, that were cut out of them."""
    bodies = np.zeros(slices.shape, np.uint8)
    for region in regions:
        bodies[region.box.top : region.box.bottom, region.box.left : region.box.right] |= region.body
    _, labels = cv2.connectedComponents(slices.view(np.uint8), connectivity=8)
    touching = np.zeros(int(labels.max(initial=0)) + 1, np.bool_)
    touching[labels[cv2.dilate(bodies, _TOUCHING) > 0]] = True
    touching[0] = False
    return np.asarray(bodies.view(np.bool_) | touching[labels], np.bool_)


def _white_lettering(grey: NDArray[np.uint8], taken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return white letters on black, with the black around them: sound words, signs, captions at night."""
    negative = np.asarray(cv2.bitwise_not(grey), np.uint8)
    letters = find_letters(negative, _BLACK_GROUND_MIN)
    glyphs = mask_of(letters, free_lettering(letters, taken, _WHITE_LETTER_MIN))
    side = max(3, round(_OUTLINE * grey.shape[1])) | 1
    around = np.asarray(cv2.dilate(glyphs.view(np.uint8), np.ones((side, side), np.uint8)), np.uint8)
    return glyphs | (around.view(np.bool_) & (negative >= _BLACK_GROUND_MIN))


def _masks(
    gutters: NDArray[np.bool_], bodies: NDArray[np.bool_], lettering: NDArray[np.bool_], size: Size
) -> PageMasks:
    lettering = lettering | _enclosed(gutters | bodies | lettering)
    return PageMasks(
        balloons=_at_page(bodies, size, soft_edge=True),
        lettering=_at_page(lettering, size, soft_edge=True),
        gutters=_at_page(gutters, size, soft_edge=False),
    )


def _enclosed(protect: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the small islands in what is protected: letters that stand alone, numbers and marks on the margin."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~protect).view(np.uint8), connectivity=8)
    small = stats[:, 4] < _ISLAND_SHARE * protect.size
    small[0] = False
    return np.asarray(small[labels], np.bool_)


def _at_page(mask: NDArray[np.bool_], size: Size, *, soft_edge: bool) -> NDArray[np.bool_]:
    """Return a mask at the page's size, with the antialiased rim of what it covers."""
    bits = mask.view(np.uint8)
    if bits.shape != size:
        smooth = cv2.resize(bits * np.uint8(255), (size.width, size.height), interpolation=cv2.INTER_LINEAR)
        bits = np.asarray(smooth > 127).view(np.uint8)
    if soft_edge:
        bits = np.asarray(cv2.dilate(bits, _SOFT_EDGE), np.uint8)
    return bits.view(np.bool_)


def _balloons(
    regions: list[Region], letters: Letters, panels: tuple[Panel, ...], reads: ReadingDirection
) -> list[Balloon]:
    """Return balloons in reading order: by panel, then from its first corner."""
    found = [(panel_around(region.box, panels), region) for region in regions]

    def place(item: tuple[int | None, Region]) -> tuple[int, int]:
        panel, region = item
        across = region.box.left if reads == "ltr" else -region.box.right
        return (-1 if panel is None else panel), region.box.top + across

    return [
        Balloon(box=region.box, order=order, panel=panel, text=_lines(region, letters))
        for order, (panel, region) in enumerate(sorted(found, key=place))
    ]


def _lines(region: Region, letters: Letters) -> tuple[Box, ...]:
    box = region.box
    ink = letters.mask[box.top : box.bottom, box.left : box.right] & (region.body > 0)
    return text_boxes(ink, typical_size(letters.size[region.letters]), box.left, box.top)


def _text(balloons: list[Balloon], free: list[NDArray[np.intp]], letters: Letters) -> list[TextBlock]:
    blocks = [TextBlock(box=box, balloon=balloon.order) for balloon in balloons for box in balloon.text]
    return blocks + [TextBlock(box=_box_around(letters, group)) for group in free]


def _box_around(letters: Letters, group: NDArray[np.intp]) -> Box:
    reach = letters.size[group] / 2
    left, top = (letters.x[group] - reach).min(), (letters.y[group] - reach).min()
    right, bottom = (letters.x[group] + reach).max(), (letters.y[group] + reach).max()
    return Box(int(left), int(top), int(np.ceil(right)), int(np.ceil(bottom)))


def _scaled(box: Box, scale: tuple[float, float], size: Size) -> Box:
    """Return a box at the page's size, inside of the page."""
    across, down = scale
    return Box(
        max(0, int(box.left * across)),
        max(0, int(box.top * down)),
        min(size.width, int(np.ceil(box.right * across))),
        min(size.height, int(np.ceil(box.bottom * down))),
    )


def _scaled_balloon(balloon: Balloon, scale: tuple[float, float], size: Size) -> Balloon:
    text = tuple(_scaled(box, scale, size) for box in balloon.text)
    return balloon.model_copy(update={"box": _scaled(balloon.box, scale, size), "text": text})
