"""The training run: seeded, resumable from its checkpoint, with a log as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from training.embed.config import Config
from training.embed.crops import read_crops
from training.embed.data import Sampler
from training.embed.network import EmbedNetwork
from training.run import CHECKPOINT, AveragedRun, averaged_network, batches_ahead, learning_rate_factor, take_steps
from training.settings import settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from training.embed.data import Batch

_LOG_EVERY = 10


def train(data: Path, out: Path, config: Config) -> Path:
    """Train to `config.optimisation.iterations` and return the last checkpoint, `out/checkpoint.pt`.

    A checkpoint in `out` is continued. `out/log.csv` gets a line every 10 iterations.

    Raises:
        OSError: the data cannot be read.
    """
    settings = config.optimisation
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(settings.threads)
    run = TrainingRun(config)
    if (out / CHECKPOINT).is_file():
        run.load(out / CHECKPOINT)
    sampler = Sampler(read_crops(data, "train"), config.data, config.seed)
    batches = batches_ahead(sampler.batch, range(run.iteration, settings.iterations), settings.pairs)
    every_s = settings.checkpoint_every_s
    return take_steps(
        run, out, batches, lambda batch: {"loss": run.step(batch)}, log_every=_LOG_EVERY, save_every_s=every_s
    )


def load_network(checkpoint: Path) -> tuple[EmbedNetwork, int]:
    """Return the averaged network of a checkpoint, ready to infer, and its iteration.

    Raises:
        OSError: there is no such file.
    """
    return averaged_network(checkpoint, lambda config: EmbedNetwork(settings_of(Config, config).network))


def contrast(vectors: Tensor, same: Tensor, apart: Tensor, temperature: float) -> Tensor:
    """Return the supervised contrastive loss (Khosla et al. 2020, the sum outside the logarithm).

    With two views of each picture and nothing else the same, it is NT-Xent (Chen et al. 2020, SimCLR).
    vectors: `(n, d)` of length 1. same, apart: `(n, n)` bool as in a `Batch`; every row has one that is the same.
    """
    likeness = vectors @ vectors.T / temperature
    others = likeness.masked_fill(~(same | apart), float("-inf"))
    surprise = torch.logsumexp(others, dim=1, keepdim=True) - likeness
    return ((surprise * same).sum(1) / same.sum(1)).mean()


class TrainingRun(AveragedRun[Config, EmbedNetwork]):
    """The network and its running average at one iteration."""

    def __init__(self, config: Config) -> None:
        torch.manual_seed(config.seed)
        settings, network = config.optimisation, EmbedNetwork(config.network)
        optimiser = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        super().__init__(config, network, optimiser, settings.average_decay)

    def step(self, batch: Batch) -> float:
        """Train on one batch; return the loss."""
        settings = self.config.optimisation
        pictures = torch.from_numpy(batch.pictures).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.bfloat16):
            vectors = self.network.train()(pictures)
        same, apart = torch.from_numpy(batch.same), torch.from_numpy(batch.apart)
        loss = contrast(vectors.float(), same, apart, settings.temperature)
        factor = learning_rate_factor(self.iteration, settings.warmup_iterations, settings.iterations)
        self.learn(loss, settings.learning_rate * factor)
        return float(loss.detach())
