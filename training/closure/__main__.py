"""`python -m training.closure train|measure|export`: train a variant, measure a checkpoint, or make it an ONNX file."""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import replace
from pathlib import Path

from training.closure.config import CONFIGS, VARIANTS, Config
from training.closure.data import PageReader, read_specs, split
from training.closure.measure import in_tiers, measure, rule_accuracy
from training.settings import read_settings


def main(arguments: list[str] | None = None) -> None:
    """Run a step of the recipe."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options = _parser().parse_args(arguments)
    if options.step == "measure":
        _measure(options)
        return
    if options.step == "export":
        from training.closure.export import export

        export(options.resume, options.out)
        return
    from training.closure.train import train

    train(
        options.list,
        options.out,
        config_of(options),
        image_root=options.image_root,
        resume=options.resume,
        samples_max=options.max_samples,
        ray=options.ray,
        ray_workers=options.ray_workers,
    )


def config_of(options: argparse.Namespace) -> Config:
    """Return the settings: a variant's losses, a file's sizes where one is named, then what options say."""
    variant = read_settings(Config, CONFIGS / f"{options.variant}.toml")
    config = replace(read_settings(Config, options.config), losses=variant.losses) if options.config else variant
    of_network = {"heads": options.num_heads}
    of_losses = {"temperature": options.temperature}
    of_steps = {"epochs": options.epochs, "batch_size": options.batch_size, "learning_rate": options.lr}
    given = {name: value for name, value in of_steps.items() if value is not None}
    return replace(
        config,
        seed=config.seed if options.seed is None else options.seed,
        network=replace(config.network, **{k: v for k, v in of_network.items() if v is not None}),
        losses=replace(config.losses, **{k: v for k, v in of_losses.items() if v is not None}),
        optimisation=replace(config.optimisation, **given),
    )


def _measure(options: argparse.Namespace) -> None:
    from training.closure.learner import load_network

    network, config = load_network(options.resume)
    _, dev = split(read_specs(options.list, options.image_root), config.data.dev_share)
    found = measure(network, dev, PageReader(config), config)
    rule = rule_accuracy(dev, in_tiers, config.data.panels_max)
    sys.stdout.write(
        f"{len(dev)} dev pages, {found.asked} panels with a next one\n"
        f"next panel: network {found.next_panel:.3f}, plain rule {rule:.3f}\n"
        f"panel finds its page: {found.on_page:.3f}\nloss: {found.loss:.4f}\n"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training.closure", description=__doc__)
    parser.add_argument("step", choices=("train", "measure", "export"))
    parser.add_argument("--list", type=Path, help="DataSpec files, one a line; not for export")
    parser.add_argument("--image-root", type=Path, help="where pictures are that are not at their own paths")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/closure"), help="checkpoints and log, continued; of export the ONNX file"
    )
    parser.add_argument("--variant", choices=VARIANTS, default="base", help="what is learned")
    parser.add_argument("--config", type=Path, help="TOML of sizes; default: ViT-base and RoBERTa-base")
    parser.add_argument("--resume", type=Path, help="a checkpoint: to be continued, measured, exported")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--lr", type=float)
    parser.add_argument("--num-heads", type=int)
    parser.add_argument("--temperature", type=float)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--max-samples", type=int, help="only the first pages of the list")
    parser.add_argument("--ray", metavar="ADDRESS", help="train on a Ray cluster: HOST:PORT, auto, or local")
    parser.add_argument("--ray-workers", type=int, default=2)
    return parser


if __name__ == "__main__":
    main()
