"""`python -m training.compact`: the compact engine's network, from data to weights."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from models.catalog import CATALOG_FILE
from training.compact.card import update_card


def main(arguments: list[str] | None = None) -> None:
    """Run one command of the recipe."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options = _parser().parse_args(arguments)
    _COMMANDS[options.command](options)


def _pack(options: argparse.Namespace) -> None:
    from training.compact.pack import Grain, write_pack

    size = write_pack(
        options.many, options.pages, options.figures, options.out, Grain(options.quality, options.long_side)
    )
    logging.getLogger(__name__).info("%s: %.1f MiB", options.out, size / 2**20)


def _train(options: argparse.Namespace) -> None:
    import cv2
    import torch

    from training.compact.learner import Plan
    from training.compact.pack import read_pack
    from training.compact.train import read_pages, train

    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    plan = Plan(
        minutes=options.minutes, leg_minutes=options.leg_minutes, batch=options.batch, rate=options.rate,
        bfloat16=options.bfloat16,
    )  # fmt: skip
    train(read_pack(options.pack), options.out, plan, start=options.start, manga=read_pages(options.manga))


def _device(options: argparse.Namespace) -> None:
    from training.compact.device import run_on_device

    run_on_device(options.pack, options.out, options.minutes, options.start, options.manga)


def _export(options: argparse.Namespace) -> None:
    from training.compact.export import export

    update_card(options.catalog, list(export(options.checkpoint, options.out)))


_COMMANDS = {"pack": _pack, "train": _train, "device": _device, "export": _export}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.compact", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    pack = commands.add_parser("pack", help="gather all that is learned from in one file")
    pack.add_argument("--many", type=Path, required=True, help="folder with manifest.jsonl")
    pack.add_argument("--pages", type=Path, required=True, help="folder with art/ and splits.json")
    pack.add_argument("--figures", type=Path, help="folder that figures.mjs wrote")
    pack.add_argument("--out", type=Path, default=Path("runs/compact/pack.zip"))
    pack.add_argument("--quality", type=int, default=75, help="of the pictures, 1..100")
    pack.add_argument("--long-side", type=int, default=480, help="of the pictures that are no comic pages, in pixels")
    train = commands.add_parser("train", help="train, or go on with the run in --out")
    train.add_argument("--leg-minutes", type=float, default=8.0, help="between two judgements")
    train.add_argument("--batch", type=int, default=6)
    train.add_argument("--rate", type=float, default=6e-4)
    train.add_argument("--threads", type=int, default=1)
    train.add_argument("--bfloat16", action="store_true", help="where the processor multiplies such numbers itself")
    device = commands.add_parser("device", help="a short run on an accelerator, results in one folder")
    for command, minutes in ((train, 60.0), (device, 8.0)):
        command.add_argument("--pack", type=Path, default=Path("runs/compact/pack.zip"))
        command.add_argument("--out", type=Path, default=Path("runs/compact"))
        command.add_argument("--start", type=Path, help="a state, checkpoint or folder of graphs to begin with")
        command.add_argument("--manga", type=Path, help="folder of pages to look at on every sheet")
        command.add_argument("--minutes", type=float, default=minutes)
    export = commands.add_parser("export", help="write the two ONNX graphs of a checkpoint, record their digests")
    export.add_argument("checkpoint", type=Path)
    export.add_argument("--out", type=Path, default=Path("models/weights"))
    export.add_argument("--catalog", type=Path, default=CATALOG_FILE, help="where size and digest are recorded")
    return parser


if __name__ == "__main__":
    main()
