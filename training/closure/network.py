"""Closure-Lite Simple: panels seen (ViT), read (RoBERTa) and placed, fused; a page is what attention makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from engines.embed.panels import GEOMETRY, PAD

if TYPE_CHECKING:
    from training.closure.config import NetworkConfig
    from training.closure.data import Batch


class Pooled(NamedTuple):
    """A page of its panels: `(b, width)`, and how much it looks at each, `(b, n)`, adding up to 1."""

    page: Tensor
    attention: Tensor


class ClosureLite(nn.Module):
    """The encoders, and three heads: panel on page, masked panel, next panel."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.width
        self.vision, seen = _vision(config)
        self.text, read = _text(config)
        self.composition = _mlp(GEOMETRY, width, width)
        self.fusion = _mlp(seen + read + width, 2 * width, width)
        self.norm = nn.LayerNorm(width)
        self.pooling = AttentionPooling(width, config.heads)
        self.pop = _mlp(3 * width, width, 1)
        self.before, self.after = nn.Linear(width, width), nn.Linear(width, width)
        self.relation = _mlp(3 * GEOMETRY, width // 2, 1)
        self.denoiser = _mlp(2 * width, width, width)
        self.reconstructor = _mlp(2 * width, width, width)

    def panels(self, batch: Batch) -> Tensor:
        """Return `(b, n, width)`, one vector a panel; zero where there is none."""
        found = torch.zeros(*batch.mask.shape, self.norm.normalized_shape[0], device=batch.mask.device)
        fused = self.vectors(batch.crops[batch.mask], batch.geometry[batch.mask], batch.tokens[batch.mask])
        return found.to(fused.dtype).masked_scatter(batch.mask[..., None], fused)

    def vectors(self, crops: Tensor, geometry: Tensor, tokens: Tensor) -> Tensor:
        """Return `(n, width)` of n panels."""
        seen = self.vision(pixel_values=crops).last_hidden_state[:, 0]
        there = tokens != PAD
        read = self.text(input_ids=tokens, attention_mask=there.long()).last_hidden_state[:, 0]
        found: Tensor = self.norm(self.fusion(torch.cat([seen, read, self.composition(geometry)], dim=1)))
        return found

    def pooled(self, panels: Tensor, mask: Tensor) -> Pooled:
        """Return the page as these panels make it; every page has one at least."""
        found: Pooled = self.pooling(panels, mask)
        return found

    def next_logits(self, panels: Tensor, geometry: Tensor, mask: Tensor, temperature: float) -> Tensor:
        """Return `(b, n, n)`: how likely each panel is read after each; -inf for itself and where there is none."""
        before = functional.normalize(self.before(panels), dim=2)
        after = functional.normalize(self.after(panels), dim=2)
        one = geometry[:, :, None].expand(-1, -1, geometry.shape[1], -1)
        other = geometry[:, None].expand(-1, geometry.shape[1], -1, -1)
        relation = self.relation(torch.cat([one, other, other - one], dim=3))[..., 0]
        logits: Tensor = (before @ after.transpose(1, 2) + relation) / temperature
        places = torch.arange(mask.shape[1], device=mask.device)
        itself = places[:, None] == places[None]
        return logits.masked_fill(itself[None] | ~mask[:, None], float("-inf"))

    def on_page(self, page: Tensor, panel: Tensor) -> Tensor:
        """Return `(b,)` logits of whether a panel is of a page that was pooled without it."""
        found: Tensor = self.pop(torch.cat([page, panel, page * panel], dim=1))
        return found[:, 0]

    def denoised(self, noisy: Tensor, page: Tensor) -> Tensor:
        """Return panels freed of noise, with the rest of their pages beside them."""
        found: Tensor = self.denoiser(torch.cat([noisy, page], dim=1))
        return found

    def reconstructed(self, page: Tensor, geometry: Tensor) -> Tensor:
        """Return panels as the rest of their pages and their places tell them."""
        found: Tensor = self.reconstructor(torch.cat([page, self.composition(geometry)], dim=1))
        return found


class AttentionPooling(nn.Module):
    """Multi-head attention of one learned query over panels; its weights are the mean of the heads'."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.query = nn.Parameter(torch.randn(heads, self.size) * 0.02)
        self.key, self.value, self.out = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, panels: Tensor, mask: Tensor) -> Pooled:
        """Return the pages of `(b, n, width)` panels; mask: `(b, n)` bool, those that count."""
        keys = self.key(panels).unflatten(2, (self.heads, self.size))
        values = self.value(panels).unflatten(2, (self.heads, self.size))
        fits = (keys * self.query).sum(3) / self.size**0.5  # (b, n, heads)
        weights = fits.masked_fill(~mask[..., None], float("-inf")).softmax(1)
        pooled = (weights[..., None] * values).sum(1).flatten(1)
        return Pooled(self.out(pooled), weights.mean(2))


def _vision(config: NetworkConfig) -> tuple[Any, int]:
    import transformers

    if config.vision_folder:
        tower: Any = transformers.ViTModel.from_pretrained(
            config.vision_folder, local_files_only=True, add_pooling_layer=False
        )
        return tower, int(tower.config.hidden_size)
    facts = transformers.ViTConfig(
        hidden_size=config.vision_width,
        num_hidden_layers=config.vision_layers,
        num_attention_heads=config.vision_heads,
        intermediate_size=4 * config.vision_width,
        image_size=config.vision_side_px,
        patch_size=config.vision_patch_px,
        hidden_dropout_prob=config.dropout,
    )
    return transformers.ViTModel(facts, add_pooling_layer=False), config.vision_width


def _text(config: NetworkConfig) -> tuple[Any, int]:
    import transformers

    if config.text_folder:
        tower: Any = transformers.RobertaModel.from_pretrained(
            config.text_folder, local_files_only=True, add_pooling_layer=False
        )
        return tower, int(tower.config.hidden_size)
    facts = transformers.RobertaConfig(
        vocab_size=config.text_vocabulary,
        hidden_size=config.text_width,
        num_hidden_layers=config.text_layers,
        num_attention_heads=config.text_heads,
        intermediate_size=4 * config.text_width,
        max_position_embeddings=config.text_length + 2,
        pad_token_id=PAD,
        type_vocab_size=1,
        hidden_dropout_prob=config.dropout,
    )
    return transformers.RobertaModel(facts, add_pooling_layer=False), config.text_width


def _mlp(before: int, between: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(before, between), nn.GELU(), nn.Linear(between, after))
