"""One who learns: a network, the running average of its weights, its optimiser, and how a step goes."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from training.compact.losses import LossWeights, loss_terms, total
from training.compact.network import ColourNetwork, load_state, mean_of, soft_bins, tone_table
from training.compact.samples import Mix
from training.run import read_checkpoint, weights_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from training.compact.network import Coloured

    Batch = Mapping[str, Tensor]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run goes.

    rate: that of most heads; the trunk learns at `trunk_share` of it, the heads of parts and gate, new or newly taught,
    at `fresh_share`. learn_reference: whether the features of references are learned too, not only the page's; that
    costs a quarter more.

    minutes: how long the whole run may take; the rate falls over them. leg_minutes: between two judgements.
    patience: how many judgements in a row may be no better before the run ends (0: any number).
    """

    minutes: float = 60.0
    leg_minutes: float = 8.0
    batch: int = 6
    rate: float = 6e-4
    trunk_share: float = 0.25
    fresh_share: float = 4.0
    weight_decay: float = 0.02
    keep: float = 0.995
    warmup: int = 60
    workers: int = 1
    bfloat16: bool = False
    learn_reference: bool = False
    pairs: int = 12
    patience: int = 0
    seed: int = 1
    mix: Mix = field(default_factory=Mix)
    weights: LossWeights = field(default_factory=LossWeights)


class Run:
    """A network, the running average of its weights, its optimiser, and how often it has stepped."""

    def __init__(self, plan: Plan, device: torch.device) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.device, self.iteration, self.best = plan, device, 0, float("inf")
        self.network = ColourNetwork().to(device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = weights_of(self.network)
        trunk = list(self.network.trunk.parameters())
        known = {id(one) for one in trunk}
        fresh = [*self.network.parts.parameters(), *self.network.gate.parameters()]
        known |= {id(one) for one in fresh}
        heads = [one for one in self.network.parameters() if id(one) not in known]
        self._shares = (plan.trunk_share, 1.0, plan.fresh_share)
        groups = [{"params": some} for some in (trunk, heads, fresh)]
        self._optimiser = torch.optim.AdamW(groups, weight_decay=plan.weight_decay)

    def start_from(self, state: Mapping[str, Tensor]) -> None:
        """Take the weights of another state; what it lacks stays as it is."""
        missing = load_state(self.network, state)
        _log.info("started from a state that lacks %d tensors", len(missing))
        self.average = weights_of(self.network)

    def learn(self, batch: Batch, rarity: Tensor, factor: float) -> dict[str, float]:
        """Make one step; return the terms of the loss."""
        self.network.train()
        _freeze_norms(self.network.trunk)
        given = {name: value.to(self.device, non_blocking=True) for name, value in batch.items()}
        cells = given["reference_chroma"].flatten(2).transpose(1, 2)
        values = soft_bins(cells, self.network.bins)
        toned = self.network.toned(given["grey"], tone_table(given["reference_grey"], values))
        with torch.autocast(self.device.type, torch.bfloat16) if self.plan.bfloat16 else nullcontext():
            made = self._coloured(given, cells, values, toned)
        terms = loss_terms(made, given, self.network.bins, rarity, toned)
        for group, share in zip(self._optimiser.param_groups, self._shares, strict=True):
            group["lr"] = self.plan.rate * share * factor
        self._optimiser.zero_grad(set_to_none=True)
        total(terms, self.plan.weights).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self._optimiser.step()
        self.iteration += 1
        self._follow()
        return {name: float(term.detach()) for name, term in terms.items()}

    def _coloured(self, given: Batch, cells: Tensor, values: Tensor, toned: Tensor) -> Coloured:
        network = self.network
        eighth, quarter = network.features(given["grey"])
        with nullcontext() if self.plan.learn_reference else torch.no_grad():
            seen, _ = network.features(given["reference_grey"])
        rows, mean = seen.flatten(2).transpose(1, 2), mean_of(toned, network.bins)
        return network.paint(eighth, quarter, mean, rows, cells, values.mean(1), given["has_reference"])

    def averaged(self) -> ColourNetwork:
        """Return a network of the average weights, to be judged and exported."""
        network = ColourNetwork().to(self.device)
        network.load_state_dict(self.average)
        return network.eval()

    def save(self, path: Path) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "average": self.average,
            "network": self.network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "iteration": self.iteration,
            "best": self.best,
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Go on from what `save` wrote.

        Raises:
            OSError: there is no such file.
        """
        state = read_checkpoint(path)
        self.network.load_state_dict(state["network"])
        self.average = {name: value.to(self.device) for name, value in state["average"].items()}
        self._optimiser.load_state_dict(state["optimiser"])
        self.iteration, self.best = int(state["iteration"]), float(state["best"])

    def _follow(self) -> None:
        keep = min(self.plan.keep, (self.iteration + 1) / (self.iteration + 10))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if value.is_floating_point():
                    self.average[name].lerp_(value, 1 - keep)
                else:
                    self.average[name].copy_(value)


def _freeze_norms(module: nn.Module) -> None:
    for one in module.modules():
        if isinstance(one, nn.BatchNorm2d):
            one.eval()
