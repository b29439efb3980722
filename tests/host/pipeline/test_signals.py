"""The director's signals: in range for every page, the same each time, and each moved by what it is about."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.geometry import Box, Size
from host.pipeline.generation.director.signals import measure_signals
from host.pipeline.records.page_meta import Character, Face, PageMeta, Panel, ReferenceUse
from tests.host.pipeline.drawn import PANELS, manga_page

PAGE = manga_page()
NOTHING = np.zeros(PAGE.shape, np.bool_)
FIGURE = Character(box=Box(150, 150, 400, 600), index=0, panel=0)


def meta(*, panels=PANELS, characters=(), faces=(), references=(), size=None) -> PageMeta:
    return PageMeta(
        size=size or Size(*PAGE.shape),
        pixels_sha256="0" * 64,
        kind="story",
        direction="rtl",
        panels=tuple(Panel(box=Box(*box), order=order, score=0.9) for order, box in enumerate(panels)),
        characters=characters,
        faces=faces,
        references=references,
    )


def signals(page=PAGE, about=None, references=(), protect=None):
    return measure_signals(page, NOTHING if protect is None else protect, about or meta(), references)


def coloured(level=200):
    return np.full((64, 64, 3), (level, 60, 40), np.uint8)


def scored(score):
    return (ReferenceUse(reference_id="a", score=score),)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**31), st.booleans())
def test_any_page_gives_signals_in_range_and_the_same_each_time(height, width, seed, protect):
    page = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    about = meta(panels=(), size=Size(height, width))
    mask = np.full(page.shape, protect)
    found = measure_signals(page, mask, about, [coloured()])
    assert found == measure_signals(page, mask, about, [coloured()])


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_pages_have_signals(level):
    found = signals(np.full(PAGE.shape, level, np.uint8))
    assert found.complexity < 0.2


def test_clear_lines_give_more_confidence_than_a_blurred_or_noisy_page():
    noisy = np.clip(PAGE + np.random.default_rng(0).normal(0, 60, PAGE.shape), 0, 255).astype(np.uint8)
    clear = signals()
    for worse in (signals(cv2.GaussianBlur(PAGE, (0, 0), 5)), signals(noisy)):
        assert worse.line_quality < clear.line_quality
        assert worse.S < clear.S


def test_more_to_tell_apart_is_more_complex():
    busy = PAGE.copy()
    for row in range(80, 1300, 24):
        for column in range(80, 920, 24):
            cv2.circle(busy, (column, row), 9, 0, 2)
    assert signals(busy).complexity > signals().complexity + 0.2


def test_references_are_relied_on_by_likeness_and_colour():
    assert signals().R == 0
    alike = signals(about=meta(references=scored(0.95)), references=[coloured()])
    unlike = signals(about=meta(references=scored(0.1)), references=[coloured()])
    grey = signals(about=meta(references=scored(0.95)), references=[np.full((64, 64, 3), 90, np.uint8)])
    assert alike.R > unlike.R
    assert alike.R > grey.R
    assert alike.H < signals().H


def test_a_reference_that_looks_like_the_page_is_near_in_style():
    same = cv2.cvtColor(PAGE, cv2.COLOR_GRAY2RGB)
    assert signals(references=[same]).D < 0.05
    assert signals(references=[coloured(20)]).D > 0.5


def test_lying_cut_and_overlapping_figures_are_risky_poses():
    standing = signals(about=meta(characters=(FIGURE,)))
    lying = signals(about=meta(characters=(FIGURE.model_copy(update={"box": Box(70, 300, 470, 420)}),)))
    pair = (FIGURE, FIGURE.model_copy(update={"index": 1, "box": Box(170, 170, 420, 620)}))
    assert lying.P > standing.P
    assert signals(about=meta(characters=pair)).P > standing.P


def test_figures_without_a_face_are_an_anatomy_risk():
    face = Face(box=Box(200, 160, 300, 260), panel=0, character=0)
    with_face = signals(about=meta(characters=(FIGURE,), faces=(face,)))
    assert with_face.anatomy_risk < signals(about=meta(characters=(FIGURE,))).anatomy_risk


def test_the_scale_is_that_of_the_largest_figure_in_its_panel():
    small = FIGURE.model_copy(update={"box": Box(200, 200, 240, 260)})
    assert signals(about=meta(characters=(FIGURE, small))).object_scale == pytest.approx(250 * 450 / (420 * 600))
    assert signals(about=meta(characters=(small,))).object_scale < 0.02


@pytest.mark.parametrize(
    ("panels", "figures", "case"),
    [(PANELS, 0, "multi_object"), (PANELS[:1], 2, "multi_object"), (PANELS[:1], 1, "single"), ((), 0, "single")],
)
def test_the_case_follows_figures_and_panels(panels, figures, case):
    characters = tuple(FIGURE.model_copy(update={"index": index}) for index in range(figures))
    assert signals(about=meta(panels=panels, characters=characters)).case.startswith(case)


def test_a_simple_single_object_is_told_from_a_complex_one():
    logo = np.full((600, 600), 255, np.uint8)
    cv2.circle(logo, (300, 300), 150, 0, 5)
    about = meta(panels=(), size=Size(600, 600))
    protect = np.zeros(logo.shape, np.bool_)
    assert measure_signals(logo, protect, about, []).case == "single_simple"
    busy = np.random.default_rng(0).integers(0, 2, (60, 60), np.uint8).repeat(10, 0).repeat(10, 1) * 255
    assert measure_signals(busy, protect, about, []).case == "single_complex"


def told(page, about=None, protect=None):
    size = Size(*page.shape)
    about = about or meta(panels=(), size=size)
    return measure_signals(page, np.zeros(page.shape, np.bool_) if protect is None else protect, about, [])


@pytest.mark.parametrize(
    ("level", "ground", "areas"),
    [(173, 200, 12), (174, 200, 1), (143, 170, 12), (144, 170, 1), (47, 50, 12), (48, 50, 1)],
)
def test_ink_is_darker_than_its_surroundings_or_black(level, ground, areas):
    """Lines too faint for an edge. Of eleven pixels in a row one is ink: the ground's mean lies two levels lower."""
    page = np.full((240, 240), ground, np.uint8)
    page[:, 20:230:20] = level
    assert told(page).complexity == pytest.approx(0.4 * areas / 160)


