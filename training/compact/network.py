"""The network of the compact engine: what things are coloured like, and what a reference says of it.

A trunk that has seen ImageNet (`lite0`) and a small decoder look at a grey picture. From there come

- the **prior**: a distribution over bins of chroma for every place (Zhang et al., "Colorful image colorization", 2016),
  which the reference's palette modulates,
- the **copy**: the reference's own chroma by attention from cells of the page to cells of the reference,
- the **gate**: how far the copy is to be believed before the prior, 0 where there is no reference,
- the **parts**: what a place shows, one of `PARTS`.

Exported as two graphs (`export`), since a reference is looked at once and then serves a whole chapter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from engines.colorize.compact.bins import BINS, STEP
from training.compact.lite0 import CHANNELS, Lite0

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTS: Final = (
    "skin", "hair", "eyes", "clothes", "sky", "foliage", "ground", "water", "wood", "metal", "paper", "other",
)  # fmt: skip
"""What the network tells apart, in the order of its outputs."""
EIGHTH, QUARTER = 64, 48
_DECODER: Final = (128, 96, EIGHTH, QUARTER)
_PALETTE: Final = 64
_CHROMA_SCALE: Final = 5.0
# The prior's mean colour as the gate sees it; readers of the distribution take a sharper one.
_GATE_TEMPERATURE: Final = 0.7
_NEAREST_BINS: Final = 4
_FAINT: Final = 1e-4
_RENAMED: Final = {
    "enc.net.": "trunk.", "dec.": "decoder.", "q.": "query.", "k.": "key.", "t": "sharpness", "pal.": "palette.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coloured:
    """What the network says of a batch of pages of `h x w`; everything but attention and cells at a quarter of that.

    logits: `(n, 305, ...)` over `BINS`. copied: `(n, 2, ...)` the reference's a and b. gate: `(n, 1, ...)` 0..1.
    parts: `(n, 12, ...)` logits. peak: `(n, 1, ...)` the most that one cell of the reference gets, 0..1.
    attention: `(n, h/8 * w/8, cells)`, rows sum to 1. cells: `(n, cells, 2)` the reference's chroma by cell.
    """

    logits: Tensor
    copied: Tensor
    gate: Tensor
    parts: Tensor
    peak: Tensor
    attention: Tensor
    cells: Tensor


class ColourNetwork(nn.Module):
    """Trunk, decoder and heads, as they are trained."""

    bins: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Lite0()
        self.decoder = _Decoder()
        self.prior = nn.Sequential(_block(QUARTER, 64), nn.Conv2d(64, len(BINS), 1))
        self.parts = nn.Sequential(_block(QUARTER, 32), nn.Conv2d(32, len(PARTS), 1))
        self.query = nn.Conv2d(EIGHTH, EIGHTH, 1)
        self.key = nn.Conv2d(EIGHTH + 1, EIGHTH, 1)
        self.sharpness = nn.Parameter(torch.tensor(2.3))
        modulation, belief = nn.Linear(_PALETTE, 2 * QUARTER), nn.Conv2d(32, 1, 1)
        self.palette = nn.Sequential(nn.Linear(len(BINS), _PALETTE), nn.ReLU(), modulation)
        self.gate = nn.Sequential(_block(QUARTER + 6, 32), belief)
        self.register_buffer("bins", torch.from_numpy(BINS.copy()), persistent=False)
        for start in (modulation.weight, modulation.bias, belief.weight):
            nn.init.zeros_(start)

    def features(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """Return features at an eighth `(n, 64, ...)` and a quarter `(n, 48, ...)` of sRGB grey `(n, 1, h, w)` 0..1."""
        eighth, quarter = self.decoder(self.trunk(grey))
        return eighth, quarter

    def forward(self, grey: Tensor, reference_grey: Tensor, reference_ab: Tensor, has_reference: Tensor) -> Coloured:
        """Colour `grey` `(n, 1, H, W)` after references `(n, 1, h, w)` and `(n, 2, h, w)` OKLab a and b.

        has_reference: `(n,)`, 0 for a page that gets none. All sides are multiples of 32.
        """
        eighth, quarter = self.features(grey)
        seen, _ = self.features(reference_grey)
        cells = functional.interpolate(reference_ab, size=seen.shape[-2:], mode="area").flatten(2).transpose(1, 2)
        palette = soft_bins(cells, self.bins).mean(1)
        return self.paint(eighth, quarter, seen.flatten(2).transpose(1, 2), cells, palette, has_reference)

    def paint(
        self,
        eighth: Tensor,
        quarter: Tensor,
        reference_features: Tensor,
        reference_chroma: Tensor,
        palette: Tensor,
        has_reference: Tensor,
    ) -> Coloured:
        """Colour a page by its features and a reference's cells: `(n, cells, 64)` and `(n, cells, 2)`.

        palette: `(n, 305)`, how the reference's chroma is spread over the bins.
        """
        given = has_reference[:, None]
        scale, shift = self.palette(palette * given)[..., None, None].chunk(2, 1)
        logits = self.prior(quarter * (1 + scale) + shift)
        attention = self._attention(eighth, reference_features, reference_chroma)
        copied, agreement, peak = (_wide(one) for one in self._copied(attention, reference_chroma, eighth))
        mean = torch.einsum("nkhw,kc->nchw", torch.softmax(logits / _GATE_TEMPERATURE, 1), self.bins)
        seen = [quarter, copied * _CHROMA_SCALE, agreement, peak.clamp_min(1e-6).log() / 5, mean * _CHROMA_SCALE]
        gate = torch.sigmoid(self.gate(torch.cat(seen, 1))) * given[..., None, None]
        return Coloured(logits, copied, gate, self.parts(quarter), peak, attention, reference_chroma)

    def _attention(self, eighth: Tensor, features: Tensor, chroma: Tensor) -> Tensor:
        queries = functional.normalize(self.query(eighth), dim=1).flatten(2).transpose(1, 2)
        strength = chroma.norm(dim=2, keepdim=True) * _CHROMA_SCALE
        cells = torch.cat([features, strength], 2).transpose(1, 2)[..., None]
        keys = functional.normalize(self.key(cells)[..., 0], dim=1)
        return torch.softmax((queries * self.sharpness.exp()) @ keys, -1)

    @staticmethod
    def _copied(attention: Tensor, chroma: Tensor, eighth: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the copied chroma, how far the colours it is made of agree, and the peak, all at an eighth."""
        strength = chroma.norm(dim=2, keepdim=True)
        gathered = (attention @ torch.cat([chroma, strength], 2)).transpose(1, 2)
        gathered = gathered.reshape(eighth.shape[0], 3, *eighth.shape[-2:])
        copied = gathered[:, :2]
        agreement = copied.norm(dim=1, keepdim=True) / (gathered[:, 2:] + _FAINT)
        peak = attention.amax(-1).reshape(eighth.shape[0], 1, *eighth.shape[-2:])
        return copied, agreement, peak


