"""Training in legs: steps for some minutes, then the figures on pictures kept for judging, checkpoints, sheets.

The best state by those figures is kept, never by training's loss. A run can be ended at any time and goes on from its
`last.pt`; from another state (`start`) it takes the weights alone.
"""

from __future__ import annotations

import csv
import logging
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader

from training.compact.losses import LossWeights, loss_terms, rarity_of, total
from training.compact.measure import Judged, choose_pairs, judge
from training.compact.network import ColourNetwork, load_state, soft_bins
from training.compact.pool import Pool
from training.compact.samples import Mix, Samples
from training.compact.sheets import manga_sheet, pairs_sheet, save_sheet
from training.run import learning_rate_factor, read_checkpoint, weights_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from training.compact.measure import Pair
    from training.compact.network import Coloured
    from training.compact.pack import Pack

    Batch = Mapping[str, Tensor]

BEST, LAST, LOG, STATUS = "best.pt", "last.pt", "log.csv", "STATUS"
_COUNTED: Final = 120
_SHOWN: Final = 5
_DRAWN_AT_ONCE: Final = 16
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
        with torch.autocast(self.device.type, torch.bfloat16) if self.plan.bfloat16 else nullcontext():
            made = self._coloured(given)
        terms = loss_terms(made, given, self.network.bins, rarity)
        for group, share in zip(self._optimiser.param_groups, self._shares, strict=True):
            group["lr"] = self.plan.rate * share * factor
        self._optimiser.zero_grad(set_to_none=True)
        total(terms, self.plan.weights).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self._optimiser.step()
        self.iteration += 1
        self._follow()
        return {name: float(term.detach()) for name, term in terms.items()}

    def _coloured(self, given: Batch) -> Coloured:
        network, chroma = self.network, given["reference_chroma"]
        eighth, quarter = network.features(given["grey"])
        with nullcontext() if self.plan.learn_reference else torch.no_grad():
            seen, _ = network.features(given["reference_grey"])
        cells = functional.interpolate(chroma, size=seen.shape[-2:], mode="area").flatten(2).transpose(1, 2)
        palette = soft_bins(cells, network.bins).mean(1)
        return network.paint(eighth, quarter, seen.flatten(2).transpose(1, 2), cells, palette, given["has_reference"])

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


def _freeze_norms(module: nn.Module) -> None:
    for one in module.modules():
        if isinstance(one, nn.BatchNorm2d):
            one.eval()


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
