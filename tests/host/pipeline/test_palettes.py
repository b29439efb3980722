"""Palettes of figures: exact in the regions that show the part, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.base import PARTS, Device, Plan
from engines.geometry import Box, Size
from engines.oklab import grey_to_lightness, srgb_to_oklab
from engines.registry import get
from host.corrections import ColourHint, Corrections, FigurePalette
from host.pipeline.compose.compose import lay_colour
from host.pipeline.compose.field import colour_field
from host.pipeline.compose.palettes import lay_palettes, place_palettes
from host.pipeline.drawing import Drawing, PlacedPalette
from host.pipeline.job import PageJob
from host.pipeline.page import PagePipeline
from host.pipeline.prepared import PreparedPage
from host.pipeline.records.masks import PageMaps
from host.pipeline.records.page_meta import Character, Face, PageMeta
from host.pipeline.series import ReferencePicture
from tests.host.pipeline.drawn import decoded

pytestmark = pytest.mark.slow

DEMO = Path(__file__).parents[3] / "demo"
PAGES = Path(__file__).parents[2] / "pages"
SIDE = 800
RED, BLUE, GREEN = (170, 110, 110), (100, 115, 170), (110, 150, 110)
# What eight bits of sRGB leave of a chroma.
ROUNDING = 0.004
# A figure: hair, face and coat one below the other, each in ink. Beside it another one, and the ground around both.
ROWS = {"hair": (100, 250), "skin": (250, 450), "clothes": (450, 700)}
LEFT, RIGHT = (100, 350), (450, 700)


def wanted(rgb):
    return srgb_to_oklab(np.array([[rgb]], np.uint8))[0, 0, 1:]


def page_of_two():
    """Return a mid-grey page of two figures and who is where, 0 nobody."""
    grey, characters = np.full((SIDE, SIDE), 130, np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    for label, (left, right) in enumerate((LEFT, RIGHT), 1):
        characters[100:700, left:right] = label
        for top, bottom in ROWS.values():
            cv2.rectangle(grey, (left, top), (right, bottom), 0, 5)
    return grey, characters


def parts_of(drowned=0.0):
    """Return what an engine at a quarter of the page's side takes the figures for; drowned: into PARTS' figure."""
    parts = np.zeros((SIDE, SIDE, 4), np.float32)
    parts[..., PARTS.index("background")] = 1
    for left, right in (LEFT, RIGHT):
        for name, (top, bottom) in ROWS.items():
            parts[top:bottom, left:right] = np.eye(4)[PARTS.index("figure" if name == "clothes" else name)]
    inside = parts[..., 0] == 0
    parts[inside] = parts[inside] * (1 - drowned) + np.eye(4, dtype=np.float32)[PARTS.index("figure")] * drowned
    return cv2.resize(parts, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)


def coloured(*palettes, hints=(), parts=None, strength=1.0):
    grey, characters = page_of_two()
    small = cv2.resize(grey, (200, 200), interpolation=cv2.INTER_AREA)
    oklab = np.dstack([grey_to_lightness(small), np.full(small.shape, -0.02), np.full(small.shape, 0.02)])
    drawing = Drawing(hints=hints, palettes=palettes, characters=characters)
    page, nothing = decoded(grey), np.zeros(grey.shape, np.bool_)
    parts = parts_of() if parts is None else parts
    return lay_colour(page, nothing, colour_field(page, nothing, oklab.astype(np.float32), strength, drawing, parts))


def chroma_at(composition, name, across):
    top, bottom = ROWS[name]
    inside = composition.rgb[top + 12 : bottom - 12, across[0] + 12 : across[1] - 12]
    return srgb_to_oklab(np.ascontiguousarray(inside))[..., 1:]


def palette(**colours):
    return PlacedPalette(FigurePalette(point=(0.25, 0.5), **colours), figures=(0,))


def test_hair_skin_and_clothes_have_their_chroma_and_the_rest_is_as_it_was():
    plain, made = coloured(), coloured(palette(hair=RED, skin=GREEN, clothes=BLUE))
    for name, rgb in (("hair", RED), ("skin", GREEN), ("clothes", BLUE)):
        assert np.abs(chroma_at(made, name, LEFT) - wanted(rgb)).max() < ROUNDING
    outside = np.ones((SIDE, SIDE), np.bool_)
    outside[96:705, LEFT[0] - 4 : LEFT[1] + 5] = False
    assert np.array_equal(made.rgb[outside], plain.rgb[outside])
    assert made.faults == ("",)


def test_what_no_colour_is_named_for_stays():
    plain, made = coloured(), coloured(palette(hair=RED))
    for name in ("skin", "clothes"):
        assert np.array_equal(chroma_at(made, name, LEFT), chroma_at(plain, name, LEFT))


def test_the_shading_stays():
    plain, made = coloured(), coloured(palette(hair=RED, skin=GREEN, clothes=BLUE))
    luma = [cv2.cvtColor(one.rgb, cv2.COLOR_RGB2GRAY).astype(int) for one in (plain, made)]
    assert np.abs(luma[0] - luma[1]).max() <= 3


def test_parts_are_told_where_the_engine_was_told_that_all_of_it_is_figure():
    drowned = parts_of(drowned=0.9)
    assert (drowned[25:175, 25:87].argmax(axis=-1) == PARTS.index("figure")).all()
    made = coloured(palette(hair=RED, clothes=BLUE), parts=drowned)
    assert np.abs(chroma_at(made, "hair", LEFT) - wanted(RED)).max() < ROUNDING
    assert np.abs(chroma_at(made, "clothes", LEFT) - wanted(BLUE)).max() < ROUNDING


def test_hints_go_over_palettes_and_later_palettes_over_earlier_ones():
    hint = ColourHint(points=((225 / SIDE, 175 / SIDE),), rgb=GREEN)
    made = coloured(palette(hair=RED, skin=RED), palette(skin=BLUE), hints=(hint,))
    assert np.abs(chroma_at(made, "hair", LEFT) - wanted(GREEN)).max() < ROUNDING
    assert np.abs(chroma_at(made, "skin", LEFT) - wanted(BLUE)).max() < ROUNDING


def test_palettes_are_not_scaled_by_the_strength():
    made = coloured(palette(hair=RED), strength=0.2)
    assert np.abs(chroma_at(made, "hair", LEFT) - wanted(RED)).max() < ROUNDING


def test_what_cannot_be_laid_is_said_and_changes_nothing():
    nobody = PlacedPalette(FigurePalette(point=(0.01, 0.02), hair=RED), figures=())
    hairless = parts_of()
    hairless[..., PARTS.index("figure")] += hairless[..., PARTS.index("hair")]
    hairless[..., PARTS.index("hair")] = 0
    made = coloured(nobody, palette(hair=RED), parts=hairless)
    assert np.array_equal(made.rgb, coloured().rgb)
    assert made.faults == (
        "No figure was found at 0.01, 0.02.",
        "No hair could be told on the figure at 0.25, 0.5.",
    )


def test_without_parts_nothing_is_laid_and_that_is_said():
    chroma = np.zeros((2, 4, 4), np.float32)
    ones = np.ones((4, 4), np.int32)
    laid, faults = lay_palettes(chroma, ones, ones.astype(np.uint8), None, (palette(hair=RED), palette(skin=RED)))
    assert np.array_equal(laid, chroma)
    assert len(faults) == 2
    assert all("does not tell hair, skin and clothes apart" in one for one in faults)


def test_a_figure_that_was_outlined_is_dressed_there_and_not_where_analysis_saw_it():
    labels = np.repeat(np.arange(1, 5, dtype=np.int32)[None], 4, axis=0)
    figures = np.where(labels < 3, 1, 0).astype(np.uint8)
    parts = np.zeros((4, 4, 4), np.float32)
    parts[..., PARTS.index("hair")] = 1
    right = FigurePalette(point=(0.9, 0.5), hair=RED, region=(((0.5, 0), (1, 0), (1, 1), (0.5, 1)),))
    before = np.zeros((2, 4, 4), np.float32)
    for placed in (PlacedPalette(right, (0,)), PlacedPalette(right, ())):
        laid, faults = lay_palettes(before, labels, figures, parts, [placed])
        assert faults == ("",)
        assert (np.abs(laid).sum(axis=0) > 0).tolist() == [[False, False, True, True]] * 4


FACE = (LEFT[0] / SIDE, 250 / SIDE, LEFT[1] / SIDE, 450 / SIDE)
BOX = (LEFT[0] / SIDE, 100 / SIDE, LEFT[1] / SIDE, 700 / SIDE)


@pytest.mark.parametrize("cut_out", [True, False])
@pytest.mark.parametrize("face", [FACE, None])
def test_where_lines_leak_or_the_figure_was_not_cut_out_hair_is_guessed_and_that_is_said(cut_out, face):
    _, characters = page_of_two()
    figures = cv2.resize(characters, (200, 200), interpolation=cv2.INTER_NEAREST)
    if not cut_out:
        figures[figures == 1] = 0
    one = PlacedPalette(FigurePalette(point=(0.25, 0.5), hair=RED), (0,), (BOX,), face)
    before = np.full((2, 200, 200), 0.5, np.float32)
    laid, (fault,) = lay_palettes(before, np.ones((200, 200), np.int32), figures, parts_of(), [one])
    assert fault == "Where hair is on the figure at 0.25, 0.5 is a guess."
    takes = (laid != 0.5).all(axis=0)
    top, bottom = (row // 4 for row in ROWS["hair"])
    left, right = (side // 4 for side in LEFT)
    assert takes[top + 2 : bottom - 2, left + 2 : right - 2].all()
    takes[top - 1 : bottom + 1, left - 1 : right + 1] = False
    assert not takes.any()
    assert np.allclose(laid[:, top + 5, left + 5], wanted(RED))


def test_hair_is_not_guessed_far_from_the_face():
    _, characters = page_of_two()
    figures = cv2.resize(characters, (200, 200), interpolation=cv2.INTER_NEAREST)
    parts = parts_of()
    coat = slice(ROWS["clothes"][0] // 4, ROWS["clothes"][1] // 4)
    parts[coat] = np.where(parts[coat][..., :1] == 1, parts[coat], np.eye(4, dtype=np.float32)[PARTS.index("hair")])
    high = (FACE[0] + 0.1, 0.14, FACE[2] - 0.1, 0.25)
    one = PlacedPalette(FigurePalette(point=(0.25, 0.5), hair=RED), (0,), (BOX,), high)
    before = np.full((2, 200, 200), 0.5, np.float32)
    laid, _ = lay_palettes(before, np.ones((200, 200), np.int32), figures, parts, [one])
    assert (laid != 0.5).any()
    assert (laid[:, coat] == 0.5).all()


@st.composite
def grids(draw):
    """Return regions, figures and parts at random, and palettes for figures that may not be there."""
    height, width = draw(st.tuples(*[st.integers(2, 9)] * 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    labels = rng.integers(1, draw(st.integers(2, 7)), (height, width)).astype(np.int32)
    figures = rng.integers(0, 3, (height, width)).astype(np.uint8)
    parts = rng.random((draw(st.integers(1, 9)), draw(st.integers(1, 9)), 4)).astype(np.float32) ** 4
    colour = st.none() | st.tuples(*[st.integers(0, 255)] * 3)
    one = st.builds(FigurePalette, point=st.just((0.5, 0.5)), hair=colour, skin=colour, clothes=colour)
    placed = draw(
        st.lists(
            st.builds(PlacedPalette, one, st.lists(st.integers(0, 3), max_size=2, unique=True).map(tuple)), max_size=3
        )
    )
    return labels, figures, parts / parts.sum(axis=-1, keepdims=True), placed


@given(grids())
def test_a_region_takes_one_wanted_colour_whole_or_none_and_only_where_a_figure_holds_most_of_it(grid):
    labels, figures, parts, placed = grid
    before = np.full((2, *labels.shape), 0.5, np.float32)
    for one in placed:
        laid, (fault,) = lay_palettes(before, labels, figures, parts, [one])
        assert (before == 0.5).all()
        own = np.isin(figures, [figure + 1 for figure in one.figures])
        if "is a guess" in fault:
            continue
        for label in np.unique(labels):
            region = labels == label
            colours = np.unique(laid[:, region], axis=1).T
            assert len(colours) == 1
            if (colours[0] == 0.5).all():
                continue
            assert own[region].mean() > 0.5
            assert any(np.array_equal(wanted(rgb), colours[0]) for rgb in one.palette.colours.values())


@given(grids())
def test_a_guess_stays_within_the_figure(grid):
    labels, figures, parts, placed = grid
    before = np.full((2, *labels.shape), 0.5, np.float32)
    # One region for all of the page shows nobody's part.
    for one in placed:
        laid, _ = lay_palettes(before, np.ones_like(labels), np.minimum(figures, 1), parts, [one])
        most = (figures > 0).mean() > 0.5 and 0 in one.figures
        assert most or (laid[:, figures == 0] == 0.5).all()


@given(grids())
def test_a_palette_without_a_fault_shows_every_colour_that_it_names(grid):
    labels, figures, parts, placed = grid
    for one in placed:
        laid, (fault,) = lay_palettes(np.full((2, *labels.shape), 0.5, np.float32), labels, figures, parts, [one])
        missing = [name for name, rgb in one.palette.colours.items() if not _shows(laid, rgb)]
        if not one.figures or missing:
            assert fault.startswith("No ")


def _shows(laid, rgb):
    return bool((laid == wanted(rgb)[:, None, None]).all(axis=0).any())


def known(*boxes, faces=()):
    size = Size(100, 100)
    characters = np.zeros(size, np.uint8)
    characters[10:20, 10:20] = 2
    figures = tuple(Character(box=box, index=index) for index, box in enumerate(boxes))
    meta = PageMeta(size=size, pixels_sha256="0" * 64, kind="story", direction="ltr", characters=figures)
    meta = meta.model_copy(update={"faces": tuple(Face(box=boxes[index], character=index) for index in faces)})
    return meta, PageMaps(panels=characters, characters=characters, depth=characters, tone=characters)


@pytest.mark.parametrize(
    ("point", "figures"),
    [
        ((0.15, 0.15), (1,)),
        ((0.5, 0.5), (2,)),
        ((0.8, 0.8), (0,)),
        ((0.99, 0.01), ()),
        ((1.0, 1.0), ()),
        ((0.0, 0.0), (0,)),
    ],
)
def test_the_figure_is_the_one_whose_mask_holds_the_point_or_the_smallest_box(point, figures):
    meta, maps = known(Box(0, 0, 90, 90), Box(5, 5, 30, 30), Box(40, 40, 60, 60), faces=(0, 1, 2))
    (placed,) = place_palettes([FigurePalette(point=point, hair=RED)], meta, maps)
    assert placed.figures == figures


@pytest.mark.parametrize(
    ("faces", "figures"), [((), (1, 0)), ((0,), (1, 0)), ((1,), (1, 0)), ((0, 1), (1,)), ((1, 1), (1,))]
)
def test_a_head_that_was_found_apart_is_part_of_its_figure_unless_both_have_faces(faces, figures):
    meta, maps = known(Box(0, 0, 90, 90), Box(5, 5, 30, 30), Box(80, 80, 99, 99), faces=faces)
    (placed,) = place_palettes([FigurePalette(point=(0.15, 0.15), hair=RED)], meta, maps)
    assert placed.figures == figures


def test_a_palette_knows_where_the_figure_and_its_face_lie():
    meta, maps = known(Box(0, 0, 90, 90), Box(5, 5, 30, 30), faces=(0,))
    (placed,) = place_palettes([FigurePalette(point=(0.15, 0.15), hair=RED)], meta, maps)
    assert placed.boxes == ((0.0, 0.0, 0.9, 0.9), (0.05, 0.05, 0.3, 0.3))
    assert placed.face == (0.0, 0.0, 0.9, 0.9)


def test_nobody_is_on_a_page_without_maps():
    meta, _ = known(Box(0, 0, 90, 90))
    assert place_palettes([FigurePalette(point=(0.5, 0.5), hair=RED)], meta, None)[0].figures == ()


def test_the_hair_of_a_figure_of_the_demo_takes_the_colour_and_nothing_changes_beyond_it():
    pipeline, engine = PagePipeline(), get("compact")
    engine.load(Device(kind="cpu", name="cpu", memory_mib=0))
    page = pipeline.decode((PAGES / "figures-en.webp").read_bytes())
    reference = pipeline.decode((DEMO / "reference" / "comic.webp").read_bytes())
    red = FigurePalette(point=(0.17, 0.85), hair=(150, 70, 70))
    asked = [
        PageJob(
            engine=engine.info,
            plan=Plan(),
            references=(ReferencePicture(reference_id="r", pixels=reference.rgb),),
            corrections=Corrections(palettes=palettes),
            output_format="png",
        )
        for palettes in ((), (red,))
    ]
    prepared = [pipeline.read(page, job, _unheard) for job in asked]
    assert isinstance(prepared[1], PreparedPage)
    (index,) = prepared[1].drawing.palettes[0].figures
    figure = prepared[1].meta.characters[index]
    coloured = pipeline.colour(prepared[0], engine, _unheard)
    before, after = (_pixels(pipeline.finish(one, coloured, _unheard).image) for one in prepared)
    changed = (before != after).any(axis=-1)
    # Regions end at lines, which may lie a little beyond the figure's box.
    around = np.zeros_like(changed)
    around[figure.box.top - 40 : figure.box.bottom + 40, figure.box.left - 40 : figure.box.right + 40] = True
    assert not changed[~around].any()
    assert changed.sum() > 0.1 * figure.box.area
    # The crown of her head, and her cheek.
    hair, cheek = (np.s_[1085:1105, 150:200], np.s_[1195:1215, 170:190])
    a, b = wanted(red.hair)
    turned = srgb_to_oklab(np.ascontiguousarray(after[hair]))
    assert np.median(np.abs(turned[..., 1:] - (a, b))) < 0.02
    assert not changed[cheek].any()


def _pixels(image):
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _unheard(stage, fraction):
    """Report to nobody."""
