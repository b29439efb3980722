"""The painter: what the page takes from the reference, and how colour flows from there to the page's pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the field's own name for it)

from training.compact.candidates import (
    agreement_of,
    amount,
    in_scenes,
    levels,
    on_grid,
    on_planes,
    with_power,
)
from training.compact.encoder import PATCH, Features, norm_relu_conv, twice

if TYPE_CHECKING:
    from training.compact.config import NetworkConfig


class Painted(NamedTuple):
    """Chroma `(B, 2, H/2, W/2)`, attention `(B, heads, cells, tokens)`, the page's slot logits.

    parts: `(B, parts, H/8, W/8)`, the shares of every cell, what was told being heard.
    """

    chroma: Tensor
    weights: Tensor
    slots: tuple[Tensor, ...]
    parts: Tensor


class Painter(nn.Module):
    """Chroma of a page from its features and the references' tokens."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        half, quarter, eighth = config.widths[:3]
        heads, scene = config.heads, config.scene_width
        self.heads = heads
        self.slots = config.slots
        self.scene_width = scene
        self._plain = heads * config.head_width
        self.queries = nn.Conv2d(eighth, self._plain + sum(config.slots) + scene + heads, 1)
        with torch.no_grad():  # At first every scene is as likely, and no cell asks for like neighbourhoods more.
            self.queries.weight[-scene - heads :] = 0
        self.log_temperature = nn.Parameter(torch.full((heads,), 2.3))
        self.slot_weight = nn.Parameter(torch.full((heads, len(config.slots)), 1.0))
        self.log_patch = nn.Parameter(torch.full((heads,), 1.0))
        self.scene_weight = nn.Parameter(torch.full((heads,), 1.0))
        candidates = 2 * (heads + len(config.slots) + 1)
        agreements = heads + len(config.slots) + 3
        seen = eighth + 2 * heads + candidates + config.slots[1] + 4 + 2 * scene + 1 + agreements
        self.at_8 = nn.Sequential(norm_relu_conv(seen, eighth), norm_relu_conv(eighth, 64))
        self.at_4 = norm_relu_conv(64 + quarter, 48)
        self.at_2 = norm_relu_conv(48 + half, 32)
        self.stream_8 = _Stream(candidates + 4, 24, 64)
        self.stream_4 = _Stream(24, 16, 48)
        self.stream_2 = _Stream(16, 8, 32)
        self.colour = nn.Conv2d(8, 1, 1, bias=False)

    def forward(self, page: Features, keys: Tensor, values: Tensor, told: Tensor, panels: Tensor) -> Painted:
        """Paint a page.

        keys: `(B, tokens, width)`, values: `(B, tokens, 4)`, see `tokens_of`.
        told: `(B, parts, H/8, W/8)`, added to the logits of the page's parts: what somebody knows of them, 0 nothing.
        panels: `(B, P, H/8, W/8)`, how much a cell belongs to each panel; 1 in all.
        """
        ours, theirs = self._page_cells(page), self._tokens(keys)
        logits = ours.slots[0], ours.slots[1] + told.flatten(2).transpose(1, 2)
        mine, kinds = ([one.softmax(-1) for one in given] for given in (logits, theirs.slots))
        member = panels.flatten(2)
        pooled = member @ ours.scene / member.sum(-1, keepdim=True).clamp(min=1e-3)
        scene = (pooled @ theirs.scene.transpose(1, 2)).softmax(-1)
        asked = member.transpose(1, 2) @ pooled
        weights = self._attention(ours, theirs, mine, kinds, asked)

        height, width = page.eighth.shape[-2:]
        values = with_power(values)
        by_slot = [in_scenes(own, kind, values, scene, member) for own, kind in zip(mine, kinds, strict=True)]
        in_scene = (member.transpose(1, 2) @ (scene @ values)).unsqueeze(1)
        picked = torch.cat([weights @ values.unsqueeze(1), *by_slot, in_scene], 1)
        alike = in_scenes(levels(ours.lightness), levels(theirs.lightness), values, scene, member)
        overall = values.mean(1)[:, None, None, :] + 0 * alike
        candidates, *plain = (on_planes(one[..., :4], height, width) for one in (picked, alike, overall))
        agreement = agreement_of(torch.cat([picked, alike, overall], 1))
        parts = on_grid(mine[1].transpose(1, 2), height, width)
        found = torch.cat([scene @ theirs.scene, (scene.square().sum(-1, keepdim=True) * scene.shape[-1]).log()], -1)
        setting = torch.cat([asked, member.transpose(1, 2) @ found], -1).transpose(1, 2)
        known = [
            page.eighth[:, : -PATCH - 1],
            on_grid(_sureness(weights.detach()), height, width),
            amount(candidates),
            parts,
            *map(amount, plain),
            on_grid(setting, height, width),
            on_grid(agreement, height, width),
        ]
        eighth = self.at_8(torch.cat(known, 1))
        quarter = self.at_4(torch.cat([twice(eighth), page.quarter], 1))
        half = self.at_2(torch.cat([twice(quarter), page.half], 1))
        colours = self.stream_8(torch.cat([candidates, *plain], 2), eighth)
        colours = self.stream_4(_for_both(_Twice(), colours), quarter)
        colours = self.stream_2(_for_both(_Twice(), colours), half)
        return Painted(_for_both(self.colour, colours).squeeze(2), weights, ours.slots, parts)

    def slot_logits(self, keys: Tensor) -> tuple[Tensor, ...]:
        """Return the logits, `(B, tokens, n)` by colour and by part, of keys."""
        return self._tokens(keys).slots

    def _page_cells(self, page: Features) -> _Cells:
        asked = self.queries(page.eighth[:, : -PATCH - 1]).flatten(2).transpose(1, 2).float()
        seen = page.eighth[:, -PATCH - 1 :].flatten(2).transpose(1, 2).float()
        return self._cells(asked, seen)

    def _tokens(self, keys: Tensor) -> _Cells:
        keys = keys.float()
        return self._cells(keys[..., : -PATCH - 1], keys[..., -PATCH - 1 :])

    def _cells(self, learned: Tensor, seen: Tensor) -> _Cells:
        sizes = [self._plain, *self.slots, self.scene_width]
        plain, *slots, scene, gates = torch.split(learned, [*sizes, learned.shape[-1] - sum(sizes)], dim=-1)
        by_head = plain.reshape(*plain.shape[:2], self.heads, -1).transpose(1, 2)
        return _Cells(F.normalize(by_head, dim=-1), tuple(slots), scene, gates, seen[..., :-1], seen[..., -1:])

    def _attention(
        self, ours: _Cells, theirs: _Cells, mine: list[Tensor], kinds: list[Tensor], asked: Tensor
    ) -> Tensor:
        """Return `(B, heads, cells, tokens)`.

        What counts: likeness of features, of slots by Bhattacharyya's coefficient, of the scene, of neighbourhoods.
        """
        by_head = [one.view(-1, 1, 1) for one in (self.log_temperature.clamp(max=4.0).exp(), self.scene_weight)]
        asks = 2 * torch.sigmoid(ours.gates.transpose(1, 2).unsqueeze(-1)) * self.log_patch.exp().view(-1, 1, 1)
        wanted = [ours.by_head * by_head[0], asked.unsqueeze(1) * by_head[1], ours.patch.unsqueeze(1) * 2 * asks, -asks]
        lengths = theirs.patch.square().sum(-1, keepdim=True)
        offered = [theirs.by_head, *map(self._for_heads, (theirs.scene, theirs.patch, lengths))]
        for weight, own, kind in zip(self.slot_weight.unbind(1), mine, kinds, strict=True):
            wanted.append(_root(own).unsqueeze(1) * weight.view(-1, 1, 1))
            offered.append(self._for_heads(_root(kind)))
        return torch.softmax(torch.cat(wanted, -1) @ torch.cat(offered, -1).transpose(2, 3), dim=-1)

    def _for_heads(self, cells: Tensor) -> Tensor:
        return cells.unsqueeze(1).expand(-1, self.heads, -1, -1)


class _Cells(NamedTuple):
    """Cells of a page or tokens of a reference, `(B, cells, n)`: what was learned of them and what is plain to see.

    by_head: `(B, heads, cells, n)`, of length 1. gates: how much a page's cell asks for like neighbourhoods, by head.
    """

    by_head: Tensor
    slots: tuple[Tensor, ...]
    scene: Tensor
    gates: Tensor
    patch: Tensor
    lightness: Tensor


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


class _Twice(nn.Module):
    def forward(self, picture: Tensor) -> Tensor:
        return twice(picture)


def _root(shares: Tensor) -> Tensor:
    return shares.add(1e-6).sqrt()


def _sureness(weights: Tensor) -> Tensor:
    """Return `(B, 2 * heads, cells)`: the largest weight, and how many tokens share the rest, 1 for one alone."""
    return torch.cat([weights.amax(-1), weights.square().sum(-1)], 1)
