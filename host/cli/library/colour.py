"""`irodori library colour`: a shelf in, the host's own pipeline in between, a shelf in colour out."""

from __future__ import annotations

import base64
import json
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rich.console import Console

from host.application import Application
from host.books.whole_files import require_nameable, require_writable, write_whole
from host.cli.console import STDERR, say
from host.cli.library.progress import ShelfProgress
from host.errors import BadRequest, NotFound
from host.jobs.word_steps import memory_of_words
from host.library.asked import Asked
from host.library.cluster import RayColourers, store_root
from host.library.manifest import Manifest
from host.library.orders import OrderBook
from host.library.page_store import PageStore
from host.library.palettes import EmbedderUse, SeriesPalettes
from host.library.plan import Plan, make_plan
from host.library.references import References, read_mapping, read_named
from host.library.report import THUMBS, ShelfReport, thumb_name
from host.library.run import ShelfRun
from host.library.shelf import find_volumes
from host.library.watch import ShelfWatch
from host.library.workers import Workers, default_workers
from host.library.writing import Writer
from host.logs import start_log
from host.messaging.messages import Options
from host.palettes.files import PaletteFiles
from host.paths import state_paths

if TYPE_CHECKING:
    from pathlib import Path

    from host.library.colourer import PageResult
    from host.library.manifest import VolumeRecord
    from host.library.shelf import Shelf, Source
    from host.library.workers import Colourers
    from host.messaging.messages import Message
    from host.vocabulary import Direction, OutputKind, PageFormat

