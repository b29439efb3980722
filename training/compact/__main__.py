"""`python -m training.compact`: export the network of the compact engine, make the neutral reference."""

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
    if options.command == "export":
        from training.compact.export import export

        update_card(options.catalog, list(export(options.checkpoint, options.out)))
    else:
        from training.compact.neutral import write_neutral

        update_card(options.catalog, [write_neutral(options.data, options.out)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.compact", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    export = commands.add_parser("export", help="write the two ONNX graphs of a checkpoint, record their digests")
    export.add_argument("checkpoint", type=Path)
    neutral = commands.add_parser("neutral", help="write the reference of readers who have none")
    neutral.add_argument("--data", type=Path, required=True, help="folder with art/")
    for command in (export, neutral):
        command.add_argument("--out", type=Path, default=Path("models/weights"))
        command.add_argument("--catalog", type=Path, default=CATALOG_FILE, help="where size and digest are recorded")
    return parser


if __name__ == "__main__":
    main()
