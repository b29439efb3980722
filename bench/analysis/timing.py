"""How long the parts of the analysis take for one page of 1200 x 1800, warm: wall time, all threads' processor time.

decode      bytes to pixels
detector    the network's look at the page
classical   the whole reading without the network
analysis    the whole reading as the host does it
signals     what the director plans with, one reference
embed       one page's crop for retrieval, by embedder
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

from bench.analysis.recall import as_rgb
from engines.detect.yolo import YoloDetector
from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.analysis.shipped import shipped_reader
from host.pipeline.decode import decode_page
from host.pipeline.generation.director.signals import measure_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.embed.base import Embedder

SIDES = (1200, 1800)


@dataclass(frozen=True, slots=True)
class StageTime:
    """Medians in milliseconds, and the fastest run."""

    stage: str
    wall_ms: float
    processor_ms: float
    fastest_ms: float
    runs: int


def measure(grey: NDArray[np.uint8], embedders: Sequence[Embedder], runs: int) -> list[StageTime]:
    """Time every part `runs` times on a page enlarged to 1200 x 1800."""
    wide = cv2.resize(grey, SIDES, interpolation=cv2.INTER_CUBIC)
    encoded = cv2.imencode(".jpg", wide)[1].tobytes()
    page = decode_page(encoded)
    reader, classical, detector = shipped_reader(), TwoOpinionReader(), YoloDetector()
    reading, rgb = reader.read(page, "ltr"), as_rgb(page.grey)
    stages: dict[str, Callable[[], object]] = {
        "decode": lambda: decode_page(encoded),
        "detector": lambda: detector.detect(page.grey),
        "classical": lambda: classical.read(page, "ltr"),
        "analysis": lambda: reader.read(page, "ltr"),
        "signals": lambda: measure_signals(page.grey, reading.masks.protect, reading.meta, [rgb]),
    }
    for embedder in embedders:
        stages[f"embed, {embedder.info.id}"] = _embedding(embedder, rgb)
    return [timed(stage, work, runs) for stage, work in stages.items()]


def timed(stage: str, work: Callable[[], object], runs: int) -> StageTime:
    """Run once to warm up, then `runs` times."""
    work()
    walls, processors = [], []
    for _ in range(max(1, runs)):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        walls.append(1000 * (time.perf_counter() - wall))
        processors.append(1000 * (time.process_time() - processor))
    return StageTime(stage, statistics.median(walls), statistics.median(processors), min(walls), len(walls))


def _embedding(embedder: Embedder, rgb: NDArray[np.uint8]) -> Callable[[], object]:
    return lambda: embedder.embed([rgb])
