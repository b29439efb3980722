"""Every message of the wire, and the tables of methods and notifications.

The messages are declared in `host.messaging.wire`, each once, and taken from here. `docs/PROTOCOL.md` and
`extension/lib/protocol/messages.ts` are generated from them and from the tables at the end of this file
(`python -m host.messaging.generate`); a test holds them current. Types are `msgspec` structs: they load fast,
validate with a path to the fault, and leave unset optional keys off the wire. Unknown keys are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from host.corrections import ColourHint, FigurePalette
from host.messaging.wire.notifications import (
    ExportProgress,
    JobDone,
    JobProgress,
    ModelChanged,
    ModelProgress,
    PageDone,
    PageFailed,
    PagePreview,
    PageSkipped,
    SessionBye,
    SessionFault,
    SessionReady,
)
from host.messaging.wire.records import (
    DeviceInfo,
    DoctorCheck,
    EngineState,
    JobStatus,
    Limits,
    LoraChoice,
    ModelInfo,
    Options,
    Page,
    PageCounts,
    WireError,
)
from host.messaging.wire.requests import (
    CacheClear,
    CacheCleared,
    CancelResult,
    ChapterExport,
    ExportPage,
    ExportResult,
    Hello,
    JobAccepted,
    JobCancel,
    JobPrioritize,
    JobStatusQuery,
    ModelPull,
    ModelQuery,
    PageAccepted,
    PageKeep,
    PagePut,
    Pong,
    ReferenceList,
    ReferenceRemove,
    ReferenceSearch,
    RunChapter,
    RunPage,
    SecretDelete,
    SecretSet,
    TaskAccepted,
    Welcome,
)
from host.messaging.wire.values import Empty, Message
from host.store_records import CacheStats, PaletteEntry, Reference, ReferenceAdd, ReferenceScore
from host.vocabulary import (
    Count,
    Direction,
    ExportFormat,
    Fraction,
    Identifier,
    JobState,
    Level,
    Quality,
    Sha256,
    SkipReason,
    Stage,
    Text,
)

__all__ = [
    "METHODS",
    "NOTIFICATIONS",
    "PROTOCOL_RANGE",
    "CacheClear",
    "CacheCleared",
    "CacheStats",
    "CancelResult",
    "ChapterExport",
    "ColourHint",
    "Count",
    "DeviceInfo",
    "Direction",
    "DoctorCheck",
    "Empty",
    "EngineState",
    "ExportFormat",
    "ExportPage",
    "ExportProgress",
    "ExportResult",
    "FigurePalette",
    "Fraction",
    "Hello",
    "Identifier",
    "JobAccepted",
    "JobCancel",
    "JobDone",
    "JobPrioritize",
    "JobProgress",
    "JobState",
    "JobStatus",
    "JobStatusQuery",
    "Level",
    "Limits",
    "LoraChoice",
    "Message",
    "Method",
    "ModelChanged",
    "ModelInfo",
    "ModelProgress",
    "ModelPull",
    "ModelQuery",
    "Options",
    "Page",
    "PageAccepted",
    "PageCounts",
    "PageDone",
    "PageFailed",
    "PageKeep",
    "PagePreview",
    "PagePut",
    "PageSkipped",
    "PaletteEntry",
    "Pong",
    "Quality",
    "Reference",
    "ReferenceAdd",
    "ReferenceList",
    "ReferenceRemove",
    "ReferenceScore",
    "ReferenceSearch",
    "RunChapter",
    "RunPage",
    "SecretDelete",
    "SecretSet",
    "SessionBye",
    "SessionFault",
    "SessionReady",
    "Sha256",
    "SkipReason",
    "Stage",
    "TaskAccepted",
    "Text",
    "Welcome",
    "WireError",
]

PROTOCOL_RANGE: Final = (1, 1)


@dataclass(frozen=True, slots=True)
class Method:
    """A request: its parameters (a struct, or a map with free keys), its result, and where it runs.

    Short ones run one at a time, in order; pages likewise, in a line of their own, so that control never waits for
    images; long ones beside each other.
    """

    params: Any
    result: Any
    lane: Literal["short", "pages", "long"] = "short"


METHODS: Final[dict[str, Method]] = {
    "session.hello": Method(Hello, Welcome),
    "session.ping": Method(Empty, Pong),
    "engine.list": Method(Empty, list[EngineState]),
    "reference.add": Method(ReferenceAdd, Reference, lane="long"),
    "reference.list": Method(ReferenceList, list[Reference]),
    "reference.remove": Method(ReferenceRemove, Empty),
    "reference.search": Method(ReferenceSearch, list[ReferenceScore], lane="long"),
    "pipeline.run_chapter": Method(RunChapter, JobAccepted),
    "pipeline.run_page": Method(RunPage, JobAccepted),
    "page.put": Method(PagePut, PageAccepted, lane="pages"),
    "page.keep": Method(PageKeep, PageAccepted, lane="pages"),
    "job.prioritize": Method(JobPrioritize, Empty),
    "job.cancel": Method(JobCancel, CancelResult),
    "job.status": Method(JobStatusQuery, list[JobStatus]),
    "chapter.export": Method(ChapterExport, ExportResult, lane="long"),
    "model.list": Method(Empty, list[ModelInfo]),
    "model.pull": Method(ModelPull, TaskAccepted),
    "model.remove": Method(ModelQuery, Empty),
    "settings.get": Method(Empty, dict[str, Any]),
    "settings.set": Method(dict[str, Any], dict[str, Any]),
    "secret.set": Method(SecretSet, Empty, lane="long"),
    "secret.delete": Method(SecretDelete, Empty, lane="long"),
    "cache.stats": Method(Empty, CacheStats),
    "cache.clear": Method(CacheClear, CacheCleared, lane="long"),
    "host.doctor": Method(Empty, list[DoctorCheck], lane="long"),
}

NOTIFICATIONS: Final[dict[str, type[Message]]] = {
    "session.ready": SessionReady,
    "session.fault": SessionFault,
    "session.bye": SessionBye,
    "job.progress": JobProgress,
    "page.preview": PagePreview,
    "page.done": PageDone,
    "page.skipped": PageSkipped,
    "page.failed": PageFailed,
    "job.done": JobDone,
    "export.progress": ExportProgress,
    "model.progress": ModelProgress,
    "model.changed": ModelChanged,
}
