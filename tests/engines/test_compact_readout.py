"""From the compact network's distributions to colour: regions, references, parts."""

import numpy as np
import pytest

from engines.base import FACE, FIGURE, PARTS, ColorizeRequest, Plan
from engines.colorize.compact.bins import BINS, STEP, modes, smoothed, soft_bins
from engines.colorize.compact.engine import CompactEngine
from engines.colorize.compact.gather import RegionTable, label_regions, trust_in
from engines.colorize.compact.network import Said
from engines.colorize.compact.parts import KINDS, shares_of, told_apart
from engines.colorize.compact.people import oneness, pooled, shown_by
from engines.colorize.compact.picture import inkness
from engines.colorize.compact.readout import colours_of, laid_out
from engines.colorize.compact.references import Cells, joined
from engines.colorize.compact.tones import LEVELS, at_levels, tone_sums
from engines.geometry import Box
from engines.oklab import grey_to_lightness
from engines.testing.contract import PROCESSOR, drawn_page, ignore_step
from training.compact.network import PARTS as TRAINED_KINDS

RED, GREEN, BLUE = (0.12, 0.06), (-0.1, 0.09), (0.0, -0.12)


def spread_over(*colours: tuple[float, float]) -> np.ndarray:
    """Return `(305, 1)`: the same share of each colour."""
    return soft_bins(np.array(colours, np.float32)).mean(0)[:, None]


def said(
    *priors: np.ndarray,
    evidence: np.ndarray | None = None,
    shares: tuple[float, float, float] = (0, 0, 1),
    grey: float = 0.5,
) -> Said:
    """Return what the network says of a row of cells, as a prior `(305, 1)` each."""
    logits = np.log(np.concatenate(priors, 1) + 1e-4)[:, None].astype(np.float32)
    width = logits.shape[2]
    seen = np.zeros((1, 1, width), np.float32) if evidence is None else evidence
    believed = np.repeat(np.array(shares, np.float32)[:, None, None], width, 2)
    kinds, copied = np.zeros((12, 1, width), np.float32), np.zeros((2, 1, width), np.float32)
    return Said(logits, kinds, seen, believed, copied, np.full((1, width), grey, np.float32))


def test_the_mode_of_two_colours_is_one_of_them_and_no_brown() -> None:
    both = 0.55 * spread_over(RED) + 0.45 * spread_over(GREEN)
    assert np.abs(modes(both, 0.4)[0] - RED).max() < STEP / 2


def test_a_blur_keeps_what_there_is_and_where_it_is() -> None:
    shares = spread_over(BLUE)
    blurred = smoothed(shares, 0.9)
    assert blurred.sum() == pytest.approx(1, abs=0.01)
    assert np.abs(blurred[:, 0] @ BINS - BLUE).max() < 0.01


def test_a_region_gathers_its_cells_and_no_others() -> None:
    labels = np.ones((8, 8), np.int32)
    labels[:, 4:] = 2
    table = RegionTable(labels, np.ones((8, 8), np.float32))
    cells = np.concatenate([spread_over(RED)] * 2 + [spread_over(BLUE)] * 2, 1)
    table.add(Box(0, 0, 16, 16), np.repeat(cells[:, None], 4, 1), np.ones((4, 4), np.float32))
    assert table.distributions.shape == (len(BINS), 3)
    assert not table.distributions[:, 0].any()
    assert np.abs(modes(table.distributions[:, 1:], 0.4) - [RED, BLUE]).max() < STEP / 2
    assert table.distributions.sum(0)[1] == pytest.approx(32)


def test_tiles_that_overlap_add_up() -> None:
    labels, trust = np.ones((24, 8), np.int32), np.ones((24, 8), np.float32)
    whole, halves = RegionTable(labels, trust), RegionTable(labels, trust)
    cells = np.repeat(np.repeat(spread_over(RED)[:, None], 12, 1), 4, 2)
    whole.add(Box(0, 0, 16, 48), cells, np.ones((12, 4), np.float32))
    down = np.linspace(0, 1, 12, dtype=np.float32)[:, None] * np.ones((1, 4), np.float32)
    for share in (down, 1 - down):
        halves.add(Box(0, 0, 16, 48), cells, share)
    assert np.allclose(whole.distributions, halves.distributions, atol=1e-4)


