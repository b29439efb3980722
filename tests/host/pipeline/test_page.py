"""The whole way of a page, with a real engine that only washes it with one colour."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engines.base import (
    ColorizeEngine,
    ColorizeResult,
    Device,
    EngineOutOfMemory,
    ModelInvalid,
    ModelMissing,
    Plan,
    RequestUnsupported,
)
from engines.testing.stepped import SteppedEngine
from host.errors import (
    BadRequest,
    IrodoriError,
    JobCancelled,
    OutOfMemory,
    QualityRejected,
    WeightsInvalid,
    WeightsMissing,
)
from host.pipeline import page as page_steps
from host.pipeline.job import PageJob
from host.pipeline.page import PagePipeline
from host.pipeline.prepared import PreparedPage, SkippedPage
from host.pipeline.series import ReferencePicture
from host.pipeline.version import PIPELINE_VERSION

pytestmark = pytest.mark.slow

PAGES = Path(__file__).parents[2] / "pages"
PROCESSOR = Device("cpu", "processor", 0)


@pytest.fixture
def engine():
    stepped = SteppedEngine(step_s=0.0, steps=3)
    stepped.load(PROCESSOR)
    return stepped


@pytest.fixture
def pipeline():
    return PagePipeline()


def ignore(stage, fraction):
    pass


def read(pipeline, encoded, job):
    return pipeline.read(pipeline.decode(encoded), job, ignore)


def manga_page():
    return (PAGES / "manga-library-ja.png").read_bytes()


def grey_png(page):
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_page_comes_out_coloured_at_its_own_size_with_protected_pixels_untouched(pipeline, engine):
    prepared = read(pipeline, manga_page(), PageJob(engine=engine.info, plan=Plan()))
    finished = pipeline.finish(prepared, pipeline.colour(prepared, engine, ignore), ignore)

    output = np.asarray(Image.open(io.BytesIO(finished.image)))
    protect = prepared.request.protect
    assert output.shape == prepared.page.rgb.shape
    assert protect.mean() > 0.05
    assert np.array_equal(output[protect], prepared.page.rgb[protect])
    assert np.ptp(output[~protect].astype(int), axis=1).mean() > 10
    assert finished.runmeta.verdicts.line_dice >= 0.97
    assert finished.runmeta.pipeline_version == PIPELINE_VERSION
    assert finished.runmeta.retries == 0
    assert {"pass1", "retrieve", "pass2", "compose", "encode"} <= set(finished.runmeta.duration_ms)


def test_the_same_page_gives_the_same_bytes(pipeline, engine):
    prepared = read(pipeline, manga_page(), PageJob(engine=engine.info, plan=Plan()))
    images = {pipeline.finish(prepared, pipeline.colour(prepared, engine, ignore), ignore).image for _ in range(2)}
    assert len(images) == 1


def test_the_fraction_of_a_page_never_falls_and_ends_at_one(pipeline, engine):
    ticks = []

    def tick(stage, fraction):
        ticks.append((stage, fraction))

    prepared = pipeline.read(pipeline.decode(manga_page()), PageJob(engine=engine.info, plan=Plan()), tick)
    pipeline.finish(prepared, pipeline.colour(prepared, engine, tick), tick)

    fractions = [fraction for _, fraction in ticks]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert list(dict.fromkeys(stage for stage, _ in ticks)) == ["pass1", "retrieve", "pass2", "compose", "encode"]


@pytest.mark.parametrize("at", ["pass1", "pass2", "compose", "encode"])
def test_a_cancel_at_any_stage_leaves_as_it_was_raised(pipeline, engine, at):
    def tick(stage, fraction):
        if stage == at:
            raise JobCancelled("cancelled")

    def go():
        prepared = pipeline.read(pipeline.decode(manga_page()), PageJob(engine=engine.info, plan=Plan()), tick)
        pipeline.finish(prepared, pipeline.colour(prepared, engine, tick), tick)

    with pytest.raises(JobCancelled):
        go()


def test_references_are_taken_in_the_readers_order_up_to_what_the_engine_takes(pipeline, engine):
    references = tuple(
        ReferencePicture(reference_id=f"r{index}", pixels=np.full((8, 8, 3), index, np.uint8))
        for index in (3, 1, 2, 5, 4)
    )
    prepared = read(pipeline, manga_page(), PageJob(engine=engine.info, plan=Plan(), references=references))
    assert [use.reference_id for use in prepared.meta.references] == ["r3", "r1", "r2", "r5"]
    assert [int(pixels[0, 0, 0]) for pixels in prepared.request.references] == [3, 1, 2, 5]


def test_a_coloured_page_is_skipped_unless_the_reader_wants_it_coloured_anew(pipeline, engine):
    coloured = (PAGES / "coloured-en.webp").read_bytes()
    skipped = read(pipeline, coloured, PageJob(engine=engine.info, plan=Plan()))
    assert isinstance(skipped, SkippedPage)
    assert skipped.reason == "already_coloured"
    assert isinstance(
        read(pipeline, coloured, PageJob(engine=engine.info, plan=Plan(), keep_coloured=False)), PreparedPage
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (700, 3), (1600, 1100)])
def test_an_empty_page_of_any_size_is_skipped_as_blank(pipeline, engine, shape):
    skipped = read(pipeline, grey_png(np.full(shape, 250, np.uint8)), PageJob(engine=engine.info, plan=Plan()))
    assert isinstance(skipped, SkippedPage)
    assert skipped.reason == "blank"


def test_a_long_strip_goes_the_whole_way(pipeline, engine):
    strip = np.full((8000, 400), 255, np.uint8)
    for top in range(100, 7600, 800):
        cv2.rectangle(strip, (30, top), (370, top + 600), 0, 3)
        cv2.circle(strip, (200, top + 300), 120, 120, -1)
    prepared = read(pipeline, grey_png(strip), PageJob(engine=engine.info, plan=Plan()))
    finished = pipeline.finish(prepared, pipeline.colour(prepared, engine, ignore), ignore)
    assert finished.size == (8000, 400)
    assert len(prepared.meta.panels) == 10


class FailingEngine(SteppedEngine):
    def __init__(self, failure):
        super().__init__()
        self._failure = failure

    def colorize(self, request, on_step):
        raise self._failure


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ModelMissing("gone", "pull it"), WeightsMissing),
        (ModelInvalid("damaged"), WeightsInvalid),
        (EngineOutOfMemory("full"), OutOfMemory),
        (RequestUnsupported("too many"), BadRequest),
        (MemoryError(), OutOfMemory),
        (RuntimeError("Exception during run: std::bad_alloc"), OutOfMemory),
    ],
)
def test_an_engines_failure_becomes_the_hosts(pipeline, raised, expected):
    failing = FailingEngine(raised)
    prepared = read(pipeline, manga_page(), PageJob(engine=failing.info, plan=Plan()))
    with pytest.raises(expected) as caught:
        pipeline.colour(prepared, failing, ignore)
    assert isinstance(caught.value, IrodoriError)


class GreyEngine(SteppedEngine):
    def colorize(self, request, on_step):
        coloured = super().colorize(request, on_step)
        coloured.oklab[..., 1:] = 0
        return ColorizeResult(oklab=coloured.oklab, weights={})


def test_a_page_that_stayed_grey_is_never_sent_as_done(pipeline):
    engine: ColorizeEngine = GreyEngine(step_s=0.0)
    engine.load(PROCESSOR)
    prepared = read(pipeline, manga_page(), PageJob(engine=engine.info, plan=Plan()))
    result = pipeline.colour(prepared, engine, ignore)
    with pytest.raises(QualityRejected, match="grey"):
        pipeline.finish(prepared, result, ignore)


def reviewed(monkeypatch, failures, foreseen=1.0):
    """Let the review refuse the first compositions, and return what each of them was composed with."""
    composed = []
    monkeypatch.setattr(page_steps, "paper_share", lambda *_: foreseen)
    lay, judge = page_steps.lay_colour, page_steps.fault

    def lay_colour(page, protect, field, share_01=1.0, paper_01=1.0, tint=None):
        composed.append((paper_01, share_01))
        return lay(page, protect, field, share_01, paper_01, tint)

    def fault(verdicts, strength_01):
        return "The ink changed." if len(composed) <= failures else judge(verdicts, strength_01)

    monkeypatch.setattr(page_steps, "lay_colour", lay_colour)
    monkeypatch.setattr(page_steps, "fault", fault)
    return composed


def finished(pipeline, engine):
    prepared = read(pipeline, manga_page(), PageJob(engine=engine.info, plan=Plan()))
    return pipeline.finish(prepared, pipeline.colour(prepared, engine, ignore), ignore)


@pytest.mark.parametrize(
    ("foreseen", "attempts"),
    [
        (1.0, [(1.0, 1.0), (0.5, 1.0), (0.0, 1.0), (0.0, 0.6), (0.0, 0.3)]),
        (0.5, [(0.5, 1.0), (0.0, 1.0), (0.0, 0.6), (0.0, 0.3)]),
        (0.25, [(0.25, 1.0), (0.0, 1.0), (0.0, 0.6), (0.0, 0.3)]),
        (0.0, [(0.0, 1.0), (0.0, 0.6), (0.0, 0.3)]),
    ],
)
def test_a_refused_composition_is_made_again_safer(monkeypatch, pipeline, engine, foreseen, attempts):
    prepared = read(pipeline, manga_page(), PageJob(engine=engine.info, plan=Plan()))
    coloured = pipeline.colour(prepared, engine, ignore)
    for failures in range(len(attempts)):
        with monkeypatch.context() as patched:
            composed = reviewed(patched, failures, foreseen)
            assert pipeline.finish(prepared, coloured, ignore).runmeta.retries == failures
            assert composed == attempts[: failures + 1]


def test_a_page_whose_every_composition_is_refused_is_given_up(monkeypatch, pipeline, engine):
    composed = reviewed(monkeypatch, failures=5)
    with pytest.raises(QualityRejected, match="The ink changed"):
        finished(pipeline, engine)
    assert len(composed) == 5
