"""What messages carry: engines, references, pages, options, jobs, models, errors."""

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from engines.info import Supports
from host.corrections import Corrections
from host.messaging.wire.values import Message
from host.vocabulary import Count, EnhancerId, Fraction, Identifier, JobState, Quality, Sha256, Text


class WireError(Message, frozen=True, kw_only=True):
    """What went wrong and what to do. data: `told` in it is both in any language: a sentence's key, then its values."""

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


class EngineState(Message, frozen=True, kw_only=True):
    """One engine, and whether it is ready; `reason` says why it is not and how to mend it.

    told: the same in any language: the key of a sentence, then the values that it names.
    """

    id: str
    label: str
    ready: bool
    reason: str
    models: list[str]
    licence: str
    device: str
    supports: Supports
    told: list[str] = field(default_factory=list)


class DeviceInfo(Message, frozen=True, kw_only=True):
    """The machine's accelerator, or its processor."""

    kind: str
    name: str
    memory_mib: int


class Page(Message, Corrections, frozen=True, kw_only=True):
    """A page: `sha256` of its encoded bytes, `index` in the chapter. `width`, `height` and `url` are read by nobody."""

    page_id: Identifier
    index: Count
    sha256: Sha256
    visible: bool = False
    width: Count | None = None
    height: Count | None = None
    url: Text | None = None


class LoraChoice(Message, frozen=True, kw_only=True):
    """A LoRA that the reader dropped, by its `model_id`, and how strongly it acts."""

    name: Identifier
    weight: Annotated[float, Meta(ge=-4, le=4)] = 1.0


class Options(Message, frozen=True, kw_only=True):
    """How to colour; what is left out is decided by the settings.

    translate, caption, enhance: what models do with the reader's words first, see the settings.
    """

    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    strength: Fraction | None = None
    steps: Annotated[int, Meta(ge=1, le=200)] | None = None
    prompt: Text | None = None
    negative_prompt: Text | None = None
    loras: Annotated[list[LoraChoice], Meta(max_length=8)] | None = None
    keep_coloured: bool | None = None
    quality: Quality | None = None
    engine_options: dict[str, Any] | None = None
    translate: bool | None = None
    caption: bool | None = None
    enhance: EnhancerId | None = None


class Preset(Message, frozen=True, kw_only=True):
    """A way of colouring that the reader named. `engine`: None for the one that is chosen otherwise.

    Its name is what tells it from others; case and spaces do not count.
    """

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    engine: Identifier | None = None
    options: Options


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
    on). detail: what it is or needs, or why it is invalid. ships: it came with Irodori and stays. non_commercial: its
    licence forbids commercial use; `model.pull` wants it accepted. told: detail in any language, as a `DoctorCheck` has
    it.
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
    ships: bool = False
    non_commercial: bool = False
    told: list[str] = field(default_factory=list)


class DoctorCheck(Message, frozen=True, kw_only=True):
    """One link of the chain that `host.doctor` walks.

    told: detail and fix in any language: the key of a sentence, then the values that it names.
    """

    check: str
    ok: bool
    detail: str
    fix: str
    told: list[str] = field(default_factory=list)
