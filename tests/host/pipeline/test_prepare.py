"""From a page that was read to what waits for an engine: why it stays, what its people wear, what goes along."""

import numpy as np
import pytest

from engines.base import Plan
from engines.geometry import Box
from engines.info import EngineInfo, Supports
from host.corrections import ColourHint, Corrections, FigurePalette, PageWords
from host.pipeline.analysis.reader import PageReading
from host.pipeline.job import PageJob
from host.pipeline.prepare import dress, prepare, reason_to_skip
from host.pipeline.records.masks import PageMaps, PageMasks
from host.pipeline.records.page_meta import Character, PageMeta, Panel, ReferenceUse
from host.pipeline.retrieve import Choice
from host.pipeline.series import MemoryEntry, PageEmbedding, ReferencePicture
from host.pipeline.stopwatch import Stopwatch
from tests.host.pipeline.drawn import decoded, manga_page

PAGE = decoded(manga_page())
INFO = EngineInfo("toy", "Toy", "1", "AGPL-3.0-or-later", Supports(2), (), "cpu")
RED = FigurePalette(point=(0.1, 0.1), hair=(200, 30, 30))
BLUE = FigurePalette(point=(0.1, 0.1), hair=(30, 30, 200))


class Cast:
    said: tuple[PageWords, ...] = ()

    def __init__(self, *worn):
        self.worn, self.seen = worn, []

    def dress(self, *seen):
        self.seen.append(seen)
        return self.worn

    def words(self, pixels_sha256):
        assert pixels_sha256 == PAGE.pixels_sha256
        return self.said


def maps_of(figure: int) -> PageMaps:
    nothing = np.zeros(PAGE.grey.shape, np.uint8)
    return PageMaps(panels=nothing, characters=np.full_like(nothing, figure), depth=nothing, tone=PAGE.grey)


def meta(kind="story", **things) -> PageMeta:
    return PageMeta(size=PAGE.size, pixels_sha256=PAGE.pixels_sha256, kind=kind, direction="rtl", **things)


def job(**facts) -> PageJob:
    return PageJob(engine=INFO, plan=Plan(), **facts)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("story", None),
        ("splash", None),
        ("cover", None),
        ("blank", "blank"),
        ("text", "text_only"),
        ("advertisement", "advertisement"),
        ("already_coloured", "already_coloured"),
    ],
)
def test_why_a_page_stays(kind, reason, kept):
    expected = None if kind == "already_coloured" and not kept else reason
    assert reason_to_skip(meta(kind), job(keep_coloured=kept)) == expected


def test_without_a_cast_a_job_is_what_was_asked_for():
    asked = job(corrections=Corrections(palettes=(RED,)))
    assert dress(PAGE, meta(), None, asked) is asked


def test_where_nobody_is_known_a_job_is_what_was_asked_for():
    cast = Cast()
    asked = job(cast=cast)
    assert dress(PAGE, meta(), None, asked) is asked
    assert cast.seen == [(PAGE, meta(), None)]


def test_the_readers_palettes_come_with_what_the_series_says():
    maps = maps_of(1)
    cast = Cast(BLUE)
    worn = dress(PAGE, meta(), maps, job(corrections=Corrections(palettes=(RED,)), cast=cast))
    assert worn.corrections.palettes == (BLUE, RED)
    assert worn.cast is cast
    assert cast.seen[0][2] is maps.characters


def test_what_the_series_says_of_a_place_comes_before_the_page_s_own_words():
    cast = Cast()
    cast.said = (PageWords(text="harbour, dusk"),)
    asked = job(corrections=Corrections(words=(PageWords(text="rain"),)), cast=cast)
    said = dress(PAGE, meta(), None, asked)
    assert [one.text for one in said.corrections.words] == ["harbour, dusk", "rain"]
    choice = Choice(uses=(), retrieved=())
    assert [one.text for one in prepared(said, choice).drawing.words] == ["harbour, dusk", "rain"]


def prepared(job_, choice, maps=None, **things):
    nothing = np.zeros(PAGE.grey.shape, np.bool_)
    masks = PageMasks(balloons=nothing, lettering=nothing.copy(), gutters=nothing.copy())
    return prepare(PAGE, PageReading(meta=meta(**things), masks=masks, maps=maps), job_, choice, Stopwatch())


def picture(name):
    return ReferencePicture(reference_id=name, pixels=np.full((8, 8, 3), (200, 40, 40), np.uint8))


def test_a_page_goes_with_the_references_that_serve_it():
    uses = (ReferenceUse(reference_id="b"), ReferenceUse(reference_id="m"))
    empty = PageEmbedding((), (), np.empty((0, 4), np.float32))
    entry = MemoryEntry(3, empty)
    watch_job = job(references=(picture("a"), picture("b")))
    page = prepared(watch_job, Choice(uses, (picture("m"),), entry))
    assert [one.reference_id for one in page.job.references] == ["b", "m"]
    assert page.meta.references == uses
    assert page.meta.signals is not None
    assert len(page.request.references) == 2
    assert page.memory_entry is entry
    assert page.page is PAGE


HINT = ColourHint(points=((0.5, 0.5),), rgb=(1, 2, 3))
POLYGON = ((10, 10), (90, 10), (80, 120), (10, 120))


def test_a_panel_is_drawn_round_where_it_has_no_polygon():
    panels = (
        Panel(box=Box(5, 6, 105, 206), order=0, score=1.0),
        Panel(box=Box(5, 6, 105, 206), order=1, score=1.0, polygon=POLYGON),
    )
    page = prepared(job(corrections=Corrections(hints=(HINT,))), Choice((), ()), panels=panels)
    assert list(page.drawing.panels) == [((5, 6), (104, 6), (104, 205), (5, 205)), POLYGON]
    assert page.drawing.hints == (HINT,)
    assert page.drawing.tone is page.request.tone
    assert page.drawing.palettes == ()


@pytest.mark.parametrize(
    ("palettes", "cast", "mapped", "kept"),
    [((), False, True, False), ((RED,), False, True, True), ((), True, True, True), ((RED,), True, False, False)],
)
def test_who_is_where_is_kept_for_those_who_ask(palettes, cast, mapped, kept):
    maps = maps_of(1) if mapped else None
    asked = job(corrections=Corrections(palettes=palettes), cast=Cast() if cast else None)
    figures = (Character(box=Box(0, 0, 50, 50), index=0),)
    page = prepared(asked, Choice((), ()), maps, characters=figures)
    assert (page.drawing.characters is not None) == kept
    assert len(page.drawing.palettes) == len(palettes)
