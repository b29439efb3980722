"""`python -m training.embed --data FOLDER`: train, measure, export."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from training.embed.config import DEFAULT_CONFIG, Config
from training.settings import read_settings

_STEPS = ("training", "export")


def main(arguments: list[str] | None = None) -> None:
    """Run the recipe."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options = _parser().parse_args(arguments)
    checkpoint = options.run / "checkpoint.pt"
    if options.begin_with == "training":
        from training.embed.train import train

        checkpoint = train(options.data, options.run, read_settings(Config, options.config))
    from training.embed.recipe import make_weights

    make_weights(options.data, checkpoint, options.out, options.run, options.catalog)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.embed", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with art/, lettered/en/ and annotations/")
    parser.add_argument("--run", type=Path, default=Path("runs/embed"), help="checkpoint, log and measures; continued")
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG)
    parser.add_argument("--begin-with", choices=_STEPS, default=_STEPS[0], help="leave out the steps before this one")
    parser.add_argument("--out", type=Path, default=Path("models/weights"), help="where the ONNX file goes")
    parser.add_argument("--catalog", type=Path, help="models/catalog.toml, to record size and digest there")
    return parser


if __name__ == "__main__":
    main()
