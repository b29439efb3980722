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
