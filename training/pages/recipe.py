"""What the recipe does before and after training."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import numpy as np

from engines.detect.base import LABELS
from engines.detect.yolo import YoloDetector
from training.compact.card import update_card
from training.pages import annotated
from training.pages.dataset import write_dataset
from training.pages.export import export
from training.pages.measure import Measure
from training.pages.synth import load_fonts, synth_page
from training.pages.variants import LabelledPage, plain, varied

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from engines.detect.base import Label
    from training.pages.config import Config

# Below this no threshold is chosen.
_LEAST_SCORE = 0.03
# Far from the seeds of the training set.
_DEV_SEED = 900_000
KINDS = ("grey", "manga", "drawn")
_log = logging.getLogger(__name__)


def make_data(data: Path, out: Path, config: Config) -> Path:
    """Draw the training set into `out`; return its `dataset.yaml`."""
    return write_dataset(data, out, config.data, config.seed)


def make_weights(data: Path, checkpoint: Path, out: Path, config: Config, catalog: Path | None) -> Path:
    """Export a checkpoint, with thresholds that the dev pages choose; write `measures.json` beside it."""
    weights = export(checkpoint, out, config, dict.fromkeys(LABELS, _LEAST_SCORE))
    detector = YoloDetector(weights)
    seen = {kind: Measure() for kind in KINDS}
    all_of_them = Measure()
    for kind, measure in seen.items():
        for page in dev_pages(data, kind, config):
            found = detector.detect(page.grey)
            measure.add(page, found)
            all_of_them.add(page, found)
    thresholds = all_of_them.thresholds()
    table = {kind: _table(measure, thresholds) for kind, measure in seen.items()}
    _log.info("dev pages, which also chose the thresholds: %s", table)
    (out / "measures.json").write_text(json.dumps(table, indent=1), "utf-8")
    weights = export(checkpoint, out, config, thresholds)
    if catalog is not None:
        update_card(catalog, [weights])
    return weights


def dev_pages(data: Path, kind: str, config: Config) -> Iterator[LabelledPage]:
    """Yield pages to measure on: the dev pages in both languages, `grey` or as `manga`, or `drawn` ones."""
    if kind == "drawn":
        fonts = load_fonts([data / "fonts"])
        for number in range(config.data.dev_drawn_pages):
            drawn = synth_page(_DEV_SEED + number, 900, fonts=fonts)
            yield LabelledPage(drawn.grey, drawn.boxes, hand=True)
        return
    for index, name in enumerate(annotated.page_names(data, "dev")):
        for number, language in enumerate(annotated.LANGUAGES):
            page = annotated.read_page(data, name, language)
            yield plain(page) if kind == "grey" else varied(page, np.random.default_rng([index, number]))


def _table(measure: Measure, thresholds: Mapping[Label, float]) -> dict[Label, dict[str, float]]:
    rows: dict[Label, dict[str, float]] = {}
    for label in LABELS:
        score = measure.score(label, thresholds[label])
        facts = {"f1": score.f1, "precision": score.precision, "recall": score.recall, "threshold": thresholds[label]}
        rows[label] = {"truths": score.truths, **{name: round(value, 3) for name, value in facts.items()}}
    return rows
