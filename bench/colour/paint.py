"""Everything that colours a case, all the same way: decode, analysis, the painter, composition, review, encode.

What the pipeline skips or refuses stays grey and is measured so: it is what a reader sees.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np
import psutil

from bench.colour.baselines import BASELINES, PaintEngine, reinhard, within_reach
from bench.colour.figures import turned
from engines import registry
from engines.base import Plan
from engines.oklab import srgb_to_oklab
from host.device import machine_device
from host.errors import QualityRejected
from host.pipeline.decode import decode_page
from host.pipeline.job import PageJob
from host.pipeline.prepared import SkippedPage
from host.pipeline.series import ReferencePicture
from host.pipeline.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from bench.colour.cases import Case
    from engines.base import ColorizeEngine
    from host.pipeline.page import PagePipeline
    from host.pipeline.prepared import PreparedPage

    Rgb = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

TURNS = (0, 90, 180)
"""By how many degrees the hues of a reference that shows the page itself are turned, to see whether the page's turn."""
_LOOK_S = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """A coloured case. turned: the page with itself as the reference, mirrored and turned, by degrees.

    seconds: the whole page, decode to encode; engine_s: the painter alone. peak_mb: the process's largest resident
    memory meanwhile. note: why the page stayed grey, if it did.
    """

    rgb: Rgb
    turned: dict[int, Rgb] = field(default_factory=dict)
    seconds: float = 0.0
    processor_s: float = 0.0
    engine_s: float = 0.0
    peak_mb: float = 0.0
    retries: int = 0
    note: str = ""


class Painter(Protocol):
    """Colours cases."""

    name: str

    def paint(self, case: Case) -> Painted:
        """Colour one."""
        ...


class PipelinePainter:
    """An engine in the real pipeline, with the case's reference or none; with `obeys`, also with itself, turned."""

    def __init__(
        self, name: str, engine: ColorizeEngine, pipeline: PagePipeline, *, obeys: bool = True, refers: bool = True
    ) -> None:
        self.name = name
        self._engine = engine
        self._pipeline = pipeline
        self._turns = TURNS if obeys else ()
        self._refers = refers

    def paint(self, case: Case) -> Painted:
        """Colour the case as the host would."""
        reference = ReferencePicture(reference_id=case.reference_name, pixels=case.reference)
        references = (reference,) if self._refers else ()
        job = PageJob(engine=self._engine.info, plan=Plan(seed=0), references=references, direction="ltr")
        encoded = _encoded(case)
        with _measured() as spent:
            prepared = self._pipeline.read(self._pipeline.decode(encoded), job, _unheard)
            if isinstance(prepared, SkippedPage):
                return Painted(case.uncoloured, note=f"skipped: {prepared.reason}")
            rgb, retries, note = self._finish(prepared)
        shown = np.ascontiguousarray(case.truth[:, ::-1])
        turns = {degrees: self._finish(_shown(prepared, shown, degrees))[0] for degrees in self._turns if not note}
        return Painted(
            rgb if rgb is not None else case.uncoloured,
            {degrees: other for degrees, other in turns.items() if other is not None},
            spent.seconds,
            spent.processor_s,
            prepared.stopwatch.duration_ms.get("pass2", 0.0) / 1000,
            spent.peak_mb,
            retries,
            note,
        )

    def _finish(self, prepared: PreparedPage) -> tuple[Rgb | None, int, str]:
        try:
            coloured = self._pipeline.colour(prepared, self._engine, _unheard)
            finished = self._pipeline.finish(prepared, coloured, _unheard)
        except QualityRejected as exc:
            return None, 0, f"refused: {exc.message}"
        return decode_page(finished.image).rgb, finished.runmeta.retries, ""


