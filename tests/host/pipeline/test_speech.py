"""Balloons and lettering weighed between two opinions: what each share and score is good for."""

from __future__ import annotations

import numpy as np
import pytest

from engines.detect.base import Detection
from engines.geometry import Box
from host.pipeline.analysis.fusion import speech
from tests.host.pipeline.lettered import SHAPE, evidence_of, letters_at, region_at, row, strays

BODY = np.ones((100, 200), np.uint8)
PLACE = Box(200, 150, 400, 250)
"""Of a region with that body."""
LETTERS = letters_at(*row(8, size=16, left=230, step=20))
STAR = np.zeros((100, 200), np.uint8)
STAR[40:60] = STAR[:, 80:120] = 1


def seen(label, left, top, right, bottom, score=0.9):
    return Detection(label, Box(left, top, right, bottom), score)


def region(body=BODY, letters=range(8)):
    return region_at(PLACE.left, PLACE.top, body, letters)


def told(balloon=0, lettering=0):
    """Return a page of which the pixel network says the same everywhere."""
    return np.full(SHAPE, balloon, np.uint8), np.full(SHAPE, lettering, np.uint8)


class TestBoxes:
    @pytest.mark.parametrize(
        ("inner", "is_covered"),
        [
            (Box(0, 0, 100, 100), True),
            (Box(40, 0, 140, 100), True),
            (Box(41, 0, 141, 100), False),
            (Box(50, 50, 51, 51), True),
            (Box(50, 50, 50, 60), False),  # nothing
        ],
    )
    def test_six_tenths_of_a_box_are_inside(self, inner, is_covered):
        assert speech._covers(Box(0, 0, 100, 100), inner) == is_covered

    @pytest.mark.parametrize(
        ("own", "other", "is_same"),
        [
            (Box(0, 0, 100, 100), Box(0, 0, 75, 100), True),
            (Box(0, 0, 100, 100), Box(0, 0, 74, 100), False),
            (Box(0, 0, 50, 100), Box(0, 0, 100, 100), True),  # the tight box of what lies within
            (Box(0, 0, 49, 100), Box(0, 0, 100, 100), False),
            (Box(0, 0, 100, 60), Box(0, 3, 100, 100), True),
            (Box(0, 0, 100, 60), Box(0, 4, 100, 100), False),
        ],
    )
    def test_a_region_is_what_the_detector_saw(self, own, other, is_same):
        assert speech._is_the_same(own, other) == is_same

    def test_marks_are_bounded_to_the_pixel_within_the_page(self):
        letters = letters_at((20.4, 30.6, 10), (50, 10, 8), (2, 2, 10))
        assert speech.box_around(letters, np.array([0, 1])) == Box(15, 6, 54, 36)
        assert speech.box_around(letters, np.array([2])) == Box(0, 0, 7, 7)


class TestWritten:
    def page(self, balloon=0, lettering=0, level=(128, 110)):
        maps = told()
        for share, pixels, one in zip((balloon, lettering), maps, level, strict=True):
            block = np.zeros(100, np.uint8)
            block[:share] = one
            pixels[10:20, 10:20] = block.reshape(10, 10)
        return evidence_of(pixels=maps)

    @pytest.mark.parametrize(
        ("share", "level", "is_written"),
        [
            ((10, 0), (128, 110), True),
            ((9, 0), (128, 110), False),
            ((10, 0), (127, 110), False),
            ((0, 2), (128, 110), True),
            ((0, 1), (128, 110), False),
            ((0, 2), (128, 109), False),
            ((9, 2), (128, 110), True),
            ((0, 0), (128, 110), False),
        ],
    )
    def test_a_tenth_of_balloon_or_a_fiftieth_of_strokes(self, share, level, is_written):
        assert speech._is_written(Box(10, 10, 20, 20), self.page(*share, level), None) == is_written

    def test_of_a_body_what_lies_in_it_counts(self):
        body = np.zeros((10, 10), np.bool_)
        body[5:] = True
        assert not speech._is_written(Box(10, 10, 20, 20), self.page(40, 40), body)
        assert speech._is_written(Box(10, 10, 20, 20), self.page(55), body)
        assert speech._is_written(Box(10, 10, 20, 20), self.page(4), ~body) is False
        assert speech._is_written(Box(10, 10, 20, 20), self.page(5), ~body)  # a tenth of fifty

    def test_where_no_pixel_network_looks_everything_may_be(self):
        assert speech._is_written(Box(0, 0, 10, 10), evidence_of(), None)

    def test_free_light_marks_are_to_be_lettering_to_it_too(self):
        letters = letters_at((15, 15, 10), (15, 15, 10), light=(False, True))
        silent, heard = evidence_of(pixels=told(), letters=letters), evidence_of(pixels=told(128), letters=letters)
        one, other = np.array([0]), np.array([1])
        assert (speech._is_read(silent, one), speech._is_read(silent, other)) == (True, False)
        assert (speech._is_read(heard, one), speech._is_read(heard, other)) == (True, True)

    def test_of_light_marks_those_count_of_which_it_sees_some(self):
        letters = letters_at((15, 15, 10), (45, 15, 10), (75, 15, 10), light=(False, True, True))
        maps = told()
        maps[1][15, 45], maps[1][15, 75] = 110, 109
        assert speech._read_marks(evidence_of(pixels=maps, letters=letters)).tolist() == [True, True, False]
        assert speech._read_marks(evidence_of(letters=letters)).tolist() == [True, True, True]


