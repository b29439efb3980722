"""The one place where everything is put together; the host's service and the command line both open it."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Self

from engines.colorize.comfyui.info import Server
from engines.registry import EngineRegistry
from host.device import machine_device
from host.errors import BadRequest, NotFound, SecretsUnavailable
from host.jobs.board import JobBoard
from host.jobs.engine_room import EngineRoom
from host.jobs.lane import Lane
from host.jobs.retrieval import HostEmbedder, Memories
from host.jobs.word_steps import word_choice
from host.messaging.messages import HistoryReport, Options
from host.model_library import HF_TOKEN, ModelLibrary
from host.palettes.book import PaletteBook
from host.palettes.cast import Casts
from host.palettes.files import PaletteFiles
from host.palettes.sightings import Sightings
from host.secrets import secret_for
from host.settings import Settings, SettingsFile
from host.store.search import ReferenceSearcher
from host.store.store import Store
from host.store_records import ReferenceAdd
from host.studio.desk import Desk
from host.viability import viability_of
from models.hub import hub_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engines.base import EngineSource
    from engines.embed.registry import EmbedderChoice
    from host.jobs.wordsmith import Wordsmith
    from host.messaging.messages import Message, Preset
    from host.palette_records import ElementsFile, PaletteView
    from host.paths import StatePaths
    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.hint_regions import HintRegions
    from host.pipeline.page import PagePipeline
    from host.studio.tools import Tools
    from host.studio.wording import WishWording
    from host.vocabulary import PageFormat

_LOG = logging.getLogger(__name__)
_MIB: Final = 1 << 20
CLOSE_S: Final = 0.6
COMFYUI_KEY: Final = "comfyui_key"
# Of the time to close: waiting for threads. The rest is for the store.
_WAITING_SHARE: Final = 0.6


class Application:
    """Settings, store, models and the board of jobs of one process. A context manager; `close` may be called twice."""

    def __init__(
        self, paths: StatePaths, settings: SettingsFile, store: Store, engines: EngineSource,
        notify: Callable[[Message], None], page_format: PageFormat | None = None,
    ) -> None:  # fmt: skip
        self.paths = paths
        self.settings = settings
        self.store = store
        self.engines = engines
        self.device = machine_device()
        self._opened_s = time.monotonic()
        self.models = ModelLibrary(notify, partial(viability_of, engines), lambda: settings.current.model_hub)
        self.embedder = HostEmbedder(partial(_choose_embedder, settings.current))
        self.searcher = ReferenceSearcher(store, self.embedder, lambda: _make_reader(settings.current))
        palettes, sightings = PaletteFiles(paths.palettes), Sightings(store.database)
        self.palettes = PaletteBook(
            palettes, sightings, store.sources, store.references, self.embedder.open,
            lambda: _make_reader(settings.current),
        )  # fmt: skip
        self._smith: Wordsmith | None = None
        self._hint_regions: HintRegions | None = None
        self._making = Lock()
        self.board = JobBoard(
            pipeline=lambda: _make_pipeline(settings.current, self.embedder, self.board.engine_room, self._wordsmith()),
            store=store,
            engines=engines,
            lane=Lane(paths.lane_lock),
            device=self.device,
            notify=notify,
            settings=settings,
            exports=paths.exports,
            memories=Memories(store, self.embedder),
            page_format=page_format,
            casts=Casts(palettes, sightings, lambda: self.embedder.identity, self.embedder.open),
        )

        self.desk = Desk(self._studio_tools, notify)

    @classmethod
    def open(
        cls,
        paths: StatePaths,
        notify: Callable[[Message], None],
        *,
        explicit: Mapping[str, Any] | None = None,
        engines: EngineSource | None = None,
        page_format: PageFormat | None = None,
    ) -> Self:
        """Open the home in `paths`. `explicit` settings go before the environment and the file.

        notify: thread-safe; gets what the reader is to hear of jobs and models. engines: None for all that there are.
        page_format: what pages become, also what the extension cannot show; None: the setting decides.

        Raises:
            BadRequest: an explicit setting is unknown or bad. DiskFull, Busy, InternalError: the home cannot be used.
        """
        source = engines or engine_registry(lambda: settings.current)
        settings = SettingsFile(paths.settings_file, explicit, [info.id for info in source.infos()])
        current = settings.current
        store = Store.open(paths, cache_limit_mib=current.cache_limit_mib, spool_limit_mib=current.spool_limit_mib)
        return cls(paths, settings, store, source, notify, page_format)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def engine_room(self) -> Iterator[EngineRoom]:
        """Give a room for a page outside of any job, on the same lane as all others; it is closed afterwards."""
        room = EngineRoom(
            self.engines, Lane(self.paths.lane_lock), self.device, idle_s=60, ledger=self.board.engine_room.ledger
        )
        try:
            yield room
        finally:
            room.close()

    @property
    def uptime_s(self) -> float:
        """How long this has been open."""
        return time.monotonic() - self._opened_s

    def change_settings(self, changes: Mapping[str, Any]) -> Settings:
        """Change settings and let them take effect; jobs under way keep theirs.

        Raises:
            BadRequest: an unknown key, a bad value, or a default engine that does not exist. DiskFull
        """
        known = [info.id for info in self.engines.infos()]
        if "default_engine" in changes and changes["default_engine"] not in known:
            raise BadRequest(
                "The setting 'default_engine' names no engine.",
                f"The engines are: {', '.join(known)}.",
                told=("no_engine", str(changes["default_engine"])[:128], ", ".join(known)),
            )
        settings = self.settings.update(changes)
        self.store.results.limit_bytes = settings.cache_limit_mib * _MIB
        self.store.spool.limit_bytes = settings.spool_limit_mib * _MIB
        return settings

    def save_preset(self, preset: Preset) -> list[Preset]:
        """Keep a preset; errors as `PresetFile.save`, and NotFound where it names an engine that there is not."""
        known = [info.id for info in self.engines.infos()]
        if preset.engine is not None and preset.engine not in known:
            raise NotFound(
                f"There is no engine {preset.engine[:128]!r}.",
                f"The engines are: {', '.join(known)}.",
                told=("no_engine", preset.engine[:128], ", ".join(known)),
            )
        return self.store.presets.save(preset)

    def take_in_elements(self, file: ElementsFile) -> PaletteView:
        """Make the elements of a list those of a series, and the pictures that it names its references: all or none.

        Raises:
            BadRequest: it is no such list, a picture that it names is not given, or another element has one's name or
            trigger word. ImageInvalid, TooLarge, DiskFull
        """
        from host.studio.elements.records import elements_of
        from host.studio.elements.taken_in import changes_of, pictures_named

        record = elements_of(file.json)
        given = {one.name: one.image for one in file.pictures}
        named = pictures_named(record, given)
        changes_of(record, (), dict.fromkeys(named, "-"))  # what cannot be held is told before a picture is kept
        ids = {
            name: self.store.references.add(
                ReferenceAdd(image=given[name], name=name[:200], series=file.series)
            ).reference_id
            for name in dict.fromkeys(named.values())
        }
        pictures = {name: ids[of] for name, of in named.items()}
        return self.palettes.set_elements(file.series, lambda known: changes_of(record, known, pictures))

    def report(self, series: str) -> HistoryReport:
        """Write what was coloured of a series as HTML; errors as `write_report`."""
        from host.report.series import write_report

        written = write_report(self.store, series, self.paths.reports)
        return HistoryReport(path=str(written.path), pages=written.pages, remembered=written.remembered)

    def forget(self, series: str | None) -> int:
        """Forget that a series, or all, was coloured: its pictures, how they look, and who was seen; return how many.

        The palette that the reader made stays, and the references do.
        """
        from host.report.series import forget_reports

        self.board.settle_notes()
        self.store.results.remove(self.store.history.keys(series))
        self.store.indexes.forget(series)
        self.palettes.forget_sightings(series)
        forget_reports(self.paths.reports, series)
        return self.store.history.forget(series)

    def origin_of_secret(self, name: str) -> str:
        """Return the server that a secret is for, as it is set now; empty where there is none."""
        if name == HF_TOKEN:
            return hub_origin(self.settings.current.model_hub)
        return Server(self.settings.current.comfyui_url).origin if name == COMFYUI_KEY else ""

    def wording(self) -> WishWording:
        """Return what has models work on a wish of the studio's, as the settings are at that time."""
        from host.studio.wording import WishWording

        return WishWording(self._wordsmith, lambda: word_choice(Options(), self.settings.current))

    def _wordsmith(self) -> Wordsmith:
        """Return the one for pages and studio: two would each hold the small models."""
        from host.jobs.wordsmith import Wordsmith

        with self._making:
            self._smith = self._smith or Wordsmith(self.board.engine_room)
            return self._smith

    def hint_regions(self) -> HintRegions:
        """Return what tells the region of a dot of colour before it is set."""
        from host.pipeline.hint_regions import HintRegions
        from host.pipeline.pointed import Pointer

        with self._making:
            if self._hint_regions is None:
                pointer = Pointer(self.board.engine_room.guest)
                self._hint_regions = HintRegions(lambda: _make_reader(self.settings.current), pointer)
            return self._hint_regions

    def _studio_tools(self) -> Tools:
        from engines.words.registry import open_word_reader
        from host.studio.painters import Painters
        from host.studio.tools import Tools

        return Tools(
            reader=lambda: _make_reader(self.settings.current),
            painters=Painters(self.engines, self.board.engine_room, lambda: self.settings.current.default_engine),
            references=self.store.references.pixels,
            words=lambda: open_word_reader("rapidocr"),
            scratch=self.store.scratch,
            captured=self.store.spool.read,
            elements=self.palettes.elements,
            people=self.palettes.people,
            alone=self.board.engine_room.alone,
            guest=self.board.engine_room.guest,
            wording=self.wording(),
        )

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Stop all work, within about `timeout_s`, and leave no partial file."""
        self.models.close()
        studio_stopped = self.desk.close(timeout_s * _WAITING_SHARE / 2)
        if not (self.board.close(timeout_s * _WAITING_SHARE / (1 if studio_stopped else 2)) and studio_stopped):
            # A step of a library cannot be interrupted; what it still writes goes to a folder that is gone.
            _LOG.warning("some work did not stop within %.1f s", timeout_s)
        self.store.close()


def engine_registry(current: Callable[[], Settings]) -> EngineRegistry:
    """Return every engine, set up as the settings in force say."""
    return EngineRegistry(lambda: _comfyui_server(current()))


def _comfyui_server(settings: Settings) -> Server:
    server = Server(settings.comfyui_url)
    if not server.is_set or server.is_loopback:
        return server
    try:
        return Server(settings.comfyui_url, secret_for(COMFYUI_KEY, server.origin) or "")
    except SecretsUnavailable as exc:
        _LOG.warning("no key for ComfyUI: %s", exc.message)
        return server


def _make_pipeline(settings: Settings, embedder: HostEmbedder, room: EngineRoom, wordsmith: Wordsmith) -> PagePipeline:
    from host.pipeline.page import PagePipeline
    from host.pipeline.pointed import Pointer
    from host.pipeline.retrieve import LikenessRetriever

    reader = _make_reader(settings)
    return PagePipeline(
        reader=reader, retriever=LikenessRetriever(embedder.open, reader), reworder=wordsmith,
        pointer=Pointer(room.guest),
    )  # fmt: skip


def _make_reader(settings: Settings) -> PageReader:
    from host.pipeline.analysis.shipped import shipped_reader

    return shipped_reader(settings.detector_weights)


def _choose_embedder(settings: Settings) -> EmbedderChoice:
    from engines.embed.registry import choose_embedder

    return choose_embedder(settings.embedder, settings.embedder_folder)
