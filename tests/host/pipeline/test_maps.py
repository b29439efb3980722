"""Maps of a page: panels, figures, depth, screentone, even tone, lines."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.base import Plan
from engines.detect.base import Detection
from engines.geometry import Box, Size
from engines.info import EngineInfo, Supports
from host.pipeline.analysis.maps.depth import map_depth, near_to_far, with_depth
from host.pipeline.analysis.maps.figures import map_figures
from host.pipeline.analysis.maps.line_art import find_lines
from host.pipeline.analysis.maps.outlines import map_panels, with_polygons
from host.pipeline.analysis.maps.screentone import find_screens
from host.pipeline.analysis.maps.tone import even_tone
from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.generation.figures import bind_regions
from host.pipeline.generation.masks import bind_tone
from host.pipeline.generation.request import make_request
from host.pipeline.generation.units import Unit, request_of
from host.pipeline.job import PageJob
from host.pipeline.records.masks import named_maps
from host.pipeline.records.page_meta import Character, Face, Panel
from tests.host.pipeline.drawn import PANELS, Told, decoded, manga_page

pytestmark = pytest.mark.slow


def screened(level, period, angle, shape=(480, 480), *, lines=False):
    """Return a screen that leaves `level` of the paper: 255 paper, 0 ink."""
    rows, columns = np.indices(shape, dtype=np.float32)
    turn = np.deg2rad(angle)
    wave = np.cos((columns * np.cos(turn) + rows * np.sin(turn)) * 2 * np.pi / period)
    if not lines:
        wave = (wave + np.cos((rows * np.cos(turn) - columns * np.sin(turn)) * 2 * np.pi / period)) / 2
    edge = np.quantile(wave, 1 - level)
    return (255 * np.clip((wave - edge) * period / 3 + 0.5, 0, 1)).astype(np.uint8)


def page_with(patch, top=200, left=200, shape=(1400, 1000)):
    page = np.full(shape, 255, np.uint8)
    page[top : top + patch.shape[0], left : left + patch.shape[1]] = patch
    where = np.zeros(shape, np.bool_)
    where[top : top + patch.shape[0], left : left + patch.shape[1]] = True
    return page, where


def overlap(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def read(grey, *seen):
    return TwoOpinionReader(Told(*seen) if seen else None).read(decoded(grey), "ltr")


@pytest.mark.parametrize("angle", [0, 15, 30, 45])
@pytest.mark.parametrize("period", [4.0, 5.5, 8.0])
@pytest.mark.parametrize("level", [0.35, 0.7])
def test_screens_of_dots_are_found_and_made_even(period, angle, level):
    page, where = page_with(screened(level, period, angle))
    screens = find_screens(page)
    assert overlap(screens.all, where) > 0.85
    tone, toned = even_tone(page, page, screens)
    inner = cv2.erode(where.view(np.uint8), np.ones((25, 25), np.uint8)) > 0
    assert np.abs(tone[inner] - page[where].mean()).mean() < 12
    assert tone[inner].std() < 0.2 * page[inner].std()
    assert (tone[~toned] == page[~toned]).all()


@pytest.mark.parametrize("angle", [0, 45, 70])
@pytest.mark.parametrize("period", [5.0, 9.0, 16.0])
def test_screens_of_lines_are_found(period, angle):
    page, where = page_with(screened(0.6, period, angle, lines=True))
    assert overlap(find_screens(page).all, where) > 0.8


def test_a_screen_that_runs_out_keeps_its_course():
    paper = np.linspace(0.25, 0.95, 480, dtype=np.float32)
    patch = np.concatenate([screened(level, 5.7, 20)[row : row + 1] for row, level in enumerate(paper)])
    page, where = page_with(patch)
    screens = find_screens(page)
    tone, _ = even_tone(page, page, screens)
    assert overlap(screens.all, where) > 0.85
    across = tone[230:640, 260:620].mean(axis=1)
    assert np.corrcoef(across, paper[30:440])[0, 1] > 0.99


def test_flat_tones_text_and_noise_are_no_screens():
    page = np.full((1400, 1000), 255, np.uint8)
    page[60:360, 60:460] = 150
    page[60:360, 540:940] = np.linspace(60, 250, 400, dtype=np.uint8)
    for row in range(9):
        cv2.putText(page, "the quick brown fox jumps over", (60, 440 + 36 * row), 0, 0.9, 0, 2, cv2.LINE_AA)
        cv2.putText(page, "the quick brown fox jumps", (60, 800 + 18 * row), 0, 0.45, 0, 1, cv2.LINE_AA)
    assert not find_screens(page).all.any()
    noise = np.random.default_rng(4).normal(140, 40, (1400, 1000))
    assert not find_screens(np.clip(noise, 0, 255).astype(np.uint8)).all.any()


@pytest.mark.parametrize("seed", range(4))
def test_strokes_of_hair_are_no_screens(seed):
    rng = np.random.default_rng(seed)
    page = np.full((1400, 1000), 255, np.uint8)
    for _ in range(60):
        start, bend, wide = rng.integers(60, 900), rng.integers(20, 80), rng.integers(1, 4)
        cv2.ellipse(page, (int(start), 1050), (int(bend), 240), 0, 0, 90, 0, int(wide))
    # A few that happen to be drawn as regularly as a ruling do look like one.
    assert find_screens(page).all.mean() < 0.01


def test_lines_drawn_through_a_screen_stay_and_edges_get_no_halo():
    page, where = page_with(screened(0.7, 5, 45))
    cv2.line(page, (180, 180), (700, 700), 0, 4)
    cv2.rectangle(page, (400, 250), (470, 320), 0, cv2.FILLED)
    tone, _ = even_tone(page, page, find_screens(page))
    drawn = np.zeros(page.shape, np.uint8)
    cv2.line(drawn, (260, 260), (620, 620), 1, 2)
    drawn[255:316, 405:466] = 1
    assert (tone[drawn > 0] < 60).mean() > 0.95
    beside = cv2.dilate(drawn, np.ones((21, 21))) > cv2.dilate(drawn, np.ones((11, 11)))
    inner = cv2.erode(where.view(np.uint8), np.ones((25, 25), np.uint8)) > 0
    assert abs(float(np.median(tone[beside & inner])) - 0.7 * 255) < 14
    outside = cv2.dilate(where.view(np.uint8), np.ones((9, 9), np.uint8)) == 0
    assert (tone[outside] == page[outside]).all()


def test_lines_hold_the_drawing_without_screens_and_lettering():
    page, where = page_with(screened(0.6, 5, 45))
    cv2.line(page, (100, 900), (900, 1000), 0, 4)
    cv2.putText(page, "HELLO", (300, 1200), 0, 2, 0, 4)
    letters = np.zeros(page.shape, np.bool_)
    letters[1130:1220, 290:560] = True
    tone, _ = even_tone(page, page, find_screens(page))
    lines = find_lines(page, tone, letters)
    inner = cv2.erode(where.view(np.uint8), np.ones((25, 25), np.uint8)) > 0
    stroke = np.zeros(page.shape, np.uint8)
    cv2.line(stroke, (100, 900), (900, 1000), 1, 3)
    assert lines[stroke > 0].mean() > 0.98
    assert lines[inner].mean() < 0.02
    assert not lines[letters].any()


def test_the_map_of_panels_is_what_was_drawn():
    maps = read(manga_page()).maps
    for order, (left, top, right, bottom) in enumerate(PANELS):
        assert (maps.panels[top + 2 : bottom - 2, left + 2 : right - 2] == order + 1).all()
    assert not maps.panels[:, 490:510].any()


def test_an_inset_lies_on_its_host_and_a_polygon_keeps_its_slant():
    host, inset = Panel(box=Box(0, 0, 100, 80), order=1, score=1), Panel(box=Box(10, 10, 30, 30), order=0, score=1)
    slanted = Panel(box=Box(0, 80, 100, 120), order=2, score=1, polygon=((0, 80), (99, 80), (50, 119), (0, 119)))
    labels = map_panels(Size(140, 100), (inset, host, slanted))
    assert labels[20, 20] == 1
    assert labels[50, 50] == 2
    assert labels[110, 10] == 3
    assert labels[110, 95] == labels[130, 50] == 0


def test_slanted_frames_become_polygons_and_straight_ones_stay_boxes():
    gutters = np.ones((900, 800), np.bool_)
    outline = np.array([[50, 50], [450, 50], [300, 850], [50, 850]])
    slanted = cv2.fillPoly(np.zeros(gutters.shape, np.uint8), [outline.astype(np.int32)], 1) > 0
    gutters[slanted] = False
    gutters[50:850, 500:750] = False
    panels = (Panel(box=Box(50, 50, 451, 851), order=0, score=1), Panel(box=Box(500, 50, 750, 850), order=1, score=1))
    found = with_polygons(panels, gutters)
    assert found[1].polygon is None
    assert overlap(map_panels(Size(900, 800), found[:1]) > 0, slanted) > 0.97


def figure(index, box, panel=0):
    return Character(box=Box(*box), index=index, panel=panel)


def test_who_stands_lower_larger_and_shows_a_larger_face_is_nearer():
    panel = Panel(box=Box(0, 0, 1000, 1000), order=0, score=1)
    back, front, far = figure(0, (500, 200, 700, 600)), figure(1, (350, 300, 650, 1000)), figure(2, (20, 250, 80, 400))
    faces = (
        Face(box=Box(560, 210, 640, 290), panel=0, character=0),
        Face(box=Box(430, 320, 570, 480), panel=0, character=1),
    )
    placed = with_depth((back, front, far), faces, (panel,), Size(1000, 1000))
    assert [one.index for one in near_to_far(placed)] == [1, 0, 2]
    assert all(0 <= one.depth_01 <= 1 for one in placed)
    labels = np.arange(4, dtype=np.uint8).reshape(1, 4)
    values = map_depth(labels, placed)[0]
    assert values[0] == 0
    assert values[2] > values[1] > values[3] > 0


def person(page, x, y, size, level):
    """Draw somebody with a head and a robe, filled, and return the mask."""
    mask = np.zeros(page.shape, np.uint8)
    cv2.fillPoly(mask, [np.array([[x - size, y + 4 * size], [x, y + size // 2], [x + size, y + 4 * size]])], 1)
    cv2.circle(mask, (x, y), size, 1, cv2.FILLED)
    page[mask > 0] = level
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(page, contours, -1, 0, 3)
    return mask > 0


def test_figures_are_cut_out_along_their_ink_and_the_nearer_one_covers():
    page = np.full((900, 900), 255, np.uint8)
    cv2.line(page, (0, 300), (900, 280), 0, 3)
    behind = person(page, 380, 260, 70, 255)
    before = person(page, 470, 380, 100, 200)
    boxes = [(cv2.boundingRect(mask.view(np.uint8))) for mask in (behind, before)]
    around = [Box(x, y, x + w, y + h) for x, y, w, h in boxes]
    faces = (
        Face(box=Box(320, 200, 441, 321), character=0),
        Face(box=Box(385, 295, 556, 466), character=1),
    )
    figures = with_depth(
        [Character(box=box, index=index) for index, box in enumerate(around)], faces, (), Size(900, 900)
    )
    labels = map_figures(page, figures, faces, np.zeros(page.shape, np.uint8), np.zeros(page.shape, np.bool_))
    assert overlap(labels == 2, before) > 0.9
    assert overlap(labels == 1, behind & ~before) > 0.75


def test_no_figure_lies_on_a_balloon_or_in_another_panel():
    page = np.full((400, 400), 255, np.uint8)
    mask = person(page, 200, 120, 60, 220)
    taken = np.zeros(page.shape, np.bool_)
    taken[:110] = True
    panels = np.ones(page.shape, np.uint8)
    panels[:, 230:] = 2
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    somebody = Character(box=Box(left, top, left + width, top + height), index=0, panel=0)
    labels = map_figures(page, (somebody,), (), panels, taken)
    assert (labels > 0).any()
    assert not labels[taken].any()
    assert not labels[:, 230:].any()


def test_a_reading_records_its_maps_and_gives_the_same_ones_again():
    page = manga_page()
    page[720:1000, 80:460] = np.minimum(page[720:1000, 80:460], screened(0.6, 5, 45, (280, 380)))
    somebody = Detection("character", Box(180, 280, 420, 520), 0.9)
    first, second = read(page, somebody), read(page, somebody)
    assert first.meta == second.meta
    assert set(first.meta.maps) == {"panels", "characters", "depth", "tone"}
    assert first.meta.maps["panels"].largest == len(first.meta.panels)
    assert first.masks.screentone.any()
    assert not (first.masks.screentone & first.masks.protect).any()
    assert first.meta.characters[0].depth_01 != 0.5
    for values in named_maps(first.maps).values():
        assert values.shape == page.shape
        assert values.dtype == np.uint8


def test_what_nobody_colours_gets_no_maps():
    reading = read(np.full((900, 640), 255, np.uint8))
    assert reading.meta.kind == "blank"
    assert reading.maps is None
    assert reading.meta.maps == {}
    assert reading.masks.screentone is None


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_pages_of_any_size_have_maps_of_their_size(height, width, seed):
    rng = np.random.default_rng(seed)
    page = np.asarray(rng.choice([0, 255, 128], (height, width)), np.uint8)
    left, right = sorted(rng.integers(0, width + 1, 2))
    top, bottom = sorted(rng.integers(0, height + 1, 2))
    reading = read(page, Detection("character", Box(int(left), int(top), int(right), int(bottom)), 0.9))
    if reading.maps is not None:
        assert reading.maps.tone.shape == reading.maps.characters.shape == page.shape
        assert reading.masks.lines.shape == page.shape


@pytest.mark.parametrize("shape", [(4000, 200), (160, 3000), (90, 90)])
def test_strips_and_small_pages_have_maps(shape):
    page = np.full(shape, 255, np.uint8)
    cv2.rectangle(page, (10, 10), (shape[1] - 10, shape[0] - 10), 0, 3)
    page[20:80:2, 20:80] = 90
    maps = read(page).maps
    assert maps is not None
    assert maps.tone.shape == shape


def test_a_page_that_may_not_be_written_to_is_read_as_any_other():
    page = np.full((1300, 900), 190, np.uint8)
    cv2.putText(page, "a line of words from edge to edge", (6, 640), 0, 1.6, 0, 3, cv2.LINE_AA)
    told = Detection("balloon", Box(0, 560, 900, 700), 0.9)
    open_reading = read(page, told)
    page.setflags(write=False)
    assert read(page, told).meta == open_reading.meta


def engine(**facts):
    return EngineInfo("toy", "Toy", "1", "AGPL-3.0-or-later", Supports(0), (), "cpu", **facts)


def test_a_request_holds_the_tone_and_for_engines_that_use_them_the_figures():
    page = manga_page()
    page[720:1000, 80:460] = np.minimum(page[720:1000, 80:460], screened(0.6, 5, 45, (280, 380)))
    reading = read(page, Detection("character", Box(180, 280, 420, 520), 0.9))
    asked = (decoded(page), reading.meta, reading.masks)
    plain, _ = make_request(*asked, PageJob(engine=engine(), plan=Plan()), reading.maps)
    assert plain.regions == ()
    assert plain.tone is reading.maps.tone
    request, _ = make_request(*asked, PageJob(engine=engine(regions=True), plan=Plan()), reading.maps)
    assert [region.references for region in request.regions] == [()]
    assert (request.regions[0].mask == (reading.maps.characters == 1)).all()
    part = request_of(request, Unit(Box(100, 200, 500, 900), Box(150, 250, 450, 850)))
    assert (part.tone == request.tone[200:900, 100:500]).all()


def test_without_maps_or_screens_engines_get_the_page_alone():
    reading = read(np.where(manga_page() < 128, 0, 255).astype(np.uint8)[:650, :480])
    assert bind_regions(reading.meta, None) == ()
    assert bind_tone(None, reading.masks) is None
    assert bind_tone(reading.maps, reading.masks) is None


def test_what_is_black_is_drawn_however_wide_and_a_dark_screen_or_a_grey_is_not():
    page = np.full((400, 400), 255, np.uint8)
    page[50:150, 50:150] = 0
    page[50:150, 250:350] = 128
    page[250:350:2, 50:150] = 0  # a screen, which evens out to a dark tone
    tone = page.copy()
    tone[250:350, 50:150] = 10
    lines = find_lines(page, tone, np.zeros(page.shape, np.bool_))
    assert lines[60:140, 60:140].all()
    assert not lines[60:140, 260:340].any()
    assert not lines[260:340, 60:140].any()
    assert not lines[160:240].any()
