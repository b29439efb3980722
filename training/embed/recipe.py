"""What the recipe does after training."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from engines.embed.compact import CompactEmbedder
from engines.embed.palette import PaletteEmbedder
from training.compact.card import update_card
from training.embed.crops import read_crops
from training.embed.export import export
from training.embed.measure import drawn_recall, name_recall, panel_recall

if TYPE_CHECKING:
    from pathlib import Path

    from engines.embed.base import Embedder
    from training.embed.crops import Crop

_log = logging.getLogger(__name__)


def make_weights(data: Path, checkpoint: Path, out: Path, run: Path, catalog: Path | None) -> Path:
    """Export a checkpoint into `out`, record it in the catalogue, and write `run/measures.json` of the dev pages."""
    weights = export(checkpoint, out)
    if catalog is not None:
        update_card(catalog, [weights])
    crops = read_crops(data, "dev")
    embedders: dict[str, Embedder] = {"compact": CompactEmbedder.of_file(weights), "palette": PaletteEmbedder()}
    table = {name: _measures(embedder, crops) for name, embedder in embedders.items()}
    _log.info("dev pages and people never drawn before: %s", table)
    (run / "measures.json").write_text(json.dumps(table, indent=1), "utf-8")
    return weights


def _measures(embedder: Embedder, crops: list[Crop]) -> dict[str, float]:
    named, chance = name_recall(embedder, crops)
    measures = {
        "drawn people, clean": drawn_recall(embedder, worn=False),
        "drawn people, worn": drawn_recall(embedder),
        "panels, ink finds grey": panel_recall(embedder, crops),
        "names": named,
        "names by chance": chance,
    }
    return {what: round(value, 3) for what, value in measures.items()}
