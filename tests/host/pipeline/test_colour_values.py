"""Colour of a page's own, filters and shifts of channels: levels, shares and sizes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engines.geometry import Box, Size
from host.pipeline.analysis import own_colour, registration, toning
from host.pipeline.attempts import PanelFigures
from host.pipeline.compose.palettes import _figure_at, _shown, figures_of_one
from host.pipeline.generation import assess
from host.pipeline.records.masks import PageMaps
from host.pipeline.records.page_meta import Character, Face, PageMeta

YELLOW, RED = (0.0, 0.0, -60.0), (45.0, -15.0, 15.0)


class TestHues:
    @pytest.mark.parametrize(
        ("yellow", "red", "strength", "is_one"),
        [
            (0, 0, 1.0, True),
            (2, 2, 1.0, True),  # hardly any
            (7, 0, 1.0, True),
            (0, 7, 1.0, True),
            (3, 3, 1.0, False),
            (6, 1, 1.0, True),
            (5, 1, 1.0, False),
            (3, 3, 40 / 60, True),  # not strong
        ],
    )
    def test_a_tint_that_is_strong_has_one_hue(self, yellow: int, red: int, strength: float, *, is_one: bool) -> None:
        tint = np.zeros((10, 10, 3), np.float32)
        tint.reshape(-1, 3)[:yellow] = YELLOW
        tint.reshape(-1, 3)[50 : 50 + red] = RED
        assert own_colour._is_of_one_hue(tint * np.float32(strength)) == is_one

    @pytest.mark.parametrize(
        ("inked", "coloured", "share"),
        [(100, 13, 1.0), (100, 11, 0.0), (11, 2, 1.0), (9, 9, 0.0), (0, 50, 0.0), (50, 7, 1.0), (50, 5, 0.0)],
    )
    def test_parts_with_something_in_them_are_counted(self, inked: int, coloured: int, share: float) -> None:
        planes = np.zeros((2, 80, 80), np.bool_)
        for plane, count in zip(planes, (inked, coloured), strict=True):
            cell = np.zeros(100, np.bool_)
            cell[:count] = True
            plane[:10, 10:20] = cell.reshape(10, 10)
        assert own_colour._share_of_cells(*planes) == share

    def test_of_parts_with_something_in_them_the_share_counts(self) -> None:
        inked, coloured = np.zeros((2, 80, 80), np.bool_)
        inked[:20] = True
        coloured[:10, :40] = True
        assert own_colour._share_of_cells(inked, coloured) == 0.25

    @pytest.mark.parametrize(("dark", "light", "factor"), [(10, 200, 255 / 190), (100, 150, 255 / 80), (0, 255, 1.0)])
    def test_levels_are_told_as_of_a_page_of_full_contrast(self, dark: int, light: int, factor: float) -> None:
        luma = np.full((20, 20), dark, np.float32)
        luma[10:] = light
        assert own_colour._to_full_contrast(luma) == pytest.approx(factor)


class TestAreas:
    def found(self, levels: np.ndarray, *, least: float = 3, seed: float = 16, reach: int = 2) -> np.ndarray:
        evidence = own_colour._Evidence(levels.astype(np.float32), levels.astype(np.float32), reach)
        return own_colour._areas(evidence, least=least, seed=seed)

    def block(self, height: int, width: int, level: float) -> np.ndarray:
        levels = np.zeros((60, 60), np.float32)
        levels[20 : 20 + height, 20 : 20 + width] = level
        return levels

    @pytest.mark.parametrize(
        ("level", "least", "seed", "is_one"),
        [(20, 3, 16, True), (16, 3, 16, True), (15.9, 3, 16, False), (20, 20, 16, False), (20, 19.9, 16, True)],
    )
    def test_an_area_stands_out_somewhere(self, level: float, least: float, seed: float, *, is_one: bool) -> None:
        levels = self.block(20, 20, level)
        found = self.found(levels, least=least, seed=seed)
        assert found.sum() == (400 if is_one else 0)

    @pytest.mark.parametrize(("height", "width", "is_one"), [(3, 4, True), (2, 6, True), (3, 3, False), (1, 30, False)])
    def test_it_is_broad(self, height: int, width: int, *, is_one: bool) -> None:
        assert self.found(self.block(height, width, 45)).any() == is_one

    @pytest.mark.parametrize(("peak", "is_one"), [(30, False), (39, False), (41, True)])
    def test_a_stain_is_none_unless_it_is_strong(self, peak: float, *, is_one: bool) -> None:
        across = np.abs(np.arange(120) - 60)
        levels = peak * np.exp(-np.add.outer(across**2, across**2) / (2 * 18**2))
        levels[60, 60] = peak
        assert self.found(levels).any() == is_one

    def test_each_area_is_judged_by_itself(self) -> None:
        levels = self.block(12, 12, 20)
        levels[45:55, 45:55] = 10
        found = self.found(levels)
        assert found.sum() == found[18:34, 18:34].sum() == 144


class TestFilters:
    """A filter's curve bends towards brown between black and white."""

    LUMA = np.repeat(np.arange(256, dtype=np.float32), 40)

    def curve(self, red: float, blue: float, luma: np.ndarray = LUMA) -> np.ndarray | None:
        bend = 4 * (luma / 255) * (1 - luma / 255)
        return toning._curve(np.stack([red * bend, 0 * bend, blue * bend], axis=1).astype(np.float32), luma)

    @pytest.mark.parametrize(
        ("red", "blue", "is_one"),
        [
            (10, -20, True),
            (10, -17, True),
            (10, -15, False),  # a tint
            (10, -49, True),
            (10, -52, False),  # an ink of the author's
            (13.5, -20, True),
            (14.5, -20, False),  # not brown
            (0, -20, False),
            (-5, -20, False),
            (10, 20, False),
        ],
    )
    def test_a_curve_that_bends_towards_brown_is_a_filter_s(self, red: float, blue: float, *, is_one: bool) -> None:
        found = self.curve(red, blue)
        assert (found is not None) == is_one
        if found is not None:
            assert found.shape == (256, 3)
            assert found[128].tolist() == pytest.approx([red, 0, blue], abs=0.5)
            assert np.abs(found[[0, 255]]).max() < 2

    @pytest.mark.parametrize(("levels", "is_one"), [((0, 90, 130, 254), True), ((0, 130, 254), False)])
    def test_a_curve_takes_four_lightnesses(self, levels: tuple[int, ...], *, is_one: bool) -> None:
        luma = np.repeat(np.array(levels, np.float32), 500)
        assert (self.curve(10, -25, luma) is not None) == is_one

    def test_lightnesses_that_are_hardly_there_are_not_heard(self) -> None:
        luma = np.concatenate([self.LUMA, np.full(5, 300.0, np.float32)])  # of ten thousand
        found = self.curve(10, -20, luma)
        assert found is not None
        assert found[128].tolist() == pytest.approx([10, 0, -20], abs=0.5)

    def test_a_toned_page_is_given_back_as_it_was(self) -> None:
        grey = np.tile(np.linspace(0, 255, 400), (300, 1))
        bend = (4 * (grey / 255) * (1 - grey / 255))[..., None]
        page = np.clip(grey[..., None] + bend * np.array([12, -2.2, -22]), 0, 255).round().astype(np.uint8)
        plain = toning.without_toning(page)
        assert plain is not None
        assert np.ptp(plain.astype(int), axis=2).max() <= 4
        page[:60] = (200, 40, 40)  # a fifth of it in colour
        assert toning.without_toning(page) is None
        assert toning.without_toning(np.repeat(grey[..., None], 3, 2).astype(np.uint8)) is None

    @pytest.mark.parametrize(("off", "share"), [(12, 0.0), (12.1, 0.25), (-13, 0.25)])
    def test_off_is_what_a_curve_does_not_explain(self, off: float, share: float) -> None:
        own = np.zeros((8, 3), np.float32)
        own[:2, 1] = off
        assert toning._off_share(own, np.full(8, 100, np.float32), np.zeros((256, 3))) == share


