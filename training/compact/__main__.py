"""`python -m training.compact`: export the network of the compact engine."""

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
    from training.compact.export import export

    update_card(options.catalog, list(export(options.checkpoint, options.out)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.compact", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    export = commands.add_parser("export", help="write the two ONNX graphs of a checkpoint, record their digests")
    export.add_argument("checkpoint", type=Path)
    export.add_argument("--out", type=Path, default=Path("models/weights"))
    export.add_argument("--catalog", type=Path, default=CATALOG_FILE, help="where size and digest are recorded")
    return parser


if __name__ == "__main__":
    main()