class TestFaces:
    BOX = Box(0, 0, 100, 100)

    @pytest.mark.parametrize(
        ("others", "is_face"),
        [
            ([], False),
            ([seen("face", 0, 0, 100, 100, 0.45)], True),
            ([seen("face", 0, 0, 100, 100, 0.44)], False),
            ([seen("face", 40, 0, 200, 100)], True),
            ([seen("face", 41, 0, 200, 100)], False),
            ([seen("face", 0, 0, 100, 100), seen("text", 70, 0, 170, 100)], False),  # words are no face
            ([seen("face", 0, 0, 100, 100), seen("text", 71, 0, 171, 100)], True),
            ([seen("face", 0, 0, 100, 100), seen("sfx", 90, 90, 105, 105)], False),  # of the smaller one
            ([seen("face", 0, 0, 100, 100), seen("balloon", 0, 0, 30, 100)], False),
            ([seen("face", 0, 0, 100, 100), seen("panel", 0, 0, 100, 100)], True),
        ],
    )
    def test_a_box_in_a_face_without_words_is_a_face(self, others, is_face):
        assert speech._is_face(self.BOX, evidence_of(*others)) == is_face


class TestDenied:
    """A region of 200 by 100, whose marks stand in a row."""

    @pytest.mark.parametrize(
        ("body", "letters", "reads"),
        [
            (BODY, range(8), True),
            (BODY, range(7), False),
            (STAR, range(8), False),  # not round
        ],
    )
    def test_eight_marks_in_a_round_body_read_as_writing(self, body, letters, reads):
        evidence = evidence_of(letters=LETTERS)
        assert speech._reads_as_writing(region(body, letters), evidence) == reads

    @pytest.mark.parametrize(("others", "reads"), [(5, True), (6, False)])
    def test_six_tenths_of_them_stand_in_line(self, others, reads):
        letters = letters_at(*row(8, size=16, left=230, step=20), *strays(others, 16))
        assert speech._reads_as_writing(region(letters=range(8 + others)), evidence_of(letters=letters)) == reads

    @pytest.mark.parametrize(
        ("others", "facts", "is_denied"),
        [
            ([], {"has_detector": False}, False),  # nobody else looked
            ([], {}, True),
            ([seen("balloon", 200, 150, 300, 250, 0.2)], {}, False),  # half of it
            ([seen("balloon", 200, 150, 299, 250)], {}, False),  # all of the smaller one
            ([seen("balloon", 300, 200, 500, 300)], {}, True),
            ([seen("text", 200, 150, 250, 250)], {}, False),  # a quarter
            ([seen("text", 200, 150, 249, 250)], {}, True),
            ([seen("text", 200, 150, 225, 250), seen("text", 300, 150, 325, 250)], {}, False),
            ([], {"pixels": told(102)}, False),
            ([], {"pixels": told(101)}, True),
            ([], {"pixels": told(0, 110)}, True),
            ([seen("text", 200, 150, 250, 250)], {"pixels": told(0, 110)}, False),
            ([seen("text", 200, 150, 250, 250)], {"pixels": told(0, 109)}, True),
        ],
    )
    def test_a_region_that_reads_as_nothing_is_denied_unless_a_network_speaks_for_it(self, others, facts, is_denied):
        evidence = evidence_of(*others, letters=LETTERS, **facts)
        assert speech._is_denied(region(letters=range(3)), evidence) == is_denied

    @pytest.mark.parametrize(
        ("others", "facts", "is_denied"),
        [
            ([], {}, False),
            ([seen("face", 200, 150, 400, 250)], {}, True),
            ([], {"pixels": told(101, 110)}, False),
            ([], {"pixels": told(101)}, True),  # the pixel network is silent
            ([seen("balloon", 200, 150, 300, 250)], {"pixels": told()}, False),  # the detector sees one just there
            ([seen("balloon", 200, 150, 299, 250)], {"pixels": told()}, True),
        ],
    )
    def test_writing_in_a_round_body_is_believed(self, others, facts, is_denied):
        assert speech._is_denied(region(), evidence_of(*others, letters=LETTERS, **facts)) == is_denied


