"""The ground of balloons that one network alone saw: what counts as one, and which ground is tried first."""

from __future__ import annotations

import numpy as np
import pytest

from engines.detect.base import Detection
from engines.geometry import Box
from host.pipeline.analysis.fusion import grow
from tests.host.pipeline.lettered import SHAPE, evidence_of, letters_at, region_at

PIXELS = SHAPE[0] * SHAPE[1]
BOX = Box(200, 100, 300, 200)


def seen(left, top, right, bottom, score=0.9):
    return Detection("balloon", Box(left, top, right, bottom), score)


def told(*patches, lettering=()):
    """Return what the pixel network says: of each patch its box and level."""
    maps = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    for pixels, boxes in zip(maps, (patches, lettering), strict=True):
        for (left, top, right, bottom), level in boxes:
            pixels[top:bottom, left:right] = level
    return maps


def test_how_likely_a_body_is_a_balloon_is_its_mean_alone():
    balloon, _ = told(((200, 100, 250, 200), 255), ((300, 100, 400, 200), 255))
    body = np.ones((100, 100), np.uint8)
    assert grow.likely_01(balloon, region_at(200, 100, body)) == 0.5
    body[:, 50:] = 0
    assert grow.likely_01(balloon, region_at(200, 100, body)) == 1.0


@pytest.mark.parametrize(("right", "is_alike"), [(250, True), (249, False)])
def test_half_in_common_is_bounded_alike(right, is_alike):
    region = region_at(200, 100, np.ones((100, 100), np.uint8))
    assert grow.is_bounded_alike(evidence_of(seen(200, 100, right, 200)), region) == is_alike
    face = Detection("face", Box(200, 100, right, 200), 0.9)
    assert not grow.is_bounded_alike(evidence_of(face), region)


class TestTrimmed:
    REGION = region_at(200, 100, np.ones((100, 100), np.uint8), [0])
    LETTERS = letters_at((230, 150, 10))

    def trimmed(self, *others, region=REGION, **facts):
        return grow.trimmed_region(evidence_of(*others, letters=self.LETTERS, **facts), region)

    def test_ground_that_ran_out_is_cut_where_the_network_is_sure(self):
        left = told(((200, 100, 250, 200), 255))
        found = self.trimmed(pixels=left)
        assert found.box == Box(200, 100, 254, 200)  # nine pixels of doubt, four to each side
        assert found.body.shape == found.ground.shape == (100, 54)
        assert found.letters.tolist() == [0]
        assert self.trimmed(pixels=told(((250, 100, 300, 200), 255))).letters.tolist() == []

    @pytest.mark.parametrize(("level", "is_cut"), [(64, True), (63, False)])
    def test_a_quarter_of_certainty_keeps_it(self, level, is_cut):
        found = self.trimmed(pixels=told(((200, 100, 250, 200), level), ((250, 100, 300, 200), 30)))
        assert (found.box == Box(200, 100, 254, 200)) == is_cut
        assert (found is self.REGION) == (not is_cut)

    @pytest.mark.parametrize(("columns", "is_cut"), [(9, False), (10, True), (60, True), (61, False)])
    def test_one_that_is_surely_none_or_nearly_all_balloon_is_left_as_it_is(self, columns, is_cut):
        found = self.trimmed(pixels=told(((200, 100, 200 + columns, 200), 255)))
        assert (found is not self.REGION) == is_cut

    def test_one_that_the_detector_bounds_alike_is_whole_and_so_is_one_that_nobody_looked_at(self):
        left = told(((200, 100, 250, 200), 255))
        assert self.trimmed(seen(200, 100, 300, 200), pixels=left) is self.REGION
        assert self.trimmed() is self.REGION

    def test_of_what_is_left_the_largest_piece_counts(self):
        found = self.trimmed(pixels=told(((200, 100, 210, 200), 255), ((250, 100, 290, 200), 255)))
        assert found.box == Box(246, 100, 294, 200)


