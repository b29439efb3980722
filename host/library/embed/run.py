"""The way of a shelf through an embedder: volume by volume, each claimed by one process, what is whole left alone."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from host.books.book import UnreadablePage
from host.errors import IrodoriError
from host.library.embed.store import LOCKS, PageFacts
from host.library.embed.vectors import page_facts
from host.locks import ProcessLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from host.library.embed.store import EmbeddingStore, PageRow
    from host.library.embed.vectors import RowMaker
    from host.library.understand.entries import VolumeAnalysis
    from host.library.understand.shelf import AnalysedPage, AnalysedShelf

_LOG = logging.getLogger(__name__)
INPUTS: Final = "inputs_used.jsonl"
AUDIT: Final = "audit_mapping.jsonl"
_AT_ONCE: Final = 32
_WAIT_S: Final = 0.1


class Listener(Protocol):
    """Hears how many pages of the store are whole, of how many."""

    def __call__(self, done: int, total: int) -> None: ...  # noqa: D102


@dataclass(slots=True)
class Embedded:
    """What a run did."""

    written: int = 0
    kept: int = 0
    skipped: int = 0


class EmbedRun:
    """One process's part in embedding a shelf. overwrite: whole rows are written again."""

    def __init__(
        self,
        shelf: AnalysedShelf,
        store: EmbeddingStore,
        rows: RowMaker,
        listener: Listener,
        *,
        overwrite: bool = False,
        pages_max: int | None = None,
    ) -> None:
        self._shelf, self._store, self._rows, self._listener = shelf, store, rows, listener
        self._overwrite = overwrite
        self._left = pages_max
        self.tally = Embedded()
        self._audit: dict[str, list[str]] = {INPUTS: [], AUDIT: []}

    def run(self) -> None:
        """Embed what is not yet; ends once every volume is done, also those that others work on.

        Raises:
            DiskFull, InternalError
        """
        facts = self._facts()
        rows = self._store.add_pages(facts)
        waiting = sorted(self._shelf.volumes, key=lambda one: one.place)
        while waiting:
            others = [volume for volume in waiting if not self._claimed(volume, rows)]
            if len(others) == len(waiting):
                time.sleep(_WAIT_S)  # all are in other processes' hands; one that dies lets go of its own
            waiting = others

    def _facts(self) -> list[PageFacts]:
        """Return the pages that have a record; those that have none are told in the audit."""
        found = []
        for page in self._shelf.pages():
            if page.entry.fault or not page.entry.order:
                self._skip(page, page.entry.fault or "it was not analysed")
            else:
                found.append(page_facts(page))
        self._write_audit()
        return found

    def _claimed(self, volume: VolumeAnalysis, rows: dict[str, int]) -> bool:
        """Embed a volume, unless another process is at it."""
        name = hashlib.sha256(volume.place.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        claim = ProcessLock(self._store.root / LOCKS / f"volume-{name}")
        try:
            if not claim.try_acquire():
                return False
            self._embed(volume, rows)
            return True
        finally:
            claim.close()

    def _embed(self, volume: VolumeAnalysis, rows: dict[str, int]) -> None:
        written = self._store.written()
        waiting: dict[int, PageRow] = {}
        if all(
            self._is_done(page, rows, written) for book in volume.books for page in self._shelf.pages_of(volume, book)
        ):
            self.tally.kept += sum(page_facts(page).page_id in rows for page in self._pages(volume))
            return
        for page, read in self._shelf.pictures_of(volume):
            place = rows.get(page_facts(page).page_id)
            if place is None:
                continue
            if written[place] and not self._overwrite:
                self.tally.kept += 1
                continue
            if self._left == 0:
                continue
            row = self._row(page, read)
            if row is None:
                continue
            waiting[place] = row
            self._left = None if self._left is None else self._left - 1
            self._audit[INPUTS].append(_line(page=page.id, row=place, sha256=page.entry.sha256))
            if len(waiting) == _AT_ONCE:
                self._put(waiting)
        self._put(waiting)

    def _pages(self, volume: VolumeAnalysis) -> list[AnalysedPage]:
        return [page for book in volume.books for page in self._shelf.pages_of(volume, book)]

    def _is_done(self, page: AnalysedPage, rows: dict[str, int], written: Any) -> bool:
        place = rows.get(page_facts(page).page_id)
        return place is None or (bool(written[place]) and not self._overwrite)

    def _row(self, page: AnalysedPage, read: Callable[[], bytes]) -> PageRow | None:
        try:
            return self._made(page, read())
        except UnreadablePage as exc:
            self._skip(page, f"it cannot be read: {exc}")
        except IrodoriError as exc:
            self._skip(page, exc.words)
        return None

    def _made(self, page: AnalysedPage, data: bytes) -> PageRow:
        from host.pipeline.decode import decode_page

        meta = page.meta()
        if meta is None:
            raise UnreadablePage("its record is gone or damaged")
        if hashlib.sha256(data).hexdigest() != page.entry.sha256:
            raise UnreadablePage("it is another picture than the one that was analysed")
        return self._rows(page, meta, decode_page(data).rgb, self._store.kind.panels)

    def _skip(self, page: AnalysedPage, reason: str) -> None:
        self.tally.skipped += 1
        self._audit[AUDIT].append(_line(page=page.id, skipped=reason))

    def _put(self, waiting: dict[int, PageRow]) -> None:
        if waiting:
            self._store.write(waiting)
            self.tally.written += len(waiting)
            waiting.clear()
            done = self._store.written()
            self._listener(int(done.sum()), len(done))
        self._write_audit()

    def _write_audit(self) -> None:
        for name, lines in self._audit.items():
            if lines:
                append(self._store.root / name, lines)
                lines.clear()


def append(path: Path, lines: list[str]) -> None:
    """Add lines to a file that other processes add to as well: in one write, which the system keeps in one piece."""
    with path.open("ab", buffering=0) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())


def _line(**facts: object) -> str:
    return json.dumps(facts, ensure_ascii=True)
