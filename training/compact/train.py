"""The training run: seeded, resumable from its checkpoint, with a log as CSV."""

from __future__ import annotations

import csv
import time
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from training.compact.config import Config
from training.compact.curves import draw_curves
from training.compact.data import Sampler
from training.compact.losses import Tensors, total_loss
from training.compact.network import CompactNetwork
from training.compact.pages import read_pages
from training.compact.parts import FIGURE, SKIN, TOLD
from training.peers import ALONE, Peers, in_step
from training.run import AveragedRun, batches_ahead, learning_rate_factor, read_checkpoint, weights_of
from training.settings import settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from training.compact.data import Batch

CHECKPOINT_FILE = "checkpoint.pt"
_LOG_EVERY = 25
_TELLING_SHARE = 0.4
_RANK_STRIDE = 1_000_003


def train(data: Path, out: Path, config: Config, start: Path | None = None) -> Path:
    """Train to `config.optimisation.iterations` and return the last checkpoint, `out/checkpoint.pt`.

    A checkpoint in `out` is continued; its network must have the configuration's size. Otherwise the run begins with
    the weights of `start`, whose network may be smaller. `out/log.csv` gets a line every 25 iterations
    and `out/curves.png` shows it.

    Raises:
        OSError: the data cannot be read.
    """
    out.mkdir(parents=True, exist_ok=True)
    numbers = sum(one.numel() for one in CompactNetwork(config.network).parameters())
    in_step(_train, config.optimisation.processes, numbers, data, out, config, start)
    return out / CHECKPOINT_FILE


def _train(peers: Peers, data: Path, out: Path, config: Config, start: Path | None) -> None:
    torch.set_num_threads(config.optimisation.threads)
    run, checkpoint = TrainingRun(config, peers), out / CHECKPOINT_FILE
    if checkpoint.exists():
        run.load(checkpoint)
    elif start is not None:
        run.begin_from(start)
    sampler = Sampler(read_pages(data, "train"), config.data, config.seed, config.network.slots[0], peers.rank)
    batches = batches_ahead(
        sampler.batch, range(run.iteration, config.optimisation.iterations), config.optimisation.batch
    )
    if not peers.leads:
        for batch in batches:
            run.step(batch)
        return
    saved_at = time.monotonic()
    with (out / "log.csv").open("a", newline="", encoding="utf-8") as file:
        log = _Log(file)
        for batch in batches:
            terms = run.step(batch)
            log.add(run.iteration, terms)
            if time.monotonic() - saved_at > config.optimisation.checkpoint_every_s:
                _save(run, out)
                saved_at = time.monotonic()
    _save(run, out)


def _save(run: TrainingRun, out: Path) -> None:
    run.save(out / CHECKPOINT_FILE)
    draw_curves(out / "log.csv", out / "curves.png")


def load_network(checkpoint: Path) -> tuple[CompactNetwork, Config, int]:
    """Return the averaged network of a checkpoint, ready to infer, its configuration and its iteration.

    Raises:
        OSError: there is no such file.
    """
    state = read_checkpoint(checkpoint)
    config = settings_of(Config, state["config"])
    network = CompactNetwork(config.network)
    network.load_state_dict(state["average"])
    return network.eval(), config, int(state["iteration"])


class TrainingRun(AveragedRun[Config, CompactNetwork]):
    """The network and its running average at one iteration."""

    def __init__(self, config: Config, peers: Peers = ALONE) -> None:
        torch.manual_seed(config.seed)
        settings, network = config.optimisation, CompactNetwork(config.network)
        matrices = [value for value in network.parameters() if value.ndim > 1]
        vectors = [value for value in network.parameters() if value.ndim <= 1]
        groups = [
            {"params": matrices, "weight_decay": settings.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
        optimiser = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98))
        super().__init__(config, network, optimiser, settings.average_decay, peers)

    def step(self, batch: Batch) -> dict[str, float]:
        """Train on one batch; return the loss terms."""
        settings = self.config.optimisation
        torch.manual_seed(self.config.seed + self.iteration + _RANK_STRIDE * self.peers.rank)
        tensors = Tensors(*map(torch.from_numpy, batch))
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.bfloat16):
            seen = self.network(
                tensors.lightness,
                tensors.references,
                _told(tensors.parts, self.config.network.slots[1]),
                tensors.panels,
            )
        loss, terms = total_loss(seen, tensors, self.config.loss)
        factor = learning_rate_factor(self.iteration, settings.warmup_iterations, settings.iterations)
        self.learn(loss, settings.learning_rate * factor)
        return {"loss": float(loss.detach()), **terms}

    def begin_from(self, path: Path) -> None:
        """Take the averaged weights of another run, whose network may be narrower."""
        old = read_checkpoint(path)["average"]
        mine = self.network.state_dict()
        self.network.load_state_dict({name: _widened(old.get(name), new) for name, new in mine.items()})
        self.average = weights_of(self.network)


def _told(parts: Tensor, count: int) -> Tensor:
    """Return what a detector might know of a batch's parts: figures and faces, either of them or both, or nothing."""
    told = torch.zeros(parts.shape[0], count, *parts.shape[1:])
    for part in (FIGURE, SKIN):
        speaks = (torch.rand(parts.shape[0], 1, 1) < _TELLING_SHARE).float()
        told[:, part] = TOLD * (parts == part) * speaks
    return told


def _widened(old: Tensor | None, new: Tensor) -> Tensor:
    """Return a new tensor that does what a smaller one did.

    What the old channels would take from new ones is zero; new channels, and what is wholly new, stay as they are.
    """
    if old is None or old.ndim != new.ndim:
        return new
    if old.shape == new.shape:
        return old
    wide = new.clone()
    wide[: old.shape[0]] = 0
    wide[tuple(slice(0, side) for side in old.shape)] = old
    return wide


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