class TestUnseen:
    """Balloons of the pixel network alone, on a page of 400,000 pixels."""

    def unseen(self, width, height, *, level=128, written=(20, 100), letters=128, regions=()):
        left, top = 100, 50
        rows, columns = written
        maps = told(
            ((left, top, left + width, top + height), level),
            lettering=[((left, top, left + columns, top + rows), letters)],
        )
        marks = letters_at((105, 55, 6), (700, 300, 6))
        return grow.unseen_regions(evidence_of(pixels=maps, letters=marks), list(regions))

    def test_it_has_the_network_s_body_and_the_marks_in_it(self):
        (found,) = self.unseen(100, 80)
        assert found.box == Box(100, 50, 200, 130)
        assert found.body.all()
        assert found.ground is found.body
        assert found.letters.tolist() == [0]

    @pytest.mark.parametrize(("width", "height", "count"), [(32, 10, 1), (29, 11, 0), (240, 200, 1), (241, 200, 0)])
    def test_it_is_neither_tiny_nor_a_column_of_print(self, width, height, count):
        assert grow._UNSEEN_MIN * PIXELS == 320
        assert len(self.unseen(width, height)) == count

    @pytest.mark.parametrize(
        ("facts", "count"),
        [
            ({"level": 127}, 0),
            ({"letters": 127}, 0),
            ({"written": (2, 80)}, 1),
            ({"written": (3, 53)}, 0),  # 159 of 8,000: less than a fiftieth
        ],
    )
    def test_it_is_sure_and_holds_lettering(self, facts, count):
        assert len(self.unseen(100, 80, **facts)) == count

    def test_what_a_region_holds_is_seen(self):
        held = region_at(100, 50, np.ones((80, 100), np.uint8))
        assert self.unseen(100, 80, regions=[held]) == []
        corner = np.zeros((80, 100), np.uint8)
        corner[:40, :50] = 1
        (left,) = self.unseen(100, 80, regions=[region_at(100, 50, corner)], written=(80, 100))
        assert np.count_nonzero(left.body) == 6000

    def test_threads_of_it_are_none_and_without_the_network_there_are_none(self):
        assert self.unseen(200, 8, written=(8, 200)) == []
        assert len(self.unseen(200, 9, written=(9, 200))) == 1
        assert grow.unseen_regions(evidence_of(), []) == []


class TestFits:
    @pytest.mark.parametrize(("rows", "fits"), [(24, False), (25, True), (125, True), (126, False)])
    def test_a_body_is_about_as_large_as_its_box(self, rows, fits):
        body = np.zeros((140, 140), np.uint8)
        body[5 : 5 + rows, 20:120] = 1
        assert grow._fits(body, BOX) == fits

    @pytest.mark.parametrize(("touching", "fits"), [(48, True), (49, False)])
    def test_it_touches_little_of_its_window(self, touching, fits):
        body = np.zeros((100, 100), np.uint8)
        body[10:90, 10:90] = 1
        body[0, 20 : 20 + touching] = 1
        assert grow._fits(body, BOX) == fits

    def test_the_window_is_an_eighth_larger_and_within_the_page(self):
        evidence = evidence_of()
        assert grow._window(evidence, BOX) == Box(184, 84, 316, 216)
        assert grow._window(evidence, Box(0, 0, 50, 100)) == Box(0, 0, 66, 116)
        assert grow._window(evidence, Box(900, 300, 1000, 400)) == Box(884, 284, 1000, 400)

    def test_the_largest_piece_of_a_mask(self):
        mask = np.zeros((10, 20), np.uint8)
        assert grow._largest(mask) is mask
        mask[2:4, 2:4] = mask[6:9, 5:15] = 1
        assert np.argwhere(grow._largest(mask)).min(axis=0).tolist() == [6, 5]
        assert np.count_nonzero(grow._largest(mask)) == 30


