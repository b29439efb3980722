"""The network of the compact engine: what things are coloured like, and what a reference says of it.

A trunk that has seen ImageNet (`lite0`) and a small decoder look at a grey picture. From there come

- the **prior**: a distribution over bins of chroma for every place (Zhang et al., "Colorful image colorization", 2016),
  which the reference's palette modulates,
- the **copy**: the reference's own chroma by attention from cells of the page to cells of the reference,
- the **tone**: the colours that the reference has at a place's lightness, which in grey paintings says much,
- the **shares**: how far copy, tone and prior are each to be believed, as a mixture of experts (Jacobs et al., 1991);
  the prior alone where there is no reference,
- the **parts**: what a place shows, one of `PARTS`.

Exported as two graphs (`export`), since a reference is looked at once and then serves a whole chapter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from engines.colorize.compact.bins import BINS, STEP
from engines.colorize.compact.tones import LEVELS, LIKE, SMOOTHING
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
# The prior's mean colour as the shares' head sees it; readers of the distribution take a sharper one.
_SEEN_TEMPERATURE: Final = 0.7
_SOURCES: Final = ("copy", "tone", "prior")
# What the shares' head sees of a place beside its features, and of the page as a whole.
_SEEN: Final = 8
_OVERALL: Final = 5
_APART_SCALE: Final = 40.0
_UNHEARD: Final = -1.5
_NEAREST_BINS: Final = 4
_FAINT: Final = 1e-4
_RENAMED: Final = {
    "enc.net.": "trunk.", "dec.": "decoder.", "q.": "query.", "k.": "key.", "t": "sharpness", "pal.": "palette.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coloured:
    """What the network says of a batch of pages of `h x w`; everything but attention and cells at a quarter of that.

    flat: `(n, 305, h/4 * w/4)`, the `logits` over `BINS` by place. copied, toned: `(n, 2, ...)` a and b, the means of
    what the reference has where one looks and at this lightness. shares: `(n, 3, ...)` of copy, tone and prior, 1 in
    all. parts: `(n, 12, ...)` logits. attention: `(n, h/8 * w/8, cells)`, rows sum to 1. cells: `(n, cells, 2)` the
    reference's chroma by cell.
    """

    flat: Tensor
    copied: Tensor
    toned: Tensor
    shares: Tensor
    parts: Tensor
    attention: Tensor
    cells: Tensor

    @property
    def logits(self) -> Tensor:
        """Over `BINS`, `(n, 305, ...)`."""
        return self.flat.reshape(*self.flat.shape[:2], *self.shares.shape[2:])


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
        modulation, belief = nn.Linear(_PALETTE, 2 * QUARTER), nn.Conv2d(32, len(_SOURCES), 1)
        self.palette = nn.Sequential(nn.Linear(len(BINS), _PALETTE), nn.ReLU(), modulation)
        self.gate = nn.Sequential(_block(QUARTER + _SEEN + _OVERALL, 32), belief)
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
        values = soft_bins(cells, self.bins)
        toned = mean_of(self.toned(grey, tone_table(reference_grey, values)), self.bins)
        rows = seen.flatten(2).transpose(1, 2)
        return self.paint(eighth, quarter, toned, rows, cells, values.mean(1), has_reference)

    @staticmethod
    def toned(grey: Tensor, table: Tensor) -> Tensor:
        """Return what a `tone_table` has for the cells of 4 px of a page, `(n, 305, H/4, W/4)`."""
        level = functional.avg_pool2d(grey, 4) * (LEVELS - 1)
        steps = torch.arange(LEVELS, dtype=grey.dtype, device=grey.device)
        near = (1 - (level.flatten(2).transpose(1, 2) - steps).abs()).clamp_min(0)
        found: Tensor = (near @ table).transpose(1, 2).reshape(len(grey), -1, *level.shape[-2:])
        return found

    def paint(
        self,
        eighth: Tensor,
        quarter: Tensor,
        toned: Tensor,
        reference_features: Tensor,
        reference_chroma: Tensor,
        palette: Tensor,
        has_reference: Tensor,
    ) -> Coloured:
        """Colour a page by its features and a reference's cells: `(n, cells, 64)` and `(n, cells, 2)`.

        toned: see `Coloured`. palette: `(n, 305)`, how the reference's chroma is spread over the bins.
        """
        seen = self.seen_as_places(quarter, palette, has_reference)
        queries, keys = self.looks(eighth, reference_features, reference_chroma)
        attention = torch.softmax(queries @ keys, -1)
        gathered = self.gathered(attention, reference_chroma)
        said = self.believed(eighth, quarter, toned, self.mean_of_places(seen), gathered, has_reference)
        return Coloured(self.logits_of_places(seen), *said, attention, reference_chroma)

    def believed(
        self, eighth: Tensor, quarter: Tensor, toned: Tensor, mean: Tensor, gathered: Tensor, has_reference: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return copied, toned, shares and parts as `Coloured` has them.

        mean: from `mean_of_places`; gathered: from `gathered`.
        """
        given = has_reference[:, None]
        mean = mean.transpose(1, 2).reshape(len(mean), 2, *quarter.shape[2:])
        copied, agreement, peak = (_wide(one) for one in self._copied(gathered, eighth))
        toned = toned * given[..., None, None]
        local = [copied * _CHROMA_SCALE, agreement, peak.clamp_min(1e-6).log() / 5, mean * _CHROMA_SCALE]
        apart = [(one - other).square().sum(1, keepdim=True) for one, other in _pairs(copied, toned, mean)]
        overall = torch.cat([local[1], local[2], *(one * _APART_SCALE for one in apart)], 1).mean((2, 3), keepdim=True)
        seen = [quarter, *local, toned * _CHROMA_SCALE, overall.expand(-1, -1, *quarter.shape[-2:])]
        shares = torch.softmax(self.gate(torch.cat(seen, 1)) + self._without(given), 1)
        return copied, toned, shares, self.parts(quarter)

    def seen_as_places(self, quarter: Tensor, palette: Tensor, has_reference: Tensor) -> Tensor:
        """Return what the prior's last layer sees, `(n, 64, h/4 * w/4)`."""
        scale, shift = self.palette(palette * has_reference[:, None])[..., None, None].chunk(2, 1)
        seen: Tensor = self.prior[0](quarter * (1 + scale) + shift)
        return seen.flatten(2)

    def logits_of_places(self, seen: Tensor) -> Tensor:
        """Return the prior's logits `(n, 305, places)`, by a product of matrices, whose result nobody copies."""
        weight, bias = self._last()
        flat: Tensor = torch.cat([weight, bias[:, None]], 1) @ torch.cat([seen, torch.ones_like(seen[:, :1])], 1)
        return flat

    def mean_of_places(self, seen: Tensor) -> Tensor:
        """Return the mean `(n, places, 2)` of what the prior says of them, sharpened.

        It makes its own logits, by rows: quicker than to change planes that lie as those do.
        """
        weight, bias = (one / _SEEN_TEMPERATURE for one in self._last())
        return torch.softmax(functional.linear(seen.transpose(1, 2), weight, bias), -1) @ self.bins

    def _last(self) -> tuple[Tensor, Tensor]:
        last = cast("nn.Conv2d", self.prior[1])
        assert last.bias is not None
        return last.weight.flatten(1), last.bias

    @staticmethod
    def _without(given: Tensor) -> Tensor:
        """Return what keeps sources away that need a reference where there is none, `(n, 3, 1, 1)`."""
        away = (given - 1) * 1e4
        return torch.cat([away, away, away * 0], 1)[..., None, None]

    def looks(self, eighth: Tensor, features: Tensor, chroma: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is looked for by place `(n, h/8 * w/8, 64)`, and at which cells `(n, 64, cells)` it is found."""
        queries = functional.normalize(self.query(eighth), dim=1).flatten(2).transpose(1, 2)
        strength = chroma.norm(dim=2, keepdim=True) * _CHROMA_SCALE
        cells = torch.cat([features, strength], 2).transpose(1, 2)[..., None]
        keys = functional.normalize(self.key(cells)[..., 0], dim=1)
        return queries * self.sharpness.exp(), keys

    @staticmethod
    def gathered(attention: Tensor, chroma: Tensor) -> Tensor:
        """Return `(n, places, 4)`: the chroma that is looked at, the mean of its strength, and the look's peak."""
        strength = chroma.norm(dim=2, keepdim=True)
        return torch.cat([attention @ torch.cat([chroma, strength], 2), attention.amax(-1, keepdim=True)], 2)

    @staticmethod
    def _copied(gathered: Tensor, eighth: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the copied chroma, how far the colours it is made of agree, and the peak, all at an eighth."""
        planes = gathered.transpose(1, 2).reshape(eighth.shape[0], 4, *eighth.shape[-2:])
        copied = planes[:, :2]
        agreement = copied.norm(dim=1, keepdim=True) / (planes[:, 2:3] + _FAINT)
        return copied, agreement, planes[:, 3:]


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


def tone_table(reference_grey: Tensor, values: Tensor) -> Tensor:
    """Return what colours a reference has at each of `LEVELS` of sRGB grey, `(n, LEVELS, 305)` in shares.

    reference_grey: `(n, 1, h, w)` 0..1. values: `(n, h/8 * w/8, 305)` its cells' shares of the bins.
    """
    grey = functional.avg_pool2d(reference_grey, 8).flatten(1)
    steps = torch.linspace(0, 1, LEVELS, dtype=grey.dtype, device=grey.device)
    weight = torch.exp(-(((grey[:, None] - steps[:, None]) / LIKE) ** 2) / 2)
    doubt = SMOOTHING * grey.shape[1]
    found: Tensor = (weight @ values + doubt * values.mean(1, keepdim=True)) / (weight.sum(2, keepdim=True) + doubt)
    return found


def mean_of(distribution: Tensor, bins: Tensor) -> Tensor:
    """Return the mean `(n, 2, h, w)` of a distribution `(n, bins, h, w)`."""
    return torch.einsum("nkhw,kc->nchw", distribution, bins)


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
    _widen_gate(named, mine)
    network.load_state_dict({name: named.get(name, value) for name, value in mine.items()})
    return [name for name in mine if name not in named]


def _widen_gate(named: dict[str, Tensor], mine: Mapping[str, Tensor]) -> None:
    """Make a gate between copy and prior, of a state from before tones counted, one that has hardly heard of these."""
    old = named.get("gate.1.weight")
    if old is None or len(old) == len(_SOURCES):
        return
    first = named["gate.0.0.weight"]
    wide = torch.zeros_like(mine["gate.0.0.weight"])
    wide[:, : first.shape[1]] = first
    named["gate.0.0.weight"] = wide
    named["gate.1.weight"] = torch.cat([old, torch.zeros(2, *old.shape[1:])])
    named["gate.1.bias"] = torch.cat([named["gate.1.bias"], torch.tensor([_UNHEARD, 0.0])])


def _pairs(*sources: Tensor) -> list[tuple[Tensor, Tensor]]:
    first, second, third = sources
    return [(first, second), (first, third), (second, third)]


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
