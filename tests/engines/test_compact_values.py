"""What the compact engine makes of sizes, tones and distributions, by its formulas."""

from __future__ import annotations

import numpy as np
import pytest

from engines.colorize.compact import people, picture, references
from engines.colorize.compact.bins import BINS, STEP, means, modes, sharpened, smoothed, soft_bins
from engines.colorize.compact.gather import trust_in
from engines.colorize.compact.parts import KINDS
from engines.colorize.compact.readout import laid_out
from engines.colorize.compact.references import Cells
from engines.colorize.compact.tones import LEVELS, at_levels, tone_sums, tone_table
from engines.geometry import Box, Size


class TestPicture:
    @pytest.mark.parametrize(
        ("page", "seen"),
        [
            ((840, 560), (840, 560)),
            ((1400, 1000), (840, 600)),
            ((1000, 1000), (840, 840)),
            ((560, 560), (840, 840)),  # by a half larger at most
            ((400, 400), (600, 600)),
            ((8600, 690), (6980, 560)),
            ((700, 3900), (840, 4680)),
            ((12_000, 700), (8280, 484)),  # no more than some megapixels
            ((60, 40_000), (76, 51_640)),
            ((100, 200_000), (44, 89_444)),
            ((101, 100), (152, 152)),
            ((1, 1), (4, 4)),
        ],
    )
    def test_pages_are_seen_at_one_size_and_strips_at_their_scale(self, page, seen):
        assert picture.working_size(Size(*page)) == Size(*seen)

    @pytest.mark.parametrize(
        ("shades", "bare", "ink", "share"),
        [(56, 44, 0, 1.0), (63, 37, 0, 0.5), (70, 30, 0, 0.0), (100, 0, 0, 0.0), (0, 0, 100, 1.0), (63, 37, 900, 0.5)],
    )
    def test_ink_is_told_by_how_little_of_the_rest_is_shaded(self, shades, bare, ink, share):
        levels = [24, 237] * (shades // 2) + [24] * (shades % 2) + [238] * bare + [23] * ink
        assert picture.inkness(np.array([levels], np.uint8)) == pytest.approx(share)

    def test_edges_go_on_until_sides_divide(self):
        grey = np.arange(33 * 40, dtype=np.uint32).astype(np.uint8).reshape(33, 40)
        wide = picture.padded(grey)
        assert wide.shape == (64, 64)
        assert np.array_equal(wide[:33, :40], grey)
        assert (wide[33:, :40] == grey[-1]).all()
        assert (wide[:33, 40:] == grey[:, -1:]).all()
        assert picture.padded(wide).shape == (64, 64)
        seen = picture.as_seen(np.array([[0, 51, 255]], np.uint8))
        assert (seen.shape, seen.dtype) == ((1, 1, 1, 3), np.float32)
        assert seen.ravel().tolist() == pytest.approx([0, 0.2, 1])

    @pytest.mark.parametrize(
        ("size", "boxes"),
        [
            ((896, 640), [Box(0, 0, 640, 896)]),
            ((928, 640), [Box(0, 0, 640, 896), Box(0, 32, 640, 928)]),
            ((1664, 640), [Box(0, 0, 640, 896), Box(0, 768, 640, 1664)]),
            ((1696, 640), [Box(0, 0, 640, 896), Box(0, 384, 640, 1280), Box(0, 800, 640, 1696)]),
            ((896, 672), [Box(0, 0, 640, 896), Box(32, 0, 672, 896)]),
        ],
    )
    def test_tiles_cover_a_picture_and_overlap(self, size, boxes):
        assert picture.tiles(Size(*size)) == boxes

    def test_where_tiles_overlap_their_weights_are_one_together(self):
        size = Size(1664, 1152)
        total = np.zeros((416, 288), np.float32)
        for box in picture.tiles(size):
            weight = picture.feather(box, size)
            assert weight.shape == (224, 160)
            total[box.top // 4 : box.bottom // 4, box.left // 4 : box.right // 4] += weight
        assert np.allclose(total, 1)
        assert (picture.feather(Box(0, 0, 640, 896), Size(896, 640)) == 1).all()
        down = picture.feather(Box(0, 768, 640, 1664), Size(1664, 640))[:, 0]
        assert down[[0, 31, 32, 223]].tolist() == pytest.approx([0.5 / 32, 31.5 / 32, 1, 1])

    @pytest.mark.parametrize(
        ("shape", "count", "taken"),
        [
            ((256, 256), 1, (256, 256)),
            ((512, 512), 1, (256, 256)),
            ((64, 64), 1, (256, 256)),
            ((256, 256), 2, (224, 224)),
            ((256, 256), 6, (128, 128)),
            ((10, 4000), 1, (32, 2048)),
            ((512, 128), 1, (512, 128)),
        ],
    )
    def test_references_share_the_cells_that_there_are(self, shape, count, taken):
        assert picture.reference_at(np.zeros((*shape, 3), np.uint8), count).shape == (*taken, 3)

    def test_screens_become_grey_where_a_page_shrinks(self):
        screen = np.zeros((80, 80), np.uint8)
        screen[::2] = 200
        assert (picture.resized(screen, Size(40, 40)) == 100).all()
        assert picture.resized(screen[:2], Size(4, 80)).shape == (4, 80)


class TestBins:
    def test_the_bins_are_a_disc(self):
        assert BINS.shape == (305, 2)
        assert np.hypot(*BINS.T).max() < 0.3
        assert sorted(map(tuple, np.round(BINS / STEP).astype(int).tolist())) == [
            tuple(one) for one in np.round(BINS / STEP).astype(int).tolist()
        ]

    def test_a_colour_is_shared_by_its_four_nearest_bins(self):
        shares = soft_bins(np.array([[0.03, -0.06], [0.045, 0.0]], np.float32))
        assert shares.sum(1).tolist() == pytest.approx([1, 1])
        assert np.count_nonzero(shares, axis=1).tolist() == [4, 4]
        near = np.exp(-1 / 0.36)
        assert shares[0].max() == pytest.approx(1 / (1 + 3 * near), rel=1e-4)
        assert np.allclose(BINS[shares[0].argmax()], (0.03, -0.06))
        assert np.sort(shares[1])[-2:].tolist() == pytest.approx([1 / (2 + 2 * near)] * 2, rel=1e-4)

    def test_a_distribution_is_sharpened_by_its_temperature(self):
        two = np.zeros((305, 1), np.float32)
        first, second = (int(np.argmin(np.square(BINS - place).sum(1))) for place in ((0.09, 0), (-0.09, 0)))
        two[first], two[second] = 0.4, 0.2
        assert sharpened(two, 0.5)[[first, second], 0].tolist() == pytest.approx([1, 0.25])
        assert means(two, 0.5)[0].tolist() == pytest.approx([0.09 * 0.75 / 1.25, 0], abs=1e-6)
        assert means(two, 1.0)[0].tolist() == pytest.approx([0.03, 0], abs=1e-6)
        assert modes(two, 1.0)[0].tolist() == pytest.approx([0.09, 0], abs=1e-3)
        assert means(np.zeros((305, 1), np.float32), 0.5)[0].tolist() == [0, 0]

    def test_a_blur_spreads_over_neighbours_as_a_bell(self):
        one = np.zeros((305, 1), np.float32)
        middle = int(np.argmin(np.square(BINS).sum(1)))
        beside = int(np.argmin(np.square(BINS - (STEP, 0)).sum(1)))
        one[middle] = 1
        spread = smoothed(one, 1.0)[:, 0]
        assert spread[beside] / spread[middle] == pytest.approx(np.exp(-0.5), rel=1e-4)
        assert spread.sum() == pytest.approx(1, abs=1e-4)


class TestReferences:
    @pytest.mark.parametrize(
        ("level", "is_drawn"), [(235, False), (234, True), (6, True), (5, False), (0, False), (255, False)]
    )
    def test_bare_paper_and_ink_are_left_out(self, level, is_drawn):
        reference = np.full((64, 64, 3), 128, np.uint8)
        reference[:8] = level
        features = np.arange(64 * 64, dtype=np.float32).reshape(1, 64, 8, 8)
        cells = references.cells_of(reference, features)
        kept = 64 if is_drawn else 56
        assert cells.features.shape == (1, kept, 64)
        assert cells.chroma.shape == (kept, 2)
        assert cells.features[0, -1].tolist() == features[0, :, 7, 7].tolist()
        assert cells.tones.cells == 64

    def test_pale_colour_is_drawn(self):
        reference = np.full((64, 64, 3), 128, np.uint8)
        reference[:8] = (255, 250, 225)
        assert references.cells_of(reference, np.zeros((1, 64, 8, 8), np.float32)).chroma.shape == (64, 2)

    @pytest.mark.parametrize(("drawn", "kept"), [(16, 16), (15, 64)])
    def test_where_nearly_all_is_bare_all_of_it_counts(self, drawn, kept):
        reference = np.full((64, 64, 3), 255, np.uint8)
        cells = reference.reshape(8, 8, 8, 8, 3).swapaxes(1, 2)
        for number in range(drawn):
            cells[number // 8, number % 8] = 128
        found = references.cells_of(reference, np.zeros((1, 64, 8, 8), np.float32))
        assert found.chroma.shape == (kept, 2)

    @pytest.mark.parametrize(
        ("vivid", "count", "strength", "has_any"),
        [(1, 200, 0.021, True), (1, 201, 0.021, False), (200, 200, 0.0199, False), (2, 400, 0.3, True)],
    )
    def test_a_reference_has_colour_where_some_cells_are_vivid(self, vivid, count, strength, has_any):
        chroma = np.zeros((count, 2), np.float32)
        chroma[:vivid, 1] = -strength
        tones = tone_sums(np.zeros(count, np.float32), soft_bins(chroma))
        assert references.has_colour(Cells(np.zeros((1, count, 64), np.float32), chroma, tones)) == has_any

    def cells(self, *chroma):
        colours = np.array(chroma, np.float32)
        tones = tone_sums(np.full(len(colours), 0.5, np.float32), soft_bins(colours))
        return Cells(np.full((1, len(colours), 64), len(colours), np.float32), colours, tones)

    def test_several_references_are_one_set_of_cells(self):
        red, blue = (0.15, 0.03), (-0.03, -0.15)
        both = references.joined([self.cells(red, red, red), self.cells(blue)])
        assert both.features[0, :, 0].tolist() == [3, 3, 3, 1]
        assert np.allclose(both.chroma[0], [red, red, red, blue])
        assert both.palette.sum() == pytest.approx(1, abs=1e-5)
        assert both.shares.tolist() == both.palette[both.bins].tolist()
        assert (both.shares > 2e-4).all()
        assert np.delete(both.palette, both.bins).max() <= 2e-4
        assert both.values.shape == (1, 4, len(both.bins))
        mean = np.hypot(3 * 0.15 - 0.03, 3 * 0.03 - 0.15) / 4
        assert both.agreement == pytest.approx(mean / np.hypot(0.15, 0.03), rel=1e-3)
        at_red, at_blue = (int(np.argmin(np.square(BINS - one).sum(1))) for one in (red, blue))
        assert both.likely[at_red] == pytest.approx(1, abs=0.05)
        assert both.likely[at_blue] == pytest.approx(1 / 3, abs=0.05)

    def test_of_one_hue_all_agree_and_of_none_only_grey_is_likely(self):
        assert references.joined([self.cells((0.1, 0), (0.2, 0))]).agreement == pytest.approx(1, abs=1e-4)
        assert references.joined([self.cells((0.1, 0), (-0.1, 0))]).agreement == pytest.approx(0, abs=1e-4)
        grey = references.joined([self.cells((0.01, 0.0))])
        assert np.allclose(grey.likely, 0.4 * np.exp(-np.square(BINS).sum(1) / 0.025**2))
        vivid = references.joined([self.cells((0.2, 0.1))])
        middle = int(np.argmin(np.square(BINS).sum(1)))
        assert vivid.likely[middle] == pytest.approx(0.4)

    def test_what_is_next_to_a_vivid_colour_is_likely_too(self):
        # On a bin, so that its neighbours have what the blur of nine tenths of a bin carries to them.
        there = BINS[int(np.argmin(np.square(BINS - (0.16, 0.04)).sum(1)))]
        likely = references.joined([self.cells(tuple(float(one) for one in there))]).likely
        hard = soft_bins(there[None].astype(np.float32))[0]
        spread = smoothed(hard[:, None], 0.9)[:, 0]
        far = np.square(BINS).sum(1) > 0.1**2
        assert np.allclose(likely[far], (spread / spread.max())[far], atol=1e-3)

    def test_a_level_has_the_colours_of_cells_as_light(self):
        values = np.eye(305, dtype=np.float32)[[3, 7]]
        steps = np.linspace(0, 1, LEVELS)
        sums = tone_sums(np.array([steps[4], steps[20]], np.float32), values)
        assert sums.cells == 2
        assert sums.whole[[3, 7]].tolist() == [1, 1]
        assert sums.counts[4] == pytest.approx(1, abs=1e-5)
        assert sums.counts[5] == pytest.approx(np.exp(-((1 / 23 / 0.03) ** 2) / 2), rel=1e-3)
        table = tone_table([sums])
        assert table[4, [3, 7]].tolist() == pytest.approx([1.01 / 1.02, 0.01 / 1.02], rel=1e-4)
        assert table[12, [3, 7]].tolist() == pytest.approx([0.5, 0.5], abs=0.01)
        assert np.allclose(tone_table([sums, sums]), table)
        grey = np.array([0, 4.25 / 23, 1], np.float32)
        found = at_levels(table, grey)
        assert np.allclose(found, [table[0], 0.75 * table[4] + 0.25 * table[5], table[23]], atol=1e-5)


class TestRegions:
    @pytest.mark.parametrize(("step", "trust"), [(0.0, 1.0), (0.12, 0.5), (0.24, 1 / 17), (1.0, 1e-3)])
    def test_trust_falls_with_the_contrast_beside(self, step, trust):
        lightness = np.zeros((5, 8), np.float32)
        lightness[:, 4:] = step
        found = trust_in(lightness)
        assert found[2, [3, 4]].tolist() == pytest.approx([trust] * 2, rel=1e-4)
        assert found[2, [2, 5]].tolist() == [1, 1]

    def shown(self, kind, *shares, tones=None):
        kinds = np.zeros((12, len(shares)), np.float32)
        kinds[KINDS.index(kind)] = shares
        return people.Shown(kinds, np.array(tones or [0.5] * len(shares), np.float32))

    @pytest.mark.parametrize(("kind", "like"), [("hair", 0.07), ("skin", 0.15)])
    def test_regions_of_a_part_hear_each_other_by_their_tones(self, kind, like):
        own = np.eye(305, 3, dtype=np.float32)
        heard = people.pooled(own, self.shown(kind, 0.8, 0.6, 0.5, tones=[0.5, 0.5 + like, 0.5]))
        near = np.exp(-1)
        assert heard[:2, :2].tolist() == [
            pytest.approx([0.8, 0.8 * near], rel=1e-3), pytest.approx([0.6 * near, 0.6], rel=1e-3)
        ]  # fmt: skip
        assert heard[:, 2].tolist() == own[:, 2].tolist()  # it shows as much else

    def test_what_shows_hair_or_skin_has_one_colour(self):
        assert people.oneness(self.shown("hair", 0.5, 0.51, 1.0)).tolist() == pytest.approx([0, 0.51, 1])
        assert people.oneness(self.shown("skin", 0.7)).tolist() == pytest.approx([0.7])
        assert people.oneness(self.shown("clothes", 0.9)).tolist() == [0]

    def laid(self, *, shading=0.0, one=0.0, ink=0.0, known=True, rows=4):
        """Return what a region of all of a page gets whose field is (0.02, 0) and whose own colour is (0.09, 0)."""
        field = np.zeros((8, 8, 2), np.float32)
        field[..., 0] = 0.02
        table = np.zeros((305, rows), np.float32)
        if known:
            table[int(np.argmin(np.square(BINS - (0.09, 0)).sum(1))), 1:] = 1
        lightness = np.full((16, 16), 0.5, np.float32)
        lightness[::2] += shading
        lightness[1::2] -= shading
        labels = np.ones((16, 16), np.int32)
        found = laid_out(field, table, labels, lightness, np.ones((16, 16), np.float32), np.full(rows, one), ink)
        assert np.ptp(found, axis=(0, 1)).max() < 1e-6
        return float(found[0, 0, 0])

    @pytest.mark.parametrize(
        ("facts", "share", "gain"),
        [
            ({}, 1 / 17, 1.15),
            ({"shading": 0.06}, 1 / 34, 1.15),
            ({"one": 1.0}, 1 - (1 - 1 / 17) * 0.2, 1.15),
            ({"one": 0.5}, 1 - (1 - 1 / 17) * 0.6, 1.15),
            ({"ink": 1.0}, 1 / 17, 1.0),
            ({"ink": 0.5}, 1 / 17, 1.075),
            ({"known": False}, 0.0, 1.15),
        ],
    )
    def test_an_even_region_takes_its_own_colour_by_how_large_and_shaded_it_is(self, facts, share, gain):
        assert self.laid(**facts) == pytest.approx((0.02 + 0.07 * share) * gain, rel=2e-3)

    def test_a_small_region_takes_nearly_all_of_it(self):
        field = np.zeros((20, 20, 2), np.float32)
        table = np.zeros((305, 3), np.float32)
        table[int(np.argmin(np.square(BINS - (0.09, 0)).sum(1))), 2] = 1
        labels = np.ones((40, 40), np.int32)
        labels[:20, :20] = 2
        even = np.full((40, 40), 0.5, np.float32)
        found = laid_out(field, table, labels, even, np.ones((40, 40), np.float32), np.zeros(3, np.float32), 1.0)
        assert found[0, 0, 0] == pytest.approx(0.09 / 2, rel=1e-3)  # a quarter of the page: half
        assert not found[30, 30].any()
