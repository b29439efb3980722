"""The compact recipe's pictures: parts agree with colours, prints are what a manga prints, cut-outs stay unknown."""

import numpy as np
import pytest

from engines.oklab import srgb_to_oklab
from training.compact.inking import ink
from training.compact.network import PARTS
from training.compact.samples import chroma_of
from training.compact.scenes import palette
from training.compact.scenes.collage import Props, changed_clothes, draw_page, lay_balloons, make_world
from training.compact.scenes.figures import LAYERS, CutOut, Figure, Wear, figure_of, lay_cut_out, lay_figure
from training.compact.scenes.paint import UNKNOWN, Paint, PaintedPaper, part

SIDE = 192


def stacked_figure(side: int = 60) -> np.ndarray:
    """A head of skin with a cap of hair over a shirt, ink lines between, in the layers that figures.mjs writes."""
    layers = np.zeros((LAYERS * side, side, 4), np.uint8)
    base, first, second = layers[:side], layers[side : 2 * side], layers[2 * side :]
    base[5:55, 10:50] = (0, 0, 0, 255)
    first[..., 3] = second[..., 3] = 255
    first[5:20, 10:50, 1] = 255  # hair
    first[22:38, 10:50, 0] = 255  # skin
    first[40:55, 10:50, 2] = 255  # clothes
    return layers


def wear(**fills: int) -> Wear:
    colours = {"skin": (240, 200, 170), "hair": (60, 40, 30), "clothes": (40, 90, 190), "eyes": (60, 120, 70)}
    made = {name: Paint(fills.get(name, 255), colour, part(name)) for name, colour in colours.items()}
    return Wear(made["skin"], made["hair"], made["clothes"], made["clothes"], made["eyes"])


def test_a_figure_has_the_colours_of_its_wear_where_its_parts_are() -> None:
    figure = figure_of(stacked_figure())
    assert isinstance(figure, Figure)
    paper = PaintedPaper(120, 120)
    lay_figure(paper, figure, wear(), (60.0, 50.0), 100.0, np.random.default_rng(0))
    for name, paint in (("skin", wear().skin), ("hair", wear().hair), ("clothes", wear().clothes)):
        mine = paper.parts == part(name)
        assert mine.sum() > 500
        assert np.abs(paper.colour[mine].mean(0) - paint.colour).max() < 6
    assert (paper.parts == UNKNOWN).any(), "ink lines are no part"
    assert (paper.colour[paper.parts == part("paper")] == 255).all()


def test_a_figure_is_printed_as_its_wear_says_and_keeps_its_lines() -> None:
    figure = figure_of(stacked_figure())
    assert figure is not None
    paper = PaintedPaper(120, 120)
    lay_figure(paper, figure, wear(hair=0, clothes=255), (60.0, 50.0), 100.0, np.random.default_rng(3))
    assert np.median(paper.grey[paper.parts == part("skin")]) == 255
    assert np.median(paper.grey[paper.parts == part("hair")]) == 0
    assert paper.ink[paper.parts == UNKNOWN].mean() < 100
    assert paper.ink[paper.parts == part("hair")].mean() > 200, "black hair is no line: a colour comic shows it brown"


def test_an_empty_figure_is_none() -> None:
    assert figure_of(np.zeros((30, 10, 4), np.uint8)) is None


@pytest.mark.parametrize("seed", range(6))
def test_a_scene_has_natural_colours_in_its_parts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scene = draw_page(make_world(rng, Props(), SIDE), Props(), rng, SIDE)
    assert scene.manga.shape == scene.parts.shape == scene.flat.shape[:2] == (SIDE, SIDE)
    assert scene.manga.min() >= 0
    assert scene.manga.max() <= 1
    assert set(np.unique(scene.parts)) <= {*range(len(PARTS)), UNKNOWN}
    lab = srgb_to_oklab(scene.flat)
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    lit = (scene.parts == part("skin")) & (lab[..., 0] > 0.4)
    if lit.sum() > 200:
        assert np.mean((hue[lit] > 20) & (hue[lit] < 90)) > 0.9, "skin is of skin's hues"
    paper = scene.parts == part("paper")
    assert np.sum(np.linalg.norm(lab[paper][:, 1:], axis=1) > 0.02) <= 0.02 * paper.sum()


def test_the_same_world_keeps_its_colours_and_a_change_of_clothes_changes_nothing_but_them() -> None:
    rng = np.random.default_rng(5)
    world = make_world(rng, Props(), SIDE)
    other = changed_clothes(world, rng)
    for one, changed in zip(world.people, other.people, strict=True):
        assert one.wear.skin.colour == changed.wear.skin.colour
        assert one.wear.hair.colour == changed.wear.hair.colour
        assert one.wear.clothes.colour != changed.wear.clothes.colour
        assert one.wear.clothes.fill == changed.wear.clothes.fill, "the page does not tell"
    first, second = (draw_page(world, Props(), np.random.default_rng(9), SIDE) for _ in range(2))
    assert np.array_equal(first.manga, second.manga)


def test_balloons_are_paper_without_colour() -> None:
    page = PaintedPaper.of(np.full((SIDE, SIDE, 3), (200, 60, 60), np.uint8), np.full((SIDE, SIDE), 99, np.uint8))
    for seed in range(4):
        lay_balloons(page, np.random.default_rng(seed), 1.0)
    inside = page.parts == part("paper")
    assert inside.any()
    assert np.median(page.colour[inside]) == 255


def test_nobody_knows_the_parts_of_a_cut_out() -> None:
    paper = PaintedPaper(80, 80)
    rgba = np.full((40, 40, 4), 255, np.uint8)
    lay_cut_out(paper, CutOut(rgba, rgba[..., 0]), (40.0, 40.0), 40.0, np.random.default_rng(0))
    assert (paper.parts == UNKNOWN).sum() == pytest.approx(1600, abs=200)


def test_ink_leaves_skin_bare_and_darkness_black_more_often_than_not() -> None:
    page = np.full((128, 128, 3), (238, 196, 165), np.uint8)
    page[:64, :64] = (20, 18, 24)
    page[64:, :64] = (90, 140, 210)
    bare, black = [], []
    for seed in range(20):
        made = ink(page, np.random.default_rng(seed))
        assert made.shape == (128, 128)
        bare.append(np.median(made[20:108, 84:118]) > 0.85)
        black.append(np.median(made[10:50, 10:50]) < 0.2)
    assert np.mean(bare) > 0.5
    assert np.mean(black) > 0.5


def test_lines_do_not_dilute_the_colour_to_be_learned() -> None:
    page = np.full((64, 64, 3), (210, 60, 50), np.uint8)
    ruled = page.copy()
    ruled[::4] = 0
    assert np.abs(chroma_of(ruled, 16) - chroma_of(page, 16)).max() < 0.02


def test_hair_is_dark_more_often_than_dyed() -> None:
    rng = np.random.default_rng(0)
    assert np.mean([palette.lightness_of(palette.hair(rng)) < 0.45 for _ in range(200)]) > 0.5
