"""Strips are worked on piece by piece: what comes out is one page, and no piece's maps outlive it."""

import tracemalloc
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engines.base import Device, Plan
from engines.geometry import Box
from engines.testing.stepped import SteppedEngine
from host.analyses.read import read_page
from host.corrections import ColourHint, Corrections, FigurePalette
from host.errors import JobCancelled, QualityRejected
from host.pipeline.analysis.layout.direction import ChapterDirection
from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.decode import DecodedPage, as_page, decode_page
from host.pipeline.generation.correct import colour_page
from host.pipeline.job import PageJob
from host.pipeline.page import PagePipeline
from host.pipeline.prepared import PreparedPage, SkippedPage
from host.pipeline.strips.cut import cores_of, corrections_within, cut_page, pieces_of
from host.pipeline.strips.folded import packed
from host.pipeline.strips.joined import join_meta
from tests.host.pipeline.drawn import GAP, PANEL, WIDTH, strip

pytestmark = pytest.mark.slow

PIECE_PIXELS = 4_000_000


class Recorder(SteppedEngine):
    """Notes how large a page it was asked for; may give grey."""

    def __init__(self, chroma_share: float = 1.0) -> None:
        super().__init__(step_s=0.0, steps=2)
        self.load(Device("cpu", "processor", 0))
        self.heights: list[int] = []
        self._share = chroma_share

    def _infer(self, request, on_step):
        self.heights.append(request.size.height)
        result = super()._infer(request, on_step)
        result.oklab[..., 1:] *= self._share
        return result


def page_of(grey: np.ndarray) -> DecodedPage:
    return as_page(None, grey)


def panels_of(grey: np.ndarray) -> list[Box]:
    return [Box(0, top, WIDTH, top + PANEL) for top in range(GAP, len(grey) - PANEL, PANEL + GAP)]


def colour(page: DecodedPage, engine: SteppedEngine, tick=lambda *_: None, **facts):
    pipeline = PagePipeline(reader=TwoOpinionReader())
    prepared = pipeline.read(page, PageJob(engine=engine.info, plan=Plan(), **facts), tick)
    assert isinstance(prepared, PreparedPage)
    return pipeline.finish(prepared, pipeline.colour(prepared, engine, tick), tick)


def test_a_strip_is_cut_between_panels_into_pieces_of_bounded_size():
    grey = strip()
    pieces = pieces_of(page_of(grey))
    assert len(pieces) > 2
    assert [piece.top for piece in pieces] == [0, *(piece.bottom for piece in pieces[:-1])]
    assert pieces[-1].bottom == len(grey)
    assert max(piece.area for piece in pieces) <= PIECE_PIXELS
    assert not any(box.top < piece.bottom < box.bottom for piece in pieces for box in panels_of(grey))


def test_what_has_no_gutter_is_cut_all_the_same():
    grey = np.random.default_rng(1).integers(0, 255, (9000, 3000), np.uint8)
    pieces = pieces_of(page_of(grey))
    assert max(piece.area for piece in pieces) <= PIECE_PIXELS + 2 * 96 * 3000
    assert all(after.top < before.bottom for before, after in pairwise(pieces))
    cores = cores_of(pieces)
    assert sum(core.area for core in cores) == grey.size
    assert all(after.top == before.bottom for before, after in pairwise(cores))


def test_where_a_cut_goes_through_a_picture_one_colour_passes_into_the_other():
    grey = np.tile(np.linspace(120, 200, WIDTH).astype(np.uint8), (16_000, 1))
    grey[::40, 100:400] = 60

    class TwoColours(Recorder):
        def _infer(self, request, on_step):
            result = super()._infer(request, on_step)
            result.oklab[..., 1:] = (0.06, 0.02) if len(self.heights) % 2 else (-0.06, 0.02)
            return result

    page = page_of(grey)
    boxes = pieces_of(page)
    made = decode_page(colour(page, TwoColours()).image).rgb
    red = (made[:, 200:300].astype(int) @ np.array([1, -1, 0])).mean(axis=1)
    for before, after in pairwise(boxes):
        assert before.bottom > after.top
        assert red[after.top - 8] * red[before.bottom + 8] < 0
        steps = np.abs(np.diff(cv2.blur(red[after.top - 8 : before.bottom + 8, None], (1, 41)).ravel()))
        assert steps.max() < 0.1 * abs(red[after.top - 8] - red[before.bottom + 8])


