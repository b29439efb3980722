"""Training in legs: steps for some minutes, then the figures on pictures kept for judging, checkpoints, sheets.

The best state by those figures is kept, never by training's loss. A run can be ended at any time and goes on from its
`last.pt`; from another state (`start`) it takes the weights alone.
"""

from __future__ import annotations

import csv
import logging
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader

from training.compact.learner import Plan, Run
from training.compact.losses import rarity_of
from training.compact.measure import Judged, choose_pairs, judge
from training.compact.network import soft_bins
from training.compact.pool import Pool
from training.compact.samples import Samples
from training.compact.sheets import manga_sheet, pairs_sheet, save_sheet
from training.run import learning_rate_factor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from training.compact.measure import Pair
    from training.compact.pack import Pack

    Batch = Mapping[str, Tensor]

BEST, LAST, LOG, STATUS = "best.pt", "last.pt", "log.csv", "STATUS"
_COUNTED: Final = 120
_SHOWN: Final = 5
_DRAWN_AT_ONCE: Final = 16
_log = logging.getLogger(__name__)


def train(
    pack: Pack,
    out: Path,
    plan: Plan,
    *,
    start: Path | None = None,
    manga: Sequence[NDArray[np.uint8]] = (),
    pool: int = 0,
    after_leg: Callable[[], None] | None = None,
) -> dict[str, Judged]:
    """Train for `plan.minutes`, going on from `out/last.pt` if it is there; return the last figures.

    start: a state, a checkpoint or a folder of exported graphs that a new run begins with. manga: pages to look at, on
    every sheet.
    pool: how many samples are kept on the device and learned from again and again (0: each once).
    after_leg: called when a leg is judged and saved.

    Raises:
        OSError: `out` cannot be written or `start` cannot be read.
    """
    out.mkdir(parents=True, exist_ok=True)
    run = Run(plan, torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    if (out / LAST).is_file():
        run.load(out / LAST)
    elif start is not None:
        from training.compact.export import read_state, state_from_onnx

        run.start_from(state_from_onnx(start) if start.is_dir() else read_state(start))
    samples = Samples(pack, plan.mix, plan.seed + run.iteration)
    rarity = count_rarity(samples, run.network.bins.cpu(), plan.seed).to(run.device)
    pairs = choose_pairs(pack.of("dev"), plan.pairs)
    source = iter(_loader(samples, plan))
    batches: Iterator[Batch] = iter(Pool(source, pool, plan.batch, run.device, plan.seed)) if pool else source
    return _legs(run, batches, rarity, pairs, out, manga, after_leg)


def count_rarity(samples: Samples, bins: Tensor, seed: int, count: int = _COUNTED) -> Tensor:
    """Return the bins' weights by how often their colours occur in some samples."""
    rng = np.random.default_rng([seed, 77])
    counts = torch.zeros(len(bins))
    for _ in range(count):
        chroma = torch.from_numpy(samples.draw(rng)["chroma"])[None, :, ::2, ::2]
        counts += soft_bins(chroma.flatten(2).transpose(1, 2), bins).sum((0, 1))
    return rarity_of(counts)


def _legs(
    run: Run,
    batches: Iterator[Batch],
    rarity: Tensor,
    pairs: Sequence[Pair],
    out: Path,
    manga: Sequence[NDArray[np.uint8]],
    after_leg: Callable[[], None] | None,
) -> dict[str, Judged]:
    plan, begun, worse, first = run.plan, time.monotonic(), 0, run.iteration
    figures: dict[str, Judged] = {}
    while (time.monotonic() - begun) < plan.minutes * 60 and (not plan.patience or worse < plan.patience):
        ends = min(time.monotonic() + plan.leg_minutes * 60, begun + plan.minutes * 60)
        sums: dict[str, float] = {}
        steps = 0
        while steps == 0 or time.monotonic() < ends:
            done = (time.monotonic() - begun) / (plan.minutes * 60)
            warm = learning_rate_factor(run.iteration - first, plan.warmup, 1 << 30)
            terms = run.learn(next(batches), rarity, warm * learning_rate_factor(int(done * 1000), 1, 1000))
            steps += 1
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + value
        means = {name: value / steps for name, value in sums.items()}
        figures = _judge(run, pairs, out, means, manga)
        score = float(
            np.mean([one.error + 0.5 * one.bare_error + 0.5 * one.manga_error for one in figures.values()] or [0])
        )
        worse = 0 if score < run.best else worse + 1
        run.best = min(run.best, score)
        run.save(out / LAST)
        if not worse:
            run.save(out / BEST)
        if after_leg is not None:
            after_leg()
    return figures


def _judge(
    run: Run,
    pairs: Sequence[Pair],
    out: Path,
    means: Mapping[str, float],
    manga: Sequence[NDArray[np.uint8]],
) -> dict[str, Judged]:
    network = run.averaged()
    figures = judge(network, pairs)
    said = "; ".join(f"{name}: {one}" for name, one in figures.items())
    now = datetime.now(UTC).strftime("%H:%M:%S")
    _log.info("step %d %s | %s", run.iteration, said, " ".join(f"{name} {value:.3f}" for name, value in means.items()))
    (out / STATUS).write_text(f"step {run.iteration} | {said} | {now} UTC\n", "utf-8")
    _append(out / LOG, run.iteration, means, figures)
    save_sheet(
        pairs_sheet(network, pairs[:: max(1, len(pairs) // _SHOWN)][:_SHOWN]), out / f"sheet-{run.iteration:06}.png"
    )
    if manga:
        references = [one.reference.rgb for one in pairs]
        save_sheet(manga_sheet(network, manga, references), out / f"manga-{run.iteration:06}.png")
    return figures


def _append(log: Path, iteration: int, means: Mapping[str, float], figures: Mapping[str, Judged]) -> None:
    row: dict[str, Any] = {"iteration": iteration, **means}
    for name, one in figures.items():
        row |= {f"{name} {key}": value for key, value in asdict(one).items()}
    new = not log.exists()
    with log.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        if new:
            writer.writeheader()
        writer.writerow({key: value if key == "iteration" else round(value, 5) for key, value in row.items()})


def _loader(samples: Samples, plan: Plan) -> DataLoader[Any]:
    size = min(plan.batch, _DRAWN_AT_ONCE)
    if not plan.workers:
        return DataLoader(samples, batch_size=size)
    # Forked, so that all share one copy of the pictures.
    return DataLoader(
        samples, batch_size=size, num_workers=plan.workers, prefetch_factor=3, multiprocessing_context="fork"
    )


def read_pages(folder: Path | None) -> list[NDArray[np.uint8]]:
    """Return the pictures of a folder by name, `(H, W, 3)` uint8; none without a folder.

    Raises:
        OSError: one cannot be read.
    """
    found = []
    for path in sorted(folder.iterdir()) if folder else ():
        if path.suffix in (".webp", ".png", ".jpg"):
            with Image.open(path) as opened:
                found.append(np.asarray(opened.convert("RGB")))
    return found
