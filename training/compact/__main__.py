"""`python -m training.compact`: train the network, export it, make the neutral reference."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from training.compact.card import update_card
from training.compact.config import DEFAULT_CONFIG, load_config


def main(arguments: list[str] | None = None) -> None:
    """Run one command of the recipe."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options = _parser().parse_args(arguments)
    if options.command == "train":
        from training.compact.train import train

        train(options.data, options.out, load_config(options.config), options.start)
    elif options.command == "export":
        from training.compact.export import export

        _record(options.catalog, *export(options.checkpoint, options.out))
    else:
        from training.compact.neutral import write_neutral

        _record(options.catalog, write_neutral(options.data, options.out))


def _record(catalog: Path | None, *files: Path) -> None:
    if catalog is not None:
        update_card(catalog, list(files))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.compact", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train, or continue the checkpoint in --out")
    train.add_argument("--data", type=Path, required=True, help="folder with art/, lettered/en/ and splits.json")
    train.add_argument("--out", type=Path, default=Path("runs/compact"))
    train.add_argument("--config", type=Path, default=DEFAULT_CONFIG)
    train.add_argument("--start", type=Path, help="a checkpoint whose weights a new run begins with")
    export = commands.add_parser("export", help="write the two ONNX graphs of a checkpoint")
    export.add_argument("--checkpoint", type=Path, default=Path("runs/compact/checkpoint.pt"))
    neutral = commands.add_parser("neutral", help="write the reference of readers who have none")
    neutral.add_argument("--data", type=Path, required=True, help="folder with art/")
    for command in (export, neutral):
        command.add_argument("--out", type=Path, default=Path("models/weights"))
        command.add_argument("--catalog", type=Path, help="models/catalog.toml, to record size and digest there")
    return parser


if __name__ == "__main__":
    main()