class TruthPainter:
    """What can be had, composed like everybody's: `truth`, the true chroma; `reach`, the reference's nearest to it."""

    def __init__(self, name: str, pipeline: PagePipeline) -> None:
        self.name = name
        self._pipeline = pipeline

    def paint(self, case: Case) -> Painted:
        """Colour the case with its own truth."""
        exact = self.name == "truth"
        lab = srgb_to_oklab(case.truth) if exact else within_reach(case.truth, case.reference)
        return PipelinePainter(self.name, PaintEngine(self.name, lambda *_: lab), self._pipeline, obeys=False).paint(
            case
        )


class DirectPainter:
    """`grey` or `reinhard`: whole pictures, which no composition with the page's ink follows."""

    def __init__(self, name: str) -> None:
        self.name = name

    def paint(self, case: Case) -> Painted:
        """Colour the case."""
        if self.name == "grey":
            return Painted(case.uncoloured)
        started = time.perf_counter()
        rgb = reinhard(case.uncoloured, case.reference)
        seconds = time.perf_counter() - started
        turns = {degrees: reinhard(case.uncoloured, turned(case.truth, degrees)) for degrees in TURNS}
        return Painted(rgb, turns, seconds, engine_s=seconds)


def protected(case: Case, pipeline: PagePipeline) -> Mask:
    """Return the `(H, W)` mask of what must stay as it is, as the analysis finds it on this page."""
    engine = PaintEngine("nobody", lambda page, _: srgb_to_oklab(np.dstack([page] * 3)))
    prepared = pipeline.read(
        pipeline.decode(_encoded(case)), PageJob(engine=engine.info, plan=Plan(), direction="ltr"), _unheard
    )
    return np.zeros(case.grey.shape, np.bool_) if isinstance(prepared, SkippedPage) else prepared.request.protect


def painters(engine_ids: Sequence[str], pipeline: PagePipeline, *, obeys: bool = True) -> list[Painter]:
    """Return the baselines, engines of the registry, loaded, with a reference and without, and what can be had.

    obeys: also measure how far they follow a reference that is turned, which takes four times as long.

    Raises:
        KeyError: a stranger. EngineError: an engine cannot be used here.
    """
    engines = [registry.get(engine_id) for engine_id in engine_ids]
    for engine in engines:
        engine.load(machine_device())
    return [
        DirectPainter("grey"),
        *(PipelinePainter(name, PaintEngine(name, paint), pipeline, obeys=obeys) for name, paint in BASELINES.items()),
        DirectPainter("reinhard"),
        *(PipelinePainter(engine.info.id, engine, pipeline, obeys=obeys) for engine in engines),
        *(
            PipelinePainter(f"{engine.info.id}, no reference", engine, pipeline, obeys=False, refers=False)
            for engine in engines
            if not isinstance(engine, PaintEngine)
        ),
        TruthPainter("reach", pipeline),
        TruthPainter("truth", pipeline),
    ]


def _shown(prepared: PreparedPage, picture: Rgb, degrees: int) -> PreparedPage:
    """Return the same page and plan with another reference, its hues turned."""
    references = (turned(picture, degrees) if degrees else picture,)
    return replace(prepared, request=replace(prepared.request, references=references), stopwatch=Stopwatch())


def _encoded(case: Case) -> bytes:
    return bytes(cv2.imencode(".png", case.grey)[1])


@dataclass
class _Spent:
    seconds: float = 0.0
    processor_s: float = 0.0
    peak_mb: float = 0.0


@contextmanager
def _measured() -> Iterator[_Spent]:
    spent, process, done = _Spent(), psutil.Process(), threading.Event()

    def watch() -> None:
        while not done.wait(_LOOK_S):
            spent.peak_mb = max(spent.peak_mb, process.memory_info().rss / 1e6)

    watcher = threading.Thread(target=watch)
    watcher.start()
    started, worked = time.perf_counter(), time.process_time()
    try:
        yield spent
    finally:
        spent.seconds, spent.processor_s = time.perf_counter() - started, time.process_time() - worked
        done.set()
        watcher.join()


def _unheard(*_: object) -> None:
    """Take a step's progress and say nothing."""
