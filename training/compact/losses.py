"""What a step is judged by: the distribution over chroma, the copy, the trust in it, the parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch
import torch.nn.functional as functional
from torch import Tensor

from training.compact.network import soft_bins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.compact.network import Coloured

    Batch = Mapping[str, Tensor]

SHARPENED: Final = 0.38
"""Temperature at which the mean of the distribution is neither olive nor hard (measured)."""
_SMOOTH: Final = 0.7
_NEAR: Final = 0.025
_DECIDED: Final = 0.015
_VIVID: Final = 8.0
UNKNOWN: Final = 255


@dataclass(frozen=True, slots=True)
class LossWeights:
    """How much every term counts."""

    prior: float = 1.0
    match: float = 0.5
    blend: float = 15.0
    gate: float = 1.0
    parts: float = 0.4


def mean_colour(logits: Tensor, bins: Tensor, temperature: float) -> Tensor:
    """Return the annealed mean `(n, 2, h, w)` of logits `(n, bins, h, w)` over bins `(bins, 2)`."""
    return torch.einsum("nkhw,kc->nchw", torch.softmax(logits / temperature, 1), bins)


def blended(made: Coloured, bins: Tensor, temperature: float = SHARPENED) -> Tensor:
    """Return the chroma `(n, 2, h, w)` of copy and prior, as the gate has it."""
    return made.gate * made.copied + (1 - made.gate) * mean_colour(made.logits.float(), bins, temperature)


def loss_terms(made: Coloured, batch: Batch, bins: Tensor, rarity: Tensor) -> dict[str, Tensor]:
    """Return the terms by name. rarity: `(bins,)`, how much a bin counts."""
    truth = batch["chroma"]
    prior = mean_colour(made.logits.float(), bins, _SMOOTH)
    return {
        "prior": _prior(made.logits.float(), truth, bins, rarity),
        "match": _match(made, truth),
        "blend": _blend(made, prior, truth),
        "gate": _gate(made, prior, truth, batch["has_reference"]),
        "parts": _parts(made.parts.float(), batch["parts"]),
    }


def total(terms: Mapping[str, Tensor], weights: LossWeights) -> Tensor:
    """Return the weighted sum."""
    return torch.stack([getattr(weights, name) * term for name, term in terms.items()]).sum()


def rarity_of(counts: Tensor, mixed: float = 0.5) -> Tensor:
    """Return a bin's weight, by how seldom it is (Zhang et al., 2016): 1 on average over what occurs."""
    share = counts / counts.sum()
    weights = 1 / ((1 - mixed) * share + mixed / len(share))
    return weights / (share * weights).sum()


def _prior(logits: Tensor, truth: Tensor, bins: Tensor, rarity: Tensor) -> Tensor:
    wanted = soft_bins(truth.flatten(2).transpose(1, 2), bins)
    said = torch.log_softmax(logits.flatten(2).transpose(1, 2), -1)
    weight = wanted @ rarity
    entropy: Tensor = -((wanted * said).sum(-1) * weight).sum() / weight.sum()
    return entropy


def _match(made: Coloured, truth: Tensor) -> Tensor:
    """Attention should lie on cells of the wanted colour, where the reference has any."""
    height, width = (side // 2 for side in truth.shape[-2:])
    wanted = functional.interpolate(truth, size=(height, width), mode="area").flatten(2).transpose(1, 2)
    near = torch.exp(-((torch.cdist(wanted, made.cells.float()) / _NEAR) ** 2))
    likely, reach = (made.attention.float() * near).sum(-1), near.amax(-1)
    missed: Tensor = (-(likely + 1e-3).log() * reach).sum() / (reach.sum() + 1)
    return missed


def _blend(made: Coloured, prior: Tensor, truth: Tensor) -> Tensor:
    mixed = made.gate * made.copied + (1 - made.gate) * prior
    weight = 1 + _VIVID * truth.norm(dim=1, keepdim=True)
    missed: Tensor = ((mixed - truth).abs() * weight).mean()
    return missed


def _gate(made: Coloured, prior: Tensor, truth: Tensor, has_reference: Tensor) -> Tensor:
    """Return how wrongly the gate judges whether copy or prior is nearer to the truth; a tie counts nothing."""
    with torch.no_grad():
        better = (prior - truth).norm(dim=1, keepdim=True) - (made.copied - truth).norm(dim=1, keepdim=True)
        right = torch.sigmoid(better / _DECIDED)
        weight = (right - 0.5).abs() * 2 * has_reference[:, None, None, None]
    said = made.gate.float().clamp(1e-4, 1 - 1e-4)
    entropy = -(right * said.log() + (1 - right) * (1 - said).log())
    return (entropy * weight).sum() / (weight.sum() + 1)


def _parts(logits: Tensor, parts: Tensor) -> Tensor:
    if not (parts != UNKNOWN).any():
        return logits.sum() * 0
    return functional.cross_entropy(logits, parts.long(), ignore_index=UNKNOWN)
