"""Cut-outs and drawings of curves."""

import io
import re
from dataclasses import replace

import cv2
import numpy as np
import pytest
import resvg_py
from PIL import Image

from engines.geometry import Box
from host.errors import BadRequest
from host.pipeline.records.masks import PageMaps
from host.pipeline.records.page_meta import Character
from host.studio.cutout import cut_out, with_alpha
from host.studio.edges import soft_alpha
from host.studio.vector import drawing_of, vectorise, without_ink
from tests.host.studio.pages import COAT, FIGURE, SKY, fill, studio_page

PAGE = studio_page()

DUSK = (18, 42, 40)


def test_a_figure_alone() -> None:
    cut = cut_out(PAGE, [0])
    assert cut.shape == (160, 220, 4)
    assert cut[100, 110].tolist() == [*COAT, 255]
    assert cut[30, 180].tolist() == [0, 0, 0, 0]
    inside = cut[FIGURE.top : FIGURE.bottom, FIGURE.left : FIGURE.right, 3]
    assert inside[8:-8, 8:-8].min() == 255
    assert np.array_equal(cut, cut_out(PAGE))


def test_letters_within_a_figure_are_its_own_and_those_elsewhere_are_nobody_s() -> None:
    maps, lettering = PAGE.maps.characters.copy(), PAGE.masks.lettering.copy()
    printed, beside, edge = Box(100, 80, 120, 90), Box(150, 80, 165, 90), Box(122, 110, 138, 118)
    for box in (printed, beside, edge):
        fill(lettering, box, True)
        fill(maps, box, 0)
    page = replace(PAGE, masks=replace(PAGE.masks, lettering=lettering), maps=replace(PAGE.maps, characters=maps))
    labels, left = page.figures()
    assert labels[85, 110] == 1
    assert not left[85, 110]
    for x, y in ((157, 85), (130, 114), (40, 32)):  # beside it, over its edge, in the balloon
        assert labels[y, x] == 0
        assert left[y, x]
    assert cut_out(page, [0])[85, 110, 3] == 255
    assert PAGE.masks.lettering[32, 40]  # nothing was changed in place


def test_a_stranger_is_refused_with_who_is_there() -> None:
    with pytest.raises(BadRequest, match="no figure 7") as refusal:
        cut_out(PAGE, [7])
    assert "0" in refusal.value.hint
    nobody = type(PAGE)(PAGE.rgb, PAGE.meta.model_copy(update={"characters": ()}), PAGE.masks, PAGE.maps)
    with pytest.raises(BadRequest, match="No figure"):
        cut_out(nobody)


def test_the_soft_edge_follows_the_picture() -> None:
    """The mask is off by two pixels; alpha goes a good part of the way to where the picture's own edge is."""
    rgb = np.full((60, 60, 3), 230, np.uint8)
    rgb[:, 30:] = 40
    mask = np.zeros((60, 60), np.bool_)
    mask[:, 28:] = True
    alpha = soft_alpha(rgb, mask)[30]
    assert alpha[28:30].max() < 170
    assert alpha[31] > 200
    assert (alpha[10], alpha[50]) == (0, 255)


def test_a_network_says_how_much_of_a_pixel_is_figure() -> None:
    asked: list[tuple[int, ...]] = []

    def matte(rgb: np.ndarray) -> np.ndarray:
        asked.append(rgb.shape)
        return np.where((rgb == COAT).all(axis=2), np.float32(0.5), np.float32(0)).astype(np.float32)

    told: list[float] = []
    alpha = cut_out(PAGE, [0], matte, told.append)[..., 3]
    assert alpha[100, 110] == 128
    assert alpha[30, 180] == 0
    assert told == [1.0]
    (seen,) = asked
    assert FIGURE.height < seen[0] < 160  # the figure with some of what is around it
    assert FIGURE.width < seen[1] < 220


def test_where_the_network_sees_nobody_the_mask_counts() -> None:
    blind = cut_out(PAGE, [0], lambda rgb: np.zeros(rgb.shape[:2], np.float32))
    assert blind[100, 110, 3] == 255


def test_other_figures_and_balloons_are_not_of_the_figure() -> None:
    maps = PageMaps(
        panels=PAGE.maps.panels, characters=PAGE.maps.characters.copy(), depth=PAGE.maps.depth, tone=PAGE.maps.tone
    )
    maps.characters[60:149, 120:130] = 2
    another = Character(box=Box(120, 60, 130, 149), index=1, panel=0)
    meta = PAGE.meta.model_copy(update={"characters": (*PAGE.meta.characters, another)})
    two = type(PAGE)(PAGE.rgb, meta, PAGE.masks, maps)
    everything = lambda rgb: np.ones(rgb.shape[:2], np.float32)  # noqa: E731
    one = cut_out(two, [0], everything)[..., 3]
    assert (one[100, 110], one[100, 125]) == (255, 0)
    assert cut_out(two, [0, 1], everything)[100, 125, 3] == 255


