"""A short run on a lent accelerator: big batches from a pool that many processes fill, everything useful in one folder.

Drawing samples is slower there than learning from them, so they are learned from several times (`pool`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import torch

from training.compact.curves import draw_curves
from training.compact.pack import read_pack
from training.compact.samples import Mix
from training.compact.train import BEST, LAST, LOG, Plan, train

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS: Final = "compact-fp16.pt"
"""The best state's averaged weights, half precision: what a later run starts from."""
_POOL: Final = 24000


@dataclass(frozen=True, slots=True)
class Room:
    """What a machine takes: samples in a step, pieces' sides, processes that draw, samples kept."""

    batch: int = 160
    side_px: int = 288
    reference_px: int = 224
    workers: int = 14
    pool: int = _POOL


def run_on_device(pack: Path, out: Path, minutes: float, start: Path | None, room: Room | None = None) -> Path:
    """Train for some minutes, reading not counted, and write all that is useful into `out`; return the weights.

    start: a checkpoint or state to begin with, if `out` has no run to go on with.

    Raises:
        OSError: the pack or `start` cannot be read, or `out` cannot be written.
    """
    room = room or Room(workers=max(1, (os.cpu_count() or 4) - 2))
    on_cuda = torch.cuda.is_available()
    mix = replace(Mix(), side_px=room.side_px, reference_px=room.reference_px)
    plan = Plan(
        minutes=minutes, leg_minutes=minutes / 5, batch=room.batch, rate=1.2e-3, keep=0.998, warmup=100,
        workers=room.workers, bfloat16=on_cuda, learn_reference=True, pairs=30, mix=mix,
    )  # fmt: skip
    train(read_pack(pack), out, plan, start=start, pool=room.pool)
    draw_curves(out / LOG, out / "curves.png")
    best = out / BEST if (out / BEST).is_file() else out / LAST
    state = torch.load(best, weights_only=True, map_location="cpu")["average"]
    torch.save(
        {name: value.half() if value.is_floating_point() else value for name, value in state.items()}, out / WEIGHTS
    )
    return out / WEIGHTS
