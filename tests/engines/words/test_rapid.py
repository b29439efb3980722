"""Which line belongs to which region, and how a region without one is looked at again; the networks stand aside."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engines.base import EngineUnavailable
from engines.geometry import Box
from engines.words import rapid
from engines.words.base import Words
from engines.words.rapid import RapidWordReader, _holder, _joined, _Line

PICTURE = np.arange(200 * 300 * 3, dtype=np.uint32).reshape(200, 300, 3).astype(np.uint8)


def line(left: float, top: float, right: float, bottom: float, text: str, score: float = 0.9) -> Any:
    """Return a line as the library gives it: corners from the upper left on, clockwise."""
    return [[left, top], [right, top], [right, bottom], [left, bottom]], text, score


class Networks:
    """Finds what is given on each picture in turn, and notes the pictures."""

    def __init__(self, *found: Any) -> None:
        self.seen: list[np.ndarray] = []
        self._found = list(found)

    def __call__(self, picture: np.ndarray) -> tuple[Any, None]:
        self.seen.append(picture)
        return (self._found.pop(0) if self._found else None), None


def reader(*found: Any) -> tuple[RapidWordReader, Networks]:
    made, networks = RapidWordReader(), Networks(*found)
    made._reader = networks
    return made, networks


def test_a_line_belongs_to_the_region_of_its_middle() -> None:
    made, networks = reader([line(0, 0, 40, 10, "left"), line(61, 0, 100, 10, "right"), line(200, 0, 220, 10, "none")])
    found = made.read(PICTURE, [Box(50, 0, 110, 30), Box(0, 0, 50, 30)])
    assert found == [Words("right", 0.9), Words("left", 0.9)]
    assert len(networks.seen) == 1
    assert np.array_equal(networks.seen[0], PICTURE[..., ::-1])  # as the library takes it: blue first
    assert made.read(PICTURE, []) == []
    assert len(networks.seen) == 1


@pytest.mark.parametrize(
    ("box", "holder"),
    [
        (Box(0, 0, 20, 20), 1), (Box(30, 30, 50, 50), 0), (Box(90, 0, 110, 20), None), (Box(0, 90, 20, 110), None),
        (Box(88, 0, 110, 20), 0), (Box(-20, 0, 20, 20), 1), (Box(-21, 0, 20, 20), None), (Box(0, -21, 20, 20), None),
    ],
)  # fmt: skip
def test_of_regions_in_one_another_the_smallest_holds_it(box: Box, holder: int | None) -> None:
    assert _holder(box, [Box(0, 0, 100, 100), Box(0, 0, 20, 20)]) == holder


def test_lines_are_read_from_the_top_and_at_one_height_from_the_left() -> None:
    lines = [
        _Line(Box(60, 0, 90, 10), "b", 0.7), _Line(Box(0, 4, 30, 12), "a", 0.9),
        _Line(Box(0, 20, 90, 30), "d", 0.8), _Line(Box(0, 10, 90, 20), "c", 0.6),
    ]  # fmt: skip
    assert _joined(lines) == Words("a b\nc\nd", 0.75)
    assert _joined([]) == Words()
    assert _joined([_Line(Box(0, 0, 9, 10), "x", 1 / 3)]).score == 0.3333


def test_lines_that_are_not_sure_or_say_nothing_are_none() -> None:
    made, _ = reader([line(0, 0, 9, 9, " a ", 0.5), line(0, 20, 9, 29, "b", 0.49), line(0, 40, 9, 49, "  ")])
    assert made._lines(PICTURE) == [_Line(Box(0, 0, 10, 10), "a", 0.5)]


def test_a_slanting_line_has_the_box_round_its_corners() -> None:
    corners = [[5.9, 2.2], [30.1, 0.5], [31.7, 9.9], [6.5, 12.4]]
    made, _ = reader([(corners, "a", 0.9)])
    assert made._lines(PICTURE)[0].box == Box(5, 0, 32, 13)


@pytest.mark.parametrize(
    ("region", "seen"),
    [
        (Box(100, 50, 200, 150), (116, 116)),  # 6 of 100 and 2 more on each side
        (Box(0, 0, 100, 100), (108, 108)),  # where the picture ends there is no more of it
        (Box(200, 100, 300, 200), (108, 108)),
        (Box(100, 50, 120, 150), (428, 96)),  # 26 wide and 116 high with what is round it: 96 px at least
    ],
)
def test_a_region_without_a_line_is_looked_at_by_itself_and_enlarged(region: Box, seen: tuple[int, int]) -> None:
    made, networks = reader([], [line(0, 0, 9, 9, "again")])
    assert made.read(PICTURE, [region]) == [Words("again", 0.9)]
    assert (networks.seen[1].shape[:2], networks.seen[1].flags.c_contiguous) == (seen, True)


@pytest.mark.parametrize(
    ("threads", "asked"),
    [
        (0, {"intra_op_num_threads": -1, "inter_op_num_threads": -1}),
        (3, {"intra_op_num_threads": 3, "inter_op_num_threads": 1}),
    ],
)
def test_the_networks_open_once_with_the_threads_that_are_theirs(
    monkeypatch: pytest.MonkeyPatch, threads: int, asked: dict[str, int]
) -> None:
    opened: list[dict[str, int]] = []
    library = SimpleNamespace(RapidOCR=lambda **facts: opened.append(facts) or Networks())
    monkeypatch.setattr(rapid, "missing_libraries", lambda _: [])
    monkeypatch.setitem(sys.modules, "rapidocr_onnxruntime", library)  # type: ignore[arg-type]
    made = RapidWordReader(threads)
    assert opened == []
    for _ in range(2):
        made.read(PICTURE, [Box(0, 0, 9, 9)])
    assert opened == [asked]


def test_where_a_library_lacks_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rapid, "missing_libraries", lambda _: ["six", "yaml"])
    with pytest.raises(EngineUnavailable, match="six, yaml is not installed") as refused:
        RapidWordReader().read(PICTURE, [Box(0, 0, 9, 9)])
    assert refused.value.hint == rapid.INSTALL


def test_without_the_package_the_version_is_the_methods() -> None:
    assert RapidWordReader().version == f"{rapid._METHOD}-{rapid.rapid_version()}"
