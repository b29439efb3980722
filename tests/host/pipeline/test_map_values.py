"""Lines, outlines of panels and who is on which part of a page: to the level and the pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engines.detect.base import Detection
from engines.geometry import Box, Size
from host.pipeline.analysis.fusion import evidence
from host.pipeline.analysis.fusion.findings import PageFindings, enlarged, joined
from host.pipeline.analysis.fusion.frames import Frame
from host.pipeline.analysis.fusion.page_records import panel_around, record_page
from host.pipeline.analysis.fusion.words import Words
from host.pipeline.analysis.maps.line_art import find_lines
from host.pipeline.analysis.maps.outlines import map_panels, with_polygons
from host.pipeline.analysis.maps.screentone import shrunk
from host.pipeline.records.masks import PageMasks, named_masks, record_masks
from host.pipeline.records.page_meta import Panel


class TestLines:
    @pytest.mark.parametrize(("level", "is_ink"), [(215, True), (216, False)])
    def test_ink_is_clearly_darker_than_its_ground(self, level: int, *, is_ink: bool) -> None:
        page = np.full((200, 200), 255, np.uint8)
        page[100:102] = level
        found = find_lines(page, page, np.zeros(page.shape, np.bool_))
        assert found[100:102].all() == is_ink
        assert not found[:98].any()

    @pytest.mark.parametrize(
        ("level", "tone", "is_ink"), [(63, 63, True), (64, 64, False), (50, 51, False), (10, 10, True)]
    )
    def test_black_is_ink_however_wide_and_a_dark_screen_is_not(self, level: int, tone: int, *, is_ink: bool) -> None:
        page, even = np.full((200, 200), level, np.uint8), np.full((200, 200), tone, np.uint8)
        assert find_lines(page, even, np.zeros(page.shape, np.bool_)).any() == is_ink

    @pytest.mark.parametrize(("width", "thick", "is_line"), [(1000, 20, True), (1000, 24, False), (200, 4, True)])
    def test_strokes_are_as_thick_as_a_fiftieth_of_the_page(self, width: int, thick: int, *, is_line: bool) -> None:
        page = np.full((200, width), 255, np.uint8)
        page[100 : 100 + thick] = 150
        assert find_lines(page, page, np.zeros(page.shape, np.bool_))[100 + thick // 2].all() == is_line

    def test_lettering_is_no_line_and_the_smallest_page_has_none(self) -> None:
        page = np.full((200, 200), 255, np.uint8)
        page[100:102] = 0
        lettering = np.zeros(page.shape, np.bool_)
        lettering[:, :100] = True
        found = find_lines(page, page, lettering)
        assert not found[:, :100].any()
        assert found[100:102, 100:].all()
        assert not find_lines(page[:1, :1], page[:1, :1], lettering[:1, :1]).any()

    def test_pictures_shrink_by_whole_squares(self) -> None:
        page = np.arange(35, dtype=np.uint8).reshape(5, 7)
        assert shrunk(page, 2).tolist() == [[4, 6, 8], [18, 20, 22]]
        assert shrunk(page[:1], 2).shape == (1, 3)


def panel(*box: int, order: int = 0, polygon: tuple[tuple[int, int], ...] | None = None) -> Panel:
    return Panel(box=Box(*box), order=order, score=1, polygon=polygon)


class TestOutlines:
    def test_smaller_panels_lie_on_top_and_of_equals_the_later_one(self) -> None:
        panels = [panel(0, 0, 20, 20, order=0), panel(5, 5, 10, 10, order=1), panel(10, 10, 30, 30, order=2)]
        labels = map_panels(Size(30, 30), panels)
        assert [labels[y, x] for y, x in ((0, 0), (7, 7), (15, 15), (25, 25), (25, 5))] == [1, 2, 3, 3, 0]
        assert map_panels(Size(30, 30), panels[::-1]).tolist() == labels.tolist()

    def test_labels_go_up_to_255(self) -> None:
        labels = map_panels(Size(1, 4), [panel(0, 0, 2, 1, order=254), panel(2, 0, 4, 1, order=255)])
        assert labels.tolist() == [[255, 255, 0, 0]]

    def polygon(self, corners: list[tuple[int, int]], box: tuple[int, ...]) -> tuple[tuple[int, int], ...] | None:
        """Return the polygon of a panel of this box around which a gutter leaves these corners."""
        gutters = cv2.fillPoly(np.ones((400, 400), np.uint8), [np.array(corners, np.int32)], 0) > 0
        return with_polygons([panel(*box)], gutters)[0].polygon

    @pytest.mark.parametrize(
        ("corners", "box", "slants"),
        [
            ([(50, 50), (250, 50), (200, 349), (50, 349)], (50, 50, 251, 350), True),
            ([(50, 50), (250, 50), (250, 349), (50, 349)], (50, 50, 251, 350), False),  # it is its box
            ([(50, 50), (250, 50), (235, 349), (50, 349)], (50, 50, 251, 350), False),
            ([(50, 50), (250, 50), (228, 349), (50, 349)], (50, 50, 251, 350), True),
            ([(50, 50), (250, 50), (50, 340)], (50, 50, 251, 341), False),  # less than half of it
            ([(50, 50), (250, 50), (60, 349), (50, 349)], (50, 50, 251, 350), True),
            ([(50, 50), (250, 50), (200, 349), (50, 349)], (50, 50, 318, 350), True),  # three quarters in common
            ([(50, 50), (250, 50), (200, 349), (50, 349)], (50, 50, 322, 350), False),
        ],
    )
    def test_a_frame_that_slants_is_a_polygon(
        self, corners: list[tuple[int, int]], box: tuple[int, ...], *, slants: bool
    ) -> None:
        found = self.polygon(corners, box)
        assert (found is not None) == slants
        if found is not None:
            assert len(found) == len(corners)
            assert all(min(abs(x - a) + abs(y - b) for a, b in corners) <= 4 for x, y in found)

    def test_what_has_many_corners_is_no_panel_of_straight_lines(self) -> None:
        turns = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        round_one = [(round(200 + 150 * np.cos(turn)), round(200 + 150 * np.sin(turn))) for turn in turns]
        assert self.polygon(round_one, (50, 50, 351, 351)) is None
        eight = [(round(200 + 150 * np.cos(turn)), round(200 + 150 * np.sin(turn))) for turn in turns[::8]]
        found = self.polygon(eight, (50, 50, 351, 351))
        assert found is not None
        assert len(found) == 8

    def test_corners_lie_in_the_panel_s_box(self) -> None:
        found = self.polygon([(50, 50), (250, 50), (150, 349), (50, 349)], (60, 60, 241, 340))
        assert found is not None
        assert all(60 <= x <= 240 and 60 <= y <= 339 for x, y in found)

    def test_large_pages_are_looked_at_small(self) -> None:
        corners = np.array([[200, 200], [1000, 200], [800, 1400], [200, 1400]], np.int32)
        gutters = cv2.fillPoly(np.ones((1600, 1600), np.uint8), [corners], 0) > 0
        found = with_polygons([panel(200, 200, 1001, 1401)], gutters)[0].polygon
        assert found is not None
        assert all(np.abs(corners - one).sum(axis=1).min() <= 12 for one in found)


class TestEvidence:
    @pytest.mark.parametrize(
        ("size", "read"),
        [
            ((1400, 1000), (1400, 1000)),
            ((700, 500), (700, 500)),
            ((2800, 2000), (1400, 1000)),
            ((2000, 3000), (1400, 2100)),  # a double page, by its height
            ((10_000, 2000), (5000, 1000)),  # a strip, by its width
            ((1400, 4000), (1400, 4000)),
            ((3000, 900), (3000, 900)),
            ((100, 200_000), (63, 126_491)),  # never more than some megapixels
        ],
    )
    def test_pages_are_read_at_one_size(self, size: tuple[int, int], read: tuple[int, int]) -> None:
        page = np.zeros(size, np.uint8)
        found = evidence.for_reading(page)
        assert found.shape == read
        assert (found is page) == (size == read)

    @pytest.mark.parametrize(("left", "belongs"), [(100, True), (51, True), (50, False), (0, False)])
    def test_what_lies_mostly_in_a_part_belongs_to_it(self, left: int, *, belongs: bool) -> None:
        assert evidence._belongs(Box(left, 0, left + 100, 10), Box(100, 0, 400, 100)) == belongs

    @pytest.mark.parametrize(
        ("box", "found"),
        [
            ((100, 200, 200, 300), (0, 0, 50, 50)),
            ((151, 251, 199, 299), (25, 25, 50, 50)),
            ((50, 150, 150, 250), (0, 0, 25, 25)),
            ((250, 350, 500, 500), (75, 75, 100, 100)),
            ((299, 399, 300, 400), (99, 99, 100, 100)),
            ((100, 200, 101, 201), (0, 0, 1, 1)),
        ],
    )
    def test_a_detection_is_told_in_the_pixels_of_its_part(self, box: tuple[int, ...], found: tuple[int, ...]) -> None:
        seen = Detection("face", Box(*box), 0.5)
        assert evidence._within(seen, Box(100, 200, 300, 400), (100, 100)) == Detection("face", Box(*found), 0.5)


def masks(height: int, width: int) -> PageMasks:
    return PageMasks(**{name: np.zeros((height, width), np.bool_) for name in ("balloons", "lettering", "gutters")})


def findings(size: Size, **facts: object) -> PageFindings:
    parts = {"panels": ((),), "balloons": (), "free": (), "sound": (), "faces": (), "characters": ()}
    return PageFindings(**(parts | {"masks": masks(*size)} | facts))  # type: ignore[arg-type]


class TestFindings:
    def test_boxes_are_enlarged_to_whole_pixels_within_the_page(self) -> None:
        found = findings(
            Size(100, 100),
            panels=((Frame(Box(10, 20, 31, 41), 0.5),),),
            balloons=(Words(Box(1, 2, 4, 5), (Box(2, 3, 3, 4),), 0.7),),
            free=(Words(Box(99, 99, 100, 100)),),
            sound=(Words(Box(0, 0, 1, 1)),),
            faces=(Frame(Box(50, 50, 120, 120), 0.4),),
            characters=(Frame(Box(-5, -5, 10, 10), 0.3),),
        )
        found.masks.balloons[40:60, 40:60] = found.masks.gutters[40:60, 40:60] = True
        large = enlarged(found, Size(250, 150))
        assert large.panels == ((Frame(Box(15, 50, 47, 103), 0.5),),)
        (balloon,) = large.balloons
        assert (balloon.box, balloon.text, balloon.score) == (Box(1, 5, 6, 13), (Box(3, 7, 5, 10),), 0.7)
        assert [one.box for one in (*large.free, *large.sound)] == [Box(148, 247, 150, 250), Box(0, 0, 2, 3)]
        assert large.faces == (Frame(Box(75, 125, 150, 250), 0.4),)
        assert large.characters == (Frame(Box(0, 0, 15, 25), 0.3),)
        assert large.masks.gutters.sum() == 30 * 50
        assert large.masks.balloons.sum() == 32 * 52  # with its soft edge
        assert enlarged(found, Size(100, 100)).masks.balloons.sum() == 22 * 22
        assert enlarged(found, Size(100, 100)).masks.gutters.sum() == 400

    def test_a_cancel_is_asked_for_before_each_mask(self) -> None:
        found, asked = findings(Size(20, 20)), list[str]()
        large = enlarged(found, Size(40, 40), lambda: asked.append("enlarged"))
        record_masks(large.masks, lambda: asked.append("recorded"))
        assert asked == ["enlarged"] * 3 + ["recorded"] * len(named_masks(large.masks))

    def test_parts_are_joined_where_they_lie(self) -> None:
        first = findings(Size(40, 30), panels=((Frame(Box(0, 0, 5, 5), 1),),), letters=3, votes=("a",))
        second = findings(
            Size(40, 30), panels=((Frame(Box(1, 2, 3, 4), 1),),),
            balloons=(Words(Box(1, 2, 3, 4), (Box(1, 2, 2, 3),)),), faces=(Frame(Box(1, 2, 3, 4), 1),), letters=4,
            votes=("b", "c"),
        )  # fmt: skip
        second.masks.lettering[0, 0] = second.masks.balloons[1, 1] = second.masks.gutters[2, 2] = True
        whole = joined([first, second], [Box(0, 0, 30, 40), Box(30, 10, 60, 50)], Size(50, 60))
        assert whole.panels == ((Frame(Box(0, 0, 5, 5), 1),), (Frame(Box(31, 12, 33, 14), 1),))
        assert [(one.box, one.text) for one in whole.balloons] == [(Box(31, 12, 33, 14), (Box(31, 12, 32, 13),))]
        assert whole.faces == (Frame(Box(31, 12, 33, 14), 1),)
        assert (whole.letters, whole.votes) == (7, ("a", "b", "c"))
        laid = whole.masks.lettering, whole.masks.balloons, whole.masks.gutters
        assert [np.argwhere(mask).tolist() for mask in laid] == [[[10, 30]], [[11, 31]], [[12, 32]]]
        assert joined([first], [Box(0, 0, 30, 40)], Size(40, 30)) is first


class TestRecords:
    PANELS = (panel(0, 0, 50, 50, order=0), panel(50, 0, 100, 50, order=1), panel(60, 10, 90, 40, order=2))

    @pytest.mark.parametrize(
        ("box", "order"),
        [
            ((0, 0, 10, 10), 0),
            ((45, 0, 60, 10), 1),
            ((40, 0, 55, 10), 0),
            ((65, 15, 70, 20), 2),  # in both: the smaller one
            ((0, 60, 10, 70), None),
            ((50, 0, 50, 10), None),
        ],
    )
    def test_a_thing_is_in_the_panel_that_holds_most_of_it(self, box: tuple[int, ...], order: int | None) -> None:
        assert panel_around(Box(*box), self.PANELS) == order
        assert panel_around(Box(*box), ()) is None

    def test_everything_is_recorded_by_panel_in_reading_order(self) -> None:
        found = findings(
            Size(100, 200),
            panels=((Frame(Box(0, 0, 95, 100), 1.4), Frame(Box(105, 0, 200, 100), -0.2)),),
            balloons=(Words(Box(10, 10, 20, 20), (Box(11, 11, 12, 12),), 0.5), Words(Box(110, 10, 120, 20), (), 0.6)),
            free=(Words(Box(30, 30, 40, 40), (), 0.4),),
            sound=(Words(Box(130, 30, 140, 40), (), 0.3),),
            characters=(
                Frame(Box(10, 40, 60, 100), 0.9), Frame(Box(20, 40, 50, 90), 0.8), Frame(Box(99, 1, 101, 3), 0.7),
            ),
            faces=(Frame(Box(25, 45, 35, 55), 0.6), Frame(Box(150, 50, 160, 60), 0.5)),
        )  # fmt: skip
        right = record_page(found, [0], "rtl")
        assert [(one.box.left, one.order, one.score) for one in right.panels] == [(105, 0, 0.0), (0, 1, 1.0)]
        assert [(one.box.left, one.order, one.panel, one.score) for one in right.balloons] == [
            (110, 0, 0, 0.6), (10, 1, 1, 0.5)
        ]  # fmt: skip
        assert [(one.box.left, one.balloon, one.score) for one in right.text] == [(11, 1, 1.0), (30, None, 0.4)]
        assert [(one.box.left, one.panel) for one in right.sound_effects] == [(130, 0)]
        first = right.characters[0]
        assert (first.box.left, first.index, first.panel) == (99, 0, None)
        inner = next(one for one in right.characters if one.box.left == 20)
        assert [(one.panel, one.character) for one in right.faces] == [(0, None), (1, inner.index)]
        left = record_page(found, [0], "ltr")
        assert [one.box.left for one in left.panels] == [0, 105]

    @pytest.mark.parametrize(("left", "is_held"), [(7, True), (6, True), (5, False)])
    def test_a_figure_holds_most_of_its_face(self, left: int, *, is_held: bool) -> None:
        found = findings(
            Size(50, 50), panels=((Frame(Box(0, 0, 50, 50), 1),),), characters=(Frame(Box(10, 0, 40, 40), 1),),
            faces=(Frame(Box(left, 0, left + 10, 10), 1),),
        )  # fmt: skip
        (face,) = record_page(found, [0], "ltr").faces
        assert (face.character == 0) == is_held
