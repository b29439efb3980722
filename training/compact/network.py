"""The network: colour is copied from the reference, the page only says from where and how much.

Two parts, exported as two ONNX graphs, since a reference is encoded once and then serves a whole chapter:

- `Encoder` reads lightness and chroma *magnitude* (0 for a grey page), never hue, and gives features.
- `Painter` matches every cell of the page with the reference's cells (cosine attention) and gathers their a,b. Both
  sides also say which of a few dozen *slots* a cell belongs to (`slots`): kinds of things, learned as classes. Cells of
  one slot attract each other, and every slot's mean colour in the reference is a candidate of its own, as is the
  mean colour of what is as light (Welsh 2002), which tells much of painted pages and nothing of line art; so does
  likeness of small neighbourhoods of lightness, which the page may ask for cell by cell. A panel looks for the *scene*
  of the reference that it belongs to, and its candidates are those of that scene.
  From there on colour flows in a stream of its own, through filters without bias that a and b share, scaled by
  gates that the page's features set. So the output turns with the reference's hue *exactly*: no colour can come
  from memory, and a network that has seen few palettes obeys all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from training.compact.encoder import Encoder, tokens_of
from training.compact.painter import Painted, Painter

if TYPE_CHECKING:
    from training.compact.config import NetworkConfig


class Trained(NamedTuple):
    """What a training step looks at: the painted page, the token values, the references' slot logits."""

    painted: Painted
    values: Tensor
    slots: tuple[Tensor, ...]


class CompactNetwork(nn.Module):
    """Encoder and painter together, as they are trained."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.painter = Painter(config)

    def forward(
        self, lightness: Tensor, references: Tensor, told: Tensor | None = None, panels: Tensor | None = None
    ) -> Trained:
        """Paint `lightness` `(B, 1, H, W)` with `references` `(B, R, 3, h, w)` in OKLab; see `Painter` for the rest."""
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
        if panels is None:
            panels = page.eighth.new_ones(batch, 1, *page.eighth.shape[-2:])
        return Trained(self.painter(page, keys, values, told, panels), values, self.painter.slot_logits(keys))