@pytest.mark.parametrize("shape", [(1800, 1200), (6000, 900), (3000, 7000), (200_000, 29)])
def test_ordinary_pages_are_no_strips(shape):
    assert len(pieces_of(page_of(np.full(shape, 255, np.uint8)))) == 1


def test_the_engine_sees_pieces_and_the_picture_is_whole():
    page, engine = page_of(strip()), Recorder()
    finished = colour(page, engine)
    made = decode_page(finished.image)
    assert len(engine.heights) == len(pieces_of(page))
    assert max(engine.heights) * WIDTH <= PIECE_PIXELS
    assert made.size == page.size == finished.runmeta.size
    assert finished.runmeta.verdicts.protected_changed == 0
    assert len(finished.runmeta.verdicts.panels_line_dice) == 16
    for box in panels_of(page.grey):
        inside = made.rgb[box.top : box.bottom].astype(np.int16)
        assert (np.ptp(inside, axis=2) > 8).mean() > 0.3
        gap = slice(box.bottom + 5, box.bottom + GAP - 5)
        assert np.array_equal(made.rgb[gap], page.rgb[gap])


def test_a_piece_without_art_stays_as_it_is_and_the_engine_does_not_see_it():
    blank = frozenset(range(6, 16))
    page, engine = page_of(strip(20, blank)), Recorder()
    made = decode_page(colour(page, engine).image)
    rows = slice(6 * (PANEL + GAP) + GAP, 16 * (PANEL + GAP))
    assert np.array_equal(made.rgb[rows], page.rgb[rows])
    assert len(engine.heights) < len(pieces_of(page))


