"""What the network sees: features of a page or a reference from lightness and the *amount* of chroma, never hue."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's own name for it)

if TYPE_CHECKING:
    from training.compact.config import NetworkConfig

CELL_PX = 8
"""Side of a cell of attention in pixels of the encoder's input."""
MULTIPLE_PX = 32
"""Height and width of the encoder's input are multiples of this."""
PATCH = 13
"""Planes of a cell's neighbourhood of lightness, see `_patches`."""
_RING_WEIGHT = 0.35
_SPREAD_WEIGHT = 2.0


class Features(NamedTuple):
    """What the encoder gives, `(B, C, H/s, W/s)` for s = 2, 4, 8.

    keys at 8: those of the heads, slot logits, scene. The last channels of `eighth` and of `keys` are the cell's
    neighbourhood (`PATCH`) and its lightness.
    """

    half: Tensor
    quarter: Tensor
    eighth: Tensor
    keys: Tensor


class Encoder(nn.Module):
    """Features of a page or of a reference: `(B, 2, H, W)` of lightness 0..1 and chroma / 0.2."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth, last = config.widths
        self.at_2 = nn.Sequential(nn.PixelUnshuffle(2), norm_relu_conv(8, half), norm_relu_conv(half, half))
        self.at_4 = nn.Sequential(norm_relu_conv(half, quarter, 2), _Residual(quarter))
        self.at_8 = nn.Sequential(norm_relu_conv(quarter, eighth, 2), _Residual(eighth), _Residual(eighth))
        self.at_16 = nn.Sequential(norm_relu_conv(eighth, sixteenth, 2), _Residual(sixteenth), _Residual(sixteenth))
        self.at_32 = nn.Sequential(norm_relu_conv(sixteenth, last, 2), _Residual(last), _Residual(last))
        self.from_32 = nn.Conv2d(last, sixteenth, 1)
        self.from_16 = nn.Conv2d(sixteenth, eighth, 1)
        self.fuse = _Residual(eighth)
        self.keys = nn.Conv2d(eighth, config.heads * config.head_width + sum(config.slots) + config.scene_width, 1)

    def forward(self, picture: Tensor) -> Features:
        """Return the features of a picture whose sides are multiples of 32."""
        half = self.at_2(picture)
        quarter = self.at_4(half)
        eighth = self.at_8(quarter)
        sixteenth = self.at_16(eighth)
        wide = F.relu(sixteenth + twice(self.from_32(self.at_32(sixteenth))))
        fused = self.fuse(F.relu(eighth + twice(self.from_16(wide))))
        plain = [_patches(picture[:, :1]), F.avg_pool2d(picture[:, :1], CELL_PX)]
        return Features(half, quarter, *(torch.cat([one, *plain], 1) for one in (fused, self.keys(fused))))


def tokens_of(features: Features, chroma: Tensor, lightness: Tensor) -> tuple[Tensor, Tensor]:
    """Return the keys and values of a reference.

    chroma: `(B, 2, H, W)`, lightness `(B, 1, H, W)`, as the encoder saw them. Values: a, b, and a, b by lightness,
    which holds a colour's saturation where the page is lighter than the reference.
    """
    pair = torch.cat([chroma, chroma / lightness.clamp(min=0.3)], 1)
    values = F.avg_pool2d(pair, CELL_PX).flatten(2).transpose(1, 2)
    return features.keys.flatten(2).transpose(1, 2), values


def _patches(lightness: Tensor) -> Tensor:
    """Return `(B, 13, H/8, W/8)`: a cell's quarters, its spread and its eight neighbours, as far from mid-grey."""
    from_middle = lightness - 0.5
    quarters = F.pixel_unshuffle(F.avg_pool2d(from_middle, CELL_PX // 2), 2) / 2
    cell = F.avg_pool2d(from_middle, CELL_PX)
    spread = (F.avg_pool2d(from_middle.square(), CELL_PX) - cell.square()).clamp(min=1e-5).sqrt()
    around = F.pad(cell, (1, 1, 1, 1), mode="replicate")
    ends = slice(0, -2), slice(1, -1), slice(2, None)
    ring = [around[:, :, rows, columns] for rows in ends for columns in ends]
    ring.pop(4)
    return torch.cat([quarters, _SPREAD_WEIGHT * spread, *(_RING_WEIGHT * one for one in ring)], 1)


def norm_relu_conv(source: int, target: int, stride: int = 1) -> nn.Sequential:
    """Return a 3 x 3 convolution, its normalisation and a rectifier."""
    return nn.Sequential(
        nn.Conv2d(source, target, 3, stride, 1, bias=False), nn.BatchNorm2d(target), nn.ReLU(inplace=True)
    )


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = norm_relu_conv(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        last = self.second[1]
        if isinstance(last, nn.BatchNorm2d):
            nn.init.constant_(last.weight, 0.2)

    def forward(self, picture: Tensor) -> Tensor:
        return F.relu(picture + self.second(self.first(picture)))


def twice(picture: Tensor) -> Tensor:
    """Return a picture at twice its size, pixels repeated."""
    return F.interpolate(picture, scale_factor=2.0, mode="nearest")
