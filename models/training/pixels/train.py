"""The training run: seeded, resumable from its checkpoint, with a log as CSV."""

from __future__ import annotations

import csv
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING

import torch

from models.training.pixels.config import Config, config_from_mapping
from models.training.pixels.losses import Terms, loss_terms
from models.training.pixels.network import PixelNetwork
from models.training.pixels.sampler import Sampler

if TYPE_CHECKING:
    from pathlib import Path

    from models.training.pages.synth import FontSet
    from models.training.pixels.sampler import Batch

CHECKPOINT = "checkpoint.pt"
_LOG_EVERY = 25
_log = logging.getLogger(__name__)


def train(dataset: Path, out: Path, config: Config, fonts: FontSet) -> Path:
    """Train to `config.training.iterations`; return the checkpoint. One that is in `out` already is continued.

    fonts: of the small print that is laid over crops. `out/log.csv` gets a line every 25 iterations.

    Raises:
        OSError: the training set cannot be read, or `out` not be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(config.training.threads)
    run = TrainingRun(config)
    checkpoint = out / CHECKPOINT
    if checkpoint.is_file():
        run.load(checkpoint)
    sampler = Sampler(dataset, config.training.crop_px, config.seed, fonts)
    saved_at = time.monotonic()
    seen: list[list[float]] = []
    with (out / "log.csv").open("a", newline="", encoding="utf-8") as file, ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(sampler.batch, run.iteration, config.training.batch)
        while run.iteration < config.training.iterations:
            batch = coming.result()
            coming = ahead.submit(sampler.batch, run.iteration + 1, config.training.batch)
            seen.append([float(term) for term in run.step(batch)])
            if len(seen) == _LOG_EVERY:
                means = [round(sum(column) / len(seen), 4) for column in zip(*seen, strict=True)]
                csv.writer(file).writerow([run.iteration, *means])
                file.flush()
                _log.info("iteration %d: %s", run.iteration, dict(zip(Terms._fields, means, strict=True)))
                seen.clear()
            if time.monotonic() - saved_at > config.training.checkpoint_every_s:
                run.save(checkpoint)
                saved_at = time.monotonic()
    run.save(checkpoint)
    return checkpoint


def load_network(checkpoint: Path) -> tuple[PixelNetwork, int]:
    """Return the averaged network of a checkpoint, ready to infer, and its iteration.

    Raises:
        OSError: there is no such file.
    """
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")
    network = PixelNetwork(config_from_mapping(state["config"]).network)
    network.load_state_dict(state["average"])
    return network.eval(), int(state["iteration"])


class TrainingRun:
    """Network, running average of it and optimiser at one iteration."""

    def __init__(self, config: Config) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.iteration = 0
        self.network = PixelNetwork(config.network).train()
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self._optimiser = torch.optim.AdamW(
            self.network.parameters(), config.training.learning_rate, weight_decay=config.training.weight_decay
        )

    def step(self, batch: Batch) -> Terms:
        """Learn from a batch; the layers in bfloat16, the loss in float32."""
        settings = self.config.training
        for group in self._optimiser.param_groups:
            group["lr"] = settings.learning_rate * self._rate()
        grey = torch.from_numpy(batch.grey).to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.network(grey)
        terms = loss_terms(logits.float(), torch.from_numpy(batch.truth), settings.lettering_weight)
        self._optimiser.zero_grad(set_to_none=True)
        terms.total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimiser.step()
        self.iteration += 1
        self._keep_average()
        return Terms(*(term.detach() for term in terms))

    def save(self, path: Path) -> None:
        """Write the checkpoint, whole or not at all."""
        unfinished = path.with_suffix(".part")
        state = {
            "iteration": self.iteration,
            "network": self.network.state_dict(),
            "average": self._average,
            "optimiser": self._optimiser.state_dict(),
            "config": asdict(self.config),
        }
        torch.save(state, unfinished)
        unfinished.replace(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, weights_only=True, map_location="cpu")
        self.iteration = int(state["iteration"])
        self.network.load_state_dict(state["network"])
        self._average = state["average"]
        self._optimiser.load_state_dict(state["optimiser"])

    def _rate(self) -> float:
        settings = self.config.training
        if self.iteration < settings.warmup:
            return (self.iteration + 1) / settings.warmup
        done = min(1.0, (self.iteration - settings.warmup) / max(1, settings.iterations - settings.warmup))
        return settings.final_rate + (1 - settings.final_rate) * (1 + math.cos(math.pi * done)) / 2

    def _keep_average(self) -> None:
        # Short at first, so that the random beginning is soon forgotten.
        kept = min(self.config.training.average, self.iteration / (self.iteration + 10))
        for name, value in self.network.state_dict().items():
            if value.is_floating_point():
                self._average[name].lerp_(value.detach(), 1 - kept)
            else:
                self._average[name].copy_(value)
