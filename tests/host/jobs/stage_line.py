"""The stages on a real scheduler and store, with a pipeline and a lane that note what is asked of them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from engines.geometry import Size
from host.corrections import ColourHint, Corrections
from host.jobs.stages import Stages
from host.messaging.messages import PageDone
from host.pipeline.version import READING_VERSION
from host.store.results import StoredResult
from tests.host.jobs.conftest import page_bytes
from tests.host.jobs.staging import Recipe, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from host.jobs.work import Work
    from host.store.store import Store

PIXELS = "5" * 64
_NUMBERS = count()
HINTED = Corrections(hints=(ColourHint(points=((0.5, 0.5),), rgb=(9, 9, 9)),))


class Made(Recipe):
    """A recipe that tells how pages are to be corrected, and notes what it hears."""

    def __init__(self, known: Corrections | None = None) -> None:
        super().__init__(f"recipe {next(_NUMBERS)}")
        self.known = known
        self.references: tuple[str, ...] = ()
        self.cast: Any = None
        self.duplicates = SimpleNamespace(find=lambda _: None, remember=lambda *pair: self.remembered.append(pair))
        self.remembered: list[Any] = []

    def corrected(self, pixels: list[str], corrections: Corrections) -> dict[str, Corrections]:
        assert corrections == Corrections()
        return dict.fromkeys(pixels, self.known) if self.known is not None else {}

    def page_job(self, corrections: Corrections, check: Callable[[], None]) -> Any:
        check()
        return SimpleNamespace(corrections=corrections, memory=None)

    def key(self, pixels: str, corrections: Corrections, undone: tuple[str, ...] = ()) -> str:
        way = "hinted" if corrections == HINTED else "plain"
        return " ".join([pixels[:1], way, *undone])


@dataclass(frozen=True)
class Request:
    parts: str | None = "parts"
    panels: str | None = "panels"
    regions: tuple[str, ...] = ("region",)


@dataclass(frozen=True)
class Prepared:
    """A page that was read, as far as the stages look at it."""

    job: Any = field(default_factory=lambda: SimpleNamespace(corrections=Corrections(), memory=None, rewording=None))
    request: Request = Request()
    meta: Any = field(default_factory=lambda: SimpleNamespace(references=()))
    memory_entry: str | None = None


class Pipeline:
    """Notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.size = Size(120, 80)
        self.read_as: Any = Prepared()

    def decode(self, encoded: bytes, check: Callable[[], None]) -> Any:
        check()
        assert encoded == page_bytes(1)
        self.asked.append("decode")
        return SimpleNamespace(size=self.size, pixels_sha256=PIXELS)

    def read(self, page: Any, job: Any, tick: object) -> Any:
        self.asked.append("read")
        return self.read_as

    def colour(self, prepared: Any, engine: str, tick: object, watch: object) -> Any:
        self.asked.append(f"colour by {engine}")
        return "coloured"

    def finish(self, prepared: Any, coloured: Any, tick: object) -> Any:
        runmeta = SimpleNamespace(model_dump=lambda mode: {"made": mode}, result_sha256="9" * 64, duration_ms={})
        return SimpleNamespace(image=b"made", mime="image/png", size=Size(120, 80), runmeta=runmeta, rgb=None)


class Room:
    """The lane, which another host may have had meanwhile."""

    def __init__(self) -> None:
        self.waited = False
        self.idle_s = 60.0

    @contextmanager
    def engine(self, engine_id: str, check: Callable[[], None]) -> Iterator[tuple[str, bool]]:
        check()
        yield engine_id, self.waited

    def run_with_memory(self, engine: str, work: Callable[[], Any]) -> Any:
        return work()

    def release_idle(self) -> None:
        pass

    close = release_idle


class Line:
    """Stages on a scheduler and a store, with one page in hand."""

    def __init__(self, stage: Stage, store: Store) -> None:
        self.stage, self.scheduler, self.listener, self.store = stage, stage.scheduler, stage.listener, store
        self.pipeline, self.room = Pipeline(), Room()
        self.stages = Stages(self.scheduler, lambda: self.pipeline, store, self.room)  # type: ignore[arg-type, return-value]

    def begin(self, recipe: Made | None = None, **facts: Any) -> Work:
        job = self.stage.job(1, recipe=recipe or Made(), bytes_come=False, **facts)
        page = job.pages["p0"]
        self.store.spool.put(page.sha256, page_bytes(1))
        work = self.scheduler._works.join(job, page)
        assert work is not None
        return work

    def coloured(self, recipe: Made | None = None) -> Work:
        work = self.begin(recipe)
        work.prepared, work.coloured = Prepared(), "coloured"  # type: ignore[assignment]
        self.scheduler.claim(work, "k")
        return work

    def keep(self, key: str, image: bytes = b"kept") -> None:
        self.store.results.put(key, self.kept(image))

    def kept(self, image: bytes = b"kept") -> StoredResult:
        runmeta = {"reading_version": READING_VERSION}
        return StoredResult(image=image, mime="image/png", size=Size(3, 2), runmeta=runmeta)

    def done(self) -> list[tuple[bytes, bool, str]]:
        return [(one.image, one.cached, one.result_key) for one in self.listener.of(PageDone)]
