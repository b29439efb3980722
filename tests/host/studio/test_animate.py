"""How panels follow each other in a film: how many frames, how one dissolves into the next, where each stands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.geometry import Box, Size
from host.errors import BadRequest
from host.studio import animate as module
from host.studio.animate import Motion, animate, on_stage

if TYPE_CHECKING:
    from numpy.typing import NDArray


def panel(order: int, width: int = 40, height: int = 60) -> Any:
    return SimpleNamespace(order=order, box=Box(0, 0, width, height))


def film(monkeypatch: pytest.MonkeyPatch, *panels: Any, **motion: Any) -> list[int]:
    """Return the grey of each frame; a panel is as grey as it comes, 100 for the first, 200 for the second."""
    levels = {id(one): 100 * (place + 1) for place, one in enumerate(panels)}
    sizes: list[Size] = []

    def apart(page: Any, one: Any, longest: int) -> Any:
        sizes.append(Size(one.box.height, one.box.width))
        return SimpleNamespace(size=sizes[-1], level=levels[id(one)])

    def moving(layers: Any, camera: Any, count: int) -> Any:
        assert camera == ("right", layers.size, "rtl", motion.get("loop", False))
        return (np.full((*layers.size, 3), layers.level, np.uint8) for _ in range(count))

    monkeypatch.setattr(module, "take_apart", apart)
    monkeypatch.setattr(module, "film_size", lambda one, longest: Size(one.box.height, one.box.width))
    monkeypatch.setattr(module, "frames", moving)
    monkeypatch.setattr(
        module, "camera_for", lambda move, size, way, *, there_and_back: (move, size, way, there_and_back)
    )
    page: Any = SimpleNamespace(meta=SimpleNamespace(panels=list(panels), direction="rtl"))
    asked = Motion(**({"move": "right", "rate": 10} | motion))
    return [int(frame[frame.shape[0] // 2, frame.shape[1] // 2, 0]) for frame in animate(page, asked)]


@pytest.mark.parametrize(("seconds", "rate", "count"), [(1.0, 10, 10), (0.96, 10, 10), (0.94, 10, 9), (0.1, 1, 1)])
def test_a_panel_is_seen_for_so_many_frames(
    seconds: float, rate: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert film(monkeypatch, panel(0), seconds=seconds, rate=rate) == [100] * count


def test_a_panel_dissolves_into_the_next_evenly_and_neither_at_the_film_s_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_DISSOLVE_S", 0.3)
    shown = film(monkeypatch, panel(0), panel(1), seconds=1.0)
    assert shown == [100] * 10 + [125, 150, 175] + [200] * 7


@pytest.mark.parametrize(("seconds", "dissolved"), [(0.5, [133, 167]), (0.4, [133, 167]), (0.2, [150]), (0.1, [])])
def test_no_more_than_half_of_a_panel_s_time_is_dissolved(
    seconds: float, dissolved: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_DISSOLVE_S", 1.0)
    count = round(10 * seconds)
    assert film(monkeypatch, panel(0), panel(1), seconds=seconds) == [
        *[100] * count, *dissolved, *[200] * (count - len(dissolved)),
    ]  # fmt: skip


def test_panels_come_as_they_are_read_unless_they_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = panel(1), panel(0)
    assert film(monkeypatch, first, second, seconds=0.1) == [200, 100]
    page: Any = SimpleNamespace(meta=SimpleNamespace(panels=[]), panel=lambda number: number)
    with pytest.raises(BadRequest) as told:
        animate(page, Motion())
    assert (told.value.message, told.value.hint) == ("No panel was found on the page.", "A film is made of panels.")


@pytest.mark.parametrize("loop", [True, False])
def test_a_loop_is_a_camera_that_goes_there_and_back(loop: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(film(monkeypatch, panel(0), seconds=0.5, loop=loop)) == 5


def corners(frame: NDArray[np.uint8]) -> list[int]:
    rows, columns = np.nonzero((frame == 255).all(axis=2))
    return [int(one) for one in (rows.min(), rows.max(), columns.min(), columns.max())]


@pytest.mark.parametrize(
    ("stage", "size", "at"),
    [
        (Size(10, 20), Size(10, 20), [0, 9, 0, 19]),
        (Size(10, 20), Size(6, 20), [2, 7, 0, 19]),
        (Size(10, 20), Size(10, 8), [0, 9, 6, 13]),
        (Size(10, 20), Size(4, 8), [3, 6, 6, 13]),
    ],
)
def test_a_smaller_frame_stands_in_the_middle_of_a_dark_stage(stage: Size, size: Size, at: list[int]) -> None:
    shown = on_stage(stage, np.full((*size, 3), 255, np.uint8))
    assert shown.shape == (10, 20, 3)
    assert corners(shown) == at
    assert shown.min() in (255, *np.atleast_1d(module._GROUND))


def test_the_stage_is_as_large_as_the_largest_panels_are(monkeypatch: pytest.MonkeyPatch) -> None:
    levels = film(monkeypatch, panel(0, 40, 20), panel(1, 20, 60), seconds=0.1)
    assert levels == [100, 200]