REPORT: Final = "report"
_GIB: Final = 1 << 30
_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for on the command line. None: the settings decide."""

    roots: tuple[Path, ...]
    output: Path
    kind: OutputKind = "cbz"
    page_format: PageFormat | None = None
    references: tuple[Path, ...] = ()
    mapping: Path | None = None
    series: str = ""
    options: Options = field(default_factory=Options)
    engine: str | None = None
    direction: Direction = "auto"
    workers: int | None = None
    ray: str | None = None
    results: str | None = None
    plan_only: bool = False
    watch: bool = False
    retry: bool = False
    runmeta: bool = False
    json: bool = False


def run(request: Request) -> int:
    """Colour the shelf; return 0 if all pages are done or left as they are, 1 if some failed.

    Raises:
        IrodoriError: nothing could be begun, or the disk is full; what was finished is kept.
    """
    start_log(state_paths().log_file)
    require_nameable(request.output)
    if request.output.exists() and not request.output.is_dir():
        raise BadRequest(f"{request.output} is a file.", "Choose a folder as --output.")
    require_writable(request.output)
    with ExitStack() as stack:
        watch = stack.enter_context(ShelfWatch(request.roots, request.output)) if request.watch else None
        manifest = stack.enter_context(Manifest(request.output))
        application = stack.enter_context(Application.open(state_paths(), _unheard))
        pass_ = _Pass(request, application, manifest)
        status = pass_.go()
        while watch is not None and not request.plan_only:
            say("Watching; Ctrl-C ends it.")
            watch.wait()
            status = pass_.go()
    return status


class _Pass:
    """What stays the same from one pass over the shelf to the next."""

    def __init__(self, request: Request, application: Application, manifest: Manifest) -> None:
        self._request, self._application, self._manifest = request, application, manifest
        settings = application.settings.current
        known = [info.id for info in application.engines.infos()]
        if request.engine is not None and request.engine not in known:
            raise NotFound(f"There is no engine {request.engine!r}.", f"The engines are: {', '.join(known)}.")
        self._format: PageFormat = request.page_format or settings.output_format
        self._named, said = read_named(request.references)
        self._mapping = read_mapping(request.mapping)
        self._orders = OrderBook(application, request.engine, request.options, self._format)
        for line in said:
            say(line)
        self._engine = self._orders.base.job.engine
        self._is_on_processor = self._engine.device == "cpu"
        # An engine that reads no words has none of their models loaded.
        reads = self._engine.wording != "none"
        words = memory_of_words(self._orders.base.job.words) if reads else (0, 0)
        self._count = request.workers or (default_workers(*words) if self._is_on_processor else 1)

    def go(self) -> int:
        """Plan, colour what is not done, report."""
        began_s, request = time.monotonic(), self._request
        shelf = find_volumes(request.roots, request.output)
        if not shelf.sources and not request.watch:
            raise BadRequest(
                "There is no volume there.", "Name folders with volumes (CBZ, PDF, …) or pictures in them."
            )
        named = References(self._named, self._mapping, shelf.sources, lambda _: False)
        asked = Asked(self._orders, request.kind, request.direction, named, self._palettes())
        plan = self._plan(shelf, asked)
        self._tell(shelf, plan)
        if request.plan_only:
            if request.json:
                _print_json(_plan_as_json(plan))
            return 1 if any(volume.fault for volume in plan.volumes) else 0
        if plan.to_do:
            self._colour(shelf, plan, asked)
        return self._conclude(shelf, plan, time.monotonic() - began_s)

    def _palettes(self) -> SeriesPalettes:
        """Return the palettes as they are now: a change is laid by the next pass."""
        files, settings = PaletteFiles(self._application.paths.palettes), self._application.settings.current
        use = EmbedderUse(*self._application.embedder.identity, settings.embedder_folder)
        return SeriesPalettes(files.every(), use, self._request.series)

    def _plan(self, shelf: Shelf, asked: Asked) -> Plan:
        with Console(stderr=True).status("Looking at the shelf") as status:
            return make_plan(
                shelf.sources,
                self._request.output,
                self._manifest,
                asked.digest,
                self._count,
                self._format,
                retry=self._request.retry,
                told=lambda done, total: status.update(f"Looking at the shelf: {done} of {total} volumes"),
            )

    def _colour(self, shelf: Shelf, plan: Plan, asked: Asked) -> None:
        folder = self._manifest.folder
        locks, waiting = folder / "locks", folder / "waiting"
        for scratch in (locks, waiting):
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(parents=True)
        results = self._request.results or str((folder / "pages").absolute())
        store = PageStore(store_root(results))
        workers = self._workers(results, locks)
        try:
            asks = workers.has_colour if self._orders.takes_references else lambda _: False
            references = References(self._named, self._mapping, shelf.sources, asks)
            with ShelfProgress(STDERR, plan) as progress:
                ShelfRun(
                    self._manifest,
                    store,
                    workers,
                    self._orders,
                    references,
                    Writer(self._request.output, self._request.kind, self._format, waiting, self._request.runmeta),
                    _WithThumbs(progress, self._request.output, folder / THUMBS),
                    asked.digest,
                    self._request.direction,
                    asked.palettes,
                ).run(plan)
            # Every volume is written: what waits there was asked for otherwise once.
            shutil.rmtree(folder / "pages", ignore_errors=True)
        finally:
            workers.close()
            for scratch in (locks, waiting):
                shutil.rmtree(scratch, ignore_errors=True)

    def _workers(self, results: str, locks: Path) -> Colourers:
        if self._request.ray is None:
            return Workers(self._count, locks, alone=self._is_on_processor)
        resources = {"GPU": 1.0} if self._engine.device == "cuda" else None
        return RayColourers(self._request.ray, results, engine_resources=resources)

    def _conclude(self, shelf: Shelf, plan: Plan, seconds: float) -> int:
        records = [record for one in shelf.sources if (record := self._manifest.get(one.place)) is not None]
        earlier = len(plan.volumes) - len(plan.to_do)
        report = ShelfReport(records, shelf.left_out, seconds, earlier, self._engine.id)
        output = self._request.output
        plain = json.dumps(report.plain(), indent=1)
        write_whole(output / f"{REPORT}.json", plain.encode())
        write_whole(output / f"{REPORT}.html", report.html(self._manifest.folder / THUMBS).encode())
        say(f"{report.summary()} in {seconds:.1f} s -> {output}")
        say(f"Report: {output / f'{REPORT}.html'}")
        if self._request.json:
            Console(soft_wrap=True).print(plain, markup=False, highlight=False)
        return 1 if report.has_failures else 0

    def _tell(self, shelf: Shelf, plan: Plan) -> None:
        done = len(plan.volumes) - len(plan.to_do)
        before = f", {done} done already" if done else ""
        where = f"{self._count} at a time" if self._request.ray is None else f"on the cluster at {self._request.ray}"
        guess = " (a guess until the first pages are done)" if plan.is_guess else ""
        volumes = f"{len(plan.volumes)} volume{'' if len(plan.volumes) == 1 else 's'}"
        say(f"{volumes}{before}; {plan.pages} page{'' if plan.pages == 1 else 's'} to colour, {where}.")
        if plan.pages:
            disk = f"{max(plan.disk_bytes / _GIB, 0.1):.1f} GiB of the {plan.free_bytes / _GIB:.1f} that are free"
            say(f"About {_in_words(plan.seconds)}{guess} and {disk}.")
        if plan.disk_bytes > plan.free_bytes:
            say("The disk may become full: then the run stops, and goes on where it was once there is room.")
        for one in shelf.left_out:
            if one.lost:
                say(f"  {one.name}: left out, {one.reason}")


class _WithThumbs:
    """A listener that keeps a small picture of each volume's first coloured page for the report."""

    def __init__(self, progress: ShelfProgress, output: Path, folder: Path) -> None:
        self._progress, self._output, self._folder = progress, output, folder
        self._first: dict[str, bytes] = {}

    def began(self, source: Source, pages: int) -> None:
        self._progress.began(source, pages)

    def page_ended(self, source: Source, page: str, result: PageResult) -> None:
        if result.verdict == "coloured" and result.thumb and source.place not in self._first:
            self._first[source.place] = base64.b64decode(result.thumb)
        self._progress.page_ended(source, page, result)

    def ended(self, source: Source, record: VolumeRecord) -> None:
        thumb = self._first.pop(source.place, b"")
        if thumb and record.outputs and record.outputs[0].path:
            write_whole(self._folder / thumb_name(record.outputs[0].path), thumb)
        self._progress.ended(source, record)


def _plan_as_json(plan: Plan) -> dict[str, object]:
    return {
        "volumes": [
            {"place": one.source.place, "pages": one.pages, "done": one.done is not None, "fault": one.fault}
            for one in plan.volumes
        ],
        "pages": plan.pages,
        "seconds": round(plan.seconds, 1),
        "disk_bytes": plan.disk_bytes,
        "free_bytes": plan.free_bytes,
    }


def _print_json(value: object) -> None:
    Console(soft_wrap=True).print(json.dumps(value, indent=1), markup=False, highlight=False)


def _in_words(seconds: float) -> str:
    minutes = round(seconds / _MINUTE_S)
    if minutes < 1:
        return "a minute"
    return f"{minutes} min" if minutes < _MINUTE_S else f"{minutes // _MINUTE_S} h {minutes % _MINUTE_S} min"


def _unheard(message: Message) -> None:
    """Nobody asked for work here, so nothing is told."""
