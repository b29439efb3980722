"""The network: colour is copied from the reference, the page only says from where and how much.

Two parts, exported as two ONNX graphs, since a reference is encoded once and then serves a whole chapter:

- `Encoder` reads lightness and chroma *magnitude* (0 for a grey page), never hue, and gives features.
- `Painter` matches every cell of the page with the reference's cells (cosine attention) and gathers their a,b. Both
  sides also say which of a few dozen *slots* a cell belongs to (`slots`): kinds of things, learned as classes. Cells of
  one slot attract each other, and every slot's mean colour in the reference is a candidate of its own, as is the
  mean colour of what is as light (Welsh 2002), which tells much of painted pages and nothing of line art.
  From there on colour flows in a stream of its own, through filters without bias that a and b share, scaled by
  gates that the page's features set. So the output turns with the reference's hue *exactly*: no colour can come
  from memory, and a network that has seen few palettes obeys all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's own name for it)

if TYPE_CHECKING:
    from models.training.compact.config import NetworkConfig

CELL_PX = 8
"""Side of a cell of attention in pixels of the encoder's input."""
MULTIPLE_PX = 32
"""Height and width of the encoder's input are multiples of this."""
_ABSENT = 0.004
_LEVELS = 20


class Features(NamedTuple):
    """What the encoder gives, `(B, C, H/s, W/s)` for s = 2, 4, 8.

    keys at 8: those of the heads, then slot logits. The last channel of `eighth` and of `keys` is the cell's lightness.
    """

    half: Tensor
    quarter: Tensor
    eighth: Tensor
    keys: Tensor


class Painted(NamedTuple):
    """Chroma `(B, 2, H/2, W/2)`, attention `(B, heads, cells, tokens)`, the page's slot logits."""

    chroma: Tensor
    weights: Tensor
    slots: tuple[Tensor, ...]


class Trained(NamedTuple):
    """What a training step looks at: the painted page, the token values, the references' slot logits."""

    painted: Painted
    values: Tensor
    slots: tuple[Tensor, ...]


