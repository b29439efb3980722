"""`python -m training.pages --data FOLDER`: draw the training set, train, measure, export."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from training.pages.config import DEFAULT_CONFIG, Config
from training.settings import read_settings

_STEPS = ("data", "training", "export")


def main(arguments: list[str] | None = None) -> None:
    """Run the recipe."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options = _parser().parse_args(arguments)
    from training.pages.recipe import make_data, make_weights
    from training.pages.train import train

    config = read_settings(Config, options.config)
    begin = _STEPS.index(options.begin_with)
    dataset, run = options.out / "set", options.out / "run"
    if begin <= 0 and not options.resume:
        make_data(options.data, dataset, config)
    if begin <= 1:
        train(dataset / "dataset.yaml", run, config, resume=options.resume, start=options.start)
    checkpoint = run / "weights" / "last.pt"
    if options.average_with is not None:
        from training.pages.average import average

        checkpoint = average(options.average_with, checkpoint, options.share, options.out / "average.pt")
    make_weights(options.data, checkpoint, options.out, config, options.catalog)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.pages", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with art/, lettered/, masks/ and annotations/")
    parser.add_argument("--out", type=Path, default=Path("runs/pages"), help="all that is made goes there")
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG)
    parser.add_argument("--resume", action="store_true", help="go on with the training that was cut off")
    parser.add_argument("--start", type=Path, help="a checkpoint whose weights to begin with, instead of random ones")
    parser.add_argument("--average-with", type=Path, help="export the mean of this earlier checkpoint and the last one")
    parser.add_argument("--share", type=float, default=0.65, help="how much of that mean is the last one, 0..1")
    parser.add_argument("--begin-with", choices=_STEPS, default=_STEPS[0], help="leave out the steps before this one")
    parser.add_argument("--catalog", type=Path, help="models/catalog.toml, to record size and digest there")
    return parser


if __name__ == "__main__":
    main()
