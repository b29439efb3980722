"""What a step is judged by: the distribution over chroma, copy, tone and prior together, the parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch
import torch.nn.functional as functional
from torch import Tensor

from training.compact.network import mean_of, soft_bins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.compact.network import Coloured

    Batch = Mapping[str, Tensor]

_SMOOTH: Final = 0.7
_NEAR: Final = 0.025
_VIVID: Final = 8.0
UNKNOWN: Final = 255


@dataclass(frozen=True, slots=True)
class LossWeights:
    """How much every term counts."""

    prior: float = 1.0
    mixture: float = 0.5
    match: float = 0.5
    blend: float = 15.0
    parts: float = 0.4


def mean_colour(logits: Tensor, bins: Tensor, temperature: float) -> Tensor:
    """Return the annealed mean `(n, 2, h, w)` of logits `(n, bins, h, w)` over bins `(bins, 2)`."""
    return mean_of(torch.softmax(logits / temperature, 1), bins)


def blended(made: Coloured, bins: Tensor, temperature: float) -> Tensor:
    """Return the chroma `(n, 2, h, w)` of copy, tone and prior by their shares."""
    copy, tone, prior = made.shares.chunk(3, 1)
    mixed: Tensor = copy * made.copied + tone * made.toned + prior * mean_colour(made.logits.float(), bins, temperature)
    return mixed


def loss_terms(made: Coloured, batch: Batch, bins: Tensor, rarity: Tensor, toned: Tensor) -> dict[str, Tensor]:
    """Return the terms by name. rarity: `(bins,)`, how much a bin counts. toned: see `ColourNetwork.toned`."""
    truth = batch["chroma"]
    wanted = (
        soft_bins(truth.flatten(2).transpose(1, 2), bins).transpose(1, 2).reshape(len(truth), -1, *truth.shape[-2:])
    )
    weight = torch.einsum("nkhw,k->nhw", wanted, rarity)
    logits = made.logits.float()
    return {
        "prior": _entropy(torch.log_softmax(logits, 1), wanted, weight),
        "mixture": _entropy((mixture(made, toned, bins) + 1e-5).log(), wanted, weight),
        "match": _match(made, truth),
        "blend": _blend(blended(made, bins, _SMOOTH), truth),
        "parts": _parts(made.parts.float(), batch["parts"]),
    }


def mixture(made: Coloured, toned: Tensor, bins: Tensor) -> Tensor:
    """Return the distribution `(n, 305, h, w)` of copy, tone and prior together."""
    copy, tone, prior = made.shares.float().chunk(3, 1)
    eighth = tuple(side // 2 for side in made.copied.shape[-2:])
    evidence = (made.attention.float() @ soft_bins(made.cells.float(), bins)).transpose(1, 2)
    evidence = evidence.reshape(len(evidence), -1, *eighth)
    wide = functional.interpolate(evidence, scale_factor=2.0, mode="bilinear")
    mixed: Tensor = copy * wide + tone * toned + prior * torch.softmax(made.logits.float(), 1)
    return mixed


def total(terms: Mapping[str, Tensor], weights: LossWeights) -> Tensor:
    """Return the weighted sum."""
    return torch.stack([getattr(weights, name) * term for name, term in terms.items()]).sum()


def rarity_of(counts: Tensor, mixed: float = 0.5) -> Tensor:
    """Return a bin's weight, by how seldom it is (Zhang et al., 2016): 1 on average over what occurs."""
    share = counts / counts.sum()
    weights = 1 / ((1 - mixed) * share + mixed / len(share))
    return weights / (share * weights).sum()


def _entropy(said: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Return the cross entropy of logarithms `(n, bins, h, w)`; weight: `(n, h, w)`, how much a place counts."""
    entropy: Tensor = -((wanted * said).sum(1) * weight).sum() / weight.sum()
    return entropy


def _match(made: Coloured, truth: Tensor) -> Tensor:
    """Attention should lie on cells of the wanted colour, where the reference has any."""
    height, width = (side // 2 for side in truth.shape[-2:])
    wanted = functional.interpolate(truth, size=(height, width), mode="area").flatten(2).transpose(1, 2)
    near = torch.exp(-((torch.cdist(wanted, made.cells.float()) / _NEAR) ** 2))
    likely, reach = (made.attention.float() * near).sum(-1), near.amax(-1)
    missed: Tensor = (-(likely + 1e-3).log() * reach).sum() / (reach.sum() + 1)
    return missed


def _blend(mixed: Tensor, truth: Tensor) -> Tensor:
    weight = 1 + _VIVID * truth.norm(dim=1, keepdim=True)
    missed: Tensor = ((mixed - truth).abs() * weight).mean()
    return missed


def _parts(logits: Tensor, parts: Tensor) -> Tensor:
    if not (parts != UNKNOWN).any():
        return logits.sum() * 0
    return functional.cross_entropy(logits, parts.long(), ignore_index=UNKNOWN)
