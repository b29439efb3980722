"""What answers the extension's requests: one handler per method of the wire."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import structs

from host import __version__
from host.application import CLOSE_S, Application
from host.doctor import examine
from host.errors import BadRequest, NotFound, UnknownMethod
from host.messaging.messages import (
    PROTOCOL_RANGE,
    CacheClear,
    CacheCleared,
    CacheStats,
    DeviceInfo,
    DoctorCheck,
    Empty,
    EngineState,
    Hello,
    ModelInfo,
    ModelPull,
    ModelQuery,
    PageRegion,
    PageRegionQuery,
    Pong,
    Preset,
    Reference,
    ReferenceAdd,
    ReferenceChange,
    ReferenceList,
    ReferenceRemove,
    ReferenceScore,
    ReferenceSearch,
    ReferenceThumbnail,
    ReferenceThumbnails,
    SecretDelete,
    SecretSet,
    StudioLook,
    StudioNetwork,
    StudioPicture,
    Welcome,
    WordModels,
    WordModelsQuery,
)
from host.paths import state_paths
from host.secrets import delete_secret, set_secret
from host.settings_bounds import require_not_owners
from host.viability import viability_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engines.base import Viability
    from engines.info import EngineInfo
    from host.messaging.messages import Message, TaskAccepted


class HostService:
    """The `Service` of a session, over one `Application`.

    Attributes:
        handlers: what answers each method of `METHODS`; they may run on several threads.
    """

    def __init__(self, notify: Callable[[Message], None], application: Application | None = None) -> None:
        self._application = application or Application.open(state_paths(), notify)
        board, palettes = self._application.board, self._application.palettes
        self.handlers: Mapping[str, Callable[[Any], object]] = {
            "session.hello": self._hello,
            "session.ping": self._ping,
            "engine.list": lambda _: self._engines(),
            "reference.add": self._add_reference,
            "reference.list": self._list_references,
            "reference.thumbnails": self._thumbnails,
            "reference.change": self._change_reference,
            "reference.remove": self._remove_reference,
            "reference.search": self._search_references,
            "palette.list": lambda _: palettes.list(),
            "palette.get": palettes.get,
            "palette.set": palettes.set,
            "palette.merge": palettes.merge,
            "palette.undo": palettes.undo,
            "palette.export": palettes.export,
            "palette.import": palettes.take_in,
            "palette.elements": self._application.take_in_elements,
            "preset.list": lambda _: self._application.store.presets.every(),
            "preset.save": self._save_preset,
            "preset.remove": lambda asked: self._application.store.presets.remove(asked.name),
            "pipeline.estimate": board.estimate,
            "pipeline.run_chapter": board.run_chapter,
            "pipeline.run_page": board.run_page,
            "page.put": board.put,
            "page.keep": board.keep,
            "page.region": self._page_region,
            "job.prioritize": board.prioritize,
            "job.cancel": board.cancel,
            "job.status": board.status,
            "chapter.export": board.export,
            "export.cancel": board.cancel_export,
            "model.list": lambda _: self._models(),
            "model.pull": self._pull_model,
            "model.remove": self._remove_model,
            "settings.get": lambda _: self._settings(),
            "settings.set": self._change_settings,
            "words.list": self._word_models,
            "secret.set": self._set_secret,
            "secret.delete": self._delete_secret,
            "cache.stats": lambda _: self._cache_stats(),
            "cache.clear": self._clear_cache,
            "history.list": lambda _: self._application.store.history.series(),
            "history.report": lambda asked: self._application.report(asked.series),
            "history.forget": lambda asked: CacheCleared(removed=self._application.forget(asked.series)),
            "studio.look": self._studio_look,
            "studio.networks": lambda _: self._studio_networks(),
            "studio.start": self._application.desk.start,
            "studio.first": lambda asked: self._application.desk.first(asked.task_id),
            "studio.cancel": lambda asked: self._application.desk.cancel(asked.task_id),
            "host.doctor": lambda _: self._examine(),
        }

    def handle(self, method: str, params: Any) -> object:
        """Answer a request whose parameters have the type that `METHODS` names.

        Raises:
            IrodoriError
        """
        handler = self.handlers.get(method)
        if handler is None:
            raise UnknownMethod(f"There is no method {method[:128]!r}.", "Update the extension or the host.")
        return handler(params)

    def load(self) -> tuple[bool, int]:
        """Return whether work is under way, and how many pages wait; at once."""
        busy, depth = self._application.board.load()
        return busy or self._application.desk.is_busy, depth

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Cancel everything and leave no partial file."""
        self._application.close(timeout_s)

    def _hello(self, _: Hello) -> Welcome:
        device = self._application.device
        welcome = Welcome(
            protocol=PROTOCOL_RANGE[1],
            host_version=__version__,
            engines=self._engines(),
            default_engine=self._application.settings.current.default_engine,
            device=DeviceInfo(kind=device.kind, name=device.name, memory_mib=device.memory_mib),
            settings=self._settings(),
        )
        self._application.board.expect_pages()
        return welcome

    def _ping(self, _: Empty) -> Pong:
        busy, depth = self.load()
        return Pong(uptime_s=self._application.uptime_s, busy=busy, queue_depth=depth)

    def _engines(self) -> list[EngineState]:
        engines = self._application.engines
        return [_engine_state(info, viability_of(engines, info.id)) for info in engines.infos()]

    def _add_reference(self, params: ReferenceAdd) -> Reference:
        return self._application.store.references.add(params, self._application.board.check_open)

    def _list_references(self, params: ReferenceList) -> list[Reference]:
        found = self._application.store.references.list(params.series)
        return found if params.thumbnails else [structs.replace(one, thumbnail=b"") for one in found]

    def _thumbnails(self, params: ReferenceThumbnails) -> list[ReferenceThumbnail]:
        references, found = self._application.store.references, []
        for reference_id in params.reference_ids:
            with suppress(NotFound):
                thumbnail = references.get(reference_id).thumbnail
                found.append(ReferenceThumbnail(reference_id=reference_id, thumbnail=thumbnail))
        return found

    def _change_reference(self, params: ReferenceChange) -> Reference:
        told = {name: value for name in ("name", "series", "character") if (value := getattr(params, name)) is not None}
        return self._application.store.references.describe(params.reference_id, told)

    def _remove_reference(self, params: ReferenceRemove) -> Empty:
        self._application.store.references.remove(params.reference_id)
        return Empty()

    def _search_references(self, params: ReferenceSearch) -> list[ReferenceScore]:
        searcher = self._application.searcher
        if params.image is not None and params.reference_id is None:
            return searcher.like_image(params.image, params.k, params.series, self._application.board.check_open)
        if params.reference_id is not None and params.image is None:
            return searcher.like_reference(params.reference_id, params.k, params.series)
        raise BadRequest("Search by exactly one of image and reference_id.", "Leave one of the two out.")

    def _page_region(self, params: PageRegionQuery) -> PageRegion:
        application = self._application
        encoded = application.store.spool.read(params.sha256)
        if encoded is None:
            raise NotFound("The bytes of this page are not here.", "Bring them with page.keep.")
        found = application.hint_regions().at(params.sha256, encoded, params.point, application.board.check_open)
        return PageRegion(by=found.by, outlines=[list(one) for one in found.outlines], share=found.share)

    def _save_preset(self, preset: Preset) -> list[Preset]:
        return self._application.save_preset(preset)

    def _models(self) -> list[ModelInfo]:
        # Whoever asks shows them, and wants to hear of changes.
        self._application.models.watch()
        return self._application.models.list()

    def _pull_model(self, params: ModelPull) -> TaskAccepted:
        return self._application.models.pull(params.model_id, licence_accepted=params.licence_accepted)

    def _remove_model(self, params: ModelQuery) -> Empty:
        self._application.models.remove(params.model_id)
        return Empty()

    def _settings(self) -> dict[str, Any]:
        return structs.asdict(self._application.settings.current)

    def _change_settings(self, params: dict[str, Any]) -> dict[str, Any]:
        require_not_owners(params, self._settings())
        return structs.asdict(self._application.change_settings(params))

    def _word_models(self, params: WordModelsQuery) -> WordModels:
        from host.jobs.word_models import word_models

        return word_models(self._application.settings.current, ollama=params.ollama)

    def _set_secret(self, params: SecretSet) -> Empty:
        set_secret(params.name, params.value, self._application.origin_of_secret(params.name))
        return Empty()

    def _delete_secret(self, params: SecretDelete) -> Empty:
        delete_secret(params.name)
        return Empty()

    def _cache_stats(self) -> CacheStats:
        return self._application.store.results.stats()

    def _clear_cache(self, params: CacheClear) -> CacheCleared:
        return CacheCleared(removed=self._application.store.results.clear(params.older_than_s))

    def _studio_look(self, params: StudioLook) -> StudioPicture:
        from host.studio.tools import look

        image, mime = look(params.image, params.filters, params.scale)
        return StudioPicture(image=image, mime=mime)

    def _studio_networks(self) -> list[StudioNetwork]:
        from host.studio.networks import networks

        return networks()

    def _examine(self) -> list[DoctorCheck]:
        return examine(self._application)


def _engine_state(info: EngineInfo, viability: Viability) -> EngineState:
    return EngineState(
        id=info.id,
        label=info.label,
        ready=viability.ok,
        reason=" ".join(part for part in (viability.reason, viability.fix) if part),
        models=list(info.models),
        licence=info.licence,
        device=info.device,
        supports=info.supports,
        told=list(viability.told),
    )
