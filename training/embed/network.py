"""The network: a small residual encoder from a grey square to a unit vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from training.embed.config import NetworkConfig


class EmbedNetwork(nn.Module):
    """`(n, 1, 96, 96)` as `engines.embed.picture.as_input` gives it → `(n, vector_width)` of length 1."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        first, *later = config.widths
        layers: list[nn.Module] = [nn.Sequential(*_convolution(1, first, kernel=5, stride=2), nn.ReLU(inplace=True))]
        for before, after in zip(config.widths, later, strict=False):
            layers.append(nn.Sequential(*_convolution(before, after, stride=2), nn.ReLU(inplace=True)))
            layers.append(_Residual(after))
        layers.append(_Residual(config.widths[-1]))
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(*_convolution(config.widths[-1], 2 * config.widths[-1], kernel=1), nn.ReLU())
        self.vector = nn.Linear(4 * config.widths[-1], config.vector_width)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return one vector a picture: what is there on the whole (mean), and what is there at all (maximum)."""
        features = self.head(self.body(pictures))
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], dim=1)
        return functional.normalize(self.vector(pooled).float(), dim=1)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_convolution(width, width), nn.ReLU(inplace=True), *_convolution(width, width))

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(features + self.layers(features))


def _convolution(before: int, after: int, *, kernel: int = 3, stride: int = 1) -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(after)
