"""What the network is trained for.

`match` bets, `histogram` forbids a picture of averages, `square` hedges: where nothing is known it draws towards the
reference's mean colour, which on unseen pages is nearer to the truth than grey and than a wrong bet.
All terms are blind to a common turn of hue, as the network is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the field's own name for it)

from training.compact.encoder import CELL_PX
from training.compact.slots import NO_SLOT

if TYPE_CHECKING:
    from training.compact.config import LossConfig
    from training.compact.network import Trained

_PROJECTIONS = 6
_SORTED_PIXELS = 3072


class Tensors(NamedTuple):
    """`data.Batch` as tensors."""

    lightness: Tensor
    target: Tensor
    truth: Tensor
    references: Tensor
    slots: Tensor
    reference_slots: Tensor
    parts: Tensor
    reference_parts: Tensor
    panels: Tensor


def total_loss(seen: Trained, batch: Tensors, config: LossConfig) -> tuple[Tensor, dict[str, float]]:
    """Return the loss and its terms by name, unweighted."""
    painted = seen.painted.chroma.float()
    wanted, lightness = F.avg_pool2d(batch.target, 2), F.avg_pool2d(batch.lightness, 2)
    match, reach = _match(seen.painted.weights.float(), seen.values.float(), batch.truth, config)
    terms = {
        "match": match,
        "colour": _colour(painted, wanted, lightness, reach, config),
        "square": (painted - wanted).square().sum(1).mean() / config.square_sigma**2,
        "histogram": _histogram(painted, wanted),
        "smooth": _smooth(painted, wanted, lightness),
        "slots": slot_loss(seen.painted.slots[0], batch.slots) + slot_loss(seen.slots[0], batch.reference_slots),
        "parts": slot_loss(seen.painted.slots[1], batch.parts) + slot_loss(seen.slots[1], batch.reference_parts),
    }
    loss = torch.stack([getattr(config, name) * term for name, term in terms.items()]).sum()
    return loss, {name: float(term.detach()) for name, term in terms.items()}


def slot_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Return the cross entropy of `(B, cells, slots)` with the cells' slots, rare ones counting more.

    `wanted`: `(B, h, w)`; cells of `NO_SLOT` are left out.
    """
    known = wanted.flatten(1) != NO_SLOT
    if not known.any():
        return logits.new_zeros(())
    right, flat = wanted.flatten(1)[known], logits.float()[known]
    share = torch.bincount(right, minlength=flat.shape[1]) / right.numel()
    return F.cross_entropy(flat, right, weight=1 / (0.5 * share + 0.5 / flat.shape[1]))


def _match(weights: Tensor, values: Tensor, truth: Tensor, config: LossConfig) -> tuple[Tensor, Tensor]:
    """Return how unlikely the true colour is among what attention picks, and whether the reference has it at all.

    The negative logarithm of a mixture: attention gains by betting on the right colour, never by blending. The second
    result is `(B, 1, h, w)` by cells, 0..1.
    """
    cells = F.avg_pool2d(truth, CELL_PX)
    wanted = cells.flatten(2).transpose(1, 2)
    with torch.no_grad():
        distance = torch.cdist(wanted, values[..., :2]).square()
        near = torch.exp(distance / (-2 * config.match_sigma**2))
        weight = 1 + config.chroma_weight * wanted.square().sum(-1).sqrt()
        reach = near.sqrt().amax(-1)
        weight = weight * (0.1 + reach)
    likelihood = torch.einsum("bhqt,bqt->bhq", weights, near)
    nll = -(likelihood.mean(1) + 0.2 * likelihood.amin(1) + 1e-3).log()
    return (nll * weight).sum() / weight.sum(), reach.reshape(-1, 1, *cells.shape[-2:])


def _colour(painted: Tensor, wanted: Tensor, seen: Tensor, reach: Tensor, config: LossConfig) -> Tensor:
    """Return the mean distance in a, b; chromatic, light and reachable pixels count more."""
    distance = (painted - wanted).square().sum(1, keepdim=True).add(1e-5).sqrt()
    chroma = wanted.square().sum(1, keepdim=True).sqrt()
    reachable = F.interpolate(reach, size=painted.shape[-2:], mode="nearest")
    weight = (1 + config.chroma_weight * chroma) * seen.clamp(min=0.15) * (0.25 + 0.75 * reachable)
    return (distance * weight).sum() / weight.sum()


def _histogram(painted: Tensor, wanted: Tensor) -> Tensor:
    """Return the sliced Wasserstein distance between the colours of a picture and those it should have.

    A picture of averages has too narrow a distribution, wherever its colours sit; that is what this term sees.
    """
    pixels = painted.shape[-1] * painted.shape[-2]
    chosen = torch.randint(pixels, (min(pixels, _SORTED_PIXELS),))
    angles = torch.rand(1) * torch.pi + torch.arange(_PROJECTIONS) * (torch.pi / _PROJECTIONS)
    axes = torch.stack([angles.cos(), angles.sin()])
    along = [
        torch.einsum("bcn,cp->bpn", picture.flatten(2)[..., chosen].float(), axes).sort(dim=-1).values
        for picture in (painted, wanted)
    ]
    return (along[0] - along[1]).abs().mean()


def _smooth(painted: Tensor, wanted: Tensor, seen: Tensor) -> Tensor:
    """Return how much colour changes where neither the page nor its true colour has an edge."""
    total = painted.new_zeros(())
    for axis in (2, 3):
        change = painted.diff(dim=axis).abs().sum(1)
        edge = seen.diff(dim=axis).abs().sum(1) * 15 + wanted.diff(dim=axis).abs().sum(1) * 100
        total = total + (change * torch.exp(-edge)).mean()
    return total
