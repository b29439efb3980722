"""Units of generation: what each sees, and that joining leaves neither a seam nor a hole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.base import ColorizeRequest, Plan, Region, Repair
from engines.geometry import Box, Size
from host.pipeline.generation import units
from host.pipeline.generation.units import Unit, join, plan_units, request_of
from host.pipeline.records.page_meta import PageMeta, Panel

DIGEST = "0" * 64
CORNER, SIDE = st.floats(0, 0.9), st.floats(0.1, 0.6)


def meta(size: Size, *boxes: Box) -> PageMeta:
    panels = tuple(Panel(box=box, order=order, score=1.0) for order, box in enumerate(boxes))
    return PageMeta(size=size, pixels_sha256=DIGEST, kind="story", direction="rtl", panels=panels)


def rows(size: Size, count: int) -> tuple[Box, ...]:
    return tuple(Box(0, size.height * i // count, size.width, size.height * (i + 1) // count) for i in range(count))


def field(size: Size) -> np.ndarray:
    """Return a smooth picture in which every place has its own value."""
    down, across = np.mgrid[: size.height, : size.width].astype(np.float32)
    return np.stack([down / size.height, across / size.width, (down + across) / sum(size)], axis=-1)


def cut(picture: np.ndarray, box: Box) -> np.ndarray:
    return picture[box.top : box.bottom, box.left : box.right]


def test_a_page_within_the_engines_comfort_is_one_unit():
    size = Size(1000, 700)
    whole = Box(0, 0, 700, 1000)
    assert plan_units(meta(size, *rows(size, 3)), 1_000_000) == (Unit(whole, whole),)
    assert plan_units(meta(size, *rows(size, 3)), None) == (Unit(whole, whole),)


def test_a_larger_page_comes_panel_by_panel_in_reading_order_with_context():
    size = Size(1800, 1200)
    boxes = rows(size, 4)
    units = plan_units(meta(size, *boxes), 1_000_000)
    assert [unit.core for unit in units] == list(boxes)
    assert all(unit.crop.height >= unit.core.height + 48 for unit in units)
    assert all(unit.crop.intersection(Box(0, 0, 1200, 1800)) == unit.crop for unit in units)


def test_what_no_panel_covers_gets_the_whole_page_as_its_ground():
    size = Size(1800, 1200)
    units = plan_units(meta(size, Box(0, 0, 600, 600), Box(600, 0, 1200, 600)), 1_000_000)
    assert units[0] == Unit(Box(0, 0, 1200, 1800), Box(0, 0, 1200, 1800))
    assert len(units) == 3


def test_a_strip_without_panels_is_cut_into_pieces_that_are_not_long():
    units = plan_units(meta(Size(8000, 800)), 1_000_000)
    assert len(units) > 5
    assert all(max(unit.crop.height, unit.crop.width) <= 2 * min(unit.crop.height, unit.crop.width) for unit in units)
    assert units[0].core.top == 0
    assert units[-1].core.bottom == 8000


def test_one_picture_is_not_cut_for_its_size():
    assert len(plan_units(meta(Size(3000, 2000)), 1_000_000)) == 1


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.integers(200, 900), st.integers(150, 700),
    st.lists(st.tuples(CORNER, CORNER, SIDE, SIDE), min_size=2, max_size=6),
)  # fmt: skip
def test_joining_the_pieces_of_a_picture_gives_the_picture(height, width, shares):
    size = Size(height, width)
    page = Box(0, 0, width, height)
    boxes = [
        Box(int(x * width), int(y * height), int((x + w) * width) + 8, int((y + h) * height) + 8).intersection(page)
        for x, y, w, h in shares
    ]
    picture = field(size)
    units = plan_units(meta(size, *boxes), 10_000)
    joined = join([(unit, cut(picture, unit.crop)) for unit in units], size)
    covered = np.zeros(size, np.bool_)
    for unit in units:
        cut(covered, unit.crop)[:] = True
    assert covered.any()
    np.testing.assert_allclose(joined[covered], picture[covered], atol=2e-3)


def test_two_different_pieces_meet_without_a_step():
    size = Size(1000, 600)
    units = plan_units(meta(size, *rows(size, 2)), 10_000)
    flat = [(unit, np.full((unit.crop.height, unit.crop.width, 3), i, np.float32)) for i, unit in enumerate(units)]
    joined = join(flat, size)[:, 300, 0]
    assert joined[0] == 0
    assert joined[-1] == 1
    assert np.abs(np.diff(joined)).max() < 0.05


def test_one_piece_of_a_page_stays_where_it_is():
    size = Size(1000, 600)
    unit = plan_units(meta(size, *rows(size, 2)), 10_000)[1]
    joined = join([(unit, np.ones((unit.crop.height // 2, unit.crop.width // 2, 3), np.float32))], size)
    assert joined.shape == (1000, 600, 3)
    assert (joined[unit.core.top :] > 0.99).all()
    assert not joined[: unit.crop.top].any()


def test_pieces_of_any_resolution_are_joined_at_the_pages_aspect():
    size = Size(1000, 600)
    units = plan_units(meta(size, *rows(size, 2)), 10_000)
    pictures = [(unit, np.zeros((64 + i, 32, 3), np.float32)) for i, unit in enumerate(units)]
    assert join(pictures, size).shape == (1000, 600, 3)


def test_memory_of_a_joined_page_does_not_grow_without_bound():
    size = Size(6000, 4000)
    units = plan_units(meta(size, *rows(size, 2)), 10_000)
    height, width, _ = join([(unit, np.zeros((8, 8, 3), np.float32)) for unit in units], size).shape
    assert height * width <= 3_010_000
    assert height / width == pytest.approx(1.5, rel=0.01)


def test_a_units_request_holds_its_part_of_everything():
    size = Size(400, 200)
    page = np.arange(400 * 200, dtype=np.uint32).reshape(size).astype(np.uint8)
    above, below = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    above[:100], below[300:] = True, True
    request = ColorizeRequest(
        page=page,
        protect=above,
        references=(),
        plan=Plan(),
        regions=(Region(mask=above, prompt="up"), Region(mask=below, prompt="down")),
        repair=Repair(picture=np.repeat(page[::2, ::2, None], 3, axis=2), mask=below),
    )
    part = request_of(request, Unit(Box(0, 200, 200, 400), Box(0, 200, 200, 400)))
    np.testing.assert_array_equal(part.page, page[200:])
    assert [region.prompt for region in part.regions] == ["down"]
    assert part.repair is not None
    assert part.repair.picture.shape == (100, 100, 3)
    assert part.repair.mask.sum() == below.sum()
    upper = request_of(request, Unit(Box(0, 0, 200, 200), Box(0, 0, 200, 200)))
    assert upper.repair is None
    assert upper.protect[:100].all()


@pytest.mark.parametrize(
    ("crop", "rows", "columns"),
    [
        (Box(0, 0, 400, 200), (0, 20), (0, 40)),
        (Box(100, 50, 200, 150), (5, 15), (10, 20)),
        (Box(105, 55, 106, 56), (5, 6), (10, 11)),  # a pixel at least
        (Box(109, 59, 126, 76), (5, 8), (10, 13)),
    ],
)
def test_a_part_of_a_smaller_picture_is_what_a_crop_of_the_page_shows(crop, rows, columns):
    picture = np.arange(20 * 40 * 3, dtype=np.uint32).reshape(20, 40, 3).astype(np.uint8)
    part = units._part(picture, crop, Size(200, 400))
    np.testing.assert_array_equal(part, picture[slice(*rows), slice(*columns)])
    assert part.flags.c_contiguous


@pytest.mark.parametrize(
    ("core", "ramp"),
    [
        ((10, 14), [1, 1, 1, 1]), ((12, 14), [0.25, 0.75, 1, 1]), ((10, 12), [1, 1, 0.75, 0.25]),
        ((12, 12), [0.25, 0.75, 0.75, 0.25]),
    ],
)  # fmt: skip
def test_a_crop_counts_in_full_in_its_core_and_falls_to_its_edges(core, ramp):
    np.testing.assert_allclose(units._ramp(10, 14, *core), ramp)


def test_the_ground_under_all_counts_next_to_nothing_and_no_place_counts_nothing():
    whole, part = Box(0, 0, 4, 6), Box(1, 1, 3, 3)
    assert set(np.unique(units._fade(whole, whole, Size(6, 4)))) == {np.float32(1e-3)}
    assert set(np.unique(units._fade(part, part, Size(6, 4)))) == {1}
    fade = units._fade(whole, part, Size(6, 4))
    assert fade.shape == (6, 4)
    assert fade[1:3, 1:3].min() == 1
    assert fade.min() >= np.float32(1e-3)
    assert fade[5, 3] < fade[3, 2] < 1


@pytest.mark.parametrize(
    ("core", "margin"),
    [
        (Box(1000, 1000, 1700, 1500), 84),  # under 600 px in one side: 0.12 of 700
        (Box(1000, 1000, 1200, 1100), 48),  # at least
        (Box(1000, 1000, 2000, 1601), 120),  # 15 % of the page are more
        (Box(1000, 1000, 3500, 2500), 100),  # a large one: 0.04 of 2500
    ],
)
def test_small_parts_get_more_around_them_than_large_ones(core, margin):
    crop = units._with_context(core, Size(5000, 5000))
    assert crop == Box(core.left - margin, core.top - margin, core.right + margin, core.bottom + margin)


def test_what_is_around_a_part_ends_with_the_page():
    assert units._with_context(Box(0, 10, 300, 400), Size(420, 310)) == Box(0, 0, 310, 420)


@pytest.mark.parametrize(
    ("part", "tiles"),
    [
        (Box(0, 0, 100, 150), 1), (Box(0, 0, 100, 224), 1), (Box(0, 0, 100, 226), 2), (Box(0, 0, 100, 450), 3),
        (Box(7, 9, 157, 109), 1), (Box(7, 9, 457, 109), 3),
    ],
)  # fmt: skip
def test_a_long_part_is_cut_across_its_longer_side_into_pieces_half_as_long_again(part, tiles):
    found = units._tiles(part)
    assert len(found) == tiles
    assert sum(tile.area for tile in found) == part.area
    assert (found[0].left, found[0].top, found[-1].right, found[-1].bottom) == part
    across = {(tile.left, tile.right) if part.height >= part.width else (tile.top, tile.bottom) for tile in found}
    assert len(across) == 1


@pytest.mark.parametrize(("height", "units_of_it"), [(840, 3), (850, 2)])
def test_the_page_is_its_own_ground_where_panels_leave_over_15_percent_of_it(height, units_of_it):
    size = Size(1000, 1000)
    planned = plan_units(meta(size, Box(0, 0, 500, height), Box(500, 0, 1000, height)), 10_000)
    assert len(planned) == units_of_it
