"""What the host adds to a diffusion engine's own call: `python -m bench.overhead [--folder KLEIN] [--runs 5]`.

The bare pipeline, the engine around it and the generation's lane step (with the assessment) colour the same page in
turn, so that the machine's speed at the moment is the same for all; printed are medians and the share over the bare
call. Without `--folder` a toy with random weights stands in: its share is an upper bound, since the real network
takes far longer and what is added does not grow with it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engines.base import Plan
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.colorize.flux2.info import KLEIN_4B
from engines.residency import Residency
from engines.testing.contract import flat_reference, ignore_step, request_of
from host.device import machine_device
from host.pipeline.job import PageJob
from host.pipeline.page import PagePipeline
from host.pipeline.prepared import PreparedPage
from host.pipeline.series import ReferencePicture
from tests.engines.flux2.bare import bare_call, padded
from tests.engines.toys import klein

PAGE = Path(__file__).parents[1] / "tests" / "pages" / "manga-library-ja.png"
SIZES = ((512, 384), (1280, 800))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="FLUX.2 klein 4B; without it a toy with random weights")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or klein.build_folder(Path(scratch) / "toy")
        variant = KLEIN_4B if asked.folder else replace(KLEIN_4B, hidden=klein.HIDDEN)
        engine = Flux2KleinEngine(variant, folder)
        Residency(machine_device()).require(engine)
        print("page        bare call    engine              lane step of the pipeline")
        for size in SIZES:
            print(measure(engine, size, asked.runs))


def measure(engine: Flux2KleinEngine, size: tuple[int, int], runs: int) -> str:
    grey = cv2.resize(cv2.imread(str(PAGE), cv2.IMREAD_GRAYSCALE), size[::-1], interpolation=cv2.INTER_AREA)
    page, reference = np.asarray(grey, np.uint8), flat_reference(1.0, 256)
    prepared = prepare(engine, page, reference)
    request = request_of(page, reference, plan=Plan(seed=1, steps=4, prompt="a page"))
    pipeline = engine._pipeline  # noqa: SLF001 - the very one that the engine calls
    works: list[Any] = [
        lambda: bare_call(pipeline, [padded(page), padded(reference)], "a page", 1),
        lambda: engine.colorize(request, ignore_step),
        lambda: lane_step(prepared, engine),
    ]
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(runs + 1):
        for seconds, work in zip(taken, works, strict=True):
            began = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - began)
    bare, around, whole = (statistics.median(seconds[1:]) for seconds in taken)
    return (
        f"{size[0]:>4}x{size[1]:<5}  {bare * 1000:7.0f} ms   {around * 1000:6.0f} ms ({around / bare - 1:+.1%})"
        f"   {whole * 1000:6.0f} ms ({whole / bare - 1:+.1%})"
    )


def prepare(engine: Flux2KleinEngine, page: Any, reference: Any) -> PreparedPage:
    pipeline = PagePipeline()
    decoded = pipeline.decode(cv2.imencode(".png", page)[1].tobytes())
    job = PageJob(
        engine=replace(engine.info, comfort_pixels=None),
        plan=Plan(seed=1, steps=4),
        references=(ReferencePicture(reference_id="a", pixels=reference),),
    )
    prepared = pipeline.read(decoded, job, lambda *_: None)
    assert isinstance(prepared, PreparedPage)
    return prepared


def lane_step(prepared: PreparedPage, engine: Flux2KleinEngine) -> None:
    """Infer and assess once; a toy's picture departs from the page, so that the second try is left out."""
    from host.pipeline.generation.assess import assess

    result = engine.colorize(prepared.request, ignore_step)
    request = prepared.request
    assess(request.page, request.protect, result.oklab, prepared.meta)


if __name__ == "__main__":
    main()
