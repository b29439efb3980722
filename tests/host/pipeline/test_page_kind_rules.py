"""Where one kind of page ends and another begins: advertisements, covers, blank pages, pages of text."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engines.geometry import Box
from host.pipeline.analysis.page_kind import _art_share, _is_advertisement, _is_blank, _is_cover, _kind_of_grey

PAGE = np.full((1000, 800), 255, np.uint8)


def words(*boxes: tuple[int, int, int, int]) -> tuple[Any, ...]:
    return tuple(SimpleNamespace(box=Box(*box)) for box in boxes)


def found(**facts: Any) -> Any:
    """Return findings of nothing, with these among them."""
    masks = SimpleNamespace(protect=np.zeros(PAGE.shape, np.bool_), lettering=np.zeros(PAGE.shape, np.bool_))
    nothing = {"balloons": (), "sound": (), "free": (), "letters": 0, "masks": masks}
    return SimpleNamespace(**nothing | facts)


def prints(count: int = 12, *, high: int = 50, low: int = 20, width: int = 400) -> tuple[Any, ...]:
    """Return blocks of small print, the last of them higher than the others."""
    return words(*((0, 0, width, low) for _ in range(count - 1)), (0, 0, width, high))


@pytest.mark.parametrize(
    ("facts", "is_one"),
    [
        ({"free": prints(), "letters": 300}, True),  # 0.135 of the page
        ({"free": prints(), "letters": 299}, False),
        ({"free": prints(11, width=480), "letters": 300}, False),
        ({"free": prints(high=49), "letters": 300}, False),
        ({"free": prints(width=355), "letters": 300}, False),  # 0.1198
        ({"free": prints(width=356), "letters": 300}, True),  # 0.12015
        ({"free": prints(), "letters": 300, "balloons": words((0, 0, 9, 9))}, False),
        ({"free": prints(), "letters": 300, "sound": words((0, 0, 9, 9))}, False),
    ],
)
def test_everything_must_speak_for_an_advertisement(facts: dict[str, Any], is_one: bool) -> None:
    assert _is_advertisement(PAGE, found(**facts)) is is_one


@pytest.mark.parametrize(
    ("title", "is_one"),
    [
        ((0, 330, 280, 380), True),
        ((0, 331, 280, 381), False),
        ((0, 680, 280, 730), True),
        ((0, 679, 280, 729), False),
        ((0, 0, 279, 50), False),
        ((0, 0, 280, 49), False),
    ],
)
def test_a_cover_has_a_large_title_near_an_edge_and_nobody_speaks(title: tuple[int, ...], is_one: bool) -> None:
    small = (0, 500, 9, 509)
    assert _is_cover(PAGE, found(free=words(small, title))) is is_one  # type: ignore[arg-type]
    assert _is_cover(PAGE, found(sound=words(title))) is is_one  # type: ignore[arg-type]
    assert not _is_cover(PAGE, found(free=words(title), balloons=words(small)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("pixels", "is_blank"), [(98, True), (99, False)])
def test_a_page_is_blank_with_marks_on_less_than_three_in_two_thousand(pixels: int, is_blank: bool) -> None:
    page = np.full((256, 256), 240, np.uint8)
    page.reshape(-1)[:pixels] = 240 - 19
    assert _is_blank(page) is is_blank
    page[page < 240] = 240 - 18
    assert _is_blank(page)


@pytest.mark.parametrize(
    ("ground", "mark", "share"), [(255, 199, 0.25), (255, 200, 0), (54, 56, 0.25), (54, 55, 0), (55, 56, 0.75)]
)
def test_art_is_ink_on_paper_and_light_on_black(ground: int, mark: int, share: float) -> None:
    page = np.full((8, 8), ground, np.uint8)
    page[:2] = mark
    assert _art_share(page, np.zeros(page.shape, np.bool_)) == (share if ground != 55 else 1.0)
    protect = np.zeros(page.shape, np.bool_)
    protect[:1] = True
    assert _art_share(page, protect) == (share / 2 if ground != 55 else 56 / 64)


def inked(share: float) -> np.ndarray:
    page = PAGE.copy()
    page.reshape(-1)[: round(share * page.size)] = 0
    return page


@pytest.mark.parametrize(
    ("share", "facts", "panels", "kind"),
    [
        (0.00049, {}, 0, "blank"),
        (0.00049, {"letters": 1}, 0, "text"),
        (0.00049, {"balloons": words((0, 0, 9, 9))}, 3, "text"),
        (0.0099, {"letters": 20}, 2, "text"),
        (0.0099, {"letters": 19}, 2, "story"),
        (0.01, {"letters": 20}, 2, "story"),
        (0.2, {}, 1, "splash"),
        (0.2, {}, 0, "story"),
        (0.2, {"free": words((0, 0, 280, 50))}, 1, "cover"),
        (0.2, {"free": words((0, 0, 280, 50))}, 0, "cover"),
        (0.2, {"free": words((0, 0, 280, 50))}, 2, "story"),
        (0.2, {"free": prints(), "letters": 300}, 1, "advertisement"),
    ],
)
def test_the_kind_of_a_grey_page(share: float, facts: dict[str, Any], panels: int, kind: str) -> None:
    assert _kind_of_grey(inked(share), found(**facts), (None,) * panels) == kind  # type: ignore[arg-type]
