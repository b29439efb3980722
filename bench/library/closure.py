"""Closure-Lite's variants, trained small on labelled pages: the next panel by the network, by our rule and by chance.

The truth is the order in which the labels list panels, looked at by hand, also where panels interlock.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.geometry import Box
from host.pipeline.analysis.layout.order import reading_order
from training.closure.config import CONFIGS, VARIANTS, Config
from training.closure.data import PageReader, read_specs, split
from training.closure.learner import load_network
from training.closure.measure import in_tiers, measure, rule_accuracy
from training.closure.train import BEST, LOG, train
from training.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.closure.measure import Boxes


def main(arguments: Sequence[str]) -> int:
    """Print the figures; return 1 where a network is no better than chance."""
    parser = argparse.ArgumentParser(prog="python -m bench.library closure", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a folder with lettered/en and annotations")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--variant", action="append", choices=VARIANTS, help="default: all")
    parser.add_argument("--out", type=Path, help="keeps the runs, and goes on with them")
    parser.add_argument("--texts", type=Path, help='JSON of the words of panels: {"E01P01": ["…", …]}')
    options = parser.parse_args(list(arguments))
    with tempfile.TemporaryDirectory() as name:
        root = options.out or Path(name)
        list_file = _dataspecs(options.data, root / "dataspec", _texts(options.texts))
        return _all(list_file, root, options.variant or VARIANTS, options.epochs)


def _all(list_file: Path, root: Path, variants: Sequence[str], epochs: int) -> int:
    small = read_settings(Config, CONFIGS / "small.toml")
    small = replace(small, data=replace(small.data, dev_share=0.2))
    _, dev = split(read_specs(list_file), small.data.dev_share)
    asked = [len(one.boxes) for one in dev]
    chance = sum(1.0 for n in asked if n > 1) / max(1, sum(n - 1 for n in asked))
    say = sys.stdout.write
    say(f"{len(dev)} dev pages, {sum(n - 1 for n in asked)} panels with a next one\n")
    plain, ours = rule_accuracy(dev, in_tiers), rule_accuracy(dev, _ours)
    say(f"by chance {chance:.3f}, plain rule {plain:.3f}, our rule {ours:.3f}\n")
    is_better = True
    for variant in variants:
        losses = read_settings(Config, CONFIGS / f"{variant}.toml").losses
        config = replace(small, losses=losses, optimisation=replace(small.optimisation, epochs=epochs))
        out = root / variant
        train(list_file, out, config)
        network, _ = load_network(out / BEST)
        found = measure(network, dev, PageReader(config), config)
        last = (out / LOG).read_text("utf-8").splitlines()[-1].split(",")
        say(f"{variant:16} next panel {found.next_panel:.3f}, page {found.on_page:.3f}; loss pop mpm rpp {last[1:5]}\n")
        is_better &= found.next_panel > chance
    return 0 if is_better else 1


def _ours(boxes: Boxes) -> list[int]:
    return reading_order([Box(round(x), round(y), round(x + w), round(y + h)) for x, y, w, h in boxes], "ltr")


def _dataspecs(data: Path, out: Path, texts: dict[str, list[str]]) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    lines = []
    for path in sorted((data / "annotations").glob("*.json")):
        page: dict[str, Any] = json.loads(path.read_text("utf-8"))
        picture = data / "lettered" / "en" / f"{page['page']}.webp"
        words = texts.get(page["page"], [])
        panels = [
            {
                "panel_coords": [left, top, right - left, bottom - top],
                "text": {"dialogue": words[place : place + 1], "narration": [], "sfx": []},
            }
            for place, (left, top, right, bottom) in enumerate(page["panels"])
        ]
        if picture.is_file() and panels:
            made = out / path.name
            made.write_text(json.dumps({"page_image_path": str(picture.absolute()), "panels": panels}), "utf-8")
            lines.append(str(made.absolute()))
    (out / "list.txt").write_text("\n".join(lines), "utf-8")
    return out / "list.txt"


def _texts(path: Path | None) -> dict[str, list[str]]:
    return {} if path is None else json.loads(path.read_text("utf-8"))
