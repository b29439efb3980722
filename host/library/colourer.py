"""One page, coloured by itself: what a worker does. The same bytes and the same order give the same result."""

from __future__ import annotations

import base64
import json
import logging
import os
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from engines.malloc_trim import return_free_memory
from host.errors import InternalError, IrodoriError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from host.pipeline.finished import ColouredPage, FinishedPage
    from host.pipeline.job import PageJob
    from host.pipeline.prepared import PreparedPage

_LOG = logging.getLogger(__name__)

_THUMB_PX: Final = 220

Verdict = Literal["coloured", "skipped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageResult:
    """What became of a page: its picture, why it was left, or what went wrong. direction: which way it was read.

    runmeta: the record of a coloured page. thumb: a WebP of one, at most 220 pixels a side, in base64: made by who has
    its pixels in hand, so that no second decoding stands beside the next page.
    """

    verdict: Verdict
    image: bytes = b""
    mime: str = ""
    reason: str = ""
    error: dict[str, Any] = field(default_factory=dict)
    direction: str = ""
    note: str = ""
    seconds: float = 0.0
    runmeta: dict[str, Any] = field(default_factory=dict)
    thumb: str = ""

    @property
    def undone(self) -> tuple[tuple[str, str], ...]:
        """The steps of the reader's words that failed, and why each did."""
        return tuple((one["step"], one["fault"]) for one in self.runmeta.get("rewording", ()) if one["fault"])

    def packed(self) -> bytes:
        """Return it as bytes: a line of JSON, then the picture."""
        names = ("verdict", "mime", "reason", "direction", "note", "seconds", "runmeta", "thumb")
        facts = {name: getattr(self, name) for name in names} | {"size": len(self.image)}
        return json.dumps(facts).encode() + b"\n" + self.image

    @classmethod
    def unpacked(cls, data: bytes) -> PageResult | None:
        """Return what was packed; None for anything else."""
        head, _, image = data.partition(b"\n")
        try:
            facts = json.loads(head)
            size = facts.pop("size")
            result = cls(**facts, image=image)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        return result if size == len(image) and result.verdict in ("coloured", "skipped") else None


class PageColourer:
    """Holds one engine, loaded, and the networks that read pages; used by one thread of its process."""

    def __init__(self, locks: Path) -> None:
        """Open what colouring needs. locks: a folder for the lane of engines on the processor, which share nothing."""
        from engines.memory_ledger import MemoryLedger
        from host.application import engine_registry
        from host.device import machine_device
        from host.jobs.engine_room import EngineRoom
        from host.jobs.lane import Lane
        from host.jobs.wordsmith import Wordsmith
        from host.paths import state_paths
        from host.pipeline.analysis.shipped import shipped_reader
        from host.pipeline.page import PagePipeline
        from host.settings import SettingsFile

        paths = state_paths()
        settings = SettingsFile(paths.settings_file)
        engines, ledger = engine_registry(lambda: settings.current), MemoryLedger()

        def room(lane: Path) -> EngineRoom:
            return EngineRoom(engines, Lane(lane), machine_device(), idle_s=3600.0, ledger=ledger)

        self._reader = shipped_reader(settings.current.detector_weights)
        # Engines on the processor share nothing; models of words may be large: one worker's at a time.
        self._pipeline = PagePipeline(reader=self._reader, reworder=Wordsmith(room(paths.lane_lock)))
        lanes = {"cpu": locks / f"{os.getpid()}.lock"}
        self._rooms = {info.id: room(lanes.get(info.device, paths.lane_lock)) for info in engines.infos()}

    def colour(self, encoded: bytes, job: PageJob) -> PageResult:
        """Colour a page; whatever goes wrong is told in the result."""

        def all_of_it() -> PageResult:
            prepared = self.read(encoded, job)
            return_free_memory()
            return prepared if isinstance(prepared, PageResult) else self.finish(prepared, self.infer(prepared))

        began_s = time.monotonic()
        result = replace(told(all_of_it), seconds=round(time.monotonic() - began_s, 3))
        return_free_memory()
        return result

    def has_colour(self, encoded: bytes) -> bool:
        """Say whether a picture is read as one in colour, whose colours others may take."""
        from host.analyses.read import has_own_colour

        try:
            page = self._pipeline.decode(encoded)
        except IrodoriError:
            return False
        return has_own_colour(page, self._reader)

    def read(self, encoded: bytes, job: PageJob) -> PreparedPage | PageResult:
        """Return a page that is ready for the engine; or its result, where it stays as it is.

        Raises:
            IrodoriError: it cannot be read.
        """
        from host.pipeline.prepared import PreparedPage

        prepared = self._pipeline.read(self._pipeline.decode(encoded), job, _unheard)
        if isinstance(prepared, PreparedPage):
            return prepared
        return PageResult(verdict="skipped", reason=prepared.reason, direction=prepared.meta.direction)

    def infer(self, prepared: PreparedPage) -> ColouredPage:
        """Let the engine colour a page.

        Raises:
            IrodoriError: it cannot.
        """
        engine_id = prepared.job.engine.id
        room = self._rooms[engine_id]
        with room.engine(engine_id, lambda: None) as (engine, _):
            return room.run_with_memory(engine, lambda: self._pipeline.colour(prepared, engine, _unheard))

    def finish(self, prepared: PreparedPage, coloured: ColouredPage) -> PageResult:
        """Return a coloured page's result.

        Raises:
            IrodoriError: it did not pass review.
        """
        finished = self._pipeline.finish(prepared, coloured, _unheard, _THUMB_PX)
        return PageResult(
            verdict="coloured",
            image=finished.image,
            mime=finished.mime,
            direction=prepared.meta.direction,
            note=" ".join(finished.runmeta.notes),
            runmeta=finished.runmeta.model_dump(mode="json"),
            thumb=_thumb_of(finished),
        )


T = TypeVar("T")


def _thumb_of(finished: FinishedPage) -> str:
    from host.pipeline.encode import encode_page

    return "" if finished.small is None else base64.b64encode(encode_page(finished.small, "webp")[0]).decode("ascii")


def told(step: Callable[[], T]) -> T | PageResult:
    """Return what a step gives, or what went wrong as a page's result."""
    try:
        return step()
    except IrodoriError as exc:
        return PageResult(verdict="failed", error=exc.wire())
    except Exception as exc:  # noqa: BLE001 - a page ends, whatever happened
        _LOG.exception("a page failed for a reason of ours")
        fault = InternalError(f"Something went wrong inside ({type(exc).__name__}).", "The log has the details.")
        return PageResult(verdict="failed", error=fault.wire())


def _unheard(stage: object, fraction: float) -> None:
    """Report to nobody."""
