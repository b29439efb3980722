"""The reader that the host uses: with the networks that ship, or with a detector of the reader's own."""

from __future__ import annotations

from pathlib import Path

from engines.detect.pixels import NetworkPixelReader
from engines.detect.yolo import YoloDetector
from host.pipeline.analysis.fusion.evidence import BALLOON_HINT
from host.pipeline.analysis.read import TwoOpinionReader


def shipped_reader(detector_weights: str = "") -> TwoOpinionReader:
    """Return a reader whose networks open at the first page.

    detector_weights: the path of a detector of the reader's own; empty for the one that ships.
    """
    own = Path(detector_weights) if detector_weights else None
    return TwoOpinionReader(YoloDetector(own, {"balloon": BALLOON_HINT}), NetworkPixelReader())
