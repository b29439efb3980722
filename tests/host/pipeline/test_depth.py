"""How near figures stand: each of the four measures by itself, and the map of them."""

from __future__ import annotations

import numpy as np
import pytest

from engines.geometry import Box, Size
from host.pipeline.analysis.maps.depth import map_depth, near_to_far, with_depth
from host.pipeline.records.page_meta import Character, Face, Panel

SIZE = Size(1000, 1000)
PANEL = Panel(box=Box(100, 100, 500, 500), order=3, score=1)


def figure(index: int, *box: int, panel: int | None = 3) -> Character:
    return Character(box=Box(*box), index=index, panel=panel)


def depths(*figures: Character, faces: tuple[Face, ...] = (), panels: tuple[Panel, ...] = (PANEL,)) -> list[float]:
    return [one.depth_01 for one in with_depth(figures, faces, panels, SIZE)]


@pytest.mark.parametrize(
    ("box", "foot", "area"),
    [
        ((100, 100, 200, 200), 0.25, 0.0625),
        ((100, 300, 500, 500), 1.0, 0.5),
        ((100, 100, 500, 500), 1.0, 1.0),
        ((100, 300, 200, 700), 1.0, 0.25),  # it stands beyond its panel's edge
        ((100, 0, 200, 50), 0.0, 0.03125),
        ((0, 0, 900, 900), 1.0, 1.0),
    ],
)
def test_who_stands_lower_and_larger_is_nearer(box: tuple[int, ...], foot: float, area: float) -> None:
    wanted = 0.40 * foot + 0.25 * area**0.5 + 0.20 * 0.25 + 0.15 * 0.5
    assert depths(figure(0, *box)) == [pytest.approx(wanted, abs=1e-4)]


def test_who_is_in_no_known_panel_stands_on_the_page() -> None:
    for panel in (None, 7):
        wanted = 0.40 * 0.2 + 0.25 * 0.1 + 0.20 * 0.25 + 0.15 * 0.5
        assert depths(figure(0, 100, 100, 200, 200, panel=panel)) == [pytest.approx(wanted, abs=1e-4)]


@pytest.mark.parametrize(("height", "share"), [(40, 0.2), (100, 0.5), (200, 1.0), (300, 1.0)])
def test_a_larger_face_is_nearer(height: int, share: float) -> None:
    faces = Face(box=Box(0, 0, 10, height), character=0), Face(box=Box(0, 0, 10, 390), character=None)
    alone = depths(figure(0, 100, 100, 200, 200), figure(1, 400, 100, 500, 200), faces=faces)
    assert alone[0] - alone[1] == pytest.approx(0.20 * (share - 0.25), abs=1e-4)


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        ((190, 100, 290, 200), 0.5),  # a tenth in common is not enough
        ((189, 100, 289, 180), 1.0),  # it reaches less far down
        ((185, 120, 285, 220), 0.0),
        ((150, 100, 250, 208), 0.0),  # as far, to a fiftieth of the panel, and larger
        ((150, 130, 250, 208), 1.0),  # and smaller
        ((150, 109, 250, 209), 0.0),
        ((150, 100, 250, 200), 0.5),
        ((150, 92, 250, 192), 0.5),
        ((150, 91, 250, 191), 1.0),
    ],
)
def test_who_covers_another_is_nearer(other: tuple[int, ...], overlap: float) -> None:
    """Of a figure from 100 to 200, in a panel of 400: farther and nearer by what overlap says, and by that alone."""
    own = figure(0, 100, 100, 200, 200)
    difference = depths(own, figure(1, *other))[0] - depths(own)[0]
    assert difference == pytest.approx(0.15 * (overlap - 0.5), abs=1e-4)


def test_of_several_the_share_counts_and_other_panels_do_not() -> None:
    own = figure(0, 100, 100, 200, 200)
    before, behind = figure(1, 150, 150, 250, 300), figure(2, 150, 50, 250, 150)
    assert depths(own, before, behind)[0] == pytest.approx(depths(own)[0], abs=1e-4)
    assert depths(own, behind, behind.model_copy(update={"index": 4}), before)[0] == pytest.approx(
        depths(own)[0] + 0.15 / 6, abs=1e-4
    )
    elsewhere = figure(1, 150, 150, 250, 300, panel=None)
    assert depths(own, elsewhere)[0] == depths(own)[0]


def test_the_nearest_comes_first_and_of_equals_the_one_that_is_read_first() -> None:
    placed = [
        figure(at, 0, 0, 1, 1).model_copy(update={"depth_01": depth}) for at, depth in ((2, 0.5), (1, 0.5), (0, 0.2))
    ]
    assert [one.index for one in near_to_far(placed)] == [1, 2, 0]


def test_the_map_has_255_for_the_nearest_and_1_for_the_farthest() -> None:
    figures = [
        figure(at, 0, 0, 1, 1).model_copy(update={"depth_01": depth})
        for at, depth in ((0, 0.0), (1, 1.0), (2, 0.5), (254, 1.0), (255, 1.0))
    ]
    labels = np.array([[0, 1, 2, 3, 4, 255]], np.uint8)
    assert map_depth(labels, figures).tolist() == [[0, 1, 255, 128, 0, 255]]
