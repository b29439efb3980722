"""A strip is read as a whole without being read at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engines.geometry import Size
from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.decode import DecodedPage, pixels_digest
from host.pipeline.strips.cut import pieces_of
from host.pipeline.strips.whole import read_meta, read_whole

if TYPE_CHECKING:
    from typing import Any

    from host.pipeline.analysis.reader import PageReading


class Counting(TwoOpinionReader):
    """The classical reader, which notes how much it is given at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[Size] = []

    def read(self, page: DecodedPage, *rest: Any) -> PageReading:
        self.sizes.append(page.size)
        return super().read(page, *rest)


def strip(panels: int) -> DecodedPage:
    """Return framed panels of 600 x 1400, each with another mark, with white between them."""
    rows = []
    for number in range(panels):
        panel = np.full((1400, 600), 255, np.uint8)
        panel[100:1300, 40:560] = 0
        panel[106:1294, 46:554] = 225
        panel[300 : 340 + 60 * number, 200:260] = 0
        rows.append(panel)
    grey = np.concatenate(rows)
    rgb = np.repeat(grey[:, :, None], 3, axis=2)
    return DecodedPage(rgb, grey, pixels_digest(rgb))


def test_a_strip_is_read_in_pieces_whose_things_lie_in_the_strip() -> None:
    page, reader = strip(9), Counting()
    boxes = pieces_of(page)
    assert len(boxes) > 2
    meta = read_meta(page, reader)
    assert [size.height for size in reader.sizes] == [box.height for box in boxes]
    assert (meta.size, meta.direction) == (page.size, "ttb")
    assert [round((panel.box.top - 100) / 1400) for panel in meta.panels] == list(range(9))


def test_its_layers_are_those_of_its_pieces_and_each_is_heard_of_once() -> None:
    page, reader, heard = strip(9), Counting(), list[Size]()
    meta, layers = read_whole(page, reader, hear=lambda piece, _: heard.append(piece.size))
    assert heard == reader.sizes
    assert meta == read_meta(page, Counting())
    panels = layers.maps["panels"]()
    assert panels.shape == page.size
    middles = [panels[panel.box.top + 250, 100] for panel in meta.panels]
    assert middles == list(range(1, 10))


def test_stretches_that_are_the_same_are_read_once() -> None:
    grey = np.full((30_000, 600), 255, np.uint8)
    rgb = np.repeat(grey[:, :, None], 3, axis=2)
    page, reader = DecodedPage(rgb, grey, pixels_digest(rgb)), Counting()
    assert read_meta(page, reader).kind == "blank"
    assert len(set(reader.sizes)) == len(reader.sizes) < len(pieces_of(page))


def test_a_page_is_read_at_once_with_its_digests() -> None:
    page, reader = strip(1), Counting()
    meta, layers = read_whole(page, reader)
    assert reader.sizes == [page.size]
    assert set(meta.masks) == set(layers.masks)
    assert meta == read_meta(page, reader)