class TestMissed:
    SEEN = Box(100, 100, 200, 200)

    def missed(self, *, own=(), score=0.9, **facts):
        return speech._missed(Detection("balloon", self.SEEN, score), list(own), evidence_of(**facts))

    def own(self, left, top, right, bottom):
        return region_at(left, top, np.ones((bottom - top, right - left), np.uint8))

    @pytest.mark.parametrize(
        ("held", "is_missed"),
        [
            (Box(100, 100, 160, 200), False),  # six tenths of it
            (Box(100, 100, 159, 200), False),
            (Box(100, 100, 135, 200), False),
            (Box(100, 100, 134, 200), True),
        ],
    )
    def test_a_balloon_that_a_region_holds_is_not_missed(self, held, is_missed):
        found = self.missed(own=[self.own(*held)], grey=np.full(SHAPE, 255, np.uint8))
        assert (found is not None) == is_missed

    @pytest.mark.parametrize(("score", "is_ellipse"), [(0.4, True), (0.39, False)])
    def test_where_no_edge_is_found_a_score_of_four_tenths_makes_an_ellipse(self, score, is_ellipse):
        noise = np.random.default_rng(5).integers(0, 256, SHAPE, np.uint8)
        found = self.missed(score=score, grey=noise)
        assert (found is not None) == is_ellipse
        if found is not None:
            assert found.box == self.SEEN
            assert found.body[50].all()
            assert not found.body[0, :30].any()


class TestListed:
    def test_a_region_that_the_detector_saw_has_its_exact_box_and_the_better_score(self):
        for score, kept in ((0.7, 0.8), (0.9, 0.9)):
            one = Detection("balloon", Box(210, 150, 400, 250), score)
            words = speech._words(one, [region()], evidence_of(one, letters=LETTERS))
            assert (words.box, words.score) == (PLACE, kept)
            assert words.text == (Box(222, 192, 378, 208),)

    def test_another_keeps_what_the_detector_said(self):
        one = Detection("balloon", Box(600, 150, 700, 250), 0.5)
        text = [seen("text", 610, 160, 690, 180), seen("text", 660, 160, 760, 180)]
        words = speech._words(one, [region()], evidence_of(one, *text, letters=LETTERS))
        assert (words.box, words.score, words.text) == (one.box, 0.5, (text[0].box,))
        assert speech._words(one, [], evidence_of(one)).text == ()

    @pytest.mark.parametrize(("covered", "count"), [(59, 2), (60, 1)])
    def test_a_region_is_listed_once(self, covered, count):
        one = seen("balloon", covered, 150, 200 + covered, 250)
        listed = speech._balloons([region()], evidence_of(one, letters=LETTERS))
        assert len(listed) == count
        assert [words.score for words in listed[1:]] == [0.8] * (count - 1)

    def test_without_a_detector_regions_are_sure(self):
        listed = speech._balloons([region()], evidence_of(letters=LETTERS, has_detector=False))
        assert [(words.box, words.score) for words in listed] == [(PLACE, 1.0)]


