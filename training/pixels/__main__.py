"""`python -m training.pixels --data FOLDER`: draw the training set, train, export, measure."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from training.pixels.config import DEFAULT_CONFIG, Config
from training.settings import read_settings

_STEPS = ("data", "training", "export", "measure")


def main(arguments: list[str] | None = None) -> None:
    """Run the recipe, or the steps of it from `--begin-with` to `--end-with`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options = _parser().parse_args(arguments)
    config = read_settings(Config, options.config)
    begin, end = _STEPS.index(options.begin_with), _STEPS.index(options.end_with)
    steps = _STEPS[begin : end + 1]
    dataset, run = options.out / "set", options.out / "run"
    if "data" in steps:
        from training.pixels.dataset import write_dataset

        write_dataset(options.data, dataset, config.data, config.seed, options.pack)
    if "training" in steps:
        from training.pages.synth import load_fonts
        from training.pixels.train import train

        train(dataset, run, config, load_fonts([options.data / "fonts"]), options.start)
    if "export" in steps:
        from training.pixels.export import make_weights

        make_weights(run, options.out, options.catalog)
    if "measure" in steps:
        from training.pixels.measure import measure

        measure(options.data, options.out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.pixels", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with art/, lettered/, masks/ and annotations/")
    parser.add_argument("--out", type=Path, default=Path("runs/pixels"), help="all that is made goes there")
    parser.add_argument("--pack", type=Path, help="pack of `training.compact`, for drawings on bare paper")
    parser.add_argument("--start", type=Path, help="exported weights to go on from")
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG)
    parser.add_argument("--begin-with", choices=_STEPS, default=_STEPS[0], help="leave out the steps before this one")
    parser.add_argument("--end-with", choices=_STEPS, default=_STEPS[-1], help="leave out the steps after this one")
    parser.add_argument("--catalog", type=Path, help="models/catalog.toml, to record size and digest there")
    return parser


if __name__ == "__main__":
    main()