@pytest.mark.parametrize(("count", "complexity"), [(175, 0.4), (159, 0.4), (158, 0.4 * 159 / 160)])
def test_a_hundred_and_sixty_areas_are_as_complex_as_areas_make_it(count, complexity):
    page = np.full((700, 60), 200, np.uint8)
    page[2 : 2 + 4 * count : 4] = 162
    assert told(page).complexity == pytest.approx(complexity, abs=1e-6)


def test_contrast_is_told_in_levels_of_the_art_alone():
    """S is half line quality, which is 0.5 without ink, 0.3 of contrast and 0.2 of the panels' scores."""
    page = np.full((100, 100), 200, np.uint8)
    page[:50] = 150
    assert pytest.approx(0.5 * 0.5 + 0.3 * 50 / 200 + 0.2 * 0.5, abs=1e-3) == told(page).S
    upper = np.zeros(page.shape, np.bool_)
    upper[:52] = True
    assert pytest.approx(0.5 * 0.5 + 0.2 * 0.5, abs=1e-3) == told(page, protect=upper).S
    about = meta(panels=((0, 0, 100, 100),), size=Size(100, 100))
    assert pytest.approx(0.5 * 0.5 + 0.2 * 0.9, abs=1e-3) == told(page, about, upper).S


def test_where_everything_is_protected_nothing_is_known():
    found = told(PAGE, meta(), ~NOTHING)
    assert (found.line_quality, found.complexity) == (0.5, 0.0)
    assert pytest.approx(0.5 * 0.5 + 0.3 * 0.5 + 0.2 * 0.9) == found.S
    assert pytest.approx(0.35 * (1 - found.S) + 0.15) == found.H
    assert pytest.approx(0.7 * 0.2) == found.P


def strokes(*boxes, level=0):
    page = np.full((300, 300), 255, np.uint8)
    for left, top, right, bottom in boxes:
        page[top:bottom, left:right] = level
    return page


LINE, SQUARE = (20, 20, 22, 220), (100, 100, 140, 140)


@pytest.mark.parametrize(
    ("boxes", "share"),
    [
        ([LINE], 0.0),  # it fills its box, and is long
        ([SQUARE], 0.0),
        ([(100, 100, 123, 123)], 1.0),  # a dot of an eye
        ([(100, 100, 124, 124)], 0.0),
        ([(100, 100, 106, 106)], 1.0),
        ([(100, 100, 105, 105)], 0.0),  # a speck
    ],
)
def test_ink_belongs_to_strokes_not_to_blots_or_specks(boxes, share):
    found = told(strokes(*boxes)).line_quality
    assert (found > 0.4 * share) if share else (found == 0)


