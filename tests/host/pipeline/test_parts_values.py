"""Where strips and double pages fall apart, row by row and column by column; the walls between regions."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from engines import regions
from engines.geometry import Box
from host.pipeline.analysis.layout import parts

WIDTH = 100


def busy(*even: tuple[int, int], height: int = 100, level: float = 50) -> np.ndarray:
    """Return rows with something on them but for these runs."""
    rows = np.full(height, level, np.float32)
    for start, stop in even:
        rows[start:stop] = 0
    return rows


class TestGutters:
    @pytest.mark.parametrize(
        ("even", "best", "cut"),
        [
            ([], 50, None),
            ([(10, 20)], 90, 15),
            ([(10, 20), (60, 70)], 39, 15),
            ([(10, 20), (60, 70)], 41, 65),
            ([(10, 20), (40, 44)], 43, 15),  # shorter than half of the longest
            ([(10, 20), (40, 45)], 43, 42),
            ([(0, 6)], 50, 3),
            ([(94, 100)], 50, 97),
        ],
    )
    def test_a_cut_is_in_the_middle_of_the_nearest_long_gutter(
        self, even: list[tuple[int, int]], best: int, cut: int | None
    ) -> None:
        assert parts._gutter(busy(*even), best) == cut

    @pytest.mark.parametrize(("limit", "cut"), [(50.1, 0), (50, None), (np.inf, 0)])
    def test_where_every_row_has_as_much_on_it_none_is_calm(self, limit: float, cut: int | None) -> None:
        assert parts._calmest(busy(), limit) == cut

    def test_the_calmest_row_has_calm_ones_around_it(self) -> None:
        rows = busy((20, 21), (60, 65))
        assert parts._calmest(rows, 300) in range(60, 65)

    @pytest.mark.parametrize(("spread", "told"), [(0, 0), (20, 0), (21, 21), (255, 255)])
    @pytest.mark.parametrize("level", [0, 100])
    def test_rows_are_even_to_twenty_levels(self, spread: int, told: int, level: int) -> None:
        grey = np.full((3, WIDTH), min(level, 255 - spread), np.uint8)
        grey[1, 30] += np.uint8(spread)
        assert parts._busy_rows(grey).tolist() == [0, told, 0]

    def test_wide_pages_are_looked_at_narrow(self) -> None:
        grey = np.full((2, 2000), 100, np.uint8)
        grey[1, 1000:1005] = 200
        wide = 2000 / parts._SAMPLE_WIDTH
        assert parts._busy_rows(grey)[1] == pytest.approx(100 * min(1.0, 5 / wide), abs=26)
        grey[1, 1000:1200] = 200
        assert parts._busy_rows(grey)[1] == 100


def strip(height: int, *even: tuple[int, int], width: int = WIDTH) -> np.ndarray:
    """Return a strip whose rows have black and white but for these runs."""
    grey = np.zeros((height, width), np.uint8)
    grey[:, ::2] = 255
    for start, stop in even:
        grey[start:stop] = 255
    return grey


def cuts(grey: np.ndarray, panels: tuple[Box, ...] = ()) -> list[int]:
    found = parts.find_parts(grey, panels)
    assert found[0].top == 0
    assert found[-1].bottom == len(grey)
    assert all(one.left == 0 and one.right == grey.shape[1] for one in found)
    return [one.bottom for one in found[:-1]]


class TestStrips:
    def test_what_is_no_longer_than_a_strip_or_too_narrow_is_whole(self) -> None:
        assert cuts(strip(250, (120, 140))) == []
        assert cuts(strip(251, (130, 150))) == [140]
        assert cuts(strip(400, (130, 150), width=47)) == []
        assert cuts(strip(400, (60, 70), width=48))[:1] == [65]

    def test_a_strip_is_cut_at_its_gutters_as_long_as_a_long_part_is_left(self) -> None:
        first = int(parts._PART_MIN * WIDTH)
        best = round(parts._PART_BEST * WIDTH)
        found = cuts(strip(1000, (best - 5, best + 5), (2 * best - 5, 2 * best + 5), (3 * best - 5, 3 * best + 5)))
        assert found[:3] == [best, 2 * best, 3 * best]
        assert cuts(strip(300, (first - 20, first - 5), (first + 30, first + 40))) == [first + 35]

    def test_no_rest_is_shorter_than_a_third_of_the_width(self) -> None:
        assert cuts(strip(251, (225, 240))) == []
        assert cuts(strip(300, (262, 280))) == [266]  # in the middle of what is within reach

    def test_farther_gutters_serve_where_none_is_near(self) -> None:
        for place in (300, 500):
            assert cuts(strip(700, (place - 4, place + 4)))[0] == place

    def test_where_nothing_is_even_a_long_strip_is_cut_at_its_calmest_rows(self) -> None:
        grey = strip(380)
        grey[150:160] = 120
        grey[150:160, ::2] = 160
        assert 150 <= cuts(grey)[0] < 160
        assert cuts(grey[:345]) == []  # up to three and a half widths it is one
        panel = Box(0, 20, WIDTH, 370)
        assert cuts(grey, (panel,)) == []  # through a panel never
        longer = strip(700)
        longer[150:160] = grey[150:160]
        assert cuts(longer, (Box(0, 20, WIDTH, 690),)) != []  # unless the strip is too long to be read


class TestFolds:
    PAGE = np.full((400, 1000), 90, np.uint8)

    @pytest.mark.parametrize(
        ("panels", "fold"),
        [
            ([Box(10, 0, 480, 400), Box(520, 0, 990, 400)], 500),
            ([Box(10, 0, 470, 400), Box(20, 0, 400, 90), Box(520, 0, 990, 400), Box(560, 0, 990, 90)], 495),
            ([Box(459, 0, 541, 400), Box(10, 0, 400, 400), Box(620, 0, 990, 400)], None),  # over the fold
            ([Box(460, 0, 541, 400), Box(10, 0, 400, 400), Box(620, 0, 990, 400)], 430),
            ([Box(459, 0, 540, 400), Box(10, 0, 400, 400), Box(620, 0, 990, 400)], 580),
        ],
    )
    def test_a_double_page_falls_apart_between_its_panels(self, panels: list[Box], fold: int | None) -> None:
        assert parts._fold(self.PAGE, panels) == fold

    @pytest.mark.parametrize(
        ("height", "width", "count"),
        [(400, 460, 2), (400, 459, 1), (48, 100, 2), (47, 100, 1), (400, 1600, 2), (400, 1602, 1)],
    )
    def test_only_wide_pages_are_double(self, height: int, width: int, count: int) -> None:
        page = np.full((height, width), 90, np.uint8)
        middle = width // 2
        panels = [Box(0, 0, middle - 10, height), Box(middle + 10, 0, width, height)]
        found = parts.find_parts(page, panels)
        assert len(found) == count
        assert found[0].right == (middle if count == 2 else width)

    def test_a_band_is_looked_at_in_no_more_than_its_own_pixels(self) -> None:
        tracemalloc.start()
        try:
            assert max(part.width for part in parts.find_parts(np.full((60, 40_000), 90, np.uint8))) <= 6 * 400
            assert tracemalloc.get_traced_memory()[1] < 20 * 10**6
        finally:
            tracemalloc.stop()

    def pages(self, seam: int, gap: int, rows: int = 380) -> np.ndarray:
        """Return two pictures with paper of this width between them, down to a row."""
        page = np.full((400, 1000), 255, np.uint8)
        page[20:380, 20 : seam - gap // 2] = 60
        page[20:380, seam + gap - gap // 2 : 980] = 100
        page[rows:380, seam - gap // 2 : seam + gap - gap // 2] = 80
        return page

    @pytest.mark.parametrize("seam", [480, 500, 520])
    def test_paper_in_the_middle_is_where_it_falls_apart(self, seam: int) -> None:
        found = parts._seam(self.pages(seam, 12))
        assert found is not None
        assert abs(found - seam) <= 6

    def test_a_seam_takes_nearly_every_row_and_some_paper(self) -> None:
        assert parts._seam(self.pages(500, 12, rows=378)) is not None
        assert parts._seam(self.pages(500, 12, rows=340)) is None
        assert parts._seam(self.pages(560, 12)) is None  # too far from the middle
        across = np.concatenate([np.linspace(0, 100, 500), np.linspace(150, 250, 500)])
        picture = np.tile(across.astype(np.uint8), (400, 1))
        assert parts._seam(picture) is None  # an edge in a picture that bleeds off


class TestWalls:
    @pytest.mark.parametrize(
        ("ground", "ink", "is_wall"),
        [(1.0, 0.77, True), (1.0, 0.79, False), (0.5, 0.37, True), (0.5, 0.39, False), (0.3, 0.17, True)],
    )
    def test_ink_is_darker_than_the_ground_beside_it(self, ground: float, ink: float, *, is_wall: bool) -> None:
        lightness = np.full((300, 300), ground, np.float32)
        lightness[:, 150] = ink
        assert regions._walls(lightness)[:, 150].all() == is_wall

    @pytest.mark.parametrize(("step", "is_wall"), [(0.2, True), (0.1, False)])
    def test_a_step_of_tone_is_a_wall(self, step: float, *, is_wall: bool) -> None:
        lightness = np.full((300, 300), 0.8, np.float32)
        lightness[:, 150:] -= np.float32(step)
        walls = regions._walls(lightness)
        assert walls[:, 149:151].all() == is_wall
        assert not walls[:, :145].any()
        assert not walls[:, 155:].any()

    @pytest.mark.parametrize(("open_rows", "count"), [(40, 2), (60, 1)])
    def test_regions_whose_border_is_mostly_open_are_one(self, open_rows: int, count: int) -> None:
        grown = np.ones((100, 41), np.int32)
        grown[:, 20], grown[:, 21:] = -1, 2
        walls = np.zeros(grown.shape, np.bool_)
        walls[open_rows:, 20] = True
        joined = regions._joined(grown, walls, 2)
        assert len(np.unique(joined)) == count
        assert joined.min() == 1

    def test_of_three_that_are_open_to_each_other_one_is_left(self) -> None:
        grown = np.ones((50, 62), np.int32)
        grown[:, 20], grown[:, 21:41], grown[:, 41], grown[:, 42:] = -1, 3, -1, 2
        nothing = np.zeros(grown.shape, np.bool_)
        assert np.unique(regions._joined(grown, nothing, 3)).tolist() == [1]
        walls = nothing.copy()
        walls[:, 41] = True
        joined = regions._joined(grown, walls, 3)
        assert (joined[0, 0], joined[0, 30], joined[0, 60]) == (1, 1, 2)

    @pytest.mark.parametrize(("gap", "count"), [(3, 2), (60, 1)])
    def test_balls_do_not_roll_through_gaps(self, gap: int, count: int) -> None:
        walls = np.zeros((200, 200), np.bool_)
        walls[:, 100:103] = True
        walls[100 : 100 + gap, 100:103] = False
        seeds, found = regions._trap_balls(walls)
        large = [label for label in np.unique(seeds[seeds > 0]) if (seeds == label).sum() > 1000]
        assert len(large) == count
        assert found >= count
        assert not seeds[walls].any()