class Counting(TwoOpinionReader):
    """Notes which pixels it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[str] = []

    def read(self, page, *rest):
        self.given.append(page.pixels_sha256)
        return super().read(page, *rest)


def test_pieces_of_the_same_pixels_are_read_once():
    page, reader = page_of(np.vstack([strip(10), np.full((20_000, WIDTH), 255, np.uint8)])), Counting()
    job = PageJob(engine=Recorder().info, plan=Plan())
    prepared = PagePipeline(reader=reader).read(page, job, lambda *_: None)
    assert isinstance(prepared, PreparedPage)
    pieces = [cut_page(page, box).pixels_sha256 for box in pieces_of(page)]
    assert len(set(pieces)) < len(pieces) == len(prepared.pieces)
    assert reader.given == list(dict.fromkeys(pieces))
    assert [piece.unfold is None for piece in prepared.pieces][-3:] == [True] * 3
    metas = [TwoOpinionReader().read(cut_page(page, box), "ttb").meta for box in pieces_of(page)]
    assert prepared.meta.panels == join_meta(page, pieces_of(page), metas, "ttb").panels
    reader.given.clear()
    meta, _ = read_page(page, reader, "auto", ChapterDirection())
    assert reader.given == list(dict.fromkeys(pieces))
    assert meta.panels == prepared.meta.panels


def test_a_strip_whose_colour_is_the_author_s_is_left_alone():
    page = page_of(strip())
    rgb = np.array(page.rgb)
    rgb[: 13 * (PANEL + GAP), 30:-30] = np.clip(rgb[: 13 * (PANEL + GAP), 30:-30] * np.array([1.0, 0.55, 0.4]), 0, 255)
    rgb[GAP : GAP + 400, 30:200] = (40, 90, 210)
    read = PagePipeline(reader=TwoOpinionReader()).read(
        as_page(rgb, np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)),
        PageJob(engine=SteppedEngine().info, plan=Plan()),
        lambda *_: None,
    )
    assert isinstance(read, SkippedPage)
    assert read.reason == "already_coloured"


def test_a_hint_colours_its_place_on_the_strip_and_a_palette_for_nobody_says_so():
    grey = strip()
    place = 9 * (PANEL + GAP) + GAP + PANEL // 2
    hint = ColourHint(points=((0.5, place / len(grey)),), rgb=(200, 40, 40))
    palette = FigurePalette(point=(0.5, 0.999), hair=(10, 10, 10))
    finished = colour(page_of(grey), Recorder(), corrections=Corrections(hints=(hint,), palettes=(palette,)))
    red, green, _ = (int(level) for level in decode_page(finished.image).rgb[place, WIDTH // 2])
    assert red - green > 40
    assert finished.runmeta.palettes[0].fault
    assert finished.runmeta.hints[0].points == hint.points


@given(st.integers(0, 9999), st.integers(1, 9000), st.floats(0, 1), st.floats(0, 1))
def test_a_correction_lies_in_one_piece_at_its_own_row(top, height, across, down):
    strip_height = 10_000 + height
    box = Box(0, min(top, strip_height - 1), 800, min(strip_height, top + height))
    asked = Corrections(hints=(ColourHint(points=((across, down),), rgb=(1, 2, 3)),))
    within = corrections_within(asked, box, strip_height)
    row = min(int(down * strip_height), strip_height - 1)
    assert bool(within.hints) == (box.top <= row < box.bottom)
    if within.hints:
        assert abs(within.hints[0].points[0][1] * box.height + box.top - down * strip_height) < 1


def test_a_strip_that_stays_grey_is_refused_though_a_piece_may():
    with pytest.raises(QualityRejected, match="grey"):
        colour(page_of(strip()), Recorder(chroma_share=0.0))


@pytest.mark.parametrize("stage", ["pass1", "pass2", "compose"])
def test_a_cancel_ends_a_strip_between_its_pieces(stage):
    told: list[str] = []

    def tick(where, fraction):
        told.append(where)
        if told.count(stage) >= 3 and where == stage:
            raise JobCancelled("The page was cancelled.")

    engine = Recorder()
    with pytest.raises(JobCancelled):
        colour(page_of(strip()), engine, tick)
    assert len(engine.heights) < len(pieces_of(page_of(strip()))) or stage == "compose"


def test_the_fraction_of_a_strip_never_falls():
    heard: list[float] = []
    colour(page_of(strip()), Recorder(), lambda _, fraction: heard.append(fraction))
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_memory_does_not_grow_with_a_strip_but_for_its_pixels():
    def peak(count: int) -> tuple[int, int]:
        page, engine = page_of(strip(count)), Recorder()
        tracemalloc.start()
        colour(page, engine)
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held, page.grey.size

    (small, few), (large, many) = peak(10), peak(24)
    # three bytes for the picture that is made, the encoder's own copy of it, and what is packed
    assert (large - small) / (many - few) < 8


def test_what_the_engine_made_of_a_piece_waits_in_two_fifths_of_its_room():
    page, engine = page_of(strip()), Recorder()
    pipeline = PagePipeline(reader=TwoOpinionReader())
    prepared = pipeline.read(page, PageJob(engine=engine.info, plan=Plan()), lambda *_: None)
    coloured = pipeline.colour(prepared, engine, lambda *_: None)
    assert not any(attempt.result.oklab.size or attempt.result.parts is not None for attempt in coloured.attempts)
    assert len(coloured.attempts) == len(engine.heights)
    alone = colour_page(prepared.pieces[1].unfold(), engine, lambda *_: None)[-1].result
    again = coloured.pieces[1]().result
    assert again.oklab.dtype == np.float32
    assert again.parts is None
    assert np.abs(again.oklab - alone.oklab).max() < 5e-4
    assert coloured.result.weights == alone.weights


@given(
    arrays.arrays(
        st.sampled_from([np.float16, np.float32]), arrays.array_shapes(min_dims=3, max_dims=3, max_side=9),
        elements=st.floats(-1, 1, width=16),
    )
)  # fmt: skip
def test_floats_that_are_packed_come_back(array):
    back = packed(array).unpacked()
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)


@given(
    arrays.arrays(np.bool_, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40))
    | arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40))
)
def test_what_is_packed_comes_back(array):
    back = packed(array).unpacked()
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)