class _Decoder(nn.Module):
    """From the coarsest features down to a quarter; the names are those of the state that training began with."""

    def __init__(self) -> None:
        super().__init__()
        deep = CHANNELS[::-1]
        self.top = _block(deep[0], _DECODER[0], 1)
        self.lat = nn.ModuleList(nn.Conv2d(one, out, 1) for one, out in zip(deep[1:4], _DECODER[1:], strict=True))
        self.mix = nn.ModuleList(
            nn.Sequential(_block(before + out, out), _block(out, out)) for before, out in pairwise(_DECODER)
        )

    def forward(self, features: list[Tensor]) -> tuple[Tensor, Tensor]:
        found = [self.top(features[-1])]
        for lateral, mix, fine in zip(self.lat, self.mix, features[-2:0:-1], strict=True):
            found.append(mix(torch.cat([_wide(found[-1]), lateral(fine)], 1)))
        return found[-2], found[-1]


def soft_bins(chroma: Tensor, bins: Tensor) -> Tensor:
    """Return `(n, cells, 2)` chroma as `(n, cells, 305)` shares of its four nearest bins, 1 in all."""
    distance = torch.cdist(chroma, bins.expand(len(chroma), -1, -1))
    near, which = distance.topk(_NEAREST_BINS, largest=False)
    share = torch.softmax(-((near / (0.6 * STEP)) ** 2), -1)
    return torch.zeros_like(distance).scatter_(-1, which, share)


def load_state(network: ColourNetwork, state: Mapping[str, Tensor]) -> list[str]:
    """Load a state, also one of before the heads had their names; return the names of parameters that it lacks.

    Raises:
        RuntimeError: a tensor has another shape.
    """
    named = {_renamed(name): value.float() if value.is_floating_point() else value for name, value in state.items()}
    mine = network.state_dict()
    network.load_state_dict({name: named.get(name, value) for name, value in mine.items()})
    return [name for name in mine if name not in named]


def _renamed(name: str) -> str:
    for old, new in _RENAMED.items():
        if name == old or (old.endswith(".") and name.startswith(old)):
            return new + name[len(old) :]
    return name


def _wide(planes: Tensor) -> Tensor:
    return functional.interpolate(planes, scale_factor=2.0, mode="bilinear")


def _block(channels: int, out: int, kernel: int = 3) -> nn.Sequential:
    convolution = nn.Conv2d(channels, out, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out), nn.ReLU(inplace=True))