def test_strokes_are_told_by_their_share_of_the_ink():
    frame = np.full((300, 300), 255, np.uint8)
    cv2.rectangle(frame, (20, 20), (219, 219), 0, 1)  # 796 pixels
    alone = told(frame).line_quality
    frame[240:250, 20:220] = 0  # 2000 pixels that fill their box
    beside = told(frame).line_quality
    sharp = [(quality / share - 0.4) / 0.6 for quality, share in ((alone, 1), (beside, 796 / 2796))]
    assert all(0.8 < one <= 1 for one in sharp)


def test_soft_strokes_are_worth_less():
    frame = np.full((300, 300), 255, np.uint8)
    cv2.rectangle(frame, (20, 20), (219, 219), 0, 3)
    soft = told(cv2.GaussianBlur(frame, (0, 0), 3)).line_quality
    assert 0.4 < soft < told(frame).line_quality - 0.1


def figures(*boxes, panel=0):
    return tuple(Character(box=Box(*box), index=at, panel=panel) for at, box in enumerate(boxes))


FLAT = np.full(PAGE.shape, 255, np.uint8)


@pytest.mark.parametrize(
    ("boxes", "risk"),
    [
        ([(150, 150, 250, 250)], 0.0),
        ([(150, 150, 280, 250)], 0.0),  # as wide as anybody stands
        ([(150, 150, 345, 250)], 0.4 * (1.95 - 1.3) / 1.3),
        ([(150, 150, 450, 250)], 0.4),  # 2.6 times and more
        ([(70, 150, 200, 300)], 0.3 / 4),  # within ten pixels of an edge of its panel
        ([(71, 150, 200, 300)], 0.0),
        ([(70, 70, 200, 300)], 0.3 / 2),
        ([(70, 70, 470, 650)], 0.3),
        ([(71, 71, 470, 300)], 0.3 / 4 + 0.4 * (399 / 229 - 1.3) / 1.3),
        ([(150, 150, 250, 250), (200, 150, 300, 250)], 0.3 / 2),
        ([(150, 150, 250, 250), (150, 150, 200, 200)], 0.3),
        ([(150, 150, 250, 250), (250, 150, 350, 250)], 0.0),
    ],
)
def test_a_pose_is_risky_by_the_worst_figure(boxes, risk):
    assert pytest.approx(0.7 * min(1, risk), abs=1e-6) == signals(FLAT, meta(characters=figures(*boxes))).P


def test_who_is_in_no_panel_is_cut_by_none():
    assert signals(FLAT, meta(characters=figures((0, 0, 100, 100), panel=None))).P == 0
    assert signals(FLAT, meta(characters=figures((60, 60, 160, 160), panel=9))).P == 0


@pytest.mark.parametrize(
    ("boxes", "faces", "risk"),
    [
        ([], (), 0.3),
        ([(100, 100, 310, 300)], (0,), 0.0),  # 3 % of the page
        ([(100, 100, 310, 299)], (0,), 0.3),
        ([(100, 100, 310, 300)], (), 0.45),
        ([(100, 100, 200, 200)], (), 0.75),
        ([(100, 100, 310, 300), (100, 100, 310, 300)], (0,), (0.25 + 0.7) / 2),
        ([(100, 100, 310, 300), (500, 700, 900, 1000)], (0, 1), 0.0),
    ],
)
def test_anatomy_is_at_risk_by_what_is_hard_to_draw(boxes, faces, risk):
    seen = tuple(Face(box=Box(0, 0, 10, 10), character=index) for index in faces)
    assert signals(FLAT, meta(characters=figures(*boxes), faces=seen)).anatomy_risk == pytest.approx(risk)


@pytest.mark.parametrize(
    ("panels", "boxes", "panel", "scale"),
    [
        (PANELS, [(100, 100, 200, 200)], 0, 10_000 / 252_000),
        (PANELS, [(100, 100, 200, 200)], None, 10_000 / 1_400_000),
        (PANELS, [(100, 100, 200, 200)], 9, 10_000 / 1_400_000),
        (PANELS, [], 0, 0.5 * 268_800 / 1_400_000),
        ((), [], 0, 0.5),
    ],
)
def test_the_scale_is_a_share_of_the_panel_or_of_the_page(panels, boxes, panel, scale):
    about = meta(panels=panels, characters=figures(*boxes, panel=panel))
    assert signals(FLAT, about).object_scale == pytest.approx(scale)


