"""The training run: seeded, resumable from its checkpoint, with a log as CSV."""

from __future__ import annotations

import csv
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from models.training.embed.config import Config, config_from_mapping
from models.training.embed.crops import read_crops
from models.training.embed.data import Sampler
from models.training.embed.network import EmbedNetwork

if TYPE_CHECKING:
    from pathlib import Path

    from models.training.embed.data import Batch

_log = logging.getLogger(__name__)
_LOG_EVERY = 10


def train(data: Path, out: Path, config: Config) -> Path:
    """Train to `config.optimisation.iterations` and return the last checkpoint, `out/checkpoint.pt`.

    A checkpoint in `out` is continued. `out/log.csv` gets a line every 10 iterations.

    Raises:
        OSError: the data cannot be read.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(config.optimisation.threads)
    run = TrainingRun(config)
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        run.load(checkpoint)
    sampler = Sampler(read_crops(data, "train"), config.data, config.seed)
    pairs, saved_at = config.optimisation.pairs, time.monotonic()
    with (out / "log.csv").open("a", newline="", encoding="utf-8") as file, ThreadPoolExecutor(1) as ahead:
        log = csv.writer(file)
        losses: list[float] = []
        coming = ahead.submit(sampler.batch, run.iteration, pairs)
        while run.iteration < config.optimisation.iterations:
            batch = coming.result()
            coming = ahead.submit(sampler.batch, run.iteration + 1, pairs)
            losses.append(run.step(batch))
            if run.iteration % _LOG_EVERY == 0:
                log.writerow([run.iteration, f"{time.monotonic():.1f}", f"{sum(losses) / len(losses):.5f}"])
                file.flush()
                losses.clear()
            if time.monotonic() - saved_at > config.optimisation.checkpoint_every_s:
                run.save(checkpoint)
                saved_at = time.monotonic()
    run.save(checkpoint)
    return checkpoint


def load_network(checkpoint: Path) -> tuple[EmbedNetwork, int]:
    """Return the averaged network of a checkpoint, ready to infer, and its iteration.

    Raises:
        OSError: there is no such file.
    """
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")
    network = EmbedNetwork(config_from_mapping(state["config"]).network)
    network.load_state_dict(state["average"])
    return network.eval(), int(state["iteration"])


def contrast(vectors: Tensor, same: Tensor, apart: Tensor, temperature: float) -> Tensor:
    """Return the supervised contrastive loss (Khosla et al. 2020, the sum outside the logarithm).

    With two views of each picture and nothing else the same, it is NT-Xent (Chen et al. 2020, SimCLR).
    vectors: `(n, d)` of length 1. same, apart: `(n, n)` bool as in a `Batch`; every row has one that is the same.
    """
    likeness = vectors @ vectors.T / temperature
    others = likeness.masked_fill(~(same | apart), float("-inf"))
    surprise = torch.logsumexp(others, dim=1, keepdim=True) - likeness
    return ((surprise * same).sum(1) / same.sum(1)).mean()


def learning_rate_factor(iteration: int, config: Config) -> float:
    """Return 0..1: a linear warm-up, then half a cosine to one hundredth at the run's end."""
    settings = config.optimisation
    warm = min(1.0, (iteration + 1) / max(1, settings.warmup_iterations))
    done = min(1.0, iteration / max(1, settings.iterations))
    return warm * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)


class TrainingRun:
    """Network, running average and optimiser at one iteration."""

    def __init__(self, config: Config) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.iteration = 0
        self.network = EmbedNetwork(config.network)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = EmbedNetwork(config.network)
        self.average.load_state_dict(self.network.state_dict())
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(),
            lr=config.optimisation.learning_rate,
            weight_decay=config.optimisation.weight_decay,
        )

    def step(self, batch: Batch) -> float:
        """Train on one batch; return the loss."""
        settings = self.config.optimisation
        for group in self.optimiser.param_groups:
            group["lr"] = settings.learning_rate * learning_rate_factor(self.iteration, self.config)
        pictures = torch.from_numpy(batch.pictures).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.bfloat16):
            vectors = self.network.train()(pictures)
        same, apart = torch.from_numpy(batch.same), torch.from_numpy(batch.apart)
        loss = contrast(vectors.float(), same, apart, settings.temperature)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.iteration += 1
        self._follow()
        return float(loss.detach())

    def _follow(self) -> None:
        # The average forgets its start quickly, so that early checkpoints are usable too.
        keep = min(self.config.optimisation.average_decay, self.iteration / (self.iteration + 10))
        mine, theirs = self.average.state_dict(), self.network.state_dict()
        with torch.no_grad():
            for name, value in mine.items():
                if value.is_floating_point():
                    value.lerp_(theirs[name], 1 - keep)
                else:
                    value.copy_(theirs[name])

    def save(self, path: Path) -> None:
        """Write the checkpoint, whole or not at all."""
        state: dict[str, Any] = {
            "config": asdict(self.config),
            "iteration": self.iteration,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)
        _log.info("checkpoint at iteration %d", self.iteration)

    def load(self, path: Path) -> None:
        """Continue from a checkpoint."""
        state = torch.load(path, weights_only=True, map_location="cpu")
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.iteration = int(state["iteration"])
