"""What one side tells the other unasked."""

from typing import Any, Literal

from host.messaging.wire.records import Limits, ModelInfo, WireError
from host.messaging.wire.values import Message
from host.vocabulary import Fraction, SkipReason, Stage


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
    """An early picture of a page, smaller than it: a first sight of one that is looked at, then what a step shows."""

    job_id: str
    page_id: str
    image: bytes
    mime: str


class PageDone(Message, frozen=True, kw_only=True, omit_defaults=False):
    """A coloured page; `result_key` names its picture in the cache, for `chapter.export`."""

    job_id: str
    page_id: str
    image: bytes
    mime: str
    width: int
    height: int
    cached: bool
    runmeta: dict[str, Any]
    result_key: str = ""


class PageSkipped(Message, frozen=True, kw_only=True):
    """A page that is left as it is, and why."""

    job_id: str
    page_id: str
    reason: SkipReason
    result_key: str = ""


class PageFailed(Message, frozen=True, kw_only=True):
    """A page that could not be coloured; it stays as it was."""

    job_id: str
    page_id: str
    error: WireError


class JobDone(Message, frozen=True, kw_only=True):
    """The job's end: every page is counted once."""

    job_id: str
    done: int
    skipped: int
    failed: int
    cancelled: int
    duration_ms: int


class ExportProgress(Message, frozen=True, kw_only=True):
    """How many pages of an export are in its file."""

    export_id: str
    done: int
    total: int


class ModelProgress(Message, frozen=True, kw_only=True):
    """How far a pull is; `state` is `pulling`, `verifying`, `ready`, `failed`; `error`: why, and what to do."""

    task_id: str
    model_id: str
    bytes: int
    total_bytes: int
    state: Literal["pulling", "verifying", "ready", "failed"]
    error: WireError | None = None


class ModelChanged(Message, frozen=True, kw_only=True):
    """Models have come or gone; what `engine.list` says may have changed with them."""

    models: list[ModelInfo]