class TestChannels:
    def texture(self, height: int = 160, width: int = 140) -> np.ndarray:
        noise = np.random.default_rng(8).integers(0, 256, (height, width)).astype(np.float32)
        return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)

    def apart(self, red: tuple[int, int], blue: tuple[int, int]) -> np.ndarray:
        grey = self.texture()
        return np.dstack([np.roll(grey, red, (0, 1)), grey, np.roll(grey, blue, (0, 1))])

    @pytest.mark.parametrize(
        ("red", "blue"), [((1, 0), (0, 0)), ((0, 0), (0, -2)), ((2, -1), (-1, 3)), ((5, 5), (0, 0))]
    )
    def test_channels_that_lie_apart_are_brought_together(self, red: tuple[int, int], blue: tuple[int, int]) -> None:
        page = self.apart(red, blue)
        together = registration.brought_together(page)
        assert together is not None
        inner = np.s_[10:-10, 10:-10]
        assert np.ptp(page[inner].astype(int), axis=2).mean() > 5
        assert np.ptp(together[inner].astype(int), axis=2).mean() < 2
        assert np.array_equal(together[..., 1], page[..., 1])

    @pytest.mark.parametrize("px", [1.5, 4.0])
    def test_channels_that_a_lens_drew_in_several_sizes_are_brought_together(self, px: float) -> None:
        grey = self.texture(400, 300)
        page = np.dstack([self.stretched(grey, px), grey, self.stretched(grey, -px)])
        together = registration.brought_together(page)
        assert together is not None
        inner = np.s_[20:-20, 20:-20]
        assert np.ptp(together[inner].astype(int), axis=2).mean() < 0.3 * np.ptp(page[inner].astype(int), axis=2).mean()

    def stretched(self, grey: np.ndarray, px: float) -> np.ndarray:
        """Return a channel whose edges lie so many pixels farther from its middle."""
        height, width = grey.shape
        scale = 1 + 2 * px / height
        back = np.array([[scale, 0, (1 - scale) * width / 2], [0, scale, (1 - scale) * height / 2]])
        return np.asarray(cv2.warpAffine(grey, back, (width, height), borderMode=cv2.BORDER_REPLICATE))

    def test_channels_that_lie_together_or_too_far_apart_are_left(self) -> None:
        assert registration.brought_together(self.apart((0, 0), (0, 0))) is None
        assert registration.brought_together(self.apart((7, 0), (0, 7))) is None
        other = np.dstack([self.texture(), self.texture()[::-1], self.texture()[:, ::-1]])
        assert registration.brought_together(other) is None

    @pytest.mark.parametrize(("height", "width", "is_large"), [(48, 60, True), (47, 60, False), (60, 47, False)])
    def test_tiny_pictures_are_left(self, height: int, width: int, *, is_large: bool) -> None:
        grey = self.texture(height, width)
        page = np.dstack([np.roll(grey, 2, 1), grey, grey])
        assert (registration.brought_together(page) is not None) == is_large

    @pytest.mark.parametrize(
        ("values", "place"),
        [((1, 3, 1), 0.0), ((1, 3, 2), 1 / 6), ((2, 3, 1), -1 / 6), ((1, 1, 1), 0.0), ((2, 1, 3), 0.0)],
    )
    def test_the_top_of_three_lies_between_them(self, values: tuple[float, ...], place: float) -> None:
        assert registration._between(*values) == pytest.approx(place)