def _norm_relu_conv(source: int, target: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(source, target, 3, stride, 1, bias=False), nn.BatchNorm2d(target), nn.ReLU(inplace=True)
    )


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _norm_relu_conv(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        last = self.second[1]
        if isinstance(last, nn.BatchNorm2d):
            nn.init.constant_(last.weight, 0.2)

    def forward(self, picture: Tensor) -> Tensor:
        return F.relu(picture + self.second(self.first(picture)))


def _twice(picture: Tensor) -> Tensor:
    return F.interpolate(picture, scale_factor=2.0, mode="nearest")


class Encoder(nn.Module):
    """Features of a page or of a reference: `(B, 2, H, W)` of lightness 0..1 and chroma / 0.2."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth, last = config.widths
        self.at_2 = nn.Sequential(nn.PixelUnshuffle(2), _norm_relu_conv(8, half), _norm_relu_conv(half, half))
        self.at_4 = nn.Sequential(_norm_relu_conv(half, quarter, 2), _Residual(quarter))
        self.at_8 = nn.Sequential(_norm_relu_conv(quarter, eighth, 2), _Residual(eighth), _Residual(eighth))
        self.at_16 = nn.Sequential(_norm_relu_conv(eighth, sixteenth, 2), _Residual(sixteenth), _Residual(sixteenth))
        self.at_32 = nn.Sequential(_norm_relu_conv(sixteenth, last, 2), _Residual(last))
        self.from_32 = nn.Conv2d(last, sixteenth, 1)
        self.from_16 = nn.Conv2d(sixteenth, eighth, 1)
        self.fuse = _Residual(eighth)
        self.keys = nn.Conv2d(eighth, config.heads * config.head_width + sum(config.slots), 1)

    def forward(self, picture: Tensor) -> Features:
        """Return the features of a picture whose sides are multiples of 32."""
        half = self.at_2(picture)
        quarter = self.at_4(half)
        eighth = self.at_8(quarter)
        sixteenth = self.at_16(eighth)
        wide = F.relu(sixteenth + _twice(self.from_32(self.at_32(sixteenth))))
        fused = self.fuse(F.relu(eighth + _twice(self.from_16(wide))))
        lightness = F.avg_pool2d(picture[:, :1], CELL_PX)
        return Features(half, quarter, *(torch.cat([one, lightness], 1) for one in (fused, self.keys(fused))))


class _Stream(nn.Module):
    """One level of the colour stream: `(B, 2, C, H, W)` colours, filtered alike for a and b, then gated."""

    def __init__(self, source: int, target: int, features: int) -> None:
        super().__init__()
        self.filter = nn.Conv2d(source, target, 3, padding=1, bias=False)
        self.spread = nn.Conv2d(target, target, 3, padding=1, bias=False)
        self.gates = nn.Conv2d(features, 2 * target, 1)

    def forward(self, colours: Tensor, features: Tensor) -> Tensor:
        before, after = (2 * torch.sigmoid(self.gates(features))).unsqueeze(1).chunk(2, dim=2)
        gathered = _for_both(self.filter, colours) * before
        return gathered + _for_both(self.spread, gathered) * after


def _for_both(layer: nn.Module, colours: Tensor) -> Tensor:
    """Apply a layer of pictures to the a and the b of `(B, 2, C, H, W)`."""
    flat: Tensor = layer(colours.flatten(0, 1))
    return flat.reshape(-1, 2, *flat.shape[1:])


class Painter(nn.Module):
    """Chroma of a page from its features and the references' tokens."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        half, quarter, eighth = config.widths[:3]
        heads = config.heads
        self.heads = heads
        self.slots = config.slots
        self.queries = nn.Conv2d(eighth, heads * config.head_width + sum(config.slots), 1)
        self.log_temperature = nn.Parameter(torch.full((heads,), 2.3))
        self.slot_weight = nn.Parameter(torch.full((heads, len(config.slots)), 1.0))
        candidates = 2 * (heads + len(config.slots) + 1)
        seen = eighth + 2 * heads + candidates + config.slots[1] + 2
        self.at_8 = nn.Sequential(_norm_relu_conv(seen, eighth), _norm_relu_conv(eighth, 64))
        self.at_4 = _norm_relu_conv(64 + quarter, 48)
        self.at_2 = _norm_relu_conv(48 + half, 32)
        self.stream_8 = _Stream(candidates + 2, 24, 64)
        self.stream_4 = _Stream(24, 16, 48)
        self.stream_2 = _Stream(16, 8, 32)
        self.colour = nn.Conv2d(8, 1, 1, bias=False)

    def forward(self, page: Features, keys: Tensor, values: Tensor, told: Tensor) -> Painted:
        """Paint a page. keys: `(B, tokens, heads * head_width + slots + 1)`; values: `(B, tokens, 4)`, see `tokens_of`.

        told: `(B, parts, H/8, W/8)`, added to the logits of the page's parts: what somebody knows of them, 0 nothing.
        """
        features, lightness = page.eighth[:, :-1], page.eighth[:, -1:].flatten(2).transpose(1, 2).float()
        keys, their_lightness = keys[..., :-1].float(), keys[..., -1:].float()
        queries = self.queries(features).flatten(2).transpose(1, 2).float()
        logits = self.slot_logits(queries)
        heard = logits[0], logits[1] + told.flatten(2).transpose(1, 2)
        mine, theirs = ([one.softmax(-1) for one in given] for given in (heard, self.slot_logits(keys)))
        weights = self._attention(queries, keys, mine, theirs)
        height, width = features.shape[-2:]
        by_slot = [(ours @ _palette(kind, values)).unsqueeze(1) for ours, kind in zip(mine, theirs, strict=True)]
        means = values.mean(1)[:, None, None, :] + 0 * by_slot[0]
        candidates = _on_planes(torch.cat([weights @ values.unsqueeze(1), *by_slot, means], 1), height, width)
        alike = _levels(lightness) @ _palette(_levels(their_lightness), values)
        as_light = _on_planes(alike.unsqueeze(1), height, width)
        sureness = _on_grid(_sureness(weights.detach()), height, width)
        parts = _on_grid(mine[1].transpose(1, 2), height, width)
        known = [features, sureness, _amount(candidates), parts, _amount(as_light)]
        eighth = self.at_8(torch.cat(known, 1))
        quarter = self.at_4(torch.cat([_twice(eighth), page.quarter], 1))
        half = self.at_2(torch.cat([_twice(quarter), page.half], 1))
        colours = self.stream_8(torch.cat([candidates, as_light], 2), eighth)
        colours = self.stream_4(_for_both(_Twice(), colours), quarter)
        colours = self.stream_2(_for_both(_Twice(), colours), half)
        return Painted(_for_both(self.colour, colours).squeeze(2), weights, logits)

    def slot_logits(self, cells: Tensor) -> tuple[Tensor, ...]:
        """Return the logits, `(B, cells, n)` by colour and by part, of keys or queries."""
        return tuple(torch.split(cells[..., -sum(self.slots) :], list(self.slots), dim=-1))

    def _attention(self, queries: Tensor, keys: Tensor, mine: list[Tensor], theirs: list[Tensor]) -> Tensor:
        """Return `(B, heads, cells, tokens)`: likeness of features, and of slots by Bhattacharyya's coefficient."""
        wanted = F.normalize(self._by_head(queries), dim=-1) * self.log_temperature.clamp(max=4.0).exp().view(-1, 1, 1)
        offered = F.normalize(self._by_head(keys), dim=-1)
        for weight, ours, kind in zip(self.slot_weight.unbind(1), mine, theirs, strict=True):
            wanted = torch.cat([wanted, _root(ours) * weight.view(-1, 1, 1)], -1)
            offered = torch.cat([offered, _root(kind) + 0 * offered[..., :1]], -1)
        return torch.softmax(wanted @ offered.transpose(2, 3), dim=-1)

    def _by_head(self, cells: Tensor) -> Tensor:
        plain = cells[..., : -sum(self.slots)]
        return plain.reshape(*plain.shape[:2], self.heads, -1).transpose(1, 2)


def _root(shares: Tensor) -> Tensor:
    return shares.add(1e-6).sqrt().unsqueeze(1)


def _palette(slots: Tensor, values: Tensor) -> Tensor:
    """Return every slot's mean colour in the reference, `(B, slots, 4)`; for one that it lacks, the reference's own."""
    share = slots.mean(1).unsqueeze(2)
    gathered = slots.transpose(1, 2) @ values / values.shape[1]
    return (gathered + _ABSENT * values.mean(1, keepdim=True)) / (share + _ABSENT)


def _levels(lightness: Tensor) -> Tensor:
    """Return how much a lightness `(B, cells, 1)` belongs to each of a few levels, `(B, cells, levels)`."""
    levels = torch.linspace(0, 1, _LEVELS, device=lightness.device)
    return torch.softmax((lightness - levels).square() * -((_LEVELS - 1) ** 2), -1)


def _on_planes(colours: Tensor, height: int, width: int) -> Tensor:
    """Return `(B, n, cells, 4)` as `(B, 2, 2 * n, h, w)`: a and b, every colour plain and by lightness."""
    both = colours.reshape(*colours.shape[:3], 2, 2)
    return _on_grid(both.permute(0, 4, 1, 3, 2).flatten(2, 3), height, width)


def _amount(colours: Tensor) -> Tensor:
    """Return the chroma of `(B, 2, n, h, w)`, scaled."""
    return 5 * colours.square().sum(1).add(1e-6).sqrt()


def _on_grid(cells: Tensor, height: int, width: int) -> Tensor:
    # Not `unflatten`: the exporter would freeze the sizes.
    return cells.reshape(*cells.shape[:-1], height, width)


def _sureness(weights: Tensor) -> Tensor:
    """Return `(B, 2 * heads, cells)`: the largest weight, and how many tokens share the rest, 1 for one alone."""
    return torch.cat([weights.amax(-1), weights.square().sum(-1)], 1)


class _Twice(nn.Module):
    def forward(self, picture: Tensor) -> Tensor:
        return _twice(picture)


def tokens_of(features: Features, chroma: Tensor, lightness: Tensor) -> tuple[Tensor, Tensor]:
    """Return the keys and values of a reference.

    chroma: `(B, 2, H, W)`, lightness `(B, 1, H, W)`, as the encoder saw them. Values: a, b, and a, b by lightness,
    which holds a colour's saturation where the page is lighter than the reference.
    """
    pair = torch.cat([chroma, chroma / lightness.clamp(min=0.3)], 1)
    values = F.avg_pool2d(pair, CELL_PX).flatten(2).transpose(1, 2)
    return features.keys.flatten(2).transpose(1, 2), values


class CompactNetwork(nn.Module):
    """Encoder and painter together, as they are trained."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.painter = Painter(config)

    def forward(self, lightness: Tensor, references: Tensor, told: Tensor | None = None) -> Trained:
        """Paint `lightness` `(B, 1, H, W)` with `references` `(B, R, 3, h, w)` in OKLab."""
        batch = references.shape[0]
        flat = references.flatten(0, 1)
        chroma = flat[:, 1:]
        magnitude = chroma.square().sum(1, keepdim=True).sqrt() * 5
        page = self.encoder(torch.cat([lightness, torch.zeros_like(lightness)], 1))
        seen = self.encoder(torch.cat([flat[:, :1], magnitude], 1))
        keys, values = tokens_of(seen, chroma, flat[:, :1])
        keys = keys.reshape(batch, -1, keys.shape[2])
        values = values.reshape(batch, -1, values.shape[2])
        if told is None:
            told = page.eighth.new_zeros(batch, self.painter.slots[1], *page.eighth.shape[-2:])
        return Trained(self.painter(page, keys, values, told), values, self.painter.slot_logits(keys[..., :-1]))
