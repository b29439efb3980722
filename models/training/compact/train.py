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

from models.training.compact.config import Config, config_from_mapping
from models.training.compact.curves import draw_curves
from models.training.compact.data import Sampler, read_pages
from models.training.compact.losses import Tensors, total_loss
from models.training.compact.network import CompactNetwork
from models.training.compact.parts import FIGURE, SKIN, TOLD

if TYPE_CHECKING:
    from pathlib import Path

    from models.training.compact.data import Batch

_log = logging.getLogger(__name__)
_LOG_EVERY = 25
_TELLING_SHARE = 0.4


def train(data: Path, out: Path, config: Config, start: Path | None = None) -> Path:
    """Train to `config.optimisation.iterations` and return the last checkpoint, `out/checkpoint.pt`.

    A checkpoint in `out` is continued; its network must have the configuration's size. Otherwise the run begins with
    the weights of `start`, whose network may be smaller. `out/log.csv` gets a line every 25 iterations
    and `out/curves.png` shows it.

    Raises:
        OSError: the data cannot be read.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(config.optimisation.threads)
    run = TrainingRun(config)
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        run.load(checkpoint)
    elif start is not None:
        run.begin_from(start)
    sampler = Sampler(read_pages(data, "train"), config.data, config.seed, config.network.slots[0])
    saved_at = time.monotonic()
    with (out / "log.csv").open("a", newline="", encoding="utf-8") as file, ThreadPoolExecutor(1) as ahead:
        log = _Log(file)
        coming = ahead.submit(sampler.batch, run.iteration, config.optimisation.batch)
        while run.iteration < config.optimisation.iterations:
            batch = coming.result()
            coming = ahead.submit(sampler.batch, run.iteration + 1, config.optimisation.batch)
            terms = run.step(batch)
            log.add(run.iteration, terms)
            if time.monotonic() - saved_at > config.optimisation.checkpoint_every_s:
                run.save(checkpoint)
                draw_curves(out / "log.csv", out / "curves.png")
                saved_at = time.monotonic()
    run.save(checkpoint)
    draw_curves(out / "log.csv", out / "curves.png")
    return checkpoint


def load_network(checkpoint: Path) -> tuple[CompactNetwork, Config, int]:
    """Return the averaged network of a checkpoint, ready to infer, its configuration and its iteration.

    Raises:
        OSError: there is no such file.
    """
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")
    config = config_from_mapping(state["config"])
    network = CompactNetwork(config.network)
    network.load_state_dict(state["average"])
    return network.eval(), config, int(state["iteration"])


class TrainingRun:
    """Network, running average and optimiser at one iteration."""

    def __init__(self, config: Config) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.iteration = 0
        self.network = CompactNetwork(config.network)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = CompactNetwork(config.network)
        self.average.load_state_dict(self.network.state_dict())
        matrices = [value for value in self.network.parameters() if value.ndim > 1]
        vectors = [value for value in self.network.parameters() if value.ndim <= 1]
        groups = [
            {"params": matrices, "weight_decay": config.optimisation.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=config.optimisation.learning_rate, betas=(0.9, 0.98))

    def step(self, batch: Batch) -> dict[str, float]:
        """Train on one batch; return the loss terms."""
        settings = self.config.optimisation
        torch.manual_seed(self.config.seed + self.iteration)
        for group in self.optimiser.param_groups:
            group["lr"] = settings.learning_rate * learning_rate_factor(self.iteration, self.config)
        tensors = Tensors(*map(torch.from_numpy, batch))
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.bfloat16):
            seen = self.network(
                tensors.lightness, tensors.references, _told(tensors.parts, self.config.network.slots[1])
            )
        loss, terms = total_loss(seen, tensors, self.config.loss)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.iteration += 1
        self._follow()
        return {"loss": float(loss.detach()), **terms}

    def _follow(self) -> None:
        # The average forgets its start quickly, so that early checkpoints are usable too.
        keep = min(self.config.optimisation.average_decay, self.iteration / (self.iteration + 10))
        mine, theirs = self.average.state_dict(), self.network.state_dict()
        with torch.no_grad():
            for name, value in mine.items():
                _move(value, theirs[name], 1 - keep)

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

    def begin_from(self, path: Path) -> None:
        """Take the averaged weights of another run; where this network is wider, the new parts begin with nothing."""
        old = torch.load(path, weights_only=True, map_location="cpu")["average"]
        for network in (self.network, self.average):
            network.load_state_dict({name: _widened(old.get(name), new) for name, new in network.state_dict().items()})


def _told(parts: Tensor, count: int) -> Tensor:
    """Return what a detector might know of a batch's parts: figures and faces, either of them or both, or nothing."""
    told = torch.zeros(parts.shape[0], count, *parts.shape[1:])
    for part in (FIGURE, SKIN):
        speaks = (torch.rand(parts.shape[0], 1, 1) < _TELLING_SHARE).float()
        told[:, part] = TOLD * (parts == part) * speaks
    return told


def _widened(old: Tensor | None, new: Tensor) -> Tensor:
    """Return a smaller tensor in the corner of one of the new shape, zero elsewhere; what is wholly new stays."""
    if old is None or old.ndim != new.ndim:
        return new
    wide = torch.zeros_like(new)
    wide[tuple(slice(0, side) for side in old.shape)] = old
    return wide


def learning_rate_factor(iteration: int, config: Config) -> float:
    """Return 0..1: a linear warm-up, then half a cosine to one hundredth at the run's end."""
    settings = config.optimisation
    warm = min(1.0, (iteration + 1) / max(1, settings.warmup_iterations))
    done = min(1.0, iteration / max(1, settings.iterations))
    return warm * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)


def _move(value: Tensor, goal: Tensor, share: float) -> None:
    if value.is_floating_point():
        value.lerp_(goal, share)
    else:
        value.copy_(goal)


class _Log:
    """Means of the loss terms between two lines of the CSV."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._writer = csv.writer(file)
        self._sums: dict[str, float] = {}
        self._since = time.monotonic()

    def add(self, iteration: int, terms: dict[str, float]) -> None:
        """Add an iteration's terms; write a line when it is time."""
        for name, value in terms.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        if iteration % _LOG_EVERY:
            return
        seconds = (time.monotonic() - self._since) / _LOG_EVERY
        means = {name: value / _LOG_EVERY for name, value in self._sums.items()}
        if self._file.tell() == 0:
            self._writer.writerow(["iteration", "seconds_each", *means])
        self._writer.writerow([iteration, f"{seconds:.3f}", *(f"{value:.5f}" for value in means.values())])
        self._file.flush()
        self._sums, self._since = {}, time.monotonic()