def test_what_lies_beyond_the_page_is_left_out() -> None:
    table = RegionTable(np.ones((6, 6), np.int32), np.ones((6, 6), np.float32))
    table.add(Box(0, 0, 32, 32), np.ones((len(BINS), 8, 8), np.float32), np.ones((8, 8), np.float32))
    table.add(Box(0, 32, 32, 64), np.ones((len(BINS), 8, 8), np.float32), np.ones((8, 8), np.float32))
    assert np.allclose(table.distributions[:, 1], 36)


def test_no_region_crosses_from_panel_to_panel() -> None:
    paper = np.ones((160, 120), np.float32)
    panels = np.ones((320, 240), np.uint8)
    panels[160:] = 2
    assert len(np.unique(label_regions(paper, None))) == 1
    labels = label_regions(paper, panels)
    assert labels.shape == (80, 60)
    assert labels[10, 30] != labels[70, 30]


def test_regions_of_a_long_strip_are_found_on_a_bounded_picture() -> None:
    strip = np.ones((12_000, 560), np.float32)
    strip[6000:] = 0.5
    labels = label_regions(strip, None)
    assert labels.shape == (6000, 280)
    assert labels[100, 100] != labels[5900, 100]


def test_even_regions_take_one_colour_and_shaded_ones_keep_their_changes() -> None:
    lightness = np.full((200, 40), 0.8, np.float32)
    lightness[20:40] = np.linspace(0.1, 0.9, 20)[:, None]
    labels = np.repeat(np.arange(1, 11, dtype=np.int32), 20)[:, None].repeat(40, 1)
    field = np.tile(np.array(RED, np.float32), (100, 20, 1))
    field[:, ::2] += 0.02
    table = np.repeat(spread_over(RED), 11, 1)
    nothing = np.zeros(11, np.float32)
    laid = laid_out(field, table, labels, lightness, np.ones((200, 40), np.float32), nothing)
    even, shaded = (laid[rows, 4:-4].std((0, 1)).max() for rows in (np.s_[2:18], np.s_[22:38]))
    assert even < 0.3 * shaded


