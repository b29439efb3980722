"""The pixel network: a small U-Net of inverted residuals.

Ronneberger et al., "U-Net", 2015; Sandler et al., "MobileNetV2", 2018. Five halvings see a balloon whole; what comes
out has half the side of what goes in.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from training.pixels.config import NetworkConfig

_EXPANSION = 3
MULTIPLE_PX = 32
"""Sides of the input are multiples of this."""


class PixelNetwork(nn.Module):
    """`(n, 1, h, w)` grey, 0 black to 1 white, to `(n, 2, h / 2, w / 2)` logits: balloon, lettering."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        widths = config.widths
        self.stem = _convolved(1, widths[0], 3, 2)
        self.stages = nn.ModuleList(
            nn.Sequential(_convolved(before, after, 3, 2), *(_Inverted(after) for _ in range(depth)))
            for before, after, depth in zip(widths[:-1], widths[1:], config.depths, strict=True)
        )
        self.joints = nn.ModuleList(_Joint(deeper, wider) for wider, deeper in itertools.pairwise(widths))
        self.head = nn.Conv2d(widths[0], 2, 1)

    def forward(self, grey: Tensor) -> Tensor:
        """Return the logits."""
        levels = [self.stem((grey - 0.5) * 2)]
        for stage in self.stages:
            levels.append(stage(levels[-1]))
        found = levels.pop()
        for joint in reversed(self.joints):
            found = joint(found, levels.pop())
        logits: Tensor = self.head(found)
        return logits


class _Inverted(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        inner = width * _EXPANSION
        # Sides of 3: larger ones by channel are many times slower to train.
        self.body = nn.Sequential(
            _convolved(width, inner, 1),
            _convolved(inner, inner, 3, groups=inner),
            nn.Conv2d(inner, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, given: Tensor) -> Tensor:
        made: Tensor = given + self.body(given)
        return made


class _Joint(nn.Module):
    """Brings what a deeper level found to the level above and adds what that level saw."""

    def __init__(self, deeper: int, wider: int) -> None:
        super().__init__()
        self.narrowed = nn.Conv2d(deeper, wider, 1, bias=False)
        self.mixed = nn.Sequential(_convolved(wider, wider, 3, groups=wider), _convolved(wider, wider, 1))

    def forward(self, found: Tensor, seen: Tensor) -> Tensor:
        raised = functional.interpolate(self.narrowed(found), scale_factor=2.0, mode="nearest")
        mixed: Tensor = self.mixed(raised + seen)
        return mixed


def _convolved(before: int, after: int, side: int, stride: int = 1, *, groups: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, side, stride, side // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(inplace=True))


def count(network: nn.Module) -> int:
    """Return how many parameters a network has."""
    with torch.no_grad():
        return sum(parameter.numel() for parameter in network.parameters())
