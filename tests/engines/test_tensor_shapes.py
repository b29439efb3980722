"""What names and shapes of tensors say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engines.colorize.diffusion.tensor_shapes import count_blocks, sides_of
from models.store import WeightsInvalid

TENSORS: Any = {
    "down.0.weight": SimpleNamespace(shape=(4, 3)),
    "down.0.bias": SimpleNamespace(shape=(4,)),
    "down.10.weight": SimpleNamespace(shape=(0, 3)),
    "down.norm.weight": SimpleNamespace(shape=(4,)),
    "up.down.7.weight": SimpleNamespace(shape=(4,)),
}


@pytest.mark.parametrize(("start", "count"), [("down.", 2), ("up.down.", 1), ("down.0.", 0), ("mid.", 0)])
def test_each_number_behind_a_name_counts_once(start: str, count: int) -> None:
    assert count_blocks(TENSORS, start) == count


def test_a_shape_is_given_as_it_is() -> None:
    assert sides_of(TENSORS, "down.0.weight", 2) == (4, 3)


@pytest.mark.parametrize(
    ("name", "dimensions", "said"),
    [("mid.weight", 2, "is missing"), ("down.0.weight", 4, "4 dimensions"), ("down.10.weight", 2, "(0, 3)")],
)
def test_what_is_missing_or_of_another_shape_is_said_by_name(name: str, dimensions: int, said: str) -> None:
    with pytest.raises(WeightsInvalid, match=name) as told:
        sides_of(TENSORS, name, dimensions)
    assert said in str(told.value)