def figure(index: int, *box: int) -> Character:
    return Character(box=Box(*box), index=index)


def meta(*figures: Character, faces: tuple[int, ...] = ()) -> PageMeta:
    return PageMeta(
        size=Size(100, 100), pixels_sha256="0" * 64, kind="story", direction="rtl", characters=figures,
        faces=tuple(Face(box=Box(0, 0, 5, 5), character=one) for one in faces),
    )  # fmt: skip


class TestFigures:
    LARGE = figure(0, 0, 0, 50, 100)

    @pytest.mark.parametrize(
        ("other", "faces", "is_one"),
        [
            (figure(1, 0, 0, 50, 20), (), True),
            (figure(1, 10, 0, 60, 20), (), True),  # four fifths
            (figure(1, 11, 0, 61, 20), (), False),
            (figure(1, 0, 0, 50, 20), (1,), True),
            (figure(1, 0, 0, 50, 20), (0,), True),
            (figure(1, 0, 0, 50, 20), (0, 1), False),  # two people
            (figure(1, 0, 0, 50, 20), (0, 0), False),
            (figure(1, 60, 0, 90, 20), (), False),
            (figure(1, 10, 10, 10, 20), (), False),
        ],
    )
    def test_a_head_that_was_found_apart_is_one_with_its_body(
        self, other: Character, faces: tuple[int, ...], *, is_one: bool
    ) -> None:
        page = meta(self.LARGE, other, faces=faces)
        assert figures_of_one(self.LARGE, page) == ((0, 1) if is_one else (0,))
        assert figures_of_one(other, page) == ((1, 0) if is_one else (1,))

    def test_a_point_is_of_whoever_covers_it_else_of_the_smallest_box(self) -> None:
        page = meta(self.LARGE, figure(1, 0, 0, 50, 20), figure(2, 50, 0, 100, 100))
        characters = np.zeros((100, 100), np.uint8)
        characters[:10, :10], characters[99, 99], characters[50, 0] = 1, 3, 9
        maps = PageMaps(panels=characters, characters=characters, depth=characters, tone=characters)

        def at(x: float, y: float) -> int | None:
            found = _figure_at((x, y), page, maps)
            return None if found is None else found.index

        assert at(0.05, 0.05) == 0
        assert at(0.3, 0.05) == 1
        assert at(0.3, 0.2) == 0  # beyond the smaller one's last row
        assert at(0.499, 0.5) == 0
        assert at(0.5, 0.5) == 2
        assert at(1.0, 1.0) == 2
        assert at(0.0, 0.5) is None  # nobody of the record
        assert _figure_at((0.3, 0.3), page, None) is None

    def test_a_region_shows_what_it_has_more_of_than_the_figure_does(self) -> None:
        labels = np.array([[1, 1, 2, 2, 3, 3, 4]])
        inside = np.array([[True, True, True, True, True, False, False]])
        shares = np.zeros((1, 7, 4), np.float32)
        shares[..., 3] = 0.8  # a figure, so the engine was told
        shares[0, :2, 1], shares[0, 2:, 2] = 0.2, 0.2
        assert _shown(labels, inside, shares).tolist() == [0, 1, 2, 0, 0]
        assert _shown(labels, ~inside & False, shares).tolist() == [0] * 5


