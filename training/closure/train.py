"""The training run: seeded, resumed byte for byte, its gradients looked after and its epochs written down."""

from __future__ import annotations

import csv
import io
import logging
import shutil
from typing import TYPE_CHECKING, Final, Protocol

import torch

from training.closure.data import PageReader, Sampler, read_specs, split
from training.closure.learner import ClosureRun
from training.closure.measure import measure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from training.closure.config import Config
    from training.closure.data import PageSpec

LATEST: Final = "latest_checkpoint.pth"
BEST: Final = "best_checkpoint.pth"
LOG: Final = "log.csv"
COLUMNS: Final = ("epoch", "loss", "pop", "mpm", "rpp", "clamped", "dev_loss", "dev_next_panel", "dev_on_page")
_log = logging.getLogger(__name__)


class Stepper(Protocol):
    """Who takes the steps: this process, or a group of Ray's."""

    def step(self, run: ClosureRun, iteration: int) -> Mapping[str, float]:
        """Take one step and return its losses."""

    def close(self) -> None:
        """Give back what it holds."""


class Alone:
    """This process takes the steps."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler

    def step(self, run: ClosureRun, iteration: int) -> Mapping[str, float]:
        """Take one step."""
        return run.step(self._sampler.batch(iteration, run.config.optimisation.batch_size))

    def close(self) -> None:
        """Nothing is held."""


def train(
    list_file: Path,
    out: Path,
    config: Config,
    *,
    image_root: Path | None = None,
    resume: Path | None = None,
    samples_max: int | None = None,
    ray: str | None = None,
    ray_workers: int = 2,
) -> Path:
    """Train to `config.optimisation.epochs` and return `out/latest_checkpoint.pth`.

    resume: a checkpoint that is continued, also to more epochs; without it one in `out` is. `out/log.csv` gets a line
    an epoch, `out/best_checkpoint.pth` is the one with the lowest loss on dev pages. ray: the address of a cluster,
    `local` for one of this machine's own.

    Raises:
        OSError, PageUnusable: the data cannot be read.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(config.optimisation.threads)
    specs = read_specs(list_file, image_root)[:samples_max]
    to_learn, dev = split(specs, config.data.dev_share)
    reader = PageReader(config)
    sampler = Sampler(to_learn, reader, config)
    run = ClosureRun(config)
    checkpoint = resume or (out / LATEST if (out / LATEST).is_file() else None)
    if checkpoint is not None:
        run.load(checkpoint)
    stepper: Stepper
    if ray is None:
        stepper = Alone(sampler)
    else:
        from training.closure.ray_group import RayGroup

        stepper = RayGroup(ray, ray_workers, config, to_learn)
    try:
        _epochs(run, stepper, sampler.batches_an_epoch, dev, reader, out)
    finally:
        stepper.close()
    return out / LATEST


def _epochs(run: ClosureRun, stepper: Stepper, steps: int, dev: list[PageSpec], reader: PageReader, out: Path) -> None:
    done = run.iteration // steps
    rows = _earlier(out / LOG, done)
    for epoch in range(done, run.config.optimisation.epochs):
        seen = [dict(stepper.step(run, iteration)) for iteration in range(run.iteration, (epoch + 1) * steps)]
        means = {name: sum(one[name] for one in seen) / len(seen) for name in seen[0] if name != "clamped"}
        found = measure(run.network, dev, reader, run.config)
        row = {
            "epoch": epoch + 1,
            **means,
            "clamped": sum(one["clamped"] for one in seen),
            "dev_loss": found.loss,
            "dev_next_panel": found.next_panel,
            "dev_on_page": found.on_page,
        }
        is_best = found.loss < run.best
        run.best = min(run.best, found.loss)
        run.save(out / LATEST)
        if is_best:
            shutil.copyfile(out / LATEST, out / BEST)
        rows.append([str(round(row[name], 5)) for name in COLUMNS])
        _write_log(out / LOG, rows)
        _log.info("epoch %d: %s", epoch + 1, dict(zip(COLUMNS, rows[-1], strict=True)))


def _earlier(path: Path, epochs: int) -> list[list[str]]:
    """Return the log's lines of the epochs that are done; later ones were not saved."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return [row for row in rows if len(row) == len(COLUMNS) and int(row[0]) <= epochs]


def _write_log(path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    partial = path.with_suffix(".partial")
    partial.write_text(text.getvalue(), "utf-8")
    partial.replace(path)