def test_nothing_hides_where_nothing_is_seen() -> None:
    rgba = with_alpha(np.full((2, 1, 3), 9, np.uint8), np.array([[0], [1]], np.uint8))
    assert rgba.reshape(2, 4).tolist() == [[0, 0, 0, 0], [9, 9, 9, 1]]


def ink() -> np.ndarray:
    return np.asarray(PAGE.rgb.max(axis=2) < 20)


def test_without_ink_colours_go_on_below_it() -> None:
    rgb = PAGE.rgb.copy()
    rgb[100, 20:80] = 0
    lines = np.zeros((160, 220), np.bool_)
    lines[100, 20:80] = True
    filled = without_ink(rgb, lines)
    assert np.abs(filled[100, 30:70].astype(int) - SKY).max() < 60
    assert without_ink(rgb, np.ones((160, 220), np.bool_)).shape == rgb.shape


def test_a_drawing_shows_the_page_with_ink_above_flats() -> None:
    pytest.importorskip("vtracer")
    svg = vectorise(PAGE.rgb, ink()).decode()
    flats, lines = svg.index('<g id="flats">'), svg.index('<g id="ink" ')
    assert flats < lines
    assert svg[:flats].count("<path") == 0
    assert svg[flats:lines].count("<path") >= 3
    assert svg[lines:].count("<path") >= 1
    assert set(re.findall(r'fill="(#\w+)"', svg[lines:])) == {"#000000"}
    with Image.open(io.BytesIO(resvg_py.svg_to_bytes(svg_string=svg, background="white"))) as picture:
        assert picture.size == (220, 160)
        drawn = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(drawn - PAGE.rgb).mean() < 8
    assert np.abs(drawn[100, 110] - COAT).max() < 24
    assert drawn[32, 45].max() < 40
    assert drawn[40, 45].min() > 230


def test_a_dark_flat_is_a_colour_and_a_stroke_on_it_is_ink() -> None:
    rgb = np.full((120, 160, 3), (96, 60, 40), np.uint8)
    rgb[58:62, 20:140] = 15
    svg = vectorise(rgb, np.ones((120, 160), np.bool_)).decode()
    shown = np.asarray(Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGB"), int)
    assert np.abs(shown[20, 80] - (96, 60, 40)).max() < 10
    assert shown[60, 80].max() < 20


def test_a_dark_painted_panel_has_no_ink_beside_its_light_and_its_rim() -> None:
    rgb = np.full((160, 220, 3), 255, np.uint8)
    rgb[20:140, 20:200] = DUSK
    cv2.circle(rgb, (110, 80), 34, (240, 220, 120), -1)
    drawn = np.all(rgb == DUSK, axis=2)
    svg = vectorise(rgb, drawn).decode()
    shown = np.asarray(Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGB"), int)
    inner = cv2.erode(drawn.view(np.uint8), np.ones((5, 5), np.uint8)) > 0
    inner[:30], inner[130:] = False, False  # the round corners of what is darker than its surroundings
    assert np.abs(shown[inner] - DUSK).max() < 10
    black = np.full_like(rgb, 255)
    black[20:140, 20:200] = 14
    svg = vectorise(black, black[..., 0] < 100).decode()
    assert "<path" in svg[svg.index('<g id="ink"') :]


def test_light_letters_on_a_dark_ground_are_no_ink_and_stay_sharp() -> None:
    rgb = np.full((160, 220, 3), (36, 48, 52), np.uint8)
    cv2.putText(rgb, "Nox", (20, 90), cv2.FONT_HERSHEY_SIMPLEX, 2, (230, 200, 120), 2)
    letters = rgb[..., 0] > 100
    svg = vectorise(rgb, letters, letters).decode()
    assert "<path" not in svg[svg.index('<g id="ink"') :]
    shown = np.asarray(Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGB"), int)
    assert np.abs(shown - rgb).mean() < 6
    assert shown[letters].mean() > 150


def test_a_screened_page_is_drawn_in_even_tones() -> None:
    rgb = np.full(PAGE.rgb.shape, 255, np.uint8)
    rgb[20:140:4, 20:200:4] = rgb[21:140:4, 20:200:4] = 0
    screened = np.zeros(rgb.shape[:2], np.bool_)
    screened[20:140, 20:200] = True
    tone = np.where(screened, 224, 255).astype(np.uint8)
    page = replace(PAGE, rgb=rgb, maps=replace(PAGE.maps, tone=tone), masks=replace(PAGE.masks, screentone=screened))
    shown = np.asarray(
        Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=drawing_of(page).decode())))).convert("RGB"), int
    )
    assert np.abs(shown[40:120, 40:180] - 224).max() < 12
    assert shown[:12].min() > 245
