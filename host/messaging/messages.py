"""Every message of the wire, declared once.

`docs/PROTOCOL.md` and `extension/lib/protocol/messages.ts` are generated from the tables at the end of this file
(`python -m host.messaging.generate`); a test holds them current. Types are `msgspec` structs: they load fast,
validate with a path to the fault, and leave unset optional keys off the wire. Unknown keys are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

PROTOCOL_RANGE: Final = (1, 1)

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Identifier = Annotated[str, Meta(min_length=1, max_length=512)]
Text = Annotated[str, Meta(max_length=4096)]
Count = Annotated[int, Meta(ge=0)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Level = Annotated[int, Meta(ge=0, le=255)]
Direction = Literal["rtl", "ltr", "auto"]
Stage = Literal["queued", "decode", "pass1", "retrieve", "pass2", "compose", "encode"]
Quality = Literal["preview", "standard", "best"]
ExportFormat = Literal["cbz", "zip", "pdf"]
SkipReason = Literal["already_coloured", "not_a_page", "blank", "text_only", "advertisement"]
JobState = Literal["running", "done", "cancelled"]


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all: frozen, optional keys left out when unset."""


class Empty(Message, frozen=True, kw_only=True):
    """`{}`."""


# --- records -------------------------------------------------------------------------------------------------------


class WireError(Message, frozen=True, kw_only=True):
    """What went wrong and what to do."""

    code: str
    message: str
    hint: str
    retryable: bool
    data: dict[str, Any] | None = None


class Limits(Message, frozen=True, kw_only=True):
    """The wire's limits, as the host keeps them."""

    chunk_bytes: int
    window_chunks: int
    frame_bytes: int


class EngineSupports(Message, frozen=True, kw_only=True, omit_defaults=False):
    """What an engine can take."""

    references_max: int
    preview: bool
    negative_prompt: bool
    lora: bool
    inpaint: bool
    seed: bool


class EngineInfo(Message, frozen=True, kw_only=True, omit_defaults=False):
    """One engine; `reason` says why it is not ready and how to mend it."""

    id: str
    label: str
    ready: bool
    reason: str
    models: list[str]
    licence: str
    device: str
    supports: EngineSupports


class DeviceInfo(Message, frozen=True, kw_only=True):
    """The machine's accelerator, or its processor."""

    kind: str
    name: str
    memory_mib: int


class PaletteEntry(Message, frozen=True, kw_only=True):
    """A colour and the share of the picture that it covers."""

    rgb: tuple[int, int, int]
    share: Fraction


class Reference(Message, frozen=True, kw_only=True):
    """A style reference; `thumbnail` is an encoded WebP or PNG of at most 256 px."""

    reference_id: str
    width: int
    height: int
    thumbnail: bytes
    palette: list[PaletteEntry]
    name: str | None = None
    series: str | None = None
    character: str | None = None
    source_url: str | None = None


class ReferenceScore(Message, frozen=True, kw_only=True):
    """A hit of a search; higher is nearer, 1.0 is the same picture."""

    reference_id: str
    score: float


class ColourHint(Message, frozen=True, kw_only=True):
    """The colour that the reader wants at a dot or along a stroke, in 0..1 of the page, and in the region around it."""

    points: Annotated[list[tuple[Fraction, Fraction]], Meta(min_length=1, max_length=1024)]
    rgb: tuple[Level, Level, Level]
    radius: Annotated[float, Meta(ge=0.0, le=0.1)] = 0.004


class Page(Message, frozen=True, kw_only=True):
    """A page as the extension found it. `sha256` is that of its encoded bytes, `index` its place in the chapter."""

    page_id: Identifier
    index: Count
    sha256: Sha256
    visible: bool = False
    width: Count | None = None
    height: Count | None = None
    url: Text | None = None
    hints: Annotated[list[ColourHint], Meta(max_length=256)] | None = None


class LoraChoice(Message, frozen=True, kw_only=True):
    """A LoRA that the reader dropped, by its `model_id`, and how strongly it acts."""

    name: Identifier
    weight: Annotated[float, Meta(ge=-4, le=4)] = 1.0


class Options(Message, frozen=True, kw_only=True):
    """How to colour; what is left out is decided by the settings."""

    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    strength: Fraction | None = None
    steps: Annotated[int, Meta(ge=1, le=200)] | None = None
    prompt: Text | None = None
    negative_prompt: Text | None = None
    loras: Annotated[list[LoraChoice], Meta(max_length=8)] | None = None
    keep_coloured: bool | None = None
    quality: Quality | None = None
    engine_options: dict[str, Any] | None = None


class PageCounts(Message, frozen=True, kw_only=True, omit_defaults=False):
    """How many pages of a job stand where."""

    queued: int = 0
    running: int = 0
    done: int = 0
    skipped: int = 0
    failed: int = 0
    cancelled: int = 0


