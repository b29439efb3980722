"""What paper gives for colour, how flat regions become even and what is left of stains, by their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from engines.geometry import Size
from engines.oklab import max_chroma
from host.pipeline.compose.compose import paper_cost
from host.pipeline.compose.flats import even_flats, flatness
from host.pipeline.compose.paper import LIGHTNESS_COST_MAX, cost_of_paper, ground_weight, ink_weight, luma_shift
from host.pipeline.compose.paper_colour import PaperColour, _stains, find_paper_colour
from host.pipeline.compose.upsample import grid_lightness, grid_size


def plane(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


class TestPaper:
    def test_black_takes_no_chroma_and_dark_grey_all_of_it(self) -> None:
        found = ink_weight(plane(0, 0.08, 0.12, 0.16, 0.2, 0.24, 1))[0]
        assert found.tolist() == pytest.approx([0, 0, 0.15625, 0.5, 0.84375, 1, 1], abs=1e-6)

    @pytest.mark.parametrize(("level", "weight"), [(0.6, 0), (0.6875, 0.15625), (0.775, 0.5), (0.95, 1), (1.0, 1)])
    def test_bright_ground_gives_lightness(self, level: float, weight: float) -> None:
        assert ground_weight(np.full((30, 200), level, np.float32))[15, 100] == pytest.approx(weight, abs=1e-5)

    @pytest.mark.parametrize(
        ("width", "line", "is_paper"), [(1000, 14, True), (1000, 15, False), (200, 2, True), (200, 4, False)]
    )
    def test_a_line_has_the_ground_around_it(self, width: int, line: int, *, is_paper: bool) -> None:
        lightness = np.ones((width // 4, width), np.float32)
        lightness[:, width // 2 : width // 2 + line] = 0
        assert (ground_weight(lightness).min() > 0.99) == is_paper

    def test_luma_is_kept_by_what_is_added(self) -> None:
        found = luma_shift(plane(0.5, 0.5, 0.05, 1), plane(0.1, 0, 0.1, 0), plane(-0.05, 0.1, -0.05, 0))[0]
        squares = (0.1281 - 0.0337) * 0.1 + 0.528 * 0.0025
        assert found.tolist() == pytest.approx(
            [squares / 0.5 - 0.017, 0.00528 / 0.5, squares / 0.1 - 0.017, 0], abs=1e-6
        )

    @pytest.mark.parametrize("hue", [0.3, 3.1, 4.4, 6.0])
    def test_paper_gives_as_much_as_the_gamut_asks_for(self, hue: float) -> None:
        for lightness in (0.97, 0.93, 0.89):
            held = max_chroma(plane(lightness), plane(hue))
            assert cost_of_paper(held, plane(hue))[0, 0] == pytest.approx(1 - lightness, abs=0.008)
        assert cost_of_paper(plane(0.0), plane(hue))[0, 0] == pytest.approx(0, abs=0.003)
        assert cost_of_paper(plane(0.32, 5.0), plane(hue, hue))[0].tolist() == pytest.approx([LIGHTNESS_COST_MAX] * 2)

    def test_only_bright_ground_pays(self) -> None:
        grey = np.full((1400, 1000), 255, np.uint8)
        grey[:, 500:] = 90
        grid = grid_size(Size(1400, 1000))
        chroma = np.full((2, *grid), 0.08, np.float32)
        cost = paper_cost(chroma, ground_weight(grid_lightness(grey)))
        assert cost.shape == grid
        whole = cost_of_paper(plane(np.hypot(0.08, 0.08)), plane(np.pi / 4))[0, 0]
        assert cost[50, 50] == pytest.approx(whole, abs=1e-4)
        assert cost[50, -50] == 0


def regions(count: int = 16) -> np.ndarray:
    """Return labels of equal squares of sixteen pixels a side."""
    side = round(count**0.5)
    return np.arange(count, dtype=np.int32).reshape(side, side).repeat(16, 0).repeat(16, 1)


def waved(labels: np.ndarray, middle: float, by: float) -> np.ndarray:
    """Return a plane that is more and less than its middle, as much of each, at every second row and column too."""
    found = np.full(labels.shape, middle + by, np.float32)
    found[np.arange(labels.shape[0]) % 4 < 2] = middle - by
    return found


class TestFlats:
    @pytest.mark.parametrize(("by", "flat"), [(0.0, 1.0), (0.06, 0.5), (0.12, 0.2), (0.18, 0.1)])
    def test_a_region_is_flat_where_its_lightness_is_even(self, by: float, flat: float) -> None:
        labels = regions(4)
        lightness = np.where(labels == 2, waved(labels, 0.5, by), np.float32(0.8))
        found = flatness(lightness, np.ones(labels.shape, np.float32), labels)
        assert found.tolist() == pytest.approx([1, 1, flat, 1], abs=1e-3)

    def test_what_is_not_trusted_does_not_count(self) -> None:
        labels = regions(1)
        lightness = np.full(labels.shape, 0.7, np.float32)
        lightness[:, 8:] = 0.1
        trust = np.ones(labels.shape, np.float32)
        assert flatness(lightness, trust, labels)[0] == pytest.approx(1 / (1 + 0.09 / 0.0036), rel=1e-3)
        trust[:, 8:] = 0
        assert flatness(lightness, trust, labels)[0] == pytest.approx(1, abs=1e-4)

    def evened(self, *, by: float = 0.01, count: int = 16, flat: float = 1, share: float = 1, cell: float = 0) -> float:
        """Return how far regions around 0.05 were made even, 0..1."""
        labels = regions(count)
        chroma = np.stack([waved(labels, 0.05, by), np.full(labels.shape, -0.02, np.float32)])
        trust, flats = np.ones(labels.shape, np.float32), np.full(count, flat, np.float32)
        found = even_flats(chroma, trust, labels, flats, share, cell)
        assert np.allclose(found[1], -0.02, atol=1e-6)
        assert np.allclose(found[0] - 0.05, -(found[0] - 0.05)[::-1], atol=1e-5)
        return 1 - float(found[0].max() - 0.05) / by

    LARGE = 1 / (1 + (1 / 16 / 0.08) ** 2)
    MIXED = 1 / (1 + 0.01**2 / 0.03**2)

    @pytest.mark.parametrize(
        ("facts", "wanted"),
        [
            ({}, LARGE * MIXED),
            ({"flat": 0.5}, LARGE * MIXED / 2),
            ({"share": 0.25}, LARGE * MIXED / 4),
            ({"by": 0.03}, LARGE / 2),
            ({"by": 0.06}, LARGE / 5),
            ({"count": 1}, MIXED / (1 + (1 / 0.08) ** 2)),
            ({"count": 64}, MIXED / (1 + (1 / 64 / 0.08) ** 2)),
            ({"cell": 256}, LARGE * MIXED / 2),
            ({"cell": 768}, LARGE * MIXED / 4),
        ],
    )
    def test_a_region_becomes_even_as_far_as_it_is_flat_of_one_colour_and_small(
        self, facts: dict[str, float], wanted: float
    ) -> None:
        assert self.evened(**facts) == pytest.approx(wanted, rel=0.01)

    def test_outliers_are_heard_little(self) -> None:
        labels = np.zeros((16, 16), np.int32)
        labels[:, 8:] = 1
        chroma = np.zeros((2, 16, 16), np.float32)
        chroma[0, :4, :8] = 0.2  # a quarter of the first region
        found = even_flats(chroma, np.ones((16, 16), np.float32), labels, np.ones(2, np.float32), 1, 0)
        near, far = 0.05**2, 0.15**2
        weights = 3 / (1 + near / 0.0009), 1 / (1 + far / 0.0009)
        mean = 0.2 * weights[1] / sum(weights)
        mixed = (3 * near + far) / 4
        share = 1 / (1 + mixed / 0.0009) / (1 + (0.5 / 0.08) ** 2)
        assert found[0, 10, 3] == pytest.approx(mean * share, rel=0.02)
        assert found[0, 1, 3] == pytest.approx(0.2 + (mean - 0.2) * share, rel=0.01)
        assert not found[0, :, 8:].any()


class TestStains:
    @pytest.mark.parametrize(
        ("rest", "luma", "share"),
        [
            (10.0, 255.0, 10.0),
            (10.0, 127.5, 20.0),
            (10.0, 64.0, 40.0),
            (10.0, 20.0, 40.0),  # no darker than a quarter
            (0.2, 255.0, 0.0),
            (0.3, 255.0, 0.5),  # half levels
            (40.0, 255.0, 40.0),
            (40.1, 255.0, 0.0),  # no stain
            (-40.1, 255.0, 0.0),
            (40.0, 64.0, 63.5),
            (-40.0, 64.0, -64.0),
        ],
    )
    def test_a_stain_takes_its_share_of_the_light(self, rest: float, luma: float, share: float) -> None:
        levels = np.zeros((40, 40, 3), np.float32)
        levels[..., 1] = rest
        found = _stains(levels, np.full((40, 40), luma, np.float32))
        assert found[..., 1].min() == pytest.approx(share, abs=0.26)
        assert found[..., 1].max() == pytest.approx(share, abs=0.26)
        assert not found[..., [0, 2]].any()

    @pytest.mark.parametrize(("width", "is_one"), [(6, False), (14, True)])
    def test_what_is_narrow_is_none(self, width: int, *, is_one: bool) -> None:
        levels = np.zeros((60, 60, 3), np.float32)
        levels[:, 20 : 20 + width] = 12
        found = _stains(levels, np.full((60, 60), 255, np.float32))
        assert (found[30, 20 + width // 2, 0] > 10) == is_one
        assert not found[30, 50:].any()

    def test_levels_are_a_polynomial_of_the_luma(self) -> None:
        powers = tuple(np.full((4, 3, 3), level, np.float32) for level in (1, 20, -5, 2))
        luma = np.array([[0, 51, 255]], np.uint8).repeat(8, 0)
        found = PaperColour(powers).at(luma[2:5], slice(2, 5), Size(8, 3))
        assert found.shape == (3, 3, 3)
        wanted = [1, 1 + 20 * 0.2 - 5 * 0.04 + 2 * 0.008, 18]
        assert np.allclose(found, np.array(wanted)[None, :, None], atol=1e-4)

    @pytest.mark.parametrize(("tint", "is_seen"), [(1, False), (3, True)])
    def test_a_tint_that_nobody_sees_is_none(self, tint: int, *, is_seen: bool) -> None:
        ramp = np.linspace(20, 240, 400)[None, :, None] * np.ones((300, 1, 1))
        page = (ramp + np.array([0, 0, -tint])).round().astype(np.uint8)
        assert (find_paper_colour(page) is not None) == is_seen

    def test_a_stain_on_a_tinted_page_is_of_its_paper(self) -> None:
        ramp = np.linspace(60, 240, 400)[None, :, None] * np.ones((300, 1, 1))
        page = ramp + np.array([4, 0, -6])
        page[100:200, 150:250] *= (1.0, 0.95, 0.88)
        found = find_paper_colour(page.round().astype(np.uint8))
        assert found is not None
        luma = np.round(page @ (0.299, 0.587, 0.114)).astype(np.uint8)
        own = found.at(luma, slice(0, 300), Size(300, 400))
        wanted = page - (page @ (0.299, 0.587, 0.114))[..., None]
        assert np.abs(own - wanted)[[150, 150, 20], [200, 180, 30]].max() < 2
