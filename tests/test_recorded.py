"""What is kept of results: a change is seen, how a processor rounds is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.geometry import Box
from tests.recorded import Recorded

if TYPE_CHECKING:
    from pathlib import Path

RAMP = np.arange(4800, dtype=np.float32).reshape(60, 80)
MASK = RAMP % 7 < 3


def seen(tmp_path: Path, kept: Any, found: Any, pixels: int = 0) -> bool:
    """Tell whether something is seen to differ from what was kept."""
    Recorded(tmp_path / "test_it.py", write=True).values("it", kept)
    try:
        Recorded(tmp_path / "test_it.py", write=False).values("it", found, pixels=pixels)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize(
    ("kept", "found", "pixels", "differs"),
    [
        (1.0, 1.0005, 0, False), (1.0, 1.01, 0, True), (0.0, 0.001, 0, True), (1, 2, 0, True), (True, False, 0, True),
        ("a", "b", 0, True), (None, 0, 0, True), (0.5, None, 0, True), ([1, 2], [1, 2, 3], 0, True),
        ({"a": 1}, {"a": 1, "b": 1}, 0, True), ({"a": 1}, {}, 0, True), ({"a": {"b": 1}}, {"a": {"b": 2}}, 0, True),
        (Box(10, 20, 30, 40), Box(10, 20, 30, 41), 0, True), (Box(10, 20, 30, 40), Box(10, 20, 30, 41), 1, False),
        (Box(10, 20, 30, 40), Box(10, 20, 30, 42), 1, True), (Box(0, 0, 30, 40), Box(1, 0, 30, 40), 1, True),
        (RAMP, RAMP + np.float32(0.5), 0, False), (RAMP, RAMP + np.float32(20), 0, True), (RAMP, RAMP[:59], 0, True),
        (RAMP, RAMP.astype(np.float64), 0, True), (RAMP, RAMP.T.copy(), 0, True), (MASK, ~MASK, 0, True),
        (MASK, np.roll(MASK, 3, axis=1), 0, True), (RAMP[:2, :3], RAMP[:2, :3] + np.float32(1), 0, True),
    ],
)  # fmt: skip
def test_a_change_is_seen_and_rounding_is_not(
    kept: Any, found: Any, pixels: int, *, differs: bool, tmp_path: Path
) -> None:
    assert not seen(tmp_path, kept, kept, pixels)
    assert seen(tmp_path, kept, found, pixels) == differs


def test_what_was_never_kept_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="--record"):
        Recorded(tmp_path / "test_it.py", write=False).values("it", 1)


def test_other_names_stay_as_they_were_kept(tmp_path: Path) -> None:
    for name, value in (("b", 1), ("a", 2)):
        Recorded(tmp_path / "test_it.py", write=True).values(name, value)
    assert (tmp_path / "recorded" / "test_it.json").read_text("utf-8") == '{\n"a": 2,\n"b": 1\n}\n'


@pytest.mark.parametrize(
    ("pixels", "levels", "differs"), [(0, 0, False), (400, 2, False), (1, 90, False), (40, 3, True)]
)
def test_a_picture_may_be_a_little_off(pixels: int, levels: int, *, differs: bool, tmp_path: Path) -> None:
    picture = np.full((100, 100, 3), 90, np.uint8)
    Recorded(tmp_path / "test_it.py", write=True).picture("it", picture)
    other = picture.copy()
    other.reshape(-1, 3)[:pixels] += np.uint8(levels)
    look = Recorded(tmp_path / "test_it.py", write=False)
    if differs:
        with pytest.raises(AssertionError, match="120 values differ, the first at"):
            look.picture("it", other)
    else:
        look.picture("it", other)