class JobStatus(Message, frozen=True, kw_only=True):
    """One job."""

    job_id: str
    state: JobState
    pages: PageCounts


class ModelInfo(Message, frozen=True, kw_only=True):
    """A model of the catalogue, or a file that the reader dropped into the models' folder.

    state: `ready`, `missing`, `pulling` or `invalid`. role: only for dropped files, what they are (`lora`, `vae` and so
    on). detail: what it is or needs, or why it is invalid.
    """

    model_id: str
    label: str
    engine: str
    licence: str
    bytes: int
    memory_mib: int
    state: Literal["ready", "missing", "pulling", "invalid"]
    role: str | None = None
    detail: str | None = None


class DoctorCheck(Message, frozen=True, kw_only=True, omit_defaults=False):
    """One link of the chain that `host.doctor` walks."""

    check: str
    ok: bool
    detail: str
    fix: str


# --- session -------------------------------------------------------------------------------------------------------


class Hello(Message, frozen=True, kw_only=True):
    """The extension introduces itself."""

    protocol: tuple[int, int]
    extension_version: str = ""
    browser: str = ""


class Welcome(Message, frozen=True, kw_only=True):
    """What the host is and can do; `protocol` is the version agreed on."""

    protocol: int
    host_version: str
    engines: list[EngineInfo]
    default_engine: str
    device: DeviceInfo
    settings: dict[str, Any]


class Pong(Message, frozen=True, kw_only=True, omit_defaults=False):
    """The host's pulse."""

    uptime_s: float
    busy: bool
    queue_depth: int


# --- references ----------------------------------------------------------------------------------------------------


class ReferenceAdd(Message, frozen=True, kw_only=True):
    """Keep a picture as a style reference; the same pixels give the same id."""

    image: bytes
    name: Text | None = None
    series: Text | None = None
    character: Text | None = None
    source_url: Text | None = None


class ReferenceList(Message, frozen=True, kw_only=True):
    """Ask for references, all or those of one series."""

    series: Text | None = None


class ReferenceRemove(Message, frozen=True, kw_only=True):
    """Forget a reference."""

    reference_id: Identifier


class ReferenceSearch(Message, frozen=True, kw_only=True):
    """Ask for the references nearest to a picture: exactly one of `image` and `reference_id`."""

    k: Annotated[int, Meta(ge=1, le=100)]
    image: bytes | None = None
    reference_id: Identifier | None = None
    series: Text | None = None


# --- jobs ----------------------------------------------------------------------------------------------------------


class RunChapter(Message, frozen=True, kw_only=True):
    """Colour a chapter."""

    series: Text
    chapter: Text
    direction: Direction
    pages: Annotated[list[Page], Meta(max_length=5000)]
    references: Annotated[list[Identifier], Meta(max_length=64)]
    engine: Identifier | None = None
    options: Options | None = None


class RunPage(Message, frozen=True, kw_only=True):
    """Colour one page; with `image` its bytes come along."""

    page_id: Identifier
    index: Count = 0
    sha256: Sha256
    visible: bool = False
    width: Count | None = None
    height: Count | None = None
    url: Text | None = None
    hints: Annotated[list[ColourHint], Meta(max_length=256)] | None = None
    image: bytes | None = None
    series: Text = ""
    chapter: Text = ""
    direction: Direction = "auto"
    references: Annotated[list[Identifier], Meta(max_length=64)] = []
    engine: Identifier | None = None
    options: Options | None = None


class JobAccepted(Message, frozen=True, kw_only=True):
    """The job's id, and the pages whose bytes the host lacks."""

    job_id: str
    need: list[str]


class PagePut(Message, frozen=True, kw_only=True):
    """The bytes of a needed page."""

    job_id: Identifier
    page_id: Identifier
    image: bytes


class PageAccepted(Message, frozen=True, kw_only=True):
    """The page's bytes are here and are those announced."""

    accepted: bool


class JobPrioritize(Message, frozen=True, kw_only=True):
    """These pages next, in this order."""

    job_id: Identifier
    page_ids: list[Identifier]


class JobCancel(Message, frozen=True, kw_only=True):
    """Stop a job, or only some of its pages."""

    job_id: Identifier
    page_ids: list[Identifier] | None = None


class CancelResult(Message, frozen=True, kw_only=True):
    """The pages that will not end as done, skipped or failed."""

    cancelled: list[str]


class JobStatusQuery(Message, frozen=True, kw_only=True):
    """Ask for one job, or for all that this host knows."""

    job_id: Identifier | None = None


class ChapterExport(Message, frozen=True, kw_only=True):
    """Write a job's pages, in reading order, into one file."""

    job_id: Identifier
    format: ExportFormat