class TestFree:
    LETTERS = letters_at(*row(5, left=100, top=50))

    def free(self, *others, sound=(), ground=0):
        bodies = np.zeros(SHAPE, np.bool_)
        bodies[300:400, 500 : 500 + ground] = True
        found = speech._free([np.arange(5)], self.LETTERS, evidence_of(*others), bodies, list(sound))
        assert found[0].box == Box(90, 40, 230, 60)
        return [(one.box, one.score) for one in found[1:]]

    @pytest.mark.parametrize(
        ("text", "is_new"),
        [
            (Box(500, 300, 600, 400), True),
            (Box(90, 40, 230, 60), False),
            (Box(0, 0, 1000, 400), False),  # it holds what was found
            (Box(132, 40, 272, 60), False),
            (Box(170, 40, 310, 60), True),
        ],
    )
    def test_text_that_is_known_is_not_listed_again(self, text, is_new):
        assert self.free(Detection("text", text, 0.6)) == ([(text, 0.6)] if is_new else [])

    @pytest.mark.parametrize(("ground", "is_free"), [(29, True), (30, False)])
    def test_text_in_balloons_is_not_free(self, ground, is_free):
        assert bool(self.free(seen("text", 500, 300, 600, 400), ground=ground)) == is_free

    def test_text_of_sound_effects_is_not_free(self):
        sound = [speech.Words(Box(500, 300, 600, 400))]
        assert not self.free(seen("text", 500, 300, 590, 400), sound=sound)

    @pytest.mark.parametrize(("inside", "is_within"), [(3, False), (4, True)])
    def test_a_group_is_within_where_most_of_it_is(self, inside, is_within):
        bodies = np.zeros(SHAPE, np.bool_)
        bodies[50, 100 : 100 + 30 * inside - 20] = True
        assert speech._is_within(self.LETTERS, np.arange(5), bodies) == is_within

    @pytest.mark.parametrize(("ground", "is_on"), [(60, False), (61, True)])
    def test_a_box_is_on_ground_where_most_of_it_is(self, ground, is_on):
        bodies = np.zeros(SHAPE, np.bool_)
        bodies[:, :ground] = True
        assert speech._on_ground(Box(0, 0, 100, 10), bodies) == is_on


class TestStrokes:
    def test_dots_and_short_words_among_light_letters_are_of_them(self):
        places = [*row(3, left=100, step=30), (190, 200, 6), (220, 200, 20), (400, 200, 20), (115, 205, 4)]
        read = np.ones(len(places), np.bool_)
        light = letters_at(*places, light=True)
        assert speech._with_dots(light, np.arange(3), read).tolist() == [0, 1, 2, 3, 4, 6]
        dark = letters_at(*places)
        assert speech._with_dots(dark, np.arange(3), read).tolist() == [0, 1, 2, 6]
        mixed = letters_at(*places, light=[True] * 6 + [False])
        read[3] = False
        assert speech._with_dots(mixed, np.arange(3), read).tolist() == [0, 1, 2]

    def test_what_is_larger_is_no_dot(self):
        for size, taken in ((20, [0, 1, 2, 3]), (20.1, [0, 1, 2])):
            light = letters_at(*row(3, left=100), (190, 200, size), light=True)
            assert speech._with_dots(light, np.arange(3), np.ones(4, np.bool_)).tolist() == taken

    def test_the_black_around_free_white_letters_is_theirs(self):
        grey = np.full(SHAPE, 66, np.uint8)
        grey[:, :105] = 65
        letters = letters_at((100, 200, 10), (600, 200, 10), light=(True, False))
        rims = speech._rims(evidence_of(grey=grey, letters=letters), [np.array([0]), np.array([1])])
        # Twelve pixels of a page of a thousand, made odd: six to each side.
        rows, columns = np.nonzero(rims)
        assert (rows.min(), rows.max(), columns.min(), columns.max()) == (189, 210, 89, 104)
        assert not speech._rims(evidence_of(grey=grey, letters=letters), [np.array([1])]).any()

    @pytest.mark.parametrize(("score", "is_read"), [(0.2, False), (0.19, True)])
    def test_on_what_may_be_a_face_more_is_asked_for(self, score, is_read):
        maps = told()
        maps[1][100:110, 100:120] = 200
        face = seen("face", 90, 90, 130, 120, score)
        bodies = np.zeros(SHAPE, np.bool_)
        assert speech._strokes(evidence_of(face, pixels=maps), bodies).any() == is_read

    def test_without_pixels_boxes_of_lettering_outside_of_balloons_are_read(self):
        grey = np.full(SHAPE, 255, np.uint8)
        grey[120:130:4, 110:190] = grey[121:131:4, 110:190] = 0
        grey[120:130:4, 510:590] = grey[121:131:4, 510:590] = 0
        bodies = np.zeros(SHAPE, np.bool_)
        bodies[100:150, 500:600] = True
        words = seen("text", 100, 100, 200, 150), seen("sfx", 500, 100, 600, 150)
        strokes = speech._strokes(evidence_of(*words, grey=grey), bodies)
        assert strokes[:, :300].any()
        assert not strokes[:, 300:].any()
