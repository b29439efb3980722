"""What a wrong pixel costs: weighted cross-entropy and Tversky's index.

Salehi et al., "Tversky loss function for image segmentation using 3D fully convolutional deep networks", 2017. Free
lettering that is missed costs most: it would be coloured over. In balloons, which are protected anyway, little.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

_LETTERING = 0.2
_NO_LETTERING = 0.03
_IN_BALLOONS = 0.4
_WRONG, _MISSED = 0.5, 0.5


class Terms(NamedTuple):
    """The parts of the loss, each a scalar."""

    balloon: Tensor
    lettering: Tensor
    balloon_overlap: Tensor
    lettering_overlap: Tensor

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        return torch.stack(list(self)).sum()


def loss_terms(logits: Tensor, truth: Tensor, lettering_weight: float) -> Terms:
    """Return the loss of `(n, 2, h, w)` logits; `truth` holds shares 0..1 of balloon and lettering.

    A pixel that is lettering to a fifth counts as it; the rim between that and none does not count at all.
    """
    balloon = (truth[:, 0] > 0.5).float()
    lettering = (truth[:, 1] >= _LETTERING).float()
    counts = ((truth[:, 1] >= _LETTERING) | (truth[:, 1] <= _NO_LETTERING)).float()
    counts = counts * (1 - (1 - _IN_BALLOONS) * balloon)
    by_pixel = functional.binary_cross_entropy_with_logits(logits[:, 1], lettering, reduction="none")
    weights = counts * (1 + (lettering_weight - 1) * lettering)
    return Terms(
        functional.binary_cross_entropy_with_logits(logits[:, 0], balloon),
        (by_pixel * weights).mean(),
        _tversky(logits[:, 0].sigmoid(), balloon, torch.ones_like(balloon), 0.5, 0.5),
        _tversky(logits[:, 1].sigmoid(), lettering, counts, _WRONG, _MISSED),
    )


def _tversky(likely: Tensor, truth: Tensor, counts: Tensor, wrong: float, missed: float) -> Tensor:
    hit = (likely * truth * counts).sum()
    false = (likely * (1 - truth) * counts).sum()
    lost = ((1 - likely) * truth * counts).sum()
    return 1 - (hit + 1) / (hit + wrong * false + missed * lost + 1)
