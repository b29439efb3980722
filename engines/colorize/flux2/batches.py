"""Which parts of a page go through klein at once: those of one canvas that differ in their page and words alone.

What is computed side by side sums in another order, so a batch may differ from its parts by a level; that is why it is
the reader's to switch on. Memory decides how many go together, and where it gives out fewer do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engines.base import EngineOutOfMemory
from engines.colorize.diffusion.pad import fit
from engines.torch_runtime import return_device_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, OnStep

    Paint = Callable[[Sequence[ColorizeRequest], OnStep], list[NDArray[np.uint8]]]


def groups_of(requests: Sequence[ColorizeRequest], is_alone: Callable[[ColorizeRequest], bool]) -> list[list[int]]:
    """Return the requests that can go together, by their places, in the order of each group's first.

    is_alone: says whether one can go with no other.
    """
    groups: dict[Any, list[int]] = {}
    for at, request in enumerate(requests):
        alone = at if is_alone(request) else -1
        plan = request.plan
        shared = plan.seed, plan.quality, plan.steps, len(plan.stages), plan.stage(0).steps, plan.stage(0).guidance
        pictures = tuple(map(id, request.references))
        groups.setdefault((alone, fit(request.size).canvas, pictures, shared), []).append(at)
    return list(groups.values())


def in_batches(
    requests: Sequence[ColorizeRequest], most: int, paint: Paint, on_step: Callable[[int], OnStep], done: int
) -> Iterator[NDArray[np.uint8]]:
    """Yield what `paint` makes of requests, so many at once; where memory gives out, of half as many.

    on_step, done: see `ColorizeEngine.colorize_several`; so many are done before these.

    Raises:
        EngineOutOfMemory: not one has room.
    """
    at = 0
    while at < len(requests):
        batch = requests[at : at + most]
        try:
            made = paint(batch, _scaled(on_step(done + at), len(batch)))
        except EngineOutOfMemory:
            if len(batch) == 1:
                raise
            most = len(batch) // 2
            return_device_memory()
            continue
        at += len(batch)
        yield from made


def _scaled(on_step: OnStep, count: int) -> OnStep:
    """Return who hears of a batch as of one request that takes `count` times its way."""

    def told(step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
        del preview  # of several parts, not of one
        on_step(step * count, steps)

    return told
