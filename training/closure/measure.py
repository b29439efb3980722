"""How well the next panel is told, beside a plain rule on the panels' boxes; and whether panels find their page."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import torch

from training.closure.losses import losses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from training.closure.config import Config
    from training.closure.data import Batch, PageReader, PageSpec
    from training.closure.network import ClosureLite

Boxes = tuple[tuple[float, float, float, float], ...]
_SHARED = 0.5


class Measures(NamedTuple):
    """On dev pages: the loss (infinite without pages), shares 0..1, and how many panels have a next one."""

    loss: float
    next_panel: float
    on_page: float
    asked: int


@torch.inference_mode()
def measure(network: ClosureLite, specs: Sequence[PageSpec], reader: PageReader, config: Config) -> Measures:
    """Return how well a network does on pages; the same panels and the same noise each time."""
    network.eval()
    total, right, asked, fits, pages = 0.0, 0, 0, 0, 0
    for batch in _batches(specs, reader, config):
        dice = torch.Generator().manual_seed(0)
        found = losses(network, batch, config.losses, dice)
        total += float(found.total) * len(batch.mask)
        pages += len(batch.mask)
        panels = network.panels(batch)
        guess = network.next_logits(panels, batch.geometry, batch.mask, config.losses.temperature).argmax(2)
        has_next = batch.following >= 0
        right += int((guess == batch.following)[has_next].sum())
        asked += int(has_next.sum())
        fits += _fitting(network, batch, panels)
    network.train()
    several = sum(len(one.boxes) > 1 for one in specs)
    return Measures(
        total / pages if pages else float("inf"),
        right / asked if asked else 0.0,
        fits / several if several else 0.0,
        asked,
    )


def _fitting(network: ClosureLite, batch: Batch, panels: torch.Tensor) -> int:
    """Return on how many pages the first panel fits its own page better than the next page's does."""
    several = batch.mask.sum(1) > 1
    own, mask = panels[several][:, 0], batch.mask[several].clone()
    if not len(own):
        return 0
    mask[:, 0] = False
    page = network.pooled(panels[several], mask).page
    return int((network.on_page(page, own) > network.on_page(page, own.roll(1, 0))).sum())


def _batches(specs: Sequence[PageSpec], reader: PageReader, config: Config) -> Iterator[Batch]:
    size, most = config.optimisation.batch_size, config.data.panels_max
    for first in range(0, len(specs), size):
        some = specs[first : first + size]
        # Backwards, so that a network that answers by a panel's place in the batch is wrong.
        yield reader.batch(some, [list(range(min(most, len(one.boxes))))[::-1] for one in some])


def rule_accuracy(specs: Sequence[PageSpec], rule: Callable[[Boxes], list[int]], panels_max: int = 12) -> float:
    """Return for which share of panels a rule tells the next one. rule: the order of boxes, as places."""
    right = asked = 0
    for spec in specs:
        boxes = spec.boxes[:panels_max]
        order = rule(boxes)
        after = dict(pairwise(order))
        right += sum(after.get(one) == one + 1 for one in range(len(boxes) - 1))
        asked += max(0, len(boxes) - 1)
    return right / asked if asked else 0.0


def in_tiers(boxes: Boxes) -> list[int]:
    """Return boxes in tiers from the top, each from the left: the plain rule."""
    rest = sorted(range(len(boxes)), key=lambda one: (boxes[one][1], boxes[one][0]))
    order: list[int] = []
    while rest:
        _, top, _, height = boxes[rest[0]]
        tier = [one for one in rest if boxes[one][1] < top + _SHARED * height]
        order += sorted(tier, key=lambda one: boxes[one][0])
        rest = [one for one in rest if one not in tier]
    return order
