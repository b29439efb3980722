"""Review, prompt, retrieval and encoding."""

import io
import itertools

import cv2
import numpy as np
import pytest
from PIL import Image

from engines.base import Plan
from engines.geometry import Box
from engines.info import EngineInfo, Supports
from host.pipeline.encode import encode_page
from host.pipeline.generation.request import make_request
from host.pipeline.generation.review import fault, line_dice, review_page
from host.pipeline.generation.style import bind_references
from host.pipeline.job import PageJob
from host.pipeline.progress import fraction_of_page
from host.pipeline.records.masks import PageMasks
from host.pipeline.records.page_meta import PageMeta, ReferenceUse
from host.pipeline.retrieve import ReaderOrder
from host.pipeline.series import ReferencePicture
from tests.host.pipeline.drawn import PANELS, decoded, manga_page

PAGE = decoded(manga_page())
NOTHING = np.zeros(PAGE.grey.shape, np.bool_)
META = PageMeta(size=PAGE.size, pixels_sha256=PAGE.pixels_sha256, kind="story", direction="rtl")
INFO = EngineInfo("toy", "Toy", "1", "AGPL-3.0-or-later", Supports(references_max=2), (), "cpu")


def washed(strength=0.85):
    """Return the page multiplied with a colour: its ink whole, its paper coloured."""
    return (PAGE.rgb * np.array([1.0, strength, strength * 0.9])).astype(np.uint8)


def judge(rgb, protect=NOTHING):
    return fault(review_page(PAGE, protect, rgb), strength_01=1.0)


def test_a_coloured_page_with_its_ink_passes():
    assert judge(washed()) == ""


def test_a_page_that_stayed_grey_is_refused():
    assert "grey" in judge(PAGE.rgb)


def test_a_grey_page_is_what_a_reader_without_strength_asked_for():
    assert fault(review_page(PAGE, NOTHING, PAGE.rgb), strength_01=0.0) == ""


@pytest.mark.parametrize("strength_01", [0.05, 0.2, 0.39])
def test_faint_colour_passes_where_little_was_asked_for_and_none_does_not(strength_01):
    faint = washed(1 - 0.1 * strength_01)
    assert fault(review_page(PAGE, NOTHING, faint), strength_01) == ""
    assert "grey" in fault(review_page(PAGE, NOTHING, PAGE.rgb), strength_01)


@pytest.mark.parametrize("sigma", [1.5, 3.0])
def test_a_blurred_page_is_refused(sigma):
    assert "ink" in judge(cv2.GaussianBlur(washed(), (0, 0), sigma))


def test_a_moved_page_is_refused():
    assert "ink" in judge(np.roll(washed(), 3, axis=1))


def test_one_changed_protected_pixel_is_refused():
    protect = NOTHING.copy()
    protect[100:110, 100:110] = True
    rgb = washed()
    rgb[protect] = PAGE.rgb[protect]
    assert judge(rgb, protect) == ""
    rgb[105, 105, 2] ^= 1
    assert "1 protected" in judge(rgb, protect)


def test_line_dice_is_one_for_the_same_ink_and_for_no_ink_at_all():
    assert line_dice(PAGE.grey, PAGE.grey) == 1.0
    assert line_dice(np.full((50, 50), 255, np.uint8), np.full((50, 50), 90, np.uint8)) == 1.0
    assert line_dice(PAGE.grey, np.full_like(PAGE.grey, 255)) == 0.0


def test_colour_over_a_line_counts_as_spill():
    edge_on_nothing = np.full((300, 300, 3), 255, np.uint8)
    edge_on_nothing[:, 150:] = (255, 150, 150)
    blank = decoded(np.full((300, 300), 255, np.uint8))
    lined = np.full((300, 300), 255, np.uint8)
    lined[:, 148:153] = 0
    on_line = edge_on_nothing.copy()
    on_line[:, 148:153] = 0
    protect = np.zeros((300, 300), np.bool_)
    assert review_page(blank, protect, edge_on_nothing).spill == 1.0
    assert review_page(decoded(lined), protect, on_line).spill == 0.0


def test_the_request_holds_the_masks_and_the_chosen_references_in_order():
    references = tuple(
        ReferencePicture(reference_id=name, pixels=np.full((4, 4, 3), index, np.uint8))
        for index, name in enumerate("abc")
    )
    masks = PageMasks(balloons=NOTHING.copy(), lettering=NOTHING.copy(), gutters=NOTHING.copy())
    masks.balloons[5, 5] = masks.gutters[9, 9] = True
    meta = META.model_copy(update={"references": tuple(ReferenceUse(reference_id=name) for name in "ca")})
    chosen = bind_references(meta.references, references)
    request, _ = make_request(PAGE, meta, masks, PageJob(engine=INFO, plan=Plan(seed=7), references=chosen))
    assert [int(pixels[0, 0, 0]) for pixels in request.references] == [2, 0]
    assert np.argwhere(request.protect).tolist() == [[5, 5], [9, 9]]
    assert request.plan.seed == 7
    assert request.page is PAGE.grey


def test_references_are_chosen_once_each_up_to_the_limit():
    references = [ReferencePicture(reference_id=name, pixels=np.zeros((1, 1, 3), np.uint8)) for name in "abacd"]
    job = PageJob(engine=INFO, plan=Plan(), references=tuple(references))
    chosen = ReaderOrder().choose(PAGE, META, job, limit=3)
    assert [use.reference_id for use in chosen.uses] == ["a", "b", "c"]
    assert ReaderOrder().choose(PAGE, META, job, limit=0).uses == ()


@pytest.mark.parametrize(
    ("output_format", "mime", "exact"),
    [
        (None, "image/png", True),
        ("png", "image/png", True),
        ("webp_lossless", "image/webp", True),
        ("webp", "image/webp", False),
        ("jpeg", "image/jpeg", False),
    ],
)
def test_encoding_keeps_every_pixel_unless_less_was_asked_for(output_format, mime, exact):
    encoded, found = encode_page(washed(), output_format)
    picture = Image.open(io.BytesIO(encoded))
    assert found == mime == Image.MIME[picture.format]
    assert picture.mode == "RGB"
    assert np.array_equal(np.asarray(picture), washed()) == exact


def test_a_strip_too_long_for_webp_becomes_a_png():
    strip = np.full((16_400, 4, 3), 200, np.uint8)
    assert encode_page(strip, "webp")[1] == "image/png"


def test_stages_follow_one_another_without_a_gap():
    stages = ["decode", "pass1", "retrieve", "pass2", "compose", "encode"]
    assert fraction_of_page("queued", 1.0) == fraction_of_page("decode", 0.0) == 0.0
    for before, after in itertools.pairwise(stages):
        assert fraction_of_page(before, 1.0) == fraction_of_page(after, 0.0)
    assert fraction_of_page("encode", 1.0) == 1.0


def test_ink_that_vanishes_in_one_panel_is_found_there():
    rgb = washed()
    left, top, right, bottom = PANELS[0]
    rgb[top + 20 : bottom - 20, left + 20 : right - 20] = (255, 230, 210)
    boxes = [Box(*box) for box in PANELS]
    verdicts = review_page(PAGE, NOTHING, rgb, boxes)
    assert verdicts.panels_line_dice[0] < 0.9 < min(verdicts.panels_line_dice[1:])
    assert "panel 1" in fault(verdicts.model_copy(update={"line_dice": 1.0}), 1.0)
    assert review_page(PAGE, NOTHING, washed(), boxes).line_dice == review_page(PAGE, NOTHING, washed()).line_dice