class ExportResult(Message, frozen=True, kw_only=True):
    """Where the file is and how long."""

    path: str
    bytes: int


# --- models, settings, cache ---------------------------------------------------------------------------------------


class ModelQuery(Message, frozen=True, kw_only=True):
    """Name a model of the catalogue."""

    model_id: Identifier


class ModelPull(Message, frozen=True, kw_only=True):
    """Pull a model; one whose licence forbids commercial use only where the reader has accepted it."""

    model_id: Identifier
    licence_accepted: bool = False


class TaskAccepted(Message, frozen=True, kw_only=True):
    """A task that reports by `model.progress`."""

    task_id: str


class SecretSet(Message, frozen=True, kw_only=True):
    """Keep a secret in the system keyring."""

    name: Annotated[str, Meta(pattern="^[a-z0-9_.-]{1,64}$")]
    value: Text


class SecretDelete(Message, frozen=True, kw_only=True):
    """Forget a secret."""

    name: Annotated[str, Meta(pattern="^[a-z0-9_.-]{1,64}$")]


class CacheStats(Message, frozen=True, kw_only=True, omit_defaults=False):
    """What the cache of results holds."""

    entries: int
    bytes: int
    limit_bytes: int
    hits: int
    misses: int


class CacheClear(Message, frozen=True, kw_only=True):
    """Drop results, all or those not used for this long."""

    older_than_s: Annotated[float, Meta(ge=0)] | None = None


class CacheCleared(Message, frozen=True, kw_only=True):
    """How many results were dropped."""

    removed: int


# --- notifications -------------------------------------------------------------------------------------------------


class SessionReady(Message, frozen=True, kw_only=True):
    """The host speaks first."""

    protocol: tuple[int, int]
    host_version: str
    pid: int
    log_path: str
    limits: Limits


class SessionFault(Message, frozen=True, kw_only=True):
    """A frame was dropped; `id` is the frame's, 0 where it is not known."""

    id: int
    code: str
    message: str


class SessionBye(Message, frozen=True, kw_only=True):
    """This side closes."""

    reason: str


class JobProgress(Message, frozen=True, kw_only=True):
    """Where a page stands; `fraction` never falls for a page."""

    job_id: str
    page_id: str
    stage: Stage
    fraction: Fraction
    step: int | None = None
    steps: int | None = None
    eta_s: float | None = None


class PagePreview(Message, frozen=True, kw_only=True):
    """An early, small picture of a page."""

    job_id: str
    page_id: str
    image: bytes
    mime: str


class PageDone(Message, frozen=True, kw_only=True, omit_defaults=False):
    """A coloured page."""

    job_id: str
    page_id: str
    image: bytes
    mime: str
    width: int
    height: int
    cached: bool
    runmeta: dict[str, Any]


class PageSkipped(Message, frozen=True, kw_only=True):
    """A page that is left as it is, and why."""

    job_id: str
    page_id: str
    reason: SkipReason


class PageFailed(Message, frozen=True, kw_only=True):
    """A page that could not be coloured; it stays as it was."""

    job_id: str
    page_id: str
    error: WireError


class JobDone(Message, frozen=True, kw_only=True, omit_defaults=False):
    """The job's end: every page is counted once."""

    job_id: str
    done: int
    skipped: int
    failed: int
    cancelled: int
    duration_ms: int


class ModelProgress(Message, frozen=True, kw_only=True, omit_defaults=False):
    """How far a pull is; `state` is `pulling`, `verifying`, `ready`, `failed`."""

    task_id: str
    model_id: str
    bytes: int
    total_bytes: int
    state: Literal["pulling", "verifying", "ready", "failed"]


class ModelChanged(Message, frozen=True, kw_only=True):
    """Models have come or gone; what `engine.list` says may have changed with them."""

    models: list[ModelInfo]


class Log(Message, frozen=True, kw_only=True):
    """A line for the extension's console."""

    level: Literal["debug", "info", "warning", "error"]
    message: str


# --- tables --------------------------------------------------------------------------------------------------------


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
    "engine.list": Method(Empty, list[EngineInfo]),
    "reference.add": Method(ReferenceAdd, Reference, lane="long"),
    "reference.list": Method(ReferenceList, list[Reference]),
    "reference.remove": Method(ReferenceRemove, Empty),
    "reference.search": Method(ReferenceSearch, list[ReferenceScore], lane="long"),
    "pipeline.run_chapter": Method(RunChapter, JobAccepted),
    "pipeline.run_page": Method(RunPage, JobAccepted),
    "page.put": Method(PagePut, PageAccepted, lane="pages"),
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
    "model.progress": ModelProgress,
    "model.changed": ModelChanged,
    "log": Log,
}
