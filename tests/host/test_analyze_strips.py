"""A strip is analysed piece by piece: what is written is the whole strip's, and nothing takes more than a piece."""

import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from host.analyses.analyze import Analysis
from host.analyses.files import AnalysisFolder
from host.analyses.read import has_own_colour, read_page
from host.pipeline.analysis.layout.direction import ChapterDirection
from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.decode import as_page
from host.pipeline.records.layers import Layers
from host.pipeline.records.masks import record_map, record_mask
from host.pipeline.records.page_meta import PageMeta
from host.pipeline.records.validation import check_page_meta
from host.pipeline.strips.cut import cores_of, cut_page, pieces_of
from host.pipeline.strips.layers import _renumbered
from tests.host.pipeline.drawn import GAP, PANEL, WIDTH, strip

pytestmark = pytest.mark.slow

PIECE_PIXELS = 4_000_000
PAGE = as_page(None, strip())


class Pieces:
    """Reads with the classical reader; notes how much of a page it was given."""

    def __init__(self) -> None:
        self.areas: list[int] = []

    def read(self, page, direction, chapter=None, check=lambda: None):
        self.areas.append(page.size.pixels)
        return TwoOpinionReader().read(page, direction, chapter, check)


@pytest.fixture(scope="module")
def reader() -> Pieces:
    return Pieces()


@pytest.fixture(scope="module")
def found(reader: Pieces) -> tuple[PageMeta, Layers]:
    return read_page(PAGE, reader, "auto", ChapterDirection())


def test_nobody_looks_at_more_than_a_piece(found: tuple[PageMeta, Layers], reader: Pieces) -> None:
    pieces = [cut_page(PAGE, box).pixels_sha256 for box in pieces_of(PAGE)]
    assert len(reader.areas) == len(set(pieces)) > 1
    assert max(reader.areas) <= PIECE_PIXELS
    assert found[0].direction == "ttb"


def test_panels_of_all_pieces_are_the_strip_s_in_order(found: tuple[PageMeta, Layers]) -> None:
    meta, layers = found
    tops = [panel.box.top for panel in sorted(meta.panels, key=lambda one: one.order)]
    wanted = [number * (PANEL + GAP) + GAP + 4 for number in range(16)]
    assert tops == pytest.approx(wanted, abs=8)
    assert all(before.order + 1 == after.order for before, after in pairwise(meta.panels))
    numbers = layers.maps["panels"]()
    assert numbers.shape == PAGE.size
    middles = [top + PANEL // 2 for top in tops]
    assert [int(numbers[row, WIDTH // 2]) for row in middles] == list(range(1, 17))


def test_layers_are_what_was_read_of_the_pieces(found: tuple[PageMeta, Layers]) -> None:
    meta, layers = found
    boxes = pieces_of(PAGE)
    for box, core in zip(boxes, cores_of(boxes), strict=True):
        masks = TwoOpinionReader().read(cut_page(PAGE, box), "ttb").masks
        own = slice(core.top - box.top, core.bottom - box.top)
        for name in ("protect", "gutters", "balloons"):
            assert np.array_equal(layers.masks[name]()[core.top : core.bottom], getattr(masks, name)[own]), name
    assert meta.masks == {name: record_mask(make()) for name, make in layers.masks.items()}
    assert meta.maps == {name: record_map(make()) for name, make in layers.maps.items()}
    assert meta.signals is not None


def test_the_files_are_the_strip_s(found: tuple[PageMeta, Layers], tmp_path: Path) -> None:
    meta, layers = found
    AnalysisFolder(tmp_path, ("1",), frozenset(), overlay=True).write(Analysis(0, PAGE, layers, meta))
    assert check_page_meta((tmp_path / "1.meta.json").read_bytes()) == []
    for name in (*meta.masks, *meta.maps):
        with Image.open(tmp_path / f"1.{name}.png") as picture:
            assert picture.size == (PAGE.size.width, PAGE.size.height)
            assert np.array_equal(np.asarray(picture), {**layers.masks, **layers.maps}[name]())
    with Image.open(tmp_path / "1.overlay.png") as overlay:
        assert overlay.height > PAGE.size.height


def test_a_piece_without_a_layer_has_nothing_there(found: tuple[PageMeta, Layers]) -> None:
    half = as_page(None, strip(16, blank=frozenset(range(6))))
    meta, layers = read_page(half, TwoOpinionReader(), "auto", ChapterDirection())
    tone = layers.maps["tone"]()
    assert np.array_equal(tone[: 3 * PANEL], half.grey[: 3 * PANEL])
    assert not layers.maps["panels"]()[: 3 * PANEL].any()
    assert min(panel.box.top for panel in meta.panels) > 5 * PANEL


def test_numbers_that_no_byte_holds_are_left_out() -> None:
    values = np.array([[0, 1, 5, 6, 255]], np.uint8)
    assert _renumbered(values, 250).tolist() == [[0, 251, 255, 0, 0]]
    assert _renumbered(values, 0).tolist() == values.tolist()
    assert not _renumbered(values, 300).any()


def test_memory_grows_with_a_strip_by_its_pixels_alone(tmp_path: Path) -> None:
    def peak(count: int) -> tuple[int, int]:
        page = as_page(None, strip(count))
        tracemalloc.start()
        meta, layers = read_page(page, TwoOpinionReader(), "auto", ChapterDirection())
        AnalysisFolder(tmp_path, ("1",), frozenset(), overlay=True).write(Analysis(0, page, layers, meta))
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held, page.grey.size

    (small, few), (large, many) = peak(16), peak(40)
    # three bytes for the overlay, two masks beside it, its encoded picture
    assert (large - small) / (many - few) < 8


def test_whether_a_strip_has_colour_is_told_piece_by_piece_and_of_grey_at_once() -> None:
    grey, reader = strip(), Pieces()
    assert not has_own_colour(as_page(None, grey), reader)
    assert reader.areas == []
    across = np.linspace(60, 250, grey.shape[1]).astype(np.uint8)
    coloured = np.dstack([grey, np.minimum(grey, across), np.minimum(grey, across[::-1])])
    page = as_page(coloured, grey)
    assert has_own_colour(page, reader)
    assert len(reader.areas) == len({cut_page(page, box).pixels_sha256 for box in pieces_of(page)}) > 1
    assert max(reader.areas) <= PIECE_PIXELS
