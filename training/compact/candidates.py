"""Colours that the reference offers a cell: weighted means of its tokens' values, and how far those agree.

Values are `(B, tokens, 4)`: a, b plain and by lightness, see `encoder.tokens_of`.
"""

from __future__ import annotations

import torch
from torch import Tensor

_ABSENT = 0.004
_FAINT = 1e-4
_LEVELS = 20


def with_power(values: Tensor) -> Tensor:
    """Return `(B, tokens, 5)`: the values and the square of their chroma, whose means tell how far colours agree."""
    return torch.cat([values, values[..., :2].square().sum(-1, keepdim=True)], -1)


def agreement_of(means: Tensor) -> Tensor:
    """Return `(..., n)` 0..1 for means of `with_power`: 1 where all that was averaged has one colour or is grey."""
    return (means[..., :2].square().sum(-1) + _FAINT) / (means[..., 4] + _FAINT)


def in_scenes(own: Tensor, kinds: Tensor, values: Tensor, scene: Tensor, member: Tensor) -> Tensor:
    """Return `(B, 1, cells, 4)`: the mean colour that a cell's kinds `(B, cells, n)` have in its panel's scene.

    kinds: those of the tokens `(B, tokens, n)`. scene: `(B, P, tokens)`, a panel's share of attention for each.
    A kind that a scene lacks has the scene's own colour.
    """
    theirs = kinds.transpose(1, 2).unsqueeze(1) * scene.unsqueeze(2)
    share, mean = theirs.sum(-1, keepdim=True), (scene @ values).unsqueeze(2)
    palettes = (theirs @ values.unsqueeze(1) + _ABSENT * mean) / (share + _ABSENT)
    return ((own.unsqueeze(1) @ palettes) * member.unsqueeze(-1)).sum(1, keepdim=True)


def levels(lightness: Tensor) -> Tensor:
    """Return how much a lightness `(B, cells, 1)` belongs to each of a few levels, `(B, cells, levels)`."""
    steps = torch.linspace(0, 1, _LEVELS, device=lightness.device)
    return torch.softmax((lightness - steps).square() * -((_LEVELS - 1) ** 2), -1)


def on_planes(colours: Tensor, height: int, width: int) -> Tensor:
    """Return `(B, n, cells, 4)` as `(B, 2, 2 * n, h, w)`: a and b, every colour plain and by lightness."""
    both = colours.reshape(*colours.shape[:3], 2, 2)
    return on_grid(both.permute(0, 4, 1, 3, 2).flatten(2, 3), height, width)


def amount(colours: Tensor) -> Tensor:
    """Return the chroma of `(B, 2, n, h, w)`, scaled."""
    return 5 * colours.square().sum(1).add(1e-6).sqrt()


def on_grid(cells: Tensor, height: int, width: int) -> Tensor:
    """Return cells `(..., h * w)` as `(..., h, w)`."""
    # Not `unflatten`: the exporter would freeze the sizes.
    return cells.reshape(*cells.shape[:-1], height, width)
