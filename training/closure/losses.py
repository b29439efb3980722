"""What Closure-Lite learns from a batch.

POP  panel on page: is this panel of the page that the others make, or of another page of the batch?
MPM  masked panel modelling: the vector of a panel, from a noisy copy of it (denoise) or from the others and its place
     alone (context reconstruction); with stop-gradient the target does not move towards the guess
RPP  reading panel prediction: which panel is read after each, a softmax over the others
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from training.closure.config import LossConfig
    from training.closure.data import Batch
    from training.closure.network import ClosureLite


class Losses(NamedTuple):
    """Their weighted sum, and each; 0 where a batch has nothing to tell."""

    total: Tensor
    pop: Tensor
    mpm: Tensor
    rpp: Tensor

    def plain(self) -> dict[str, float]:
        """Return them as numbers by their names."""
        return {"loss" if name == "total" else name: float(one.detach()) for name, one in self._asdict().items()}


def losses(network: ClosureLite, batch: Batch, config: LossConfig, dice: torch.Generator) -> Losses:
    """Return the losses of a batch. dice: chooses the panel that each page is asked about, and the noise."""
    panels = network.panels(batch)
    logits = network.next_logits(panels, batch.geometry, batch.mask, config.temperature)
    nothing = panels.sum() * 0
    has_next = batch.following >= 0
    rpp = functional.cross_entropy(logits[has_next], batch.following[has_next]) if has_next.any() else nothing
    pop, mpm = nothing, nothing
    several = batch.mask.sum(1) > 1
    if several.any():
        chosen = torch.multinomial(batch.mask[several].float(), 1, generator=dice)[:, 0]
        pop, mpm = _of_one(network, panels[several], batch.geometry[several], batch.mask[several], chosen, config, dice)
    total = config.pop_weight * pop + config.mpm_weight * mpm + config.rpp_weight * rpp
    return Losses(total, pop, mpm, rpp)


def _of_one(
    network: ClosureLite,
    panels: Tensor,
    geometry: Tensor,
    mask: Tensor,
    chosen: Tensor,
    config: LossConfig,
    dice: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Return POP and MPM of one panel for each page, with the pages as their other panels make them."""
    rows = torch.arange(len(panels))
    others = mask.clone()
    others[rows, chosen] = False
    page = network.pooled(panels, others).page
    own = panels[rows, chosen]
    asked, truth = [network.on_page(page, own)], [torch.ones(len(page))]
    if len(page) > 1:
        asked.append(network.on_page(page, own.roll(1, 0)))
        truth.append(torch.zeros(len(page)))
    pop = functional.binary_cross_entropy_with_logits(torch.cat(asked), torch.cat(truth).to(own))
    return pop, _masked(network, page, own, geometry[rows, chosen], config, dice)


def _masked(
    network: ClosureLite, page: Tensor, own: Tensor, place: Tensor, config: LossConfig, dice: torch.Generator
) -> Tensor:
    target = own.detach() if config.mpm_stopgrad else own
    found = own.sum() * 0
    if config.mpm_denoise:
        noise = torch.randn(own.shape, generator=dice).to(own) * config.mpm_noise_std
        found = found + functional.mse_loss(network.denoised(own + noise, page), target)
    if config.mpm_context_recon:
        found = found + functional.mse_loss(network.reconstructed(page, place), target)
    return found
