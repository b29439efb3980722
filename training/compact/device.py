"""A short run on a lent accelerator: big batches from a pool that many processes fill, everything useful in one folder.

Drawing samples is slower there than learning from them, so they are learned from several times (`pool`). What comes
back from such a machine is few and small files, and it may be taken away at any time: they are written after every leg.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import torch
from PIL import Image

from training.compact.curves import draw_curves
from training.compact.export import read_state
from training.compact.learner import Plan
from training.compact.pack import read_pack
from training.compact.samples import Mix
from training.compact.train import BEST, LAST, LOG, STATUS, read_pages, train

WEIGHTS: Final = "compact-fp16.pt"
"""The best state's averaged weights, half precision: what a later run starts from."""
LAST_WEIGHTS: Final = "compact-last-fp16.pt"
"""The same of the last state."""
_LEGS: Final = 5


@dataclass(frozen=True, slots=True)
class Room:
    """What a machine takes: samples in a step, pieces' sides, processes that draw, samples kept."""

    batch: int = 160
    side_px: int = 288
    reference_px: int = 224
    workers: int = 14
    pool: int = 24000


def run_on_device(
    pack: Path, out: Path, minutes: float, start: Path | None, manga: Path | None = None, room: Room | None = None
) -> Path:
    """Train for some minutes, reading not counted, and write all that is useful into `out`; return the weights.

    start: a checkpoint, a state, or a folder with the exported graphs. manga: a folder of pages to look at.

    Raises:
        OSError: the pack or `start` cannot be read, or `out` cannot be written.
    """
    room = room or Room(workers=max(1, (os.cpu_count() or 4) - 2))
    mix = replace(Mix(), side_px=room.side_px, reference_px=room.reference_px)
    plan = Plan(
        minutes=minutes, leg_minutes=minutes / _LEGS, batch=room.batch, rate=1.2e-3, keep=0.998, warmup=100,
        workers=room.workers, bfloat16=torch.cuda.is_available(), learn_reference=True, pairs=30, mix=mix,
    )  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="compact-") as kept:
        run = Path(kept)
        train(
            read_pack(pack),
            run,
            plan,
            start=start,
            manga=read_pages(manga),
            pool=room.pool,
            after_leg=lambda: bring(run, out),
        )
    return out / WEIGHTS


def bring(run: Path, out: Path) -> None:
    """Write what is worth bringing back of a run: weights in half precision, log, curves, the newest sheets.

    Raises:
        OSError: `out` cannot be written.
    """
    for checkpoint, name in ((BEST, WEIGHTS), (LAST, LAST_WEIGHTS)):
        if (run / checkpoint).is_file():
            state = read_state(run / checkpoint)
            halves = {key: one.half() if one.is_floating_point() else one for key, one in state.items()}
            torch.save(halves, out / name)
    for name in (LOG, STATUS):
        shutil.copyfile(run / name, out / name)
    draw_curves(run / LOG, out / "curves.png")
    for kind in ("sheet", "manga"):
        sheets = sorted(run.glob(f"{kind}-*.png"))
        if sheets:
            with Image.open(sheets[-1]) as opened:
                opened.save(out / f"{kind}.webp", quality=80)
