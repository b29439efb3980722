"""The network in training: one step after another, its gradients looked after, all chance decided by seed and step."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import torch

from training.closure.config import Config
from training.closure.losses import losses
from training.closure.network import ClosureLite
from training.run import AveragedRun, read_checkpoint
from training.settings import settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from training.closure.data import Batch

_log = logging.getLogger(__name__)


class ClosureRun(AveragedRun[Config, ClosureLite]):
    """The network and its running average at one iteration. best: the lowest loss on dev pages so far."""

    def __init__(self, config: Config) -> None:
        from engines.torch_runtime import prepare_torch

        prepare_torch()
        torch.manual_seed(config.seed)
        settings, network = config.optimisation, ClosureLite(config.network)
        optimiser = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        super().__init__(config, network, optimiser, settings.average_decay)
        self.best = float("inf")
        self.clamped = 0

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        settings = self.config.optimisation
        return settings.learning_rate * min(1.0, (self.iteration + 1) / max(1, settings.warmup_iterations))

    def gradients(self, batch: Batch, rank: int = 0) -> dict[str, float]:
        """Set the gradients to a batch's; return its losses. What is drawn by chance hangs on the iteration alone."""
        dice = seeded(self.config.seed, self.iteration, rank)
        found = losses(self.network.train(), batch, self.config.losses, dice)
        self.derive(found.total)
        return found.plain()

    def step(self, batch: Batch) -> dict[str, float]:
        """Train on one batch; return its losses, and how many numbers of the gradients were set to zero."""
        found = self.gradients(batch)
        return {**found, "clamped": self.finish()}

    def finish(self) -> int:
        """Take the step with the gradients that are there; return how many numbers of them were set to zero."""
        clamped = zero_invalid(self.network)
        if clamped:
            _log.warning(
                "%d numbers of the gradients have no value and count as 0, iteration %d", clamped, self.iteration
            )
        self.clamped += clamped
        self.take(self.rate)
        return clamped

    def further_state(self) -> dict[str, Any]:
        """Return the best loss so far, and how much was clamped."""
        return {"best": self.best, "clamped": self.clamped}

    def take_over(self, state: dict[str, Any]) -> None:
        """Continue from what a checkpoint holds."""
        super().take_over(state)
        self.best, self.clamped = float(state["best"]), int(state["clamped"])


def load_network(checkpoint: Path) -> tuple[ClosureLite, Config]:
    """Return the network of a checkpoint, ready to infer, and its settings.

    Raises:
        OSError: there is no such file.
    """
    state = read_checkpoint(checkpoint)
    config = settings_of(Config, state["config"])
    run = ClosureRun(config)
    run.take_over(state)
    return run.network.eval(), config


def zero_invalid(network: nn.Module) -> int:
    """Set numbers of the gradients that have no value (NaN, infinite) to 0; return how many there were."""
    count = 0
    for parameter in network.parameters():
        if parameter.grad is not None:
            invalid = ~torch.isfinite(parameter.grad)
            found = int(invalid.sum())
            if found:
                parameter.grad[invalid] = 0.0
            count += found
    return count


def seeded(seed: int, iteration: int, rank: int = 0) -> torch.Generator:
    """Return the dice of a step, and let dropout fall by the same numbers; nothing else decides them."""
    number = (seed * 1_000_003 + iteration) * 1_009 + rank
    torch.manual_seed(number)
    return torch.Generator().manual_seed(number)