class TestAssessed:
    @pytest.mark.parametrize(
        ("recall", "iou", "unsound", "is_lost"),
        [
            (assess._LINE_RECALL_MIN, assess._LINE_IOU_MIN, 0.0, False),
            (assess._LINE_RECALL_MIN - 0.01, 1.0, 0.0, True),
            (1.0, assess._LINE_IOU_MIN - 0.01, 0.0, True),
            (1.0, 1.0, assess._REPAIR_SHARE, True),
            (1.0, 1.0, assess._REPAIR_SHARE - 0.01, False),
        ],
    )
    def test_a_panel_is_lost_by_its_lines_or_by_what_is_unsound(
        self, recall: float, iou: float, unsound: float, *, is_lost: bool
    ) -> None:
        panel = PanelFigures(order=0, line_recall=recall, line_iou=iou, structure=1.0, unsound=unsound)
        assert assess._is_lost(panel) == is_lost

    @pytest.mark.parametrize(("size", "worked"), [((700, 500), (700, 500)), ((1, 1), (1, 1))])
    def test_small_pages_are_looked_at_as_they_are(self, size: tuple[int, int], worked: tuple[int, int]) -> None:
        assert assess._working_size(Size(*size)) == Size(*worked)

    def test_large_pages_are_looked_at_with_a_bounded_side(self) -> None:
        most = assess._SIDE_MAX_PX
        assert assess._working_size(Size(4 * most, 2 * most)) == Size(most, most // 2)
        assert assess._working_size(Size(10 * most, 1)) == Size(most, 1)

    def vivid(self, count: int, lightness: float = 0.6, chroma: float = 0.1) -> np.ndarray:
        colours = np.zeros((100, 3), np.float32)
        colours[:count] = (lightness, chroma, 0)
        return colours

    @pytest.mark.parametrize(
        ("count", "lightness", "chroma", "is_told"),
        [
            (60, 0.6, 0.1, True),
            (59, 0.6, 0.1, False),
            (60, 0.2, 0.1, False),
            (60, 0.21, 0.1, True),
            (60, 0.97, 0.1, False),
            (60, 0.96, 0.1, True),
            (60, 0.6, 0.025, False),
            (60, 0.6, 0.026, True),
        ],
    )
    def test_drift_is_told_of_vivid_colours_alone(
        self, count: int, lightness: float, chroma: float, *, is_told: bool
    ) -> None:
        found = assess._drift(self.vivid(count, lightness, chroma), [(200, 60, 60)])
        assert (found is not None) == is_told

    def test_drift_is_the_way_to_the_nearest_colour_of_the_palette(self) -> None:
        from engines.oklab import srgb_to_oklab

        red, blue = (200, 60, 60), (60, 60, 200)
        known = srgb_to_oklab(np.array([[red, blue]], np.uint8))[0]
        colours = np.concatenate([known[:1].repeat(90, 0), known[1:].repeat(30, 0)]).astype(np.float32)
        assert assess._drift(colours, [red, blue]) == pytest.approx(0, abs=1e-4)
        apart = float(np.hypot(*(known[0] - known[1])[1:]))
        assert assess._drift(colours, [red]) == pytest.approx(apart / 4, rel=0.02)

    @pytest.mark.parametrize(("doubtful", "is_spot"), [(5, False), (21, True)])
    def test_single_pixels_are_no_fault(self, doubtful: int, *, is_spot: bool) -> None:
        where = np.zeros((400, 400), np.bool_)
        where[200 : 200 + doubtful, 200 : 200 + doubtful] = True
        found = assess._spots(where, np.ones_like(where))
        assert found.any() == is_spot
        assert not assess._spots(where, np.zeros_like(where)).any()