def page_of_hair(*tones: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels, kinds and lightness of a page whose every region is hair, 8 x 8, of these tones."""
    labels = np.repeat(np.arange(1, len(tones) + 1, dtype=np.int32), 8)[:, None].repeat(8, 1)
    kinds = np.zeros((12, labels.shape[0] // 2, 4), np.float32)
    kinds[KINDS.index("hair")] = 1
    lightness = np.repeat(np.array(tones, np.float32), 8)[:, None].repeat(8, 1)
    return labels, kinds, lightness


def test_hair_of_one_tone_is_one_hair_and_of_another_tone_another() -> None:
    labels, kinds, lightness = page_of_hair(0.3, 0.3, 0.9)
    shown = shown_by(labels, kinds, lightness, np.ones(labels.shape, np.float32))
    sure, torn = 3 * spread_over(RED), 0.8 * spread_over(GREEN) + 0.2 * spread_over(RED)
    table = np.concatenate([np.zeros_like(sure), sure, torn, spread_over(BLUE)], 1)
    before, after = modes(table[:, 1:], 0.4), modes(pooled(table, shown)[:, 1:], 0.4)
    assert np.abs(before[1] - GREEN).max() < STEP
    assert np.abs(after - [RED, RED, BLUE]).max() < STEP
    assert oneness(shown)[1:].min() == 1


def test_what_is_no_part_of_people_is_left_alone() -> None:
    labels, kinds, lightness = page_of_hair(0.3, 0.3)
    kinds = np.roll(kinds, KINDS.index("sky") - KINDS.index("hair"), 0)
    shown = shown_by(labels, kinds, lightness, np.ones(labels.shape, np.float32))
    table = np.concatenate([spread_over(RED), spread_over(RED), spread_over(GREEN)], 1)
    assert np.array_equal(pooled(table, shown), table)
    assert not oneness(shown).any()


def test_trust_falls_at_edges() -> None:
    lightness = np.ones((20, 20), np.float32)
    lightness[:, 10:] = 0.2
    trust = trust_in(lightness)
    assert trust[5, 2] == 1
    assert trust[5, 10] < 0.05


def reference_of(*colours: tuple[float, float], greys: tuple[float, ...] = ()) -> Cells:
    """Return a reference of forty cells of each colour, of these greys or all of the same."""
    chroma = np.repeat(np.array(colours, np.float32), 40, 0)
    grey = np.repeat(np.array(greys or [0.5] * len(colours), np.float32), 40)
    features = np.zeros((1, len(chroma), 64), np.float32)
    return Cells(features, chroma, tone_sums(grey, soft_bins(chroma)))


def test_what_is_looked_at_is_copied_as_far_as_it_is_believed() -> None:
    references = joined([reference_of(GREEN, BLUE, (0.0, 0.0))])
    green = references.values[0, :40].mean(0)[:, None, None]
    believed, doubted = (
        colours_of(said(spread_over(RED), evidence=green, shares=shares), references).chroma[0, 0]
        for shares in ((0.9, 0.0, 0.1), (0.1, 0.0, 0.9))
    )
    assert np.abs(believed - GREEN).max() < STEP
    assert np.abs(doubted - RED).max() < STEP


def test_a_lightness_has_the_colours_that_references_have_there() -> None:
    references = joined([reference_of(GREEN, BLUE, greys=(0.2, 0.8)), reference_of(RED, greys=(0.5,))])
    nothing = np.zeros((len(references.bins), 1, 1), np.float32)
    for grey, colour in ((0.2, GREEN), (0.5, RED), (0.8, BLUE)):
        seen = said(spread_over((0.0, 0.0)), evidence=nothing, shares=(0, 1, 0), grey=grey)
        assert np.abs(colours_of(seen, references).chroma[0, 0] - colour).max() < STEP


def test_a_distribution_of_all_sources_sums_to_one() -> None:
    references = joined([reference_of(GREEN, BLUE, greys=(0.2, 0.8))])
    evidence = references.values[0, :40].mean(0)[:, None, None]
    mixed = colours_of(said(spread_over(RED), evidence=evidence, shares=(0.3, 0.3, 0.4)), references)
    assert mixed.distribution.sum(0).item() == pytest.approx(1, abs=1e-3)


def test_in_ink_a_look_at_one_thing_copies_it_and_one_at_everything_changes_nothing() -> None:
    references = joined([reference_of(GREEN, BLUE, (0.0, 0.0), (0.1, -0.1), (-0.1, -0.06), (0.04, 0.13))])
    prior = spread_over(RED, RED, RED, GREEN, BLUE)
    sure = references.values[0, :40].mean(0)
    evidence = np.stack([sure, references.shares], 1)[:, None]
    chroma = colours_of(said(prior, prior, evidence=evidence), references, ink=1).chroma[0]
    assert np.abs(chroma[0] - GREEN).max() < 2 * STEP
    assert np.abs(chroma[1] - RED).max() < 2 * STEP


def test_in_ink_the_palette_decides_between_colours_that_are_as_likely() -> None:
    references = joined([reference_of(GREEN, GREEN, (0.0, 0.0))])
    prior = 0.55 * spread_over(BLUE) + 0.45 * spread_over(GREEN)
    nothing_seen = references.shares[:, None, None]
    assert np.abs(colours_of(said(prior), None, ink=1).chroma[0, 0] - BLUE).max() < 0.06
    assert np.abs(colours_of(said(prior, evidence=nothing_seen), references, ink=1).chroma[0, 0] - GREEN).max() < 0.06


def test_in_ink_the_mean_of_what_is_looked_at_draws_where_the_network_believes_it() -> None:
    references = joined([reference_of(GREEN, RED, (0.0, 0.0))])
    copied = np.array(GREEN, np.float32)[:, None, None]
    doubted, believed = (
        colours_of(
            said(spread_over(RED, RED, GREEN), evidence=references.shares[:, None, None], shares=shares)._replace(
                copied=copied
            ),
            references,
            ink=1,
        )
        for shares in ((0, 0, 1), (1, 0, 0))
    )
    assert np.abs(doubted.chroma[0, 0] - RED).max() < np.abs(doubted.chroma[0, 0] - GREEN).max()
    assert np.abs(believed.chroma[0, 0] - GREEN).max() < np.abs(believed.chroma[0, 0] - RED).max()


def test_a_page_between_paint_and_ink_is_heard_both_ways() -> None:
    references = joined([reference_of(GREEN, BLUE, (0.0, 0.0))])
    evidence = references.values[0, :40].mean(0)[:, None, None]
    paint, both, ink = (
        colours_of(said(spread_over(RED), evidence=evidence, shares=(0.5, 0, 0.5)), references, ink).distribution
        for ink in (0.0, 0.5, 1.0)
    )
    assert np.allclose(both, (paint + ink) / 2, atol=1e-5)
    assert not np.allclose(paint, ink, atol=1e-3)


def test_drawings_are_ink_and_paintings_are_not() -> None:
    drawing = np.full((300, 200), 255, np.uint8)
    drawing[::10], drawing[:60] = 0, 160
    painting = np.tile(np.linspace(30, 220, 200, dtype=np.uint8), (300, 1))
    assert inkness(drawing) == 1
    assert inkness(painting) == 0
    painting[:, :70] = 255
    assert 0 < inkness(painting) < 1


def test_levels_between_two_are_between_their_colours() -> None:
    table = np.linspace(0, 1, LEVELS, dtype=np.float32)[:, None]
    greys = np.array([0, 0.1, 0.5, 0.999, 1], np.float32)
    assert np.allclose(at_levels(table, greys)[:, 0], greys, atol=1e-5)


def test_kinds_are_those_that_were_trained() -> None:
    assert KINDS == TRAINED_KINDS


def test_kinds_become_the_parts_that_engines_tell_apart() -> None:
    logits = np.full((12, 1, 12), -9, np.float32)
    logits[np.arange(12), 0, np.arange(12)] = 9
    apart = told_apart(shares_of(logits), None)[0]
    names = [PARTS[index] for index in apart.argmax(-1)]
    assert names == ["skin", "hair", "figure", "figure"] + ["background"] * 8
    assert np.allclose(apart.sum(-1), 1, atol=1e-5)


def test_a_face_that_somebody_saw_makes_skin_likelier_and_a_figure_what_people_are_made_of() -> None:
    shares = np.full((12, 1, 3), 1 / 12, np.float32)
    nobody, figure, face = told_apart(shares, np.array([[0, FIGURE, FACE]], np.uint8))[0]
    skin, background = PARTS.index("skin"), PARTS.index("background")
    assert nobody[skin] < figure[skin] < face[skin]
    assert nobody[background] > figure[background] > face[background]


def test_parts_are_shares_of_every_place() -> None:
    engine = CompactEngine()
    engine.load(PROCESSOR)
    page = drawn_page()
    request = ColorizeRequest(page=page, protect=np.zeros(page.shape, np.bool_), references=(), plan=Plan())
    result = engine.colorize(request, ignore_step)
    assert result.parts is not None
    height, width = result.oklab.shape[:2]
    assert result.parts.shape == (height // 2, width // 2, len(PARTS))
    assert result.parts.min() >= 0
    assert np.allclose(result.parts.sum(-1), 1, atol=1e-3)


def test_solid_ink_and_even_paper_take_little_colour() -> None:
    engine = CompactEngine()
    engine.load(PROCESSOR)
    page = np.full((480, 320), 255, np.uint8)
    page[100:220] = 0
    request = ColorizeRequest(page=page, protect=np.zeros(page.shape, np.bool_), references=(), plan=Plan())
    lab = engine.colorize(request, ignore_step).oklab
    assert abs(float(lab[..., 0].mean()) - float(grey_to_lightness(page).mean())) < 0.02
