"""The colours of a reference: which are left out, which are one, and how much of it each covers."""

from __future__ import annotations

import numpy as np
import pytest

from engines.oklab import srgb_to_oklab
from host.store import palette
from host.store.palette import palette_of

RED, BLUE, GREEN = (200, 40, 40), (40, 40, 200), (40, 160, 60)
WHITE, BLACK, GREY = (255, 255, 255), (0, 0, 0), (128, 128, 128)


def picture(*shares: tuple[tuple[int, int, int], int]) -> np.ndarray:
    """Return rows of these colours, so many of each."""
    rows = [colour for colour, count in shares for _ in range(count)]
    return np.array(rows, np.uint8)[:, None].repeat(16, 1)


@pytest.mark.parametrize(
    ("shares", "entries"),
    [
        ([(RED, 16)], [(RED, 1.0)]),
        ([(RED, 8), (BLUE, 4), (WHITE, 4)], [(RED, 0.5), (BLUE, 0.25)]),
        ([(BLUE, 4), (RED, 8), (BLACK, 4)], [(RED, 0.5), (BLUE, 0.25)]),
        ([(WHITE, 12), (BLACK, 4)], [(WHITE, 0.75), (BLACK, 0.25)]),  # nothing else
        ([(GREY, 8), (WHITE, 8)], [(GREY, 0.5)]),
        ([(RED, 6), (GREEN, 6), (BLUE, 4)], [(RED, 0.375), (GREEN, 0.375), (BLUE, 0.25)]),
    ],
)
def test_colours_come_with_their_shares_the_largest_first(
    shares: list[tuple[tuple[int, int, int], int]], entries: list[tuple[tuple[int, int, int], float]]
) -> None:
    found = palette_of(picture(*shares))
    assert sorted((-one.share, one.rgb) for one in found) == sorted((-share, rgb) for rgb, share in entries)
    assert [one.share for one in found] == sorted((one.share for one in found), reverse=True)


def test_colours_that_look_alike_are_one_at_their_mean() -> None:
    near = (206, 44, 42)
    lab = srgb_to_oklab(np.array([[RED, near]], np.uint8))[0]
    assert 0.005 < np.linalg.norm(lab[0] - lab[1]) < 0.035
    (one,) = palette_of(picture((RED, 12), (near, 4)))
    assert one.share == 1
    assert all(RED[at] <= level <= near[at] for at, level in enumerate(one.rgb))


def test_at_most_eight_colours_are_told() -> None:
    many = [((20 + 24 * at, 240 - 24 * at, (at * 90) % 256), 2) for at in range(10)]
    found = palette_of(picture(*many))
    assert len(found) == 8
    assert 1 - 8 / 4096 <= sum(one.share for one in found) <= 1


@pytest.mark.parametrize(
    ("colour", "is_left_out"),
    [
        ((0.961, 0.0, 0.0), True),
        ((0.959, 0.0, 0.0), False),
        ((0.119, 0.0, 0.0), True),
        ((0.121, 0.0, 0.0), False),
        ((1.0, 0.024, 0.0), True),
        ((1.0, 0.0, -0.026), False),
        ((0.05, 0.02, 0.02), False),
    ],
)
def test_paper_and_ink_have_no_colour(colour: tuple[float, ...], *, is_left_out: bool) -> None:
    assert palette._is_ink_or_paper(np.array([colour], np.float32)).tolist() == [is_left_out]


@pytest.mark.parametrize(("apart", "count"), [(0.034, 1), (0.036, 2)])
def test_what_is_nearer_than_one_sees_is_joined(apart: float, count: int) -> None:
    centres = np.array([[0.5, 0, 0], [0.5, apart, 0]], np.float32)
    kept, totals = palette._merge_alike(centres, np.array([3, 1]))
    assert len(kept) == count
    assert totals.tolist() == ([4] if count == 1 else [3, 1])
    assert kept[0][1] == pytest.approx(apart / 4 if count == 1 else 0, abs=1e-6)
    assert len(palette._spread_out(centres)) == count


def test_starting_colours_lie_far_apart() -> None:
    colours = np.array([[0.5, 0, 0], [0.5, 0.01, 0], [0.5, 0.3, 0], [0.5, -0.28, 0]], np.float32)
    assert palette._spread_out(colours)[:, 1].tolist() == pytest.approx([0.01, 0.3, -0.28])


def test_large_pictures_are_looked_at_small() -> None:
    assert palette._shrink(np.zeros((960, 480, 3), np.uint8)).shape == (96, 48, 3)
    assert palette._shrink(np.zeros((96, 10, 3), np.uint8)).shape == (96, 10, 3)
    assert palette._shrink(np.zeros((5000, 2, 3), np.uint8)).shape == (96, 1, 3)


def test_shares_are_rounded_down() -> None:
    assert palette._share(1, np.zeros((3, 3), np.float32)) == 1365 / 4096
    assert palette._share(3, np.zeros((3, 3), np.float32)) == 1
