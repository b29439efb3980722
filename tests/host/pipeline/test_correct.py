"""An engine that draws, and what becomes of a page when it draws something else."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from engines.base import Device, Plan
from engines.info import EngineInfo, Supports
from engines.oklab import grey_to_lightness, srgb_to_oklab
from engines.testing.stepped import SteppedEngine
from host.errors import JobCancelled, QualityRejected
from host.pipeline.attempts import Attempt
from host.pipeline.generation import correct
from host.pipeline.generation.assess import assess
from host.pipeline.generation.correct import colour_page
from host.pipeline.job import PageJob
from host.pipeline.page import PagePipeline
from host.pipeline.prepared import PreparedPage
from host.pipeline.series import ReferencePicture

pytestmark = pytest.mark.slow

PAGES = Path(__file__).parents[2] / "pages"


def wash(request):
    """Return the page's lightness with a colour that changes over the page."""
    height, width = (max(8, side // 2) for side in request.size)
    small = cv2.resize(request.page, (width, height), interpolation=cv2.INTER_AREA)
    a = np.linspace(-0.05, 0.08, width, dtype=np.float32)[None].repeat(height, 0)
    return np.dstack([grey_to_lightness(small) * 0.95, a, np.full_like(a, 0.05)]).astype(np.float32)


def shifted(lab, by=9):
    return np.roll(lab, by, axis=1)


def noisy(lab):
    lab[..., 1:] = np.random.default_rng(0).normal(0, 0.09, lab[..., 1:].shape)
    return lab


def grey(lab):
    lab[..., 1:] = 0
    return lab


def television(lab):
    return np.random.default_rng(0).uniform(0, 1, lab.shape).astype(np.float32) * np.float32(0.2)


def spotted(lab):
    """Spoil one place of the page."""
    height, width = lab.shape[:2]
    rows, columns = slice(height // 2, height // 2 + height // 9), slice(width // 3, width // 3 + width // 4)
    lab[rows, columns] = television(lab[rows, columns])
    return lab


def blotted(lab):
    """Spoil a tenth, in the middle."""
    height, width = lab.shape[:2]
    rows, columns = slice(height // 3, 2 * height // 3), slice(width // 3, 2 * width // 3)
    lab[rows, columns] = television(lab[rows, columns])
    return lab


def as_it_is(lab):
    return lab


class DrawingEngine(SteppedEngine):
    """Draws the page, spoiled in another way at each call; keeps what it was asked for."""

    def __init__(self, *faults, inpaint=False, comfort=None):
        super().__init__(step_s=0.0, steps=2)
        supports = Supports(references_max=2, inpaint=inpaint)
        self.info = EngineInfo(
            "drawing", "Drawing", "1", "AGPL-3.0-or-later", supports, (), "cpu", draws=True, comfort_pixels=comfort
        )
        self._faults = list(faults)
        self.requests = []
        self.load(Device("cpu", "processor", 0))

    def colorize(self, request, on_step):
        self.requests.append(request)
        drawn = super().colorize(request, on_step)
        fault = self._faults.pop(0) if self._faults else as_it_is
        return replace(drawn, oklab=np.ascontiguousarray(fault(wash(request)), np.float32))


@pytest.fixture(scope="module")
def pipeline():
    return PagePipeline()


def prepare(pipeline, engine) -> PreparedPage:
    page = pipeline.decode((PAGES / "manga-library-ja.png").read_bytes())
    reference = ReferencePicture(
        reference_id="a", pixels=np.full((40, 40, 3), (220, 90, 60), np.uint8), palette=((220, 90, 60),)
    )
    prepared = pipeline.read(page, PageJob(engine=engine.info, plan=Plan(seed=5), references=(reference,)), ignore)
    assert isinstance(prepared, PreparedPage)
    return prepared


def ignore(stage, fraction):
    pass


def run(pipeline, engine):
    fractions = []
    attempts = colour_page(prepare(pipeline, engine), engine, fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    return attempts


def test_a_true_picture_is_taken_at_once(pipeline):
    (only,) = run(pipeline, DrawingEngine())
    assert only.assessment.grade == "acceptable"
    assert min(panel.line_recall for panel in only.assessment.panels) > 0.6


def test_a_shifted_picture_is_measured_and_accepted(pipeline):
    (only,) = run(pipeline, DrawingEngine(shifted))
    assert only.assessment.shift.x_px == pytest.approx(9, abs=0.5)
    assert only.assessment.grade == "acceptable"


@pytest.mark.parametrize("fault", [noisy, grey, television])
def test_a_picture_that_departs_is_drawn_once_more_with_the_safer_plan(pipeline, fault):
    engine = DrawingEngine(fault)
    first, second = run(pipeline, engine)
    assert first.assessment.grade == "critical"
    assert second.action == "safer_plan"
    assert second.assessment.grade == "acceptable"
    before, after = (request.plan.stage(0) for request in engine.requests)
    assert after.style_weight <= before.style_weight
    assert after.structure_strength >= before.structure_strength
    assert after.prompt == before.prompt


@pytest.mark.parametrize("fault", [noisy, grey, television])
def test_what_departs_twice_is_refused_and_never_a_page(pipeline, fault):
    engine = DrawingEngine(fault, fault)
    with pytest.raises(QualityRejected) as caught:
        run(pipeline, engine)
    assert len(engine.requests) == 2
    assert len(caught.value.data["attempts"]) == 2


def test_a_small_fault_is_painted_anew_there_and_nowhere_else(pipeline):
    engine = DrawingEngine(spotted, as_it_is, inpaint=True)
    first, repaired = run(pipeline, engine)
    assert first.assessment.grade == "micro_inpaint"
    assert repaired.action == "repair"
    assert repaired.assessment.grade == "acceptable"
    asked = engine.requests[1].repair
    assert 0 < asked.mask.mean() < 0.15
    mask = cv2.resize(asked.mask.astype(np.uint8), repaired.result.oklab.shape[1::-1], interpolation=cv2.INTER_AREA)
    untouched = cv2.dilate(mask, np.ones((9, 9), np.uint8)) == 0
    np.testing.assert_array_equal(repaired.result.oklab[untouched], first.result.oklab[untouched])


def test_a_repair_that_makes_it_worse_is_not_taken(pipeline):
    engine = DrawingEngine(spotted, television, inpaint=True)
    attempts = run(pipeline, engine)
    assert len(engine.requests) == 2
    assert attempts[-1].assessment.grade == "micro_inpaint"


@pytest.mark.parametrize(
    ("drawn", "repaired", "taken"),
    [
        ("micro_inpaint", "acceptable", True),
        ("micro_inpaint", "micro_inpaint", True),
        ("micro_inpaint", "critical", False),
        ("acceptable", "acceptable", None),
    ],
)
def test_a_repair_is_taken_where_it_is_no_worse(monkeypatch, drawn, repaired, taken):
    asked = []
    monkeypatch.setattr(correct, "_repair", lambda last, *_: asked.append(last) or graded("repair", repaired))
    infer = SimpleNamespace(engine=DrawingEngine(inpaint=True))
    found = correct._corrected(graded("colour", drawn), None, infer, lambda _: None)
    assert [one.action for one in found] == (["repair"] if taken else [])
    assert len(asked) == (taken is not None)


def graded(action, grade):
    return Attempt(action, None, SimpleNamespace(grade=grade))


def test_an_engine_that_cannot_repair_keeps_what_it_drew(pipeline):
    engine = DrawingEngine(spotted)
    (only,) = run(pipeline, engine)
    assert only.assessment.grade == "micro_inpaint"
    assert len(engine.requests) == 1


def test_a_picture_of_another_size_or_resolution_is_measured_all_the_same(pipeline):
    engine = DrawingEngine(lambda lab: cv2.resize(lab, (333, 500)))
    (only,) = run(pipeline, engine)
    assert only.assessment.grade == "acceptable"


def test_a_page_above_the_engines_comfort_comes_panel_by_panel(pipeline):
    engine = DrawingEngine(comfort=300_000)
    attempts = run(pipeline, engine)
    assert attempts[-1].assessment.grade == "acceptable"
    assert len(engine.requests) > 1
    assert all(request.page.size < 1_300_000 for request in engine.requests[1:])


def test_only_panels_with_a_fault_are_repaired(pipeline):
    whole = DrawingEngine(comfort=300_000)
    run(pipeline, whole)
    units = len(whole.requests)
    faulty = DrawingEngine(*[as_it_is] * (units - 1), blotted, comfort=300_000, inpaint=True)
    assert run(pipeline, faulty)[-1].action == "repair"
    assert units < len(faulty.requests) < 2 * units


def test_cancelling_passes_through_every_attempt(pipeline):
    engine = DrawingEngine(television)
    prepared = prepare(pipeline, engine)

    def stop_at(limit):
        def progress(fraction):
            if fraction > limit:
                raise JobCancelled("enough")

        return progress

    for limit in (0.1, 0.5, 0.8):
        with pytest.raises(JobCancelled):
            colour_page(prepared, DrawingEngine(television), stop_at(limit))


def test_the_record_of_a_page_holds_every_attempts_figures(pipeline):
    engine = DrawingEngine(television)
    prepared = prepare(pipeline, engine)
    finished = pipeline.finish(prepared, pipeline.colour(prepared, engine, ignore), ignore)
    assert [attempt["action"] for attempt in finished.runmeta.attempts] == ["colour", "safer_plan"]
    assert finished.runmeta.attempts[0]["grade"] == "critical"
    assert finished.runmeta.attempts[1]["panels"][0]["line_recall"] > 0.5
    assert finished.runmeta.verdicts.protected_changed == 0


def test_the_palettes_drift_is_small_for_its_own_colours_and_large_for_others(pipeline):
    prepared = prepare(pipeline, DrawingEngine())
    lab = srgb_to_oklab(np.full((60, 40, 3), (220, 90, 60), np.uint8))
    page, protect, meta = prepared.page.grey, prepared.request.protect, prepared.meta
    own = assess(page, protect, lab, meta, [(220, 90, 60)]).drift
    other = assess(page, protect, lab, meta, [(40, 90, 220)]).drift
    assert own == pytest.approx(0, abs=0.01)
    assert other > 0.1
    assert assess(page, protect, lab, meta).drift is None
