"""What a file of weights says of a network by its tensors' names and shapes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.headers import TensorHeader


def count_blocks(names: Iterable[str], start: str) -> int:
    """Return how many numbered parts there are whose names go on from `start` with their number."""
    numbers = {name[len(start) :].split(".", 1)[0] for name in names if name.startswith(start)}
    return len({number for number in numbers if number.isdecimal()})


def sides_of(tensors: Mapping[str, TensorHeader], name: str, dimensions: int) -> tuple[int, ...]:
    """Return the shape of a tensor.

    Raises:
        WeightsInvalid: it is missing, empty, or of another number of dimensions.
    """
    one = tensors.get(name)
    if one is None:
        raise WeightsInvalid(f"{name} is missing")
    if len(one.shape) != dimensions or 0 in one.shape:
        raise WeightsInvalid(f"{name} has the shape {one.shape}, {dimensions} dimensions are expected")
    return one.shape