class TestGround:
    def page(self, ground=255, edge=120):
        """Return an even balloon in its box, on darker art."""
        grey = np.full(SHAPE, edge, np.uint8)
        grey[110:190, 210:290] = ground
        return grey

    @pytest.mark.parametrize(("edge", "is_found"), [(244, True), (245, False)])
    def test_ground_goes_as_far_as_its_tint(self, edge, is_found):
        """Where the art is as the ground it runs out everywhere."""
        found = grow.grown_region(evidence_of(grey=self.page(edge=edge)), BOX)
        assert (found is not None) == is_found
        if found is not None:
            assert found.box == Box(210, 110, 290, 190)
            assert found.body.all()

    def test_what_fills_the_box_to_the_pixel_network_comes_first(self):
        grey = self.page()
        for right, box in ((255, (200, 100, 255, 200)), (254, (210, 110, 290, 190))):
            evidence = evidence_of(grey=grey, pixels=told(((200, 100, right, 200), 128)))
            assert grow.grown_region(evidence, BOX).box == Box(*box)

    def test_where_no_ground_is_even_what_the_network_sees_is_tried_at_last(self):
        noise = np.random.default_rng(2).integers(0, 256, SHAPE, np.uint8)
        few = told(((200, 100, 240, 200), 255))
        assert grow.grown_region(evidence_of(grey=noise, pixels=few), BOX).box == Box(200, 100, 240, 200)
        assert grow.grown_region(evidence_of(grey=noise, pixels=told()), BOX) is None
        assert grow.grown_region(evidence_of(grey=noise), BOX) is None

    @pytest.mark.parametrize(("gap", "is_found"), [(4, True), (6, True), (10, True), (20, False)])
    def test_ground_that_runs_out_through_a_gap_is_cut_loose(self, gap, is_found):
        grey = self.page()
        grey[:, 305:] = grey[150 : 150 + gap, 290:305] = 255
        found = grow.grown_region(evidence_of(grey=grey), BOX)
        assert (found is not None) == is_found
        if found is not None:
            left, top, right, bottom = found.box
            assert (left, top, bottom) == (210, 110, 190)
            assert 290 <= right < 295  # it rounds out into the gap

    def test_ground_beside_the_lettering_is_where_it_begins_else_the_middle(self):
        letters = letters_at((230, 130, 10))
        grey = self.page()
        grey[140:160, 240:260] = 0  # the middle is a picture
        window = grow._window(evidence_of(), BOX)
        with_letters = grow._seeds(evidence_of(grey=grey, letters=letters), BOX, window)
        assert all(grey[y + window.top, x + window.left] == 255 for x, y in with_letters)
        assert grow._seeds(evidence_of(grey=grey), BOX, window) == [(250 - window.left, 150 - window.top)]
        assert grow.grown_region(evidence_of(grey=grey, letters=letters), BOX).box == Box(210, 110, 290, 190)
        assert grow.grown_region(evidence_of(grey=grey), BOX) is None

    def test_margins_hold_ground_back(self):
        outer = np.zeros(SHAPE, np.bool_)
        outer[:, 250:] = True
        letters = letters_at((230, 150, 10))
        found = grow.grown_region(evidence_of(grey=self.page(), letters=letters, outer=outer), BOX)
        assert found.box == Box(210, 110, 250, 190)

    @pytest.mark.parametrize(("level", "is_reached"), [(245, True), (244, False)])
    def test_a_seed_of_another_tint_is_left_out(self, level, is_reached):
        grey = np.full((40, 60), 255, np.uint8)
        grey[:, 29:31], grey[:, 31:] = 0, level
        ground = grow._flooded(grey, np.zeros(grey.shape, np.uint8), [(5, 5), (10, 5), (50, 5)])
        assert ground[:, :29].all()
        assert ground[:, 31:].all() == is_reached
        assert not ground[:, 29:31].any()

    def test_an_ellipse_fills_its_box(self):
        found = grow.ellipse_region(evidence_of(letters=letters_at((250, 150, 10), (202, 102, 4))), BOX)
        assert found.box == BOX
        assert found.body.shape == (100, 100)
        assert found.body.mean() == pytest.approx(np.pi / 4, abs=0.02)
        assert found.body[50, 1:99].all()
        assert found.body[1:99, 50].all()
        assert found.letters.tolist() == [0]
