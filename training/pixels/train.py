"""The training run: seeded, resumable from its checkpoint, with a log as CSV."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from training.pixels.config import Config
from training.pixels.losses import Terms, loss_terms
from training.pixels.network import PixelNetwork
from training.pixels.sampler import Sampler
from training.pixels.start import begin_with
from training.run import CHECKPOINT, AveragedRun, averaged_network, batches_ahead, take_steps, weights_of
from training.settings import settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from training.pages.synth import FontSet
    from training.pixels.sampler import Batch

_LOG_EVERY = 25
# Batches that the normalisation of a start is measured on, far behind those that are learned from.
_MEASURED = 12
_BEFORE = 1 << 30


def train(dataset: Path, out: Path, config: Config, fonts: FontSet, start: Path | None = None) -> Path:
    """Train to `config.training.iterations`; return the checkpoint. One that is in `out` already is continued.

    fonts: of the small print that is laid over crops. start: exported weights to begin with; None: random ones.
    `out/log.csv` gets a line every 25 iterations.

    Raises:
        OSError: the training set or the weights cannot be read, or `out` not be written.
        ValueError: the weights are of another network.
    """
    settings = config.training
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(settings.threads)
    run = TrainingRun(config)
    sampler = Sampler(dataset, settings.crop_px, config.seed, fonts)
    if (out / CHECKPOINT).is_file():
        run.load(out / CHECKPOINT)
    elif start is not None:
        begin_with(run.network, start, (sampler.batch(_BEFORE + one, settings.batch).grey for one in range(_MEASURED)))
        run.average = weights_of(run.network)
    batches = batches_ahead(sampler.batch, range(run.iteration, settings.iterations), settings.batch)
    every_s = settings.checkpoint_every_s
    return take_steps(run, out, batches, run.losses, log_every=_LOG_EVERY, save_every_s=every_s)


def load_network(checkpoint: Path) -> tuple[PixelNetwork, int]:
    """Return the averaged network of a checkpoint, ready to infer, and its iteration.

    Raises:
        OSError: there is no such file.
    """
    return averaged_network(checkpoint, lambda config: PixelNetwork(settings_of(Config, config).network))


class TrainingRun(AveragedRun[Config, PixelNetwork]):
    """The network and its running average at one iteration."""

    def __init__(self, config: Config) -> None:
        torch.manual_seed(config.seed)
        settings, network = config.training, PixelNetwork(config.network).train()
        optimiser = torch.optim.AdamW(network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
        super().__init__(config, network, optimiser, settings.average)

    def losses(self, batch: Batch) -> dict[str, float]:
        """Take a step and return its losses by name."""
        return {name: float(term) for name, term in self.step(batch)._asdict().items()}

    def step(self, batch: Batch) -> Terms:
        """Learn from a batch; the layers in bfloat16, the loss in float32."""
        settings = self.config.training
        grey = torch.from_numpy(batch.grey).to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.network(grey)
        terms = loss_terms(logits.float(), torch.from_numpy(batch.truth), settings.lettering_weight)
        self.learn(terms.total, settings.learning_rate * self._rate())
        return Terms(*(term.detach() for term in terms))

    def _rate(self) -> float:
        settings = self.config.training
        if self.iteration < settings.warmup:
            return (self.iteration + 1) / settings.warmup
        done = min(1.0, (self.iteration - settings.warmup) / max(1, settings.iterations - settings.warmup))
        return settings.final_rate + (1 - settings.final_rate) * (1 + math.cos(math.pi * done)) / 2