def lines(count, angle, length=160):
    page = np.full((700, 700), 255, np.uint8)
    for number in range(count):
        x, y = 60 + 200 * (number % 3), 60 + 70 * (number // 3)
        end = x + length * np.cos(np.radians(angle)), y + length * np.sin(np.radians(angle))
        cv2.line(page, (x, y), (round(end[0]), round(end[1])), 0, 3)
    return page


def test_slanted_lines_are_speed_and_frames_are_not():
    found = {angle: told(lines(6, angle)).P for angle in (0, 4, 30, 60, 86, 90)}
    assert found[0] == found[4] == found[86] == found[90] == pytest.approx(0.14)
    assert found[30] == pytest.approx(0.14 + 0.3 * 12 / 60, abs=0.03)  # both sides of each of them
    assert found[60] == pytest.approx(0.14 + 0.3 * 12 / 60, abs=0.03)
    assert pytest.approx(0.14) == told(lines(6, 30, length=60)).P  # too short


def test_what_has_no_edge_nearby_is_empty():
    """A fourteenth of the page's side is near, half of it to either side."""
    page = np.full((700, 700), 255, np.uint8)
    blank = told(page)
    assert pytest.approx(0.35 * (1 - blank.S) + 0.30 + 0.20 * blank.complexity + 0.15) == blank.H
    page[:350] = 0
    half = told(page)
    near = (half.H - 0.35 * (1 - half.S) - 0.20 * half.complexity - 0.15) / 0.30
    assert near == pytest.approx(1 - 52 / 700, abs=0.003)


@pytest.mark.parametrize(
    ("scores", "colour", "reliability"),
    [
        ((0.9, 0.4), 1.0, 0.6 * 0.9 + 0.4),
        ((None, 0.4), 1.0, 0.6 * 0.4 + 0.4),
        ((None, None), 1.0, 0.6 * 0.5 + 0.4),
        ((-0.5, -0.2), 1.0, 0.4),
        ((1.0, 1.0), 0.35, 1.0),
        ((1.0, 1.0), 0.07, 0.6 + 0.4 * 0.2),
        ((1.0, 1.0), 0.0, 0.6),
    ],
)
def test_references_are_as_reliable_as_the_best_likeness_and_the_most_colour(scores, colour, reliability):
    picture = np.full((100, 100, 3), 90, np.uint8)
    picture.reshape(-1, 3)[: round(colour * 10_000)] = (200, 60, 40)
    about = meta(references=tuple(ReferenceUse(reference_id=f"{at}", score=one) for at, one in enumerate(scores)))
    grey = np.full((100, 100, 3), 90, np.uint8)
    assert pytest.approx(reliability, abs=0.01) == signals(FLAT, about, [grey, picture]).R


@pytest.mark.parametrize(
    ("levels", "distance"), [((255,), 0.0), ((240,), 0.0), ((239,), 0.5), ((255, 0), 0.25), ((0, 0), 0.5)]
)
def test_style_is_as_far_as_tones_lie_apart(levels, distance):
    assert signals(FLAT).D == 0.5
    references = [np.full((50, 50, 3), level, np.uint8) for level in levels]
    assert pytest.approx(distance) == signals(FLAT, references=references).D


def test_style_is_as_far_as_edges_are_dense():
    dense = np.full((700, 700), 255, np.uint8)
    dense[:, ::20] = 0
    sparse = np.full((700, 700), 255, np.uint8)
    sparse[:, ::40] = 0
    found = told(dense, meta(panels=(), size=Size(700, 700)))
    assert found.D == 0.5
    apart = measure_signals(
        dense, np.zeros(dense.shape, np.bool_), meta(panels=(), size=Size(700, 700)), [np.dstack([sparse] * 3)]
    ).D
    assert apart == pytest.approx(0.5 * 1 / 40 + 0.5 * 0.5, abs=0.02)


def test_complexity_under_seven_twentieths_is_simple():
    from host.pipeline.generation.director.signals import _case

    assert [_case(1, 1, one) for one in (0.34, 0.35)] == ["single_simple", "single_complex"]
    assert [_case(*counts, 0.1) for counts in ((2, 0), (0, 2), (1, 1))] == [
        "multi_object", "multi_object", "single_simple"
    ]  # fmt: skip
