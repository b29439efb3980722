"""What the extension asks, and the answers that are no record of their own; by subject, in the order of the methods."""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, field

from host.corrections import Corrections
from host.messaging.wire.records import DeviceInfo, EngineState, Options, Page
from host.messaging.wire.values import Message
from host.vocabulary import Count, Direction, ExportFormat, Fraction, Identifier, Sha256, Text

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
    engines: list[EngineState]
    default_engine: str
    device: DeviceInfo
    settings: dict[str, Any]


class Pong(Message, frozen=True, kw_only=True):
    """How busy the host is."""

    uptime_s: float
    busy: bool
    queue_depth: int


THUMBNAILS_MAX: Final = 24

# --- references ----------------------------------------------------------------------------------------------------


class ReferenceList(Message, frozen=True, kw_only=True):
    """Ask for references, all or those of one series. Without `thumbnails` those are empty."""

    series: Text | None = None
    thumbnails: bool = True


class ReferenceThumbnails(Message, frozen=True, kw_only=True):
    """Ask for the thumbnails of some references; of those that have gone there is none."""

    reference_ids: Annotated[list[Identifier], Meta(max_length=THUMBNAILS_MAX)]


class ReferenceRemove(Message, frozen=True, kw_only=True):
    """Forget a reference."""

    reference_id: Identifier


class ReferenceChange(Message, frozen=True, kw_only=True):
    """Call a reference otherwise; what is left out stays, an empty text is none."""

    reference_id: Identifier
    name: Text | None = None
    series: Text | None = None
    character: Text | None = None


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


class RunPage(Message, Corrections, frozen=True, kw_only=True):
    """Colour one page; with `image` its bytes come along."""

    page_id: Identifier
    index: Count = 0
    sha256: Sha256
    visible: bool = False
    width: Count | None = None
    height: Count | None = None
    url: Text | None = None
    image: bytes | None = None
    series: Text = ""
    chapter: Text = ""
    direction: Direction = "auto"
    references: Annotated[list[Identifier], Meta(max_length=64)] = field(default_factory=list)
    engine: Identifier | None = None
    options: Options | None = None


class Estimate(Message, frozen=True, kw_only=True):
    """What a chapter would cost: pages whose result is in the cache, pages that would be coloured, seconds for these.

    seconds: by what the engine's last pages took here; None where it has coloured none.
    """

    cached: int
    fresh: int
    seconds: float | None = None


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
    """These pages next, in this order.

    `index`: where the reader is now, as the index of the last page in view. Then what was named before is so no more,
    of all jobs of the chapter, and after these come the pages that follow that place.
    `first`: the whole chapter goes before all others, from now on, but for pages that somebody looks at.
    """

    job_id: Identifier
    page_ids: list[Identifier]
    index: Count | None = None
    first: bool = False


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


class ExportPage(Message, frozen=True, kw_only=True):
    """A page of a file: its result, if it came to one, and the SHA-256 of the bytes that were captured, if any were.

    `rows`: only these of the picture, from the first to before the last: a slice of a strip that was coloured as one.
    """

    page_id: Identifier
    sha256: Sha256 | None = None
    result_key: Sha256 | None = None
    rows: tuple[Annotated[int, Meta(ge=0)], Annotated[int, Meta(ge=1)]] | None = None


class ChapterExport(Message, frozen=True, kw_only=True):
    """Write pages into one file: those of `job_id` in reading order, or `pages` in theirs, whichever jobs they are of.

    `series`, `chapter` and `direction` go with `pages`. With `export_id`, `export.progress` tells how far it is.
    `partial`: write the file also where bytes of `pages` are lacking.
    """

    format: ExportFormat
    job_id: Identifier | None = None
    pages: Annotated[list[ExportPage], Meta(min_length=1, max_length=5000)] | None = None
    series: Text = ""
    chapter: Text = ""
    direction: Direction = "auto"
    export_id: Identifier | None = None
    partial: bool = False


class ExportResult(Message, frozen=True, kw_only=True):
    """Where the file is, how long, and which pages in it, counted from 1, have no new picture or are not there.

    `need`: nothing was written, since the captured bytes of these pages are lacking; `page.keep` brings them.
    """

    path: str
    bytes: int
    coloured: int = 0
    as_they_were: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    need: list[str] = field(default_factory=list)


class ExportCancel(Message, frozen=True, kw_only=True):
    """Stop the export of this `export_id`, under way or still to come: it ends with E_CANCELLED, and without a file."""

    export_id: Identifier


class PageKeep(Message, frozen=True, kw_only=True):
    """The captured bytes of a page that a file is to hold as it was."""

    sha256: Sha256
    image: bytes


class PageRegionQuery(Message, frozen=True, kw_only=True):
    """Ask what a dot of colour at `point`, [x, y] in 0..1 of a page, would take; by the SHA-256 of its bytes."""

    sha256: Sha256
    point: tuple[Fraction, Fraction]


class PageRegion(Message, frozen=True, kw_only=True):
    """Outlines in 0..1 of the page, a hole being one within another, and how much of the page they enclose.

    by: `network` or `lines`, whoever found it.
    """

    by: Literal["network", "lines"]
    outlines: list[list[tuple[Fraction, Fraction]]]
    share: Fraction


# --- presets -------------------------------------------------------------------------------------------------------


class PresetRemove(Message, frozen=True, kw_only=True):
    """Forget a preset."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]


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


class WordModelsQuery(Message, frozen=True, kw_only=True):
    """Ask for the models that work on words. ollama: those of Ollama, too, which is asked for them."""

    ollama: bool = False


class WordModel(Message, frozen=True, kw_only=True):
    """A model that a step can take. language: that a translator reads. sees: it looks at the page."""

    step: str
    provider: str
    model: str
    label: str
    ready: bool
    language: str = ""
    sees: bool = False


class WordModels(Message, frozen=True, kw_only=True):
    """Those that there are. trouble: why Ollama's are not among them."""

    models: list[WordModel]
    trouble: str = ""


class CacheClear(Message, frozen=True, kw_only=True):
    """Drop results, all or those not used for this long."""

    older_than_s: Annotated[float, Meta(ge=0)] | None = None


class HistoryForget(Message, frozen=True, kw_only=True):
    """Forget a series that was coloured, its pictures with it; without `series` all of them. Palettes stay."""

    series: Text | None = None


class HistoryReportQuery(Message, frozen=True, kw_only=True):
    """Ask for the report of a series."""

    series: Text


class HistoryReport(Message, frozen=True, kw_only=True):
    """A report, an HTML file: where it is, how many pages are in it, and how many are remembered.

    Pages that the cache has dropped are not in it, nor are the oldest of very many.
    """

    path: str
    pages: int
    remembered: int


class CacheCleared(Message, frozen=True, kw_only=True):
    """How many results were dropped."""

    removed: int
